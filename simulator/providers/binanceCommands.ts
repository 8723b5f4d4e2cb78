import type { BinanceId } from '../../protocol/providers/binance.ts';

/** A client's command, understood. */
export type ParsedCommand =
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly streams: readonly string[]; readonly id: BinanceId }
  | { readonly kind: 'list' | 'get_combined'; readonly id: BinanceId }
  | { readonly kind: 'set_combined'; readonly combined: boolean; readonly id: BinanceId }
  | CommandRefusal;

/** What Binance says of a command that it doesn't take. */
export interface CommandRefusal {
  readonly kind: 'refused';
  readonly code: 0 | 1 | 2 | 3 | 4;
  readonly msg: string;
  readonly id?: BinanceId;
}

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'] as const;
type Method = (typeof METHODS)[number];
const TEXT_ID = /^[A-Za-z0-9]{1,36}$/;

/** Reads a text frame; never throws. Messages are Binance's own where its documents give them. */
export function parseCommand(text: string): ParsedCommand {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refused(3, `Invalid JSON: expected value at line 1 column ${columnOf(error)}`);
  }
  const end = `at line 1 column ${text.length}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(2, `Invalid request: invalid type: expected an object ${end}`);
  }
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const id = fields['id'] ?? null;
  if (!isId(id)) {
    return refused(
      2,
      'Invalid request: request ID must be an integer, an alphanumeric string of at most 36 characters, or null',
    );
  }
  const method = fields['method'];
  if (method === undefined) return refused(2, `Invalid request: missing field \`method\` ${end}`, id);
  if (!isMethod(method)) {
    const known = METHODS.map((name) => `\`${name}\``).join(', ');
    return refused(
      2,
      `Invalid request: unknown variant \`${String(method).slice(0, 64)}\`, expected one of ${known} ${end}`,
      id,
    );
  }
  return readParams(method, fields['params'], id);
}

function readParams(method: Method, params: unknown, id: BinanceId): ParsedCommand {
  if (method === 'LIST_SUBSCRIPTIONS') return { kind: 'list', id };
  if (!Array.isArray(params)) return refused(2, 'Invalid request: missing field `params`', id);
  if (method === 'SUBSCRIBE' || method === 'UNSUBSCRIBE') {
    const streams: string[] = [];
    for (const stream of params) {
      if (typeof stream !== 'string') return refused(2, 'Invalid request: stream name must be a string', id);
      streams.push(stream);
    }
    return { kind: method === 'SUBSCRIBE' ? 'subscribe' : 'unsubscribe', streams, id };
  }
  if (params.length > (method === 'SET_PROPERTY' ? 2 : 1))
    return refused(2, 'Invalid request: too many parameters', id);
  const [property, combined]: unknown[] = params;
  if (typeof property !== 'string') return refused(2, 'Invalid request: property name must be a string', id);
  if (property !== 'combined') return refused(0, 'Unknown property', id);
  if (method === 'GET_PROPERTY') return { kind: 'get_combined', id };
  if (typeof combined !== 'boolean') return refused(1, 'Invalid value type: expected Boolean', id);
  return { kind: 'set_combined', combined, id };
}

function refused(code: CommandRefusal['code'], msg: string, id?: BinanceId): CommandRefusal {
  return id === undefined || id === null ? { kind: 'refused', code, msg } : { kind: 'refused', code, msg, id };
}

/** Whole numbers that JSON's reader can't hold exactly are refused: their answer would name another id. */
function isId(value: unknown): value is BinanceId {
  if (typeof value === 'string') return TEXT_ID.test(value);
  return value === null || Number.isSafeInteger(value);
}

function isMethod(value: unknown): value is Method {
  return METHODS.some((method) => method === value);
}

/** Where the reader stopped, counted from 1, as far as it says so. */
function columnOf(error: unknown): number {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? 1 : Number(position) + 1;
}

import type { BinanceId } from '../../protocol/providers/binance.ts';

/** As clients give it: whole numbers up to 64 bits, exact. */
export type CommandId = BinanceId | bigint;

/** A client's command, understood. */
export type ParsedCommand =
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly streams: readonly string[]; readonly id: CommandId }
  | { readonly kind: 'list' | 'get_combined'; readonly id: CommandId }
  | { readonly kind: 'set_combined'; readonly combined: boolean; readonly id: CommandId }
  | CommandRefusal;

/** What Binance says of a command that it doesn't take. */
export interface CommandRefusal {
  readonly kind: 'refused';
  readonly code: 0 | 1 | 2 | 3 | 4;
  readonly msg: string;
  readonly id?: CommandId;
}

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'] as const;
type Method = (typeof METHODS)[number];
const TEXT_ID = /^[A-Za-z0-9]{1,36}$/;
/** A member `id` with a whole number that JSON's reader may round: within a text, its quotes would be escaped. */
const LONG_ID = /(?<!\\)"id"\s*:\s*(-?\d{16,19})\s*[,}]/g;
const MAX_INT64 = 2n ** 63n - 1n;
/** Letters of a stream's name: no name is as long. */
const MAX_STREAM_LENGTH = 128;

/** Reads a text frame; never throws. Messages are Binance's own where its documents give them. */
export function parseCommand(text: string): ParsedCommand {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refused(3, `Invalid JSON: expected value ${placeOf(text, positionOf(error, text))}`);
  }
  const end = placeOf(text, text.length - 1);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(2, `Invalid request: invalid type: expected an object ${end}`);
  }
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const id = idOf(fields['id'] ?? null, text);
  if (id === undefined) {
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

/** An id as JSON. */
export function idText(id: CommandId): string {
  return typeof id === 'bigint' ? String(id) : JSON.stringify(id);
}

/** The frame that says a refusal. */
export function refusalText({ code, msg, id }: CommandRefusal): string {
  const text = JSON.stringify({ code, msg });
  return id === undefined ? text : `${text.slice(0, -1)},"id":${idText(id)}}`;
}

function readParams(method: Method, params: unknown, id: CommandId): ParsedCommand {
  if (method === 'LIST_SUBSCRIPTIONS') return { kind: 'list', id };
  if (!Array.isArray(params)) return refused(2, 'Invalid request: missing field `params`', id);
  if (method === 'SUBSCRIBE' || method === 'UNSUBSCRIBE') {
    const streams: string[] = [];
    for (const stream of params) {
      if (typeof stream !== 'string') return refused(2, 'Invalid request: stream name must be a string', id);
      if (stream.length > MAX_STREAM_LENGTH) return refused(2, 'Invalid request: stream name is too long', id);
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

function refused(code: CommandRefusal['code'], msg: string, id?: CommandId): CommandRefusal {
  return id === undefined || id === null ? { kind: 'refused', code, msg } : { kind: 'refused', code, msg, id };
}

/** A whole number of 64 bits, a short alphanumeric text, or null; undefined for anything else. */
function idOf(value: unknown, text: string): CommandId | undefined {
  if (typeof value === 'string') return TEXT_ID.test(value) ? value : undefined;
  if (value === null) return null;
  if (typeof value !== 'number') return undefined;
  if (Number.isSafeInteger(value)) return value;
  // Of members that come twice the last one counts.
  const digits = [...text.matchAll(LONG_ID)].at(-1)?.[1];
  if (digits === undefined) return undefined;
  const exact = BigInt(digits);
  return exact <= MAX_INT64 && exact >= -MAX_INT64 - 1n ? exact : undefined;
}

function isMethod(value: unknown): value is Method {
  return METHODS.some((method) => method === value);
}

/** Where the reader stopped, as far as it says so. */
function positionOf(error: unknown, text: string): number {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('Unexpected end')) return text.length;
  return Number(/position (\d+)/.exec(message)?.[1] ?? 0);
}

/** A place in a text as Binance's reader says it, counted from 1. */
function placeOf(text: string, position: number): string {
  const before = text.slice(0, Math.max(0, position));
  return `at line ${before.split('\n').length} column ${before.length - before.lastIndexOf('\n')}`;
}

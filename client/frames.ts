import type { ServerFrame } from '../protocol/messages.ts';

type Fields = Readonly<Record<string, unknown>>;
type Kind = 'text' | 'count' | 'flag' | 'object' | 'list' | 'any' | 'count?';
type Shape = Readonly<Record<string, Kind>>;

const OF_SYMBOL: Shape = { symbol: 'text', seq: 'count', data: 'object' };
const OF_ACCOUNT: Shape = { account: 'text', seq: 'count', data: 'object' };

/** What the client itself relies on in each frame; the rest is handed on as PROTOCOL.md promises it. */
const SHAPES: Readonly<Record<ServerFrame['type'], Shape>> = {
  welcome: { account: 'text', epoch: 'text', heartbeatMs: 'count', limits: 'object' },
  refreshed: {},
  subscribed: { channel: 'text', symbols: 'list', recovered: 'flag' },
  unsubscribed: { channel: 'text', symbols: 'list' },
  snapshot: { channel: 'text', symbol: 'text', epoch: 'text', seq: 'count', data: 'any' },
  ticker: { ...OF_SYMBOL, seqFrom: 'count?' },
  trade: { ...OF_SYMBOL, seqFrom: 'count?' },
  bar: { ...OF_SYMBOL, channel: 'text', seq: 'count?' },
  pattern: OF_SYMBOL,
  order: { ...OF_ACCOUNT, seq: 'count?' },
  execution: OF_ACCOUNT,
  position: OF_ACCOUNT,
  'position.value': { account: 'text', data: 'list' },
  portfolio: { account: 'text', data: 'object' },
  alert: OF_ACCOUNT,
  news: { seq: 'count', data: 'object' },
  'order.accepted': { data: 'object' },
  'alert.accepted': { data: 'object' },
  'alert.cleared': { alertId: 'text' },
  'presence.accepted': {},
  presence: { channel: 'text', users: 'list' },
  result: { data: 'any' },
  heartbeat: { epoch: 'text', heads: 'object' },
  system: { seq: 'count?', code: 'text', message: 'text' },
  pong: { serverTimeUs: 'count' },
  error: { code: 'text', message: 'text', retryable: 'flag', retryAfterMs: 'count' },
};
const SHAPE_OF: ReadonlyMap<string, Shape> = new Map(Object.entries(SHAPES));

/** Reads what a codec gave: a frame, `unknown` for a type of a later version, or why it is neither. */
export function readFrame(value: unknown): ServerFrame | 'unknown' | { readonly type: 'bad'; readonly why: string } {
  if (!isFields(value) || typeof value['type'] !== 'string') return { type: 'bad', why: 'a frame without a type' };
  const shape = SHAPE_OF.get(value['type']);
  if (shape === undefined) return 'unknown';
  if (isServerFrame(value, shape)) return value;
  const field = Object.keys(shape).find((name) => !isOfKind(value[name], shape[name]));
  return { type: 'bad', why: `${value['type']} without a usable ${field}` };
}

/** Whether `value` is an object with fields, not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isServerFrame(value: Fields, shape: Shape): value is Fields & ServerFrame {
  for (const name in shape) if (!isOfKind(value[name], shape[name])) return false;
  return isOfKind(value['id'], 'count?');
}

function isOfKind(value: unknown, kind: Kind | undefined): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'count':
      return isCount(value);
    case 'count?':
      return value === undefined || isCount(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'object':
      return isFields(value);
    case 'list':
      return Array.isArray(value);
    default:
      return true;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

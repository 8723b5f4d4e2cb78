import type { Dialect, DialectClient, SessionEvent } from '../dialect.ts';
import { bad, type Fields, isFields, isWhole, parseFields, plainError } from '../fields.ts';
import { bearer } from './orders.ts';

const BAR_MINUTES = new Map<unknown, number>([
  ['1m', 1],
  ['5m', 5],
  ['15m', 15],
  ['1h', 60],
]);

/** TickStock's socket (`/patterns/realtime`) for one client: patterns, without numbers, and nothing else. */
export function tickstockDialect(client: DialectClient): Dialect {
  const { account } = client;
  const patterns = new ToldPatterns();
  let askedId = -1;
  return {
    protocol: '',
    isNumbered: false,
    headers: bearer,
    opened: () => undefined,
    parse: (text) => {
      const frame = parseFields(text);
      return frame === undefined ? bad('not a JSON object') : read(frame, { account, patterns, askedId });
    },
    subscribe: ({ id, channel, symbols = [] }) => {
      if (channel !== 'pattern') return { frames: [], isAnswered: false };
      askedId = id;
      return { frames: [JSON.stringify({ action: 'subscribe', symbols })], isAnswered: true };
    },
    placeOrder: () => undefined,
  };
}

interface Own {
  readonly account: string;
  readonly patterns: ToldPatterns;
  /** Of the subscription that waits for its answer: the dialect's frames carry none. */
  readonly askedId: number;
}

function read(frame: Fields, own: Own): SessionEvent {
  const { type, timestamp } = frame;
  if (typeof type !== 'string') return bad('no type');
  if (!isWhole(timestamp)) return bad(`${type} without timestamp`);
  switch (type) {
    case 'connected':
      return { kind: 'welcome', account: own.account, epoch: '' };
    case 'subscribed':
      return { kind: 'subscribed', id: own.askedId, channel: 'pattern', recovered: false };
    case 'pattern':
      return own.patterns.read(frame, timestamp);
    case 'heartbeat':
      return { kind: 'heartbeat', heads: [] };
    case 'error':
      return plainError(frame, own.askedId);
    default:
      return { kind: 'other' };
  }
}

/** The patterns of one client: counted by symbol as they come; one that comes again is found by what it is. */
class ToldPatterns {
  readonly #counts = new Map<string, number>();
  readonly #seen = new Set<string>();

  read(frame: Fields, timestamp: number): SessionEvent {
    const { symbol, pattern_type: patternType, confidence, metadata } = frame;
    if (typeof symbol !== 'string' || typeof patternType !== 'string' || !isFields(metadata))
      return bad('pattern without symbol, pattern_type or metadata');
    if (typeof confidence !== 'number' || confidence < 0 || confidence > 1)
      return bad('pattern whose confidence is no share');
    const { timeframe } = metadata;
    const barMinutes = BAR_MINUTES.get(timeframe) ?? 0;
    if (barMinutes === 0) return bad('pattern without timeframe');
    const what = `${patternType} ${timeframe} at ${timestamp}`;
    const key = `${symbol} ${what}`;
    if (this.#seen.has(key)) return { kind: 'repeat', stream: `pattern:${symbol}`, what };
    this.#seen.add(key);
    const seq = (this.#counts.get(symbol) ?? 0) + 1;
    this.#counts.set(symbol, seq);
    return { kind: 'pattern', pattern: { symbol, seq, patternType, barMinutes, barEndUs: timestamp * 1000 } };
  }
}

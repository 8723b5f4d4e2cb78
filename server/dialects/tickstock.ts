import type { PatternData, SnapshotData } from '../../protocol/messages.ts';
import { TICKSTOCK_CLIENT } from '../../protocol/schemas/dialects/tickstock.ts';
import { frameOf, frameUs } from '../marketWire.ts';
import type { Dialect, ServerEvent, Voice } from './dialect.ts';
import { asking, framesBy } from './reading.ts';
import { toMs } from './words.ts';

const { subscribe, unsubscribe, ping } = TICKSTOCK_CLIENT;

const VOICE: Voice = {
  read: framesBy('action', {
    subscribe: asking(subscribe, ({ symbols, min_confidence, pattern_types, timeframes, backlog = 0 }) => ({
      type: 'subscribe',
      channel: 'pattern',
      symbols,
      backlog,
      ...(min_confidence !== undefined && { minConfidence: min_confidence }),
      ...(pattern_types !== undefined && { patternTypes: pattern_types }),
      ...(timeframes !== undefined && { timeFrames: timeframes }),
    })),
    unsubscribe: asking(unsubscribe, ({ symbols }) => ({ type: 'unsubscribe', channel: 'pattern', symbols })),
    ping: asking(ping, () => ({ type: 'ping' })),
  }),
  write: (event, sentTimeUs) => {
    const told = wordsOf(event, sentTimeUs);
    return told && JSON.stringify(told);
  },
};

/**
 * TickStock's socket of patterns on `/patterns/realtime`. A `pattern` comes when a closed bar completes it, in the fields of
 * the Redis Stream `pattern_events`; times are ms. Ticks, orders and accounts have no words here.
 */
export const tickstock: Dialect = {
  name: 'tickstock',
  path: '/patterns/realtime',
  subprotocols: [],
  identity: 'upgrade',
  standing: { heartbeatFactor: 1, streams: [], positionsEveryMs: 0, portfolioEveryMs: 0 },
  voiceOf: () => VOICE,
  ticker: () => undefined,
  trade: () => undefined,
  tickerSnapshot: () => undefined,
};

function wordsOf(event: ServerEvent, sentTimeUs: number): object | undefined {
  const timestamp = toMs(sentTimeUs);
  switch (event.type) {
    case 'welcome':
      return { type: 'connected', user: event.user, timestamp };
    case 'subscribed':
    case 'unsubscribed':
      return { type: event.type, symbols: event.symbols, timestamp };
    case 'pattern':
      return { type: 'pattern', ...patternEvent(event.symbol, event.data) };
    case 'snapshot':
      return event.channel === 'pattern' ? backlog(event.symbol, patternsIn(event.data), timestamp) : undefined;
    case 'heartbeat':
    case 'pong':
      return { type: event.type, timestamp };
    case 'system': {
      const { code, message, retryAfterMs } = event;
      return {
        type: 'notice',
        code,
        message,
        ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
        timestamp,
      };
    }
    case 'error':
      return { type: 'error', code: event.code, message: event.message, retryable: event.retryable, timestamp };
    default:
      return undefined;
  }
}

function patternsIn(data: SnapshotData): readonly PatternData[] {
  const patterns: PatternData[] = [];
  if (data === null || !(Symbol.iterator in data)) return patterns;
  for (const one of data) if ('patternId' in one) patterns.push(one);
  return patterns;
}

/** Told only where something was asked for and is there. */
function backlog(symbol: string, patterns: readonly PatternData[], timestamp: number): object | undefined {
  if (patterns.length === 0) return undefined;
  return { type: 'backlog', symbol, patterns: patterns.map((data) => patternEvent(symbol, data)), timestamp };
}

/** The time of a pattern is the end of the bar that completed it. */
function patternEvent(symbol: string, data: PatternData): object {
  const { patternType, timeFrame, toUs, confidence } = data;
  return {
    symbol,
    pattern_type: patternType,
    timestamp: toMs(toUs + frameUs(frameOf(timeFrame))),
    confidence,
    metadata: metadata(data),
  };
}

function metadata(data: PatternData): object {
  const { successRate } = data;
  return {
    pattern_id: data.patternId,
    kind: data.kind,
    timeframe: data.timeFrame,
    direction: data.direction,
    price: data.price,
    invalidation_price: data.invalidationPrice,
    from: toMs(data.fromUs),
    to: toMs(data.toUs),
    bar_count: data.barCount,
    bars: data.bars.map(({ startUs, ...bar }) => ({ start: toMs(startUs), ...bar })),
    pivots: data.pivots.map(({ startUs, ...pivot }) => ({ start: toMs(startUs), ...pivot })),
    success_rate: successRate.rate,
    settled: successRate.settled,
  };
}

import type { Phase } from '../../market/calendar/types.ts';
import { US_001_CLIENT } from '../../protocol/schemas/dialects/us001.ts';
import type { TickerView } from '../hub/tickerLog.ts';
import type { Dialect, ServerEvent, SnapshotMoment } from './dialect.ts';
import { asking, framesBy } from './reading.ts';
import { ageUs, hasTraded, quoteJson, toMs } from './words.ts';

/** Every 30 s, where the limits say 1 s. */
const HEARTBEAT_FACTOR = 30;
/** An older price isn't told for the present one while the market is open. */
const CACHE_US = 60_000_000;
const QUOTE_NAMES = { changePercent: 'changePercent', previousClose: 'previousClose' };

const read = framesBy('type', {
  // The pong repeats what the ping carries, as the client's own time.
  ping: asking(US_001_CLIENT.ping, ({ timestamp }) => {
    return { type: 'ping', ...(timestamp !== undefined && { id: timestamp }) };
  }),
  pong: asking(US_001_CLIENT.pong, () => undefined),
});

/**
 * US-001's socket of one ticker on `/ws/stocks/:ticker`: frames of `type`, `ticker`, `data` and `timestamp` (ms). It begins
 * with `connected` and a `snapshot`, then come `price` with each trade, `market_status` when the session changes, and a
 * `heartbeat` every 30 s. Sequence numbers, orders and accounts have no words here.
 */
export const us001: Dialect = {
  name: 'us-001',
  path: '/ws/stocks/:ticker',
  subprotocols: [],
  identity: 'upgrade',
  opening: ({ parameters }) => [{ type: 'subscribe', channel: 'ticker', symbols: [parameters['ticker'] ?? ''] }],
  standing: { heartbeatFactor: HEARTBEAT_FACTOR, streams: [], positionsEveryMs: 0, portfolioEveryMs: 0 },
  voiceOf: ({ parameters }) => {
    const ticker = parameters['ticker'] ?? '';
    return { read, write: (event, sentTimeUs) => write(event, { ticker, sentTimeUs }) };
  },
  ticker: (view) =>
    hasTraded(view)
      ? `{"type":"price","ticker":${view.symbolJson},"data":{${quoteJson(view, QUOTE_NAMES)}},"timestamp":${toMs(view.eventTimeUs)}}`
      : undefined,
  trade: () => undefined,
  tickerSnapshot: snapshot,
};

/** The cached price. While the market is open one that nothing has confirmed for 60 s is null; when it is closed, the last one stands. */
function snapshot(view: TickerView, moment: SnapshotMoment): string {
  const { nowUs, phase } = moment;
  const age = ageUs(view, moment);
  const isFresh = phase === 'closed' || age <= CACHE_US;
  const shown = isFresh ? view : { ...view, last: 0, bid: 0, ask: 0 };
  const ageMs = view.last === 0 || !isFresh ? null : Math.max(0, toMs(age));
  const status = `"marketStatus":"${STATUS_OF[phase]}","ageMs":${ageMs}`;
  return `{"type":"snapshot","ticker":${view.symbolJson},"data":{${quoteJson(shown, QUOTE_NAMES)},${status}},"timestamp":${toMs(nowUs)}}`;
}

const STATUS_OF: Readonly<Record<Phase, string>> = {
  pre: 'pre_market',
  regular: 'open',
  post: 'after_hours',
  closed: 'closed',
};

function write(
  event: ServerEvent,
  { ticker, sentTimeUs }: { readonly ticker: string; readonly sentTimeUs: number },
): string | undefined {
  // A socket is about one ticker: the halts of others are none of its business.
  if (event.type === 'system' && event.symbols?.includes(ticker) === false) return undefined;
  const told = wordsOf(event);
  if (told === undefined) return undefined;
  const { type, data } = told;
  return JSON.stringify({ type, ticker, data, timestamp: toMs(sentTimeUs) });
}

function wordsOf(event: ServerEvent): { readonly type: string; readonly data: object } | undefined {
  switch (event.type) {
    case 'welcome':
      return { type: 'connected', data: { user: event.user, heartbeatMs: event.heartbeatMs } };
    case 'heartbeat':
      return { type: 'heartbeat', data: {} };
    case 'pong':
      return { type: 'pong', data: { ...(event.id !== undefined && { pingTimestamp: event.id }) } };
    case 'error': {
      const { code, message, retryable } = event;
      return { type: 'error', data: { code, message, retryable } };
    }
    case 'system': {
      const { code, message, phase, retryAfterMs } = event;
      if (phase !== undefined) return { type: 'market_status', data: { marketStatus: STATUS_OF[phase], message } };
      return { type: 'notice', data: { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) } };
    }
    default:
      return undefined;
  }
}

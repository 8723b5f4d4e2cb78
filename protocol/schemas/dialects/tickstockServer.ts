import { TIME_FRAMES } from '../../data.ts';
import { flag, frame, integer, list, number, orNull, part, text, words } from '../words.ts';
import { errorFields, noticeFields, retryAfter, symbol, timeMs } from './serverParts.ts';

const timestamp = timeMs('when it was written');
const symbols = list(text('a symbol'), 'of the command');
const start = timeMs('start of the bar');

const MetadataSchema = part('Pattern metadata', {
  pattern_id: text('symbol, time frame, start of the completing bar and type'),
  kind: words(['candlestick', 'chart'], 'made of the shapes of single bars, or of turning points'),
  timeframe: words(TIME_FRAMES, 'of the bars that it is made of'),
  direction: words(['up', 'down', 'neutral'], 'where it says that price goes'),
  price: number('close of the completing bar', 'currency'),
  invalidation_price: orNull(number('it is void once price touches this; null for a neutral one', 'currency')),
  from: timeMs("start of the formation's first bar"),
  to: timeMs('start of the completing bar'),
  bar_count: integer('bars from the first to the last'),
  bars: list(
    part('Metadata bar', {
      start,
      open: number('price of the first trade', 'currency'),
      high: number('highest price', 'currency'),
      low: number('lowest price', 'currency'),
      close: number('price of the last trade', 'currency'),
      volume: number('sum of trade sizes', 'units'),
    }),
    'the last of them, at most five, oldest first',
  ),
  pivots: list(
    part('Metadata pivot', {
      start,
      kind: words(['high', 'low'], 'which way price turned'),
      price: number('at which it turned', 'currency'),
    }),
    'turning points, oldest first; none for candlesticks',
  ),
  success_rate: orNull(number('share of those of this type that came true; null while nothing is settled')),
  settled: integer('patterns of this type whose outcome is known'),
});

const event = {
  symbol,
  pattern_type: text('as in the native [pattern data](#pattern-data)'),
  timestamp: timeMs('end of the bar that completed it'),
  confidence: number('0 to 1'),
  metadata: { ...MetadataSchema, description: 'what it is made of' },
};

/** Frames that a TickStock client gets, by `type`. */
export const TICKSTOCK_SERVER = {
  connected: frame('connected', { user: text("the token's `sub`"), timestamp }),
  subscribed: frame('subscribed', { symbols, timestamp }),
  unsubscribed: frame('unsubscribed', { symbols, timestamp }),
  pattern: frame('pattern', event),
  backlog: frame('backlog', {
    symbol,
    patterns: list(part('Pattern event', event), 'earlier ones, oldest first'),
    timestamp,
  }),
  heartbeat: frame('heartbeat', { timestamp }),
  pong: frame('pong', { timestamp }),
  notice: frame('notice', { ...noticeFields, retry_after_ms: retryAfter, timestamp }),
  error: frame('error', { ...errorFields, retryable: flag('whether the same may succeed later'), timestamp }),
};

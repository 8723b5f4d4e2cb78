import { Type } from '@sinclair/typebox';
import { CHANNELS } from '../channels.ts';
import { ERROR_CODES } from '../codes.ts';
import { TIME_FRAMES } from '../data.ts';
import {
  BarDataSchema,
  OrderDataSchema,
  PatternDataSchema,
  PortfolioDataSchema,
  PositionDataSchema,
  TickerDataSchema,
} from './parts.ts';
import { SERVER_FRAME_SCHEMAS } from './serverFrames.ts';
import { flag, group, integer, list, mapOf, openWords, orNull, part, said, text, timeUs, words } from './words.ts';

/** Bodies of the answers of the HTTP side, as JSON Schema. */
const { Optional } = Type;

const epoch = text('epoch of the numbers, see [Sequence and resume](#sequence-and-resume)');
const account = text('whose it is');
const symbol = text('of the instrument');
const asOfUs = timeUs('when it was computed');
const status = words(
  ['ok', 'draining', 'failed'],
  "`draining`: take no new clients here; `failed`: the journal can't be written, so nothing is acknowledged",
);

export const HealthSchema = part('Health', {
  status,
  uptimeS: integer('since the start', 's'),
  version: text('of tapedeck'),
  epoch: text("of the streams' numbers"),
  symbols: integer('their number'),
  clients: integer('open sockets'),
  feed: group('where the market data come from', {
    state: words(['none', 'waiting', 'playing', 'ended'], 'what it does'),
    position: orNull(timeUs('event time of the last tick; null before the first')),
    provider: Optional(orNull(text('of a live feed: who gives the data; null while nobody does'))),
    gaps: Optional(integer('of a live feed: stretches without data from anybody that were marked')),
    chain: Optional(
      list(
        group('a provider', {
          provider: text('its name'),
          state: words(
            ['idle', 'connecting', 'live', 'waiting'],
            '`idle`: not needed; `waiting`: before the next attempt',
          ),
          breaker: words(
            ['closed', 'open', 'half_open'],
            'circuit breaker: `open`: no attempt is made for a while; `half_open`: one is, and decides',
          ),
          symbols: integer('symbols that it covers'),
          intervalMs: Optional(integer('how often it is asked for each of them; absent for a stream', 'ms')),
          ageMs: orNull(integer('time since its last data; null before the first', 'ms')),
          reconnects: integer('sessions with it that ended'),
          lastEnd: Optional(
            group('how the last session ended', {
              reason: text('in a word'),
              detail: text('for people'),
            }),
          ),
          shortfall: Optional(text('why it covers less than was wanted')),
        }),
        'of a live feed: its providers, the one wanted most first',
      ),
    ),
  }),
  transport: text('build of the WebSocket library'),
  journal: Optional(
    group('with `--journal` alone', {
      status: words(['ok', 'failed'], 'whether it can be written'),
      reason: Optional(text('why it failed, and the way out')),
    }),
  ),
});

export const SocketHealthSchema = part('Socket health', {
  status,
  clients: integer('open sockets'),
  endpoints: list(
    group('an endpoint', {
      dialect: text('its name'),
      paths: list(text('a path'), 'where it is served; `:name` stands for anything'),
      subprotocols: list(text('a subprotocol'), 'that it answers to'),
      clients: integer('sockets of it whose user is known'),
    }),
    'one for each dialect and codec',
  ),
});

export const QuotesSchema = part('Quotes', {
  epoch,
  quotes: list(
    group('a symbol', {
      symbol,
      seq: integer("head of the symbol's `ticker`: a resume from here brings what follows"),
      eventTimeUs: orNull(timeUs('of the last event; null before the first')),
      stale: Optional(flag('of a live feed: true when nobody vouches for the price any more')),
      staleMs: Optional(integer('with `stale`: how old the price is at least', 'ms')),
      data: TickerDataSchema,
    }),
    'in the order asked for',
  ),
});

export const BarsSchema = part('Bars', {
  symbol,
  timeFrame: words(TIME_FRAMES, 'of the bars'),
  bars: list(BarDataSchema, 'closed bars, oldest first'),
  forming: orNull(said(BarDataSchema, 'the open bar, with `forming=true`; null when nothing has traded in it')),
});

export const PatternsSchema = part('Patterns', {
  symbol,
  patterns: list(PatternDataSchema, 'that may still come true, oldest first'),
});

export const PositionsSchema = part('Positions', {
  account,
  asOfUs,
  positions: list(PositionDataSchema, 'closed ones included'),
});

export const PortfolioSchema = part('Portfolio', { asOfUs, ...PortfolioDataSchema.properties });

export const OrdersSchema = part('Orders', { account, orders: list(OrderDataSchema, 'open orders, oldest first') });

export const OrderSchema = part('Order', { data: OrderDataSchema });

export const AcceptedOrderSchema = part('Accepted order', {
  data: said(OrderDataSchema, 'the order; of a list its first'),
  duplicate: flag("true: the `clientOrderId` was known, and this is that order's state"),
  orders: Optional(list(OrderDataSchema, 'all orders of a list')),
});

export const PublishedSchema = part('Published', { epoch, seq: integer('its number in the stream') });

/** The frames that a poll brings. */
const { snapshot, ticker, trade, bar, pattern, order, execution, position, alert, news, system } = SERVER_FRAME_SCHEMAS;
const PolledFrame = Type.Union(
  [snapshot, ticker, trade, bar, pattern, order, execution, position, alert, news, system],
  { title: 'Polled frame' },
);
const Polled = part('Polled place', { epoch, seq: mapOf(Type.Integer({ minimum: -1 }), 'by key the number reached') });
const channelNames = Type.Union(CHANNELS.map((channel) => Type.Literal(channel)));

export const PollAnswerSchema = part('Poll answer', {
  epoch,
  channels: Type.Partial(
    Type.Record(
      channelNames,
      mapOf(list(PolledFrame), 'by key: the frames after its number, in order; keys without any are left out'),
    ),
    { description: 'by channel' },
  ),
  cursor: Type.Partial(Type.Record(channelNames, Polled), {
    description: 'how far the server has looked: `since` of the next poll',
  }),
  more: flag('true: more waits than one answer holds; ask again at once'),
});

export const ProblemSchema = part('Problem', {
  type: Type.Literal('about:blank'),
  title: text('the code in words'),
  status: integer('of HTTP'),
  detail: text('for people; its text may change'),
  code: openWords(Object.keys(ERROR_CODES), 'see [Error codes](#error-codes)'),
  retryable: flag('whether the same request may succeed later'),
  retryAfterMs: Optional(integer('wait at least this long; as `Retry-After` in whole seconds', 'ms')),
  reason: Optional(text('with `order_rejected`: see [Reasons of refusal](#reasons-of-refusal)')),
  clientOrderId: Optional(text("with `order_rejected`: the order's")),
});

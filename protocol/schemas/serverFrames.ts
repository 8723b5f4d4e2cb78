import { Type } from '@sinclair/typebox';
import { CHANNELS } from '../channels.ts';
import { ERROR_CODES, type ErrorCode } from '../codes.ts';
import type { ServerFrame } from '../messages.ts';
import { schemasOf } from './agreement.ts';
import {
  AlertDataSchema,
  BarDataSchema,
  BarsDataSchema,
  ExecutionDataSchema,
  NewsDataSchema,
  OrderDataSchema,
  PatternDataSchema,
  PortfolioDataSchema,
  PositionDataSchema,
  PresentUserSchema,
  TickerDataSchema,
  TradeDataSchema,
} from './parts.ts';
import { flag, frame, group, integer, list, mapOf, openWords, said, text, timeUs, words } from './words.ts';

const { Optional } = Type;

const answer = { id: Optional(integer('of the frame that it answers')) };
const channel = words(CHANNELS, 'see [Channels](#channels)');
const account = text('whose it is');
const symbol = text('of the instrument');
const epoch = text('epoch of the numbers, see [Sequence and resume](#sequence-and-resume)');
const serverTimeUs = timeUs('when the frame was made');
const tickSeq = integer("the symbol's ticker `seq` at which it happened; 0 before the first");
const key = text('a symbol, an account, a channel, or `*`');

/** The times of an event that a tick brings. */
function times(ofEvent: string) {
  return {
    eventTimeUs: timeUs(ofEvent),
    dueTimeUs: Optional(timeUs('when the schedule of the replay wanted the tick sent; absent for a live feed')),
    receivedTimeUs: timeUs('arrival of the tick at the server'),
    sentTimeUs: timeUs('when the frame was written'),
  };
}

/** The times of an event that a tick or a command brings. */
const accountTimes = {
  eventTimeUs: timeUs("the market's time of that tick; 0 before the first"),
  dueTimeUs: Optional(timeUs('when the schedule wanted that tick sent; absent when a command caused the event')),
  receivedTimeUs: timeUs('arrival of the tick, or of the command'),
  sentTimeUs: timeUs('when the frame was written'),
};

const WelcomeSchema = frame('welcome', {
  id: Optional(integer('of the `auth` frame')),
  session: text('name of this connection'),
  user: text("the token's `sub`"),
  account: text("one's own account"),
  scopes: list(text('a scope'), 'what one may do, see [Identity](#identity)'),
  serverTimeUs,
  heartbeatMs: integer('interval of heartbeats', 'ms'),
  limits: group('what the client has to keep to, see [Limits](#limits)', {
    maxFrameBytes: integer('of a frame', 'bytes'),
    maxSymbolsPerSocket: integer('subscribed at once', 'symbols'),
    commandsPerSecond: integer('sustained', 'commands/s'),
    commandBurst: integer('at once', 'commands'),
  }),
  epoch: text('epoch of all sequence numbers of this server'),
});

const RefreshedSchema = frame('refreshed', {
  ...answer,
  scopes: list(text('a scope'), 'in force from now on'),
  expiresAtUs: Optional(timeUs("when the new token ends; absent when it doesn't")),
});

const SubscribedSchema = frame('subscribed', {
  ...answer,
  channel,
  symbols: list(key, 'the keys subscribed to; empty for `system` and `heartbeat`'),
  recovered: flag('true: everything after `since` follows; false: snapshots follow'),
});

const UnsubscribedSchema = frame('unsubscribed', {
  ...answer,
  channel,
  symbols: list(key, 'the keys left; nothing of them follows'),
});

const TickerSchema = frame('ticker', {
  symbol,
  seq: integer("number in the symbol's stream, from 1 without gaps"),
  seqFrom: Optional(integer('present when the frame stands for several events, `seqFrom` to `seq`')),
  data: said(TickerDataSchema, 'the state after event `seq`'),
  ...times("the market's, see [Times](#times-and-clocks)"),
});

const TradeSchema = frame('trade', {
  symbol,
  seq: integer("the symbol's ticker number of the trade: quotes lie between, so numbers are skipped"),
  seqFrom: Optional(integer('present when the frame stands for all trades of `seqFrom` to `seq`')),
  data: said(TradeDataSchema, 'the last of them'),
  ...times("the market's, see [Times](#times-and-clocks)"),
});

const BarSchema = frame('bar', {
  channel: words(['bar.1m', 'bar.5m', 'bar.15m', 'bar.1h'], 'tells the time frame'),
  symbol,
  seq: Optional(
    integer("number in the symbol's stream of this time frame, from 1 without gaps; absent for the open bar"),
  ),
  data: said(BarDataSchema, 'the bar'),
  ...times("the bar's end; of a correction and of the open bar the symbol's last tick"),
});

const PatternSchema = frame('pattern', {
  symbol,
  seq: integer(
    "number in the symbol's stream of patterns, all time frames together; a subscription with a filter skips numbers",
  ),
  data: said(PatternDataSchema, 'the pattern'),
  ...times('end of the completing bar'),
});

const OrderSchema = frame('order', {
  account,
  seq: Optional(integer("number in the account's order stream, from 1 without gaps; absent for `ratcheted`")),
  reason: openWords(
    [
      'pending',
      'accepted',
      'modified',
      'restated',
      'activated',
      'ratcheted',
      'triggered',
      'filled',
      'partially_filled',
      'canceled',
      'expired',
      'rejected',
    ],
    'what happened',
  ),
  tickSeq,
  data: said(OrderDataSchema, "the order's state afterwards"),
  ...accountTimes,
});

const ExecutionSchema = frame('execution', {
  account,
  seq: integer("number in the account's execution stream, from 1 without gaps"),
  tickSeq,
  data: ExecutionDataSchema,
  ...accountTimes,
});

const PositionSchema = frame('position', {
  account,
  seq: integer("number in the account's stream of positions, from 1 without gaps"),
  tickSeq,
  data: said(PositionDataSchema, 'the position after the fill'),
  ...accountTimes,
});

const computed = {
  account,
  asOfUs: timeUs('when it was computed'),
  computeUs: integer('how long that took', 'µs'),
};

const PositionValueSchema = frame('position.value', {
  ...computed,
  data: list(PositionDataSchema, 'closed positions included'),
});

const PortfolioSchema = frame('portfolio', { ...computed, data: said(PortfolioDataSchema, "the account's worth") });

const AlertSchema = frame('alert', {
  account,
  seq: integer("number in the account's stream of alerts, from 1 without gaps"),
  tickSeq: integer("the symbol's ticker `seq` of the trade that met it"),
  data: said(AlertDataSchema, 'the alert; it waits no more'),
  ...times("the market's time of that trade"),
});

const NewsSchema = frame('news', {
  seq: integer('number in the one stream of news, whose key is `*`; a subscription to some symbols skips numbers'),
  data: NewsDataSchema,
  eventTimeUs: timeUs('when it was published'),
});

const AcceptedSchema = frame('order.accepted', {
  ...answer,
  data: said(OrderDataSchema, 'the state after the command: a MARKET order is filled already'),
  duplicate: flag("true: the `clientOrderId` was known, nothing was done, `data` is the first one's state"),
  orders: Optional(list(OrderDataSchema, 'all orders of a list')),
});

const AlertAcceptedSchema = frame('alert.accepted', { ...answer, data: said(AlertDataSchema, 'what waits now') });

const AlertClearedSchema = frame('alert.cleared', { ...answer, alertId: text('waits no more') });

const PresenceAcceptedSchema = frame('presence.accepted', { ...answer, state: text('as it was set') });

const PresenceSchema = frame('presence', {
  channel: said(channel, 'which channel it is about'),
  users: list(PresentUserSchema, 'by name; a user counts once, whatever the number of its sockets'),
  serverTimeUs,
});

const SystemSchema = frame('system', {
  seq: Optional(
    integer('number in the one stream of notices, whose key is `*`; absent for a notice to this connection alone'),
  ),
  code: words(
    [
      ...(['shutdown', 'token_expiring', 'feed_ended', 'session', 'halt', 'resume', 'notice'] as const),
      ...(['feed_gap', 'feed_stale', 'feed_failover', 'feed_degraded'] as const),
    ],
    '`session`: another part of the trading day begins; `halt`, `resume`: of trading; `notice`: from the operator; of a live feed, `feed_stale`: nobody gives data, `feed_gap`: data go on, and what came in between is missing, `feed_failover`: another provider gives the data, `feed_degraded`: a provider covers fewer symbols, or asks less often, than was wanted',
  ),
  message: text('for people'),
  retryAfterMs: Optional(integer('`shutdown`: wait this long before reconnecting', 'ms')),
  phase: Optional(words(['pre', 'regular', 'post', 'closed'], '`session`: the part of the trading day from now on')),
  symbols: Optional(list(symbol, '`halt`, `resume` by the market: which symbols trade no more, or again')),
  serverTimeUs,
});

/** The answer to one kind of `get`. */
function resultOf<const What extends string, Data extends Parameters<typeof said>[0]>(what: What, data: Data) {
  return Type.Object({
    type: Type.Literal('result'),
    ...answer,
    what: words([what], 'what was asked for'),
    key: text('symbol or account asked about; `*` for `news`'),
    data: said(data, 'as in the snapshot of that channel'),
    serverTimeUs,
  });
}

const patterns = list(PatternDataSchema);
const orders = list(OrderDataSchema);
const positions = list(PositionDataSchema);
const alerts = list(AlertDataSchema);
const news = list(NewsSchema);

const ResultSchema = Type.Union(
  [
    resultOf('quote', TickerDataSchema),
    resultOf('bars', BarsDataSchema),
    resultOf('patterns', patterns),
    resultOf('orders', orders),
    resultOf('positions', positions),
    resultOf('portfolio', PortfolioDataSchema),
    resultOf('alerts', alerts),
    resultOf('news', news),
  ],
  { title: 'result' },
);

const SnapshotSchema = frame('snapshot', {
  channel,
  symbol: said(key, "the stream's key: a symbol, an account, a channel, or `*`"),
  epoch,
  seq: integer("the stream's head: the next event has `seq + 1`; 0 for `position.value`, `portfolio` and `presence`"),
  stale: Optional(flag('`ticker` of a live feed: true when nobody vouches for the price any more')),
  staleMs: Optional(integer('with `stale`: how old the price is at least', 'ms')),
  data: Type.Union(
    [
      TickerDataSchema,
      TradeDataSchema,
      BarsDataSchema,
      PortfolioDataSchema,
      patterns,
      orders,
      positions,
      alerts,
      news,
      list(SystemSchema),
      list(PresentUserSchema),
      Type.Null(),
    ],
    {
      description:
        '`ticker`, `trade`: the state; `bar.*`: the last closed bars and the open one; `pattern`: those that may still come true; `order`: the open orders, oldest first; `position`, `position.value`: all positions; `alert`: those that wait; `news`, `system`: the last 20; `presence`: who is there; `execution`, and `trade` before the first: null',
    },
  ),
});

const HeartbeatSchema = frame('heartbeat', {
  serverTimeUs,
  epoch,
  heads: Type.Unsafe<Partial<Record<(typeof CHANNELS)[number], Record<string, number>>>>(
    mapOf(
      mapOf(integer('the head'), 'by key'),
      'by channel and key the last number sent to this socket: a client that has less has lost something',
    ),
  ),
});

const PongSchema = frame('pong', { ...answer, serverTimeUs });

const ErrorSchema = frame('error', {
  id: Optional(integer('of the frame refused, where it could be read')),
  code: Type.Unsafe<ErrorCode>(openWords(Object.keys(ERROR_CODES), 'see [Error codes](#error-codes)')),
  message: text('for people; its text may change'),
  retryable: flag('whether the same command may succeed later'),
  retryAfterMs: integer('wait at least this long; 0: no advice', 'ms'),
  reason: Optional(text('with `order_rejected`: see [Reasons of refusal](#reasons-of-refusal)')),
  clientOrderId: Optional(text("with `order_rejected`: the order's")),
});

/** The schema of every frame that the server sends on the native stream, by its `type`. */
export const SERVER_FRAME_SCHEMAS = schemasOf<ServerFrame>()({
  welcome: WelcomeSchema,
  refreshed: RefreshedSchema,
  subscribed: SubscribedSchema,
  unsubscribed: UnsubscribedSchema,
  snapshot: SnapshotSchema,
  ticker: TickerSchema,
  trade: TradeSchema,
  bar: BarSchema,
  pattern: PatternSchema,
  order: OrderSchema,
  execution: ExecutionSchema,
  position: PositionSchema,
  'position.value': PositionValueSchema,
  portfolio: PortfolioSchema,
  alert: AlertSchema,
  news: NewsSchema,
  'order.accepted': AcceptedSchema,
  'alert.accepted': AlertAcceptedSchema,
  'alert.cleared': AlertClearedSchema,
  'presence.accepted': PresenceAcceptedSchema,
  presence: PresenceSchema,
  result: ResultSchema,
  heartbeat: HeartbeatSchema,
  system: SystemSchema,
  pong: PongSchema,
  error: ErrorSchema,
});

import { Type } from '@sinclair/typebox';

/**
 * The server's frames as PROTOCOL.md describes them, for the suite alone: written from the document, not taken from the
 * server. Fields that aren't listed may come (a client ignores them).
 */

/** µs since the epoch: a time in ms or s is told from it by its size. */
const Us = Type.Integer({ minimum: 1e15, maximum: Number.MAX_SAFE_INTEGER });
/** As {@link Us}, or 0 before the first tick. */
const UsOrNone = Type.Union([Type.Literal(0), Us]);
const Seq = Type.Integer({ minimum: 1 });
const Head = Type.Integer({ minimum: 0 });
const Decimal = Type.String({ pattern: '^-?[0-9]+([.][0-9]+)?$' });
const Side = Type.Union([Type.Literal('BUY'), Type.Literal('SELL')]);
const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);
const Price = Type.Number({ exclusiveMinimum: 0 });

export const Welcome = Type.Object({
  type: Type.Literal('welcome'),
  session: Type.String({ minLength: 1 }),
  user: Type.String({ minLength: 1 }),
  account: Type.String({ minLength: 1 }),
  scopes: Type.Array(Type.String({ minLength: 1 })),
  serverTimeUs: Us,
  heartbeatMs: Type.Integer({ minimum: 1 }),
  limits: Type.Object({
    maxFrameBytes: Type.Integer({ minimum: 1 }),
    maxSymbolsPerSocket: Type.Integer({ minimum: 1 }),
    commandsPerSecond: Type.Integer({ minimum: 1 }),
    commandBurst: Type.Integer({ minimum: 1 }),
  }),
  epoch: Type.String({ pattern: '^[!-~]{1,64}$' }),
});

export const ErrorShape = Type.Object({
  type: Type.Literal('error'),
  code: Type.String({ pattern: '^[a-z_]+$' }),
  message: Type.String({ minLength: 1 }),
  retryable: Type.Boolean(),
  retryAfterMs: Type.Integer({ minimum: 0 }),
});

export const TickerData = Type.Object({
  last: NumberOrNull,
  lastSize: NumberOrNull,
  bid: NumberOrNull,
  ask: NumberOrNull,
  bidSize: NumberOrNull,
  askSize: NumberOrNull,
  volume: Type.Number({ minimum: 0 }),
  previousClose: NumberOrNull,
});

const EventTimes = { eventTimeUs: Us, dueTimeUs: Type.Optional(Us), receivedTimeUs: Us, sentTimeUs: Us };
const OrderTimes = { ...EventTimes, eventTimeUs: UsOrNone };

export const Ticker = Type.Object({
  type: Type.Literal('ticker'),
  symbol: Type.String(),
  seq: Seq,
  seqFrom: Type.Optional(Seq),
  data: TickerData,
  ...EventTimes,
});

export const TradeData = Type.Object({ price: Price, size: Price, flags: Type.Integer({ minimum: 0 }) });

export const Trade = Type.Object({
  type: Type.Literal('trade'),
  symbol: Type.String(),
  seq: Seq,
  seqFrom: Type.Optional(Seq),
  data: TradeData,
  ...EventTimes,
});

export const BarData = Type.Object({
  startUs: Us,
  open: Price,
  high: Price,
  low: Price,
  close: Price,
  volume: Type.Number({ minimum: 0 }),
  vwap: Price,
  trades: Type.Integer({ minimum: 0 }),
  notional: Type.Number({ minimum: 0 }),
  isClosed: Type.Boolean(),
  isCorrection: Type.Boolean(),
  flags: Type.Array(Type.String()),
});

export const BarsData = Type.Object({
  bars: Type.Array(BarData),
  forming: Type.Union([BarData, Type.Null()]),
});

export const Bar = Type.Object({
  type: Type.Literal('bar'),
  channel: Type.Union(['bar.1m', 'bar.5m', 'bar.15m', 'bar.1h'].map((name) => Type.Literal(name))),
  symbol: Type.String(),
  seq: Type.Optional(Seq),
  data: BarData,
  ...EventTimes,
});

export const OrderData = Type.Object({
  account: Type.String(),
  orderId: Type.String({ minLength: 1 }),
  clientOrderId: Type.String(),
  symbol: Type.String(),
  side: Side,
  orderType: Type.String({ pattern: '^[A-Z_]+$' }),
  status: Type.String({ pattern: '^[A-Z_]+$' }),
  quantity: Decimal,
  leavesQuantity: Decimal,
  cumulativeQuantity: Decimal,
  triggerPrice: Type.Optional(Decimal),
  limitPrice: Type.Optional(Decimal),
  peakPrice: Type.Optional(Decimal),
  averagePrice: Type.Optional(Decimal),
  rejectReason: Type.Optional(Type.String({ pattern: '^[a-z_]+$' })),
});

export const Order = Type.Object({
  type: Type.Literal('order'),
  account: Type.String(),
  seq: Type.Optional(Seq),
  reason: Type.String({ pattern: '^[a-z_]+$' }),
  tickSeq: Head,
  ...OrderTimes,
  data: OrderData,
});

export const Execution = Type.Object({
  type: Type.Literal('execution'),
  account: Type.String(),
  seq: Seq,
  tickSeq: Head,
  ...OrderTimes,
  data: Type.Object({
    executionId: Type.String({ minLength: 1 }),
    orderId: Type.String({ minLength: 1 }),
    clientOrderId: Type.String(),
    symbol: Type.String(),
    side: Side,
    lastPrice: Decimal,
    lastQuantity: Decimal,
    leavesQuantity: Decimal,
  }),
});

export const PositionData = Type.Object({
  symbol: Type.String(),
  quantity: Decimal,
  averagePrice: Decimal,
  markPrice: Decimal,
  realizedPnl: Decimal,
  unrealizedPnl: Decimal,
});

export const PortfolioData = Type.Object({
  account: Type.String(),
  cash: Decimal,
  equity: Decimal,
  realizedPnl: Decimal,
  unrealizedPnl: Decimal,
});

export const Position = Type.Object({
  type: Type.Literal('position'),
  account: Type.String(),
  seq: Seq,
  tickSeq: Head,
  ...OrderTimes,
  data: PositionData,
});

const Valued = { account: Type.String(), asOfUs: Us, computeUs: Type.Number({ minimum: 0 }) };

export const PositionValue = Type.Object({
  type: Type.Literal('position.value'),
  ...Valued,
  data: Type.Array(PositionData),
});
export const Portfolio = Type.Object({ type: Type.Literal('portfolio'), ...Valued, data: PortfolioData });

export const AlertData = Type.Object({
  alertId: Type.String(),
  account: Type.String(),
  symbol: Type.String(),
  condition: Type.Union([Type.Literal('above'), Type.Literal('below'), Type.Literal('changePercent')]),
  threshold: Decimal,
  triggerPrice: Decimal,
  price: Type.Optional(Decimal),
});

export const Alert = Type.Object({
  type: Type.Literal('alert'),
  account: Type.String(),
  seq: Seq,
  tickSeq: Seq,
  ...EventTimes,
  data: AlertData,
});

export const Heartbeat = Type.Object({
  type: Type.Literal('heartbeat'),
  serverTimeUs: Us,
  epoch: Type.String(),
  heads: Type.Record(Type.String(), Type.Record(Type.String(), Head)),
});

export const Pong = Type.Object({ type: Type.Literal('pong'), serverTimeUs: Us });

export const PresentUsers = Type.Array(Type.Object({ user: Type.String({ minLength: 1 }), state: Type.String() }));

export const Snapshot = Type.Object({
  type: Type.Literal('snapshot'),
  channel: Type.String(),
  symbol: Type.String(),
  epoch: Type.String(),
  seq: Head,
});

/** The notice of a server that stops. */
export const Shutdown = Type.Object({
  type: Type.Literal('system'),
  code: Type.Literal('shutdown'),
  message: Type.String({ minLength: 1 }),
  retryAfterMs: Type.Integer({ minimum: 0 }),
  serverTimeUs: Type.Integer(),
});

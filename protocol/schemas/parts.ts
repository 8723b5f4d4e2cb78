import { Type } from '@sinclair/typebox';
import { TIME_FRAMES } from '../data.ts';
import {
  decimal,
  flag,
  group,
  integer,
  list,
  number,
  openWords,
  orNull,
  part,
  said,
  text,
  timeUs,
  words,
} from './words.ts';

const { Optional } = Type;

export const TickerDataSchema = part('Ticker data', {
  last: orNull(number('price of the last trade; null before the first', 'currency')),
  lastSize: orNull(number('its size', 'units')),
  bid: orNull(number('best bid; null before the first quote', 'currency')),
  ask: orNull(number('best ask', 'currency')),
  bidSize: orNull(number('offered to buy at the best bid', 'units')),
  askSize: orNull(number('offered to sell at the best ask', 'units')),
  volume: number('sum of trade sizes of the session so far', 'units'),
  previousClose: orNull(number("the last session's close; null when unknown", 'currency')),
});

export const TradeDataSchema = part('Trade data', {
  price: number('of the trade', 'currency'),
  size: number('of the trade', 'units'),
  flags: integer(
    'conditions of the trade as bits; 1: one that sets no last price (an average-price or odd-lot trade, say); 0: a regular trade',
  ),
});

const PRICES = {
  open: number('price of the first trade', 'currency'),
  high: number('highest price', 'currency'),
  low: number('lowest price', 'currency'),
  close: number('price of the last trade', 'currency'),
  volume: number('sum of trade sizes', 'units'),
};
const barStart = timeUs('the bar holds trades from here until before its end');

const BarDataSchema = part('Bar data', {
  startUs: barStart,
  ...PRICES,
  vwap: number('volume-weighted average price', 'currency'),
  trades: integer('their number'),
  notional: number('sum of price x size', 'currency'),
  isClosed: flag('false: the open bar'),
  isCorrection: flag('true: a late trade amended a bar that was told already; it replaces the one with this `startUs`'),
  flags: list(
    words(['after_gap', 'filled', 'corrected', 'provider']),
    '`after_gap`: bars of the session are missing before it; `filled`: nothing traded; `corrected`: amended after its close; `provider`: made by a provider',
  ),
});

export { BarDataSchema };

export const BarsDataSchema = part('Bars data', {
  bars: list(BarDataSchema, 'closed bars, oldest first'),
  forming: orNull(said(BarDataSchema, 'the open bar; null when nothing has traded in it')),
});

const direction = words(['up', 'down', 'neutral'], 'where it says that price goes');
const timeFrame = words(TIME_FRAMES, 'of the bars that it is made of');

const PatternBarSchema = part('Pattern bar', { startUs: barStart, ...PRICES });

const PatternPivotSchema = part('Pattern pivot', {
  kind: words(['high', 'low'], 'which way price turned: a `high` is followed by lower prices'),
  price: number('at which it turned', 'currency'),
  startUs: timeUs('start of the bar that made it'),
});

const EarlierPatternSchema = part('Earlier pattern', {
  patternType: text('as in [pattern data](#pattern-data)'),
  timeFrame,
  startUs: timeUs('start of its completing bar'),
  direction,
  confidence: number('0 to 1'),
  outcome: words(
    ['open', 'success', 'failure', 'untracked'],
    'what became of it, see `successRate`; `open`: not known yet; `untracked`: not followed (before the first average true range, or with 64 others awaited)',
  ),
});

export const PatternDataSchema = part('Pattern data', {
  patternId: text('symbol, time frame, start of the completing bar and type'),
  patternType: text('one of those named below; more may come'),
  kind: words(['candlestick', 'chart'], 'made of the shapes of single bars, or of turning points'),
  timeFrame,
  confidence: number('0 to 1, see below'),
  direction,
  price: number('close of the completing bar', 'currency'),
  invalidationPrice: orNull(number('it is void once price touches this; null for a neutral one', 'currency')),
  isEarly: flag('true: of a bar that is still open; only by `get`'),
  fromUs: timeUs("start of the formation's first bar"),
  toUs: timeUs('start of the completing bar'),
  barCount: integer('bars from the first to the last'),
  bars: list(PatternBarSchema, 'the last of them, at most five, oldest first'),
  pivots: list(PatternPivotSchema, 'turning points, oldest first; none for candlesticks'),
  earlier: list(
    EarlierPatternSchema,
    "the symbol's patterns before this one in all time frames, newest first, at most eight",
  ),
  successRate: group(
    'how often this type came true for this symbol and time frame: one average true range its way (a neutral one: either way) within ten bars, before the invalidation price',
    {
      successes: integer('patterns that came true'),
      settled: integer('patterns whose outcome is known'),
      rate: orNull(number('successes / settled; null while nothing is settled')),
    },
  ),
});

export const ORDER_TYPES = [
  'MARKET',
  'LIMIT',
  'STOP_MARKET',
  'STOP_LIMIT',
  'TRAILING_STOP_MARKET',
  'TAKE_PROFIT',
] as const;
export const CONTINGENCIES = ['OCO', 'OTO', 'OUO', 'BRACKET'] as const;
export const SIDES = ['BUY', 'SELL'] as const;
export const OFFSET_KINDS = ['price', 'bp', 'ticks'] as const;
const symbol = text('of the instrument');
const account = text('whose it is');
const clientOrderId = text("the client's name for the order");
const orderId = text("the server's name for the order");

export const OrderDataSchema = part('Order data', {
  account,
  orderId,
  clientOrderId,
  symbol,
  side: words(SIDES, "the order's own side"),
  orderType: openWords(ORDER_TYPES, 'see [Orders](#orders)'),
  status: openWords(
    ['PENDING', 'ACCEPTED', 'TRIGGERED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'],
    'see [Orders](#orders); the last four are ends',
  ),
  quantity: decimal('the total', 'units'),
  leavesQuantity: decimal('open rest', 'units'),
  cumulativeQuantity: decimal('filled so far', 'units'),
  triggerPrice: Optional(
    decimal('the stop in force; absent for MARKET and while a trail waits for its activation', 'currency'),
  ),
  limitPrice: Optional(decimal('of LIMIT and STOP_LIMIT', 'currency')),
  peakPrice: Optional(decimal('trailing stop: highest price since the trail began, lowest for a BUY', 'currency')),
  trailingOffset: Optional(
    group('how far a trailing stop stays behind its peak', {
      kind: words(OFFSET_KINDS, 'what `value` counts'),
      value: decimal('as it was given', 'currency, basis points or ticks'),
    }),
  ),
  averagePrice: Optional(decimal('of all fills; absent before the first', 'currency')),
  contingency: Optional(words(CONTINGENCIES, 'of the list that it was placed with')),
  parentClientOrderId: Optional(text('the order that has to be filled first')),
  reduceOnly: Optional(flag('true: only makes the position smaller; absent: may open one')),
  expireTimeUs: Optional(timeUs('of DAY and GTD orders: the first instant at which it works no more')),
  rejectReason: Optional(text('see [Reasons of refusal](#reasons-of-refusal)')),
});

export const ExecutionDataSchema = group('the fill', {
  executionId: text("the server's name for the fill"),
  orderId,
  clientOrderId,
  symbol,
  side: words(SIDES, "the order's side"),
  lastPrice: decimal('price of this fill', 'currency'),
  lastQuantity: decimal('quantity of this fill', 'units'),
  leavesQuantity: decimal("the order's open rest", 'units'),
});

const realizedPnl = decimal('profit of what was closed, commissions taken off', 'currency');
const unrealizedPnl = decimal('profit of what is open, at the last prices', 'currency');

export const PositionDataSchema = part('Position data', {
  symbol,
  quantity: decimal('negative when short', 'units'),
  averagePrice: decimal('at which the open quantity was got; 0 when closed', 'currency'),
  markPrice: decimal('the last price', 'currency'),
  realizedPnl,
  unrealizedPnl,
});

export const PortfolioDataSchema = part('Portfolio data', {
  account,
  cash: decimal('all 0 until the account has placed its first order', 'currency'),
  equity: decimal('cash and positions', 'currency'),
  realizedPnl,
  unrealizedPnl,
});

export const AlertDataSchema = part('Alert data', {
  alertId: text("the client's name for it, unique in its account"),
  account,
  symbol,
  condition: words(['above', 'below', 'changePercent'], 'see [`alert.set`](#alertset)'),
  threshold: decimal('as it was set', 'currency or percent'),
  triggerPrice: decimal('the price at which it acts', 'currency'),
  price: Optional(decimal('of the trade that met it; absent while it waits', 'currency')),
});

export const NewsDataSchema = group('the message', {
  newsId: text("the server's name for it"),
  headline: text('one line'),
  body: Optional(text('the whole text')),
  source: Optional(text('who says it')),
  url: Optional(text('where it is to be read')),

  symbols: list(text('a symbol'), 'what it is about; empty: the whole market, and comes to everyone who reads news'),
});

export const PresentUserSchema = part('Present user', {
  user: text("the token's `sub`"),
  state: text('`online` until the user says otherwise by `presence.set`'),
});

import { Type } from '@sinclair/typebox';
import { CONTINGENCIES, OFFSET_KINDS, ORDER_TYPES, SIDES } from '../parts.ts';
import { integer, number, openWords, orNull, part, text, words } from '../words.ts';

const { Optional } = Type;

/** A point in time as the dialects tell it, whole ms since the epoch. */
export function timeMs(meaning: string) {
  return integer(meaning, 'ms since the epoch');
}

export const symbol = text('of the instrument');
export const errorFields = {
  code: text('see [Error codes](#error-codes)'),
  message: text('for people; its text may change'),
};
export const noticeFields = {
  code: text('as in the native [`system`](#system), `shutdown` say'),
  message: text('for people'),
};
export const retryAfter = Optional(integer('`shutdown`: wait this long before reconnecting', 'ms'));

/** Lists by name, single orders by type; a trailing stop has a word of its own. */
export const STRATEGIES = [
  ...CONTINGENCIES,
  ...ORDER_TYPES.filter((type) => type !== 'TRAILING_STOP_MARKET'),
  'TRAILING_STOP',
];

export const PlainOrderSchema = part('Plain order', {
  id: text("the server's name for it"),
  client_order_id: text("the client's name for it"),
  symbol,
  side: words(SIDES, "the order's own side"),
  type: openWords(ORDER_TYPES, 'see [Orders](#orders)'),
  status: openWords(
    ['PENDING', 'ACCEPTED', 'TRIGGERED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'],
    'see [Orders](#orders); the last four are ends',
  ),
  event: text("what happened: the native [`order`](#order) frame's `reason`"),
  quantity: number('the total', 'units'),
  filled_quantity: number('filled so far', 'units'),
  average_price: Optional(number('of all fills; absent before the first', 'currency')),
  limit_price: Optional(number('of LIMIT and STOP_LIMIT', 'currency')),
  current_stop_price: Optional(number('the stop in force; of a TAKE_PROFIT its target', 'currency')),
  peak_price: Optional(number('trailing stop: best price since the trail began', 'currency')),
  trailing_offset: Optional(
    number('trailing stop: how far it stays behind the peak', 'as `trailing_offset_unit` says'),
  ),
  trailing_offset_unit: Optional(words(OFFSET_KINDS, 'currency, basis points or ticks')),
  parent_client_order_id: Optional(text('the order that has to be filled first')),
  reject_reason: Optional(text('see [Reasons of refusal](#reasons-of-refusal)')),
});

export const PlainPositionSchema = part('Plain position', {
  symbol,
  quantity: number('negative when short', 'units'),
  average_price: number('of the open quantity; 0 when closed', 'currency'),
  current_price: number("the last trade's", 'currency'),
  unrealized_pnl: number('profit of what is open, at the last price', 'currency'),
  realized_pnl: number('profit of what was closed', 'currency'),
});

export const PlainPortfolioSchema = part('Plain portfolio', {
  cash: number('all 0 until the account has placed its first order', 'currency'),
  equity: number("cash and positions at the last trades' prices", 'currency'),
  unrealized_pnl: number('profit of what is open', 'currency'),
  realized_pnl: number('profit of what was closed', 'currency'),
});

/** The market's state, null for what is unknown; some names are spelt by the dialect. */
export const quote = {
  price: orNull(number("the last trade's; null before the first", 'currency')),
  size: orNull(number('of the last trade', 'units')),
  change: orNull(number("against the last session's close", 'currency')),
  volume: number('sum of trade sizes of the session so far', 'units'),
  bid: orNull(number('best bid', 'currency')),
  ask: orNull(number('best ask', 'currency')),
};
export const changePercent = orNull(number("against the last session's close, to two decimals", '%'));
export const previousClose = orNull(number("the last session's close; null when unknown", 'currency'));

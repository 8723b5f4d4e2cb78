import type { Account } from '../accounts/account.ts';
import type { BuyingPower, Estimate } from '../accounts/buyingPower.ts';
import type { Valuer } from '../accounts/money.ts';
import { isPrice, MAX_SIZE, type TickerState } from '../tickers.ts';
import type { PlaceOrder, RejectReason, TrailingOffset } from '../types.ts';
import type { TradingHours } from './hours.ts';
import { hasLimit, hasTrigger, type Order } from './order.ts';
import { rootOf, trailingStop } from './trailing.ts';
import { tradableWatch, watchedPrice, watchOf } from './watch.ts';

/** The highest offset in basis points: beyond it products leave exact whole numbers. */
const MAX_OFFSET_BP = 1_000_000;
/** The highest value of one order in cash units: ten billion of the currency. */
const MAX_ORDER_VALUE = 1e14;

/** What an order is judged against, besides its own terms. */
export interface OrderContext {
  readonly tickers: TickerState;
  /** By symbol index. */
  readonly valuers: readonly Valuer[];
  readonly hours: TradingHours;
  readonly buyingPower: BuyingPower;
  readonly account: Account;
}

/** Says why an order can't be taken now, or undefined when it can. Changes nothing. */
export function refuseOrder(order: PlaceOrder, context: OrderContext): RejectReason | undefined {
  return refuseForm(order, context) ?? refuseClosed(order, context.hours) ?? refuseAtMarket(order, context);
}

/** Says what is wrong with an order whatever the market is: all that can be asked of a child that waits for its parent. */
export function refuseForm(order: PlaceOrder, { valuers, hours }: OrderContext): RejectReason | undefined {
  if (valuers[order.symbol] === undefined || Object.is(order.symbol, -0)) return 'unknown_symbol';
  if (!isQuantity(order.quantity)) return 'bad_quantity';
  if (hours.expiryOf(order) === undefined) {
    return order.timeInForce === 'DAY' && order.expireTimeUs === undefined ? 'unsupported_time_in_force' : 'bad_expiry';
  }
  return refuseTerms(order);
}

/** Says why an order can't rest or trade at the market as it is. */
export function refuseAtMarket(order: PlaceOrder, context: OrderContext): RejectReason | undefined {
  const market = marketFor(order, context.tickers);
  if (market === 0 && order.type !== 'LIMIT') return 'no_market';
  const stop = stopAtPlacing(order, market);
  if (order.type === 'TRAILING_STOP_MARKET' && !isPrice(stop)) return 'bad_offset';
  if (hasTrigger(order.type)) {
    const waitsFor = actsWhen(order);
    if (waitsFor === 'falls' ? stop >= market : stop <= market) return 'wrong_side_of_market';
  }
  const price = estimatedPrice(order, { market, stop });
  return refuseCost({ terms: order, price, quantity: order.quantity }, context);
}

/** Says why an order of that price (ticks) and quantity (lots) costs too much. `changed` is the order whose new terms these are. */
export function refuseCost(estimate: Estimate, context: OrderContext, changed?: Order): RejectReason | undefined {
  const { terms, price, quantity } = estimate;
  const { account, buyingPower, valuers } = context;
  if (price * quantity > Number.MAX_SAFE_INTEGER) return 'bad_quantity';
  const valuer = valuers[terms.symbol];
  if (valuer === undefined || valuer.value(price, quantity) > MAX_ORDER_VALUE) return 'bad_quantity';
  return buyingPower.affords(account, estimate, changed) ? undefined : 'insufficient_buying_power';
}

/** Whether `quantity` is one of an order: whole lots from 1 to {@link MAX_SIZE}. */
export function isQuantity(quantity: number): boolean {
  return Number.isSafeInteger(quantity) && quantity > 0 && quantity <= MAX_SIZE;
}

/** The price in ticks that is "the market" for an order as it is placed: what it watches, for MARKET the last trade; 0 before the first. */
export function marketFor(order: PlaceOrder, tickers: TickerState): number {
  const { type, side, symbol } = order;
  const watch = watchOf(side, order.triggerBasis);
  if (type === 'MARKET') return watchedPrice(tickers, 'last', symbol);
  return watchedPrice(tickers, type === 'LIMIT' ? tradableWatch(side, watch) : watch, symbol);
}

/** Which way the market has to go for an order's trigger to act: a stop's against the order, a take-profit's for it. */
export function actsWhen(order: PlaceOrder): 'falls' | 'rises' {
  return (order.side === 'SELL') === (order.type === 'TAKE_PROFIT') ? 'rises' : 'falls';
}

/** Whether an order's limit lets it trade at `price`. */
export function isWithinLimit(order: PlaceOrder, price: number): boolean {
  const { limitPrice } = order;
  if (limitPrice === undefined || !hasLimit(order.type)) return true;
  return order.side === 'SELL' ? price >= limitPrice : price <= limitPrice;
}

/** Whether a trailing stop's trail starts with the market at `price`. */
export function isActivated(order: PlaceOrder, price: number): boolean {
  const { activationPrice } = order;
  if (activationPrice === undefined) return true;
  return order.side === 'SELL' ? price >= activationPrice : price <= activationPrice;
}

function refuseClosed(order: PlaceOrder, hours: TradingHours): RejectReason | undefined {
  const { type, timeInForce } = order;
  const isNow = type === 'MARKET' || (type === 'LIMIT' && (timeInForce === 'IOC' || timeInForce === 'FOK'));
  return isNow ? hours.closedFor(order) : undefined;
}

/** Says what is wrong with the prices and the offset of an order. */
export function refuseTerms(order: PlaceOrder): RejectReason | undefined {
  switch (order.type) {
    case 'MARKET':
      return undefined;
    case 'LIMIT':
      return isGivenPrice(order.limitPrice) ? undefined : 'bad_price';
    case 'STOP_MARKET':
    case 'TAKE_PROFIT':
      return isGivenPrice(order.triggerPrice) ? undefined : 'bad_price';
    case 'STOP_LIMIT':
      return isGivenPrice(order.triggerPrice) && isGivenPrice(order.limitPrice) ? undefined : 'bad_price';
    case 'TRAILING_STOP_MARKET':
      if (order.activationPrice !== undefined && !isPrice(order.activationPrice)) return 'bad_price';
      return isOffset(order.trailingOffset) ? undefined : 'bad_offset';
  }
}

function isGivenPrice(price: number | undefined): boolean {
  return price !== undefined && isPrice(price);
}

function isOffset(offset: TrailingOffset | undefined): offset is TrailingOffset {
  if (offset === undefined || !isPrice(offset.value)) return false;
  return offset.kind !== 'bp' || offset.value <= MAX_OFFSET_BP;
}

/** The stop as it is placed, or for a trail that waits for its activation the least favourable with which it can start; 0 for none. */
function stopAtPlacing(order: PlaceOrder, market: number): number {
  if (hasTrigger(order.type)) return order.triggerPrice ?? 0;
  if (order.type !== 'TRAILING_STOP_MARKET' || order.trailingOffset === undefined) return 0;
  const isStarted = market !== 0 && isActivated(order, market);
  const peak = isStarted ? market : (order.activationPrice ?? market);
  return trailingStop(order.side, order.trailingOffset, peak);
}

/** The stop that a working order has, or would have by new terms: of a trail from its peak. */
export function stopOf(order: Order, terms: PlaceOrder, market: number): number {
  if (order.run !== undefined && terms.trailingOffset !== undefined)
    return trailingStop(terms.side, terms.trailingOffset, rootOf(order.run).peak);
  return order.isTriggered ? order.triggerPrice : stopAtPlacing(terms, market);
}

/** The price in ticks at which an order's value is judged: a buy's limit, else the dearest of market, stop and limit. */
export function estimatedPrice(order: PlaceOrder, prices: { readonly market: number; readonly stop: number }): number {
  const limit = hasLimit(order.type) ? (order.limitPrice ?? 0) : 0;
  return limit !== 0 && order.side === 'BUY' ? limit : Math.max(prices.market, prices.stop, limit);
}

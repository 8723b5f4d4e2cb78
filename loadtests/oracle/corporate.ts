import type { CorporateAction } from '../../market/types.ts';
import { leavesOf, type OpenOrder } from './openOrder.ts';
import { type SymbolState, stopBehind } from './prices.ts';

/** The highest parts of a ratio, and the highest dividend in cash units. */
const MAX_PART = 100_000;
const MAX_CASH = 10_000_000_000;
/** A price fits 32 bits. */
const MAX_PRICE = 2 ** 31 - 1;
/** Cash has four decimals. */
const CASH_DECIMALS = 4;

/** Whether an action can be taken: a ratio of positive whole numbers and a payment that isn't negative. */
export function isSaneAction({ numerator, denominator, cashPerShare }: CorporateAction): boolean {
  const isPart = (part: number) => Number.isInteger(part) && part >= 1 && part <= MAX_PART;
  const isPaid = Number.isInteger(cashPerShare) && cashPerShare >= 0 && cashPerShare <= MAX_CASH;
  return isPart(numerator) && isPart(denominator) && isPaid && !Object.is(cashPerShare, -0);
}

/** Lots after an action, cut towards zero. */
export function splitQuantity(quantity: number, { numerator, denominator }: CorporateAction): number {
  return Number((BigInt(quantity) * BigInt(numerator)) / BigInt(denominator));
}

/** Brings a symbol's market to the prices after a split, to the nearest tick; nothing of its sizes is left. */
export function splitMarket(state: SymbolState, { numerator, denominator }: CorporateAction): void {
  if (numerator === denominator) return;
  const priceAfter = (price: number) =>
    price === 0 ? 0 : Math.min(MAX_PRICE, Math.max(1, Math.round((price * denominator) / numerator)));
  state.last = priceAfter(state.last);
  state.bid = priceAfter(state.bid);
  state.ask = priceAfter(state.ask);
  state.lastLeft = 0;
  state.bidLeft = 0;
  state.askLeft = 0;
}

/** Gives an order its terms after an action. What is left of it may be nothing. */
export function adjustOrder(order: OpenOrder, action: CorporateAction, priceDecimals: number): void {
  const { side, type } = order.command;
  const below = (price: number) => Math.max(1, scaledDown(price, action) - dividendTicks(action, priceDecimals));
  const above = (price: number) => scaledUp(price, action);
  const isSale = side === 'SELL';
  const isStop = type === 'STOP_MARKET' || type === 'STOP_LIMIT';
  const filled = splitQuantity(order.filledQuantity, action);
  order.quantity = filled + splitQuantity(leavesOf(order), action);
  order.filledQuantity = filled;
  if (order.limitPrice !== undefined) {
    const waitsBelow = type === 'STOP_LIMIT' ? isSale : !isSale;
    order.limitPrice = waitsBelow ? below(order.limitPrice) : above(order.limitPrice);
  }
  if (order.activationPrice !== undefined)
    order.activationPrice = isSale ? above(order.activationPrice) : below(order.activationPrice);
  if (order.trail === undefined) {
    if (order.stop === undefined) return;
    order.stop = isSale === isStop ? below(order.stop) : above(order.stop);
    return;
  }
  if (order.trail.kind !== 'bp') order.trail = { ...order.trail, value: above(order.trail.value) };
  if (order.peak === undefined) return;
  order.peak = isSale ? below(order.peak) : above(order.peak);
  order.stop = stopBehind(side, order.peak, order.trail);
}

function scaledDown(price: number, { numerator, denominator }: CorporateAction): number {
  return Number((BigInt(price) * BigInt(denominator)) / BigInt(numerator));
}

function scaledUp(price: number, { numerator, denominator }: CorporateAction): number {
  const by = BigInt(numerator);
  return Number((BigInt(price) * BigInt(denominator) + by - 1n) / by);
}

/** What a share is paid, in ticks, rounded up. */
function dividendTicks({ cashPerShare }: CorporateAction, priceDecimals: number): number {
  const perTick = 10n ** BigInt(CASH_DECIMALS - priceDecimals);
  return Number((BigInt(cashPerShare) + perTick - 1n) / perTick);
}

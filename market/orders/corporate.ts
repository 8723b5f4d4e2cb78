import { scaled } from '../accounts/position.ts';
import { CASH_SCALE, type ControlRefusal, type CorporateAction, type Instrument, type PlaceOrder } from '../types.ts';
import { actsWhen } from './check.ts';
import { hasTrigger, type Order } from './order.ts';
import { trailingStop } from './trailing.ts';

/** The highest part of a ratio, and the highest dividend in cash units per share. */
const MAX_RATIO_PART = 100_000;
const MAX_CASH_PER_SHARE = 1e10;

/** How one corporate action changes the prices of orders. */
export interface PriceChange {
  readonly action: CorporateAction;
  /** The dividend in ticks, rounded up. */
  readonly dividend: number;
}

/** Says why a corporate action can't be taken, or undefined when it can. */
export function refuseAction(action: CorporateAction): ControlRefusal | undefined {
  const { numerator, denominator, cashPerShare } = action;
  const isPart = (part: number) => Number.isInteger(part) && part > 0 && part <= MAX_RATIO_PART;
  if (!isPart(numerator) || !isPart(denominator)) return 'bad_ratio';
  const isCash = Number.isInteger(cashPerShare) && cashPerShare >= 0 && !Object.is(cashPerShare, -0);
  return isCash && cashPerShare <= MAX_CASH_PER_SHARE ? undefined : 'bad_cash';
}

/** What an action on an instrument does to prices. */
export function priceChangeOf(action: CorporateAction, instrument: Instrument): PriceChange {
  return { action, dividend: Math.ceil((action.cashPerShare * 10 ** instrument.priceDecimals) / CASH_SCALE) };
}

/**
 * Gives a live order, taken out of the books, its terms after an action, and returns the peak from which its trail
 * goes on. Quantities are cut to whole lots, prices rounded away from the market. A dividend lowers only what waits below
 * the market: buy limits and take-profits, sell stops and the peaks of trailing sells.
 */
export function adjustOrder(order: Order, change: PriceChange): number {
  const { action } = change;
  const filled = scaled(order.filledQuantity, action);
  order.leavesQuantity = scaled(order.leavesQuantity, action);
  order.quantity = filled + order.leavesQuantity;
  order.terms = adjustedTerms(order.terms, change);
  if (hasTrigger(order.terms.type)) order.triggerPrice = order.terms.triggerPrice ?? 0;
  const { side, trailingOffset } = order.terms;
  const { peakPrice } = order;
  if (peakPrice === 0 || trailingOffset === undefined) return 0;
  order.peakPrice = side === 'SELL' ? lowered(peakPrice, change) : raised(peakPrice, action);
  order.triggerPrice = trailingStop(side, trailingOffset, order.peakPrice);
  return order.peakPrice;
}

function adjustedTerms(terms: PlaceOrder, change: PriceChange): PlaceOrder {
  const { action } = change;
  const { side, type, triggerPrice, limitPrice, trailingOffset, activationPrice } = terms;
  const adjusted = (price: number, waitsBelow: boolean) =>
    waitsBelow ? lowered(price, change) : raised(price, action);
  const limitIsBelow = (side === 'SELL') === (type === 'STOP_LIMIT');
  return {
    ...terms,
    ...(triggerPrice !== undefined && { triggerPrice: adjusted(triggerPrice, actsWhen(terms) === 'falls') }),
    ...(limitPrice !== undefined && { limitPrice: adjusted(limitPrice, limitIsBelow) }),
    ...(activationPrice !== undefined && { activationPrice: adjusted(activationPrice, side === 'BUY') }),
    ...(trailingOffset !== undefined &&
      trailingOffset.kind !== 'bp' && {
        trailingOffset: { ...trailingOffset, value: raised(trailingOffset.value, action) },
      }),
  };
}

function lowered(price: number, { action, dividend }: PriceChange): number {
  return Math.max(1, Math.floor((price * action.denominator) / action.numerator) - dividend);
}

function raised(price: number, { numerator, denominator }: CorporateAction): number {
  return Math.ceil((price * denominator) / numerator);
}

import { isPrice } from '../tickers.ts';
import type { ModifyOrder, PlaceOrder, RejectReason } from '../types.ts';
import {
  actsWhen,
  estimatedPrice,
  isQuantity,
  marketFor,
  type OrderContext,
  refuseCost,
  refuseForm,
  stopOf,
} from './check.ts';
import { hasLimit, hasTrigger, type Order } from './order.ts';

/** The terms that a modification leaves an order with; its own where the modification says nothing. */
export function modifiedTerms(order: Order, change: ModifyOrder): PlaceOrder {
  const { triggerPrice, limitPrice, trailingOffset, activationPrice, expireTimeUs } = change;
  return {
    ...order.terms,
    ...(triggerPrice !== undefined && { triggerPrice }),
    ...(limitPrice !== undefined && { limitPrice }),
    ...(trailingOffset !== undefined && { trailingOffset }),
    ...(activationPrice !== undefined && { activationPrice }),
    ...(expireTimeUs !== undefined && { expireTimeUs }),
  };
}

/** Says why a live order can't be modified so, or undefined when it can. Changes nothing. */
export function refuseModification(order: Order, change: ModifyOrder, context: OrderContext): RejectReason | undefined {
  const { quantity = order.quantity } = change;
  const fault = refuseFields(order, change);
  if (fault !== undefined) return fault;
  if (!isQuantity(quantity)) return 'bad_quantity';
  if (quantity <= order.filledQuantity) return 'quantity_below_filled';
  const terms = modifiedTerms(order, change);
  const formFault = refuseForm({ ...terms, ...expiryAsked(order, change), quantity }, context);
  if (formFault !== undefined || order.status === 'PENDING') return formFault;
  const market = marketFor(terms, context.tickers);
  const stop = stopOf(order, terms, market);
  const stopFault = isStopMoved(change) ? refuseStop(order, terms, { market, stop }) : undefined;
  if (stopFault !== undefined) return stopFault;
  const price = estimatedPrice(terms, { market, stop });
  return refuseCost({ terms, price, quantity: quantity - order.filledQuantity }, context, order);
}

/** A DAY order keeps the close at which it ends; a GTD order's time counts only where it is given anew. */
function expiryAsked(order: Order, change: ModifyOrder): Partial<PlaceOrder> {
  return order.terms.timeInForce === 'GTD' && change.expireTimeUs === undefined
    ? { expireTimeUs: Number.MAX_SAFE_INTEGER }
    : {};
}

function refuseFields(order: Order, change: ModifyOrder): RejectReason | undefined {
  const { quantity, triggerPrice, limitPrice, trailingOffset, activationPrice, expireTimeUs } = change;
  const { type, timeInForce } = order.terms;
  const asked = [quantity, triggerPrice, limitPrice, trailingOffset, activationPrice, expireTimeUs];
  if (asked.every((field) => field === undefined)) return 'nothing_to_modify';
  const isTrailing = type === 'TRAILING_STOP_MARKET';
  const mayActivate = isTrailing && (order.status === 'PENDING' || order.awaitsActivation);
  if (
    (triggerPrice !== undefined && !hasTrigger(type)) ||
    (limitPrice !== undefined && !hasLimit(type)) ||
    (trailingOffset !== undefined && !isTrailing) ||
    (activationPrice !== undefined && !mayActivate) ||
    (expireTimeUs !== undefined && timeInForce !== 'GTD')
  ) {
    return 'not_modifiable';
  }
  return order.isTriggered && (triggerPrice ?? trailingOffset) !== undefined ? 'already_triggered' : undefined;
}

function isStopMoved({ triggerPrice, trailingOffset, activationPrice }: ModifyOrder): boolean {
  return (triggerPrice ?? trailingOffset ?? activationPrice) !== undefined;
}

/** A stop that is asked for anew may not be reached already; one that stays may, when a gap went beyond it before the order worked. */
function refuseStop(
  order: Order,
  terms: PlaceOrder,
  { market, stop }: { readonly market: number; readonly stop: number },
): RejectReason | undefined {
  const isTrailing = terms.type === 'TRAILING_STOP_MARKET';
  if (isTrailing && !isPrice(stop)) return 'bad_offset';
  if (isTrailing && order.run === undefined) return undefined;
  const waitsBelow = isTrailing ? terms.side === 'SELL' : actsWhen(terms) === 'falls';
  return (waitsBelow ? stop >= market : stop <= market) ? 'wrong_side_of_market' : undefined;
}

import type { ModifyOrder, RejectReason } from '../../market/types.ts';
import { type OpenOrder, watchOf } from './openOrder.ts';
import { reachesStop, type SymbolState, stopBehind, watchedPrice } from './prices.ts';
import { formRefusal, marketRefusal, termsRefusal } from './refusals.ts';

/** What is asked for, and of which market. */
interface Ask {
  readonly modify: ModifyOrder;
  readonly state: SymbolState;
  /** µs since the epoch. */
  readonly nowUs: number;
}

/** The order with the terms that a modification gives it, or why it can't have them. */
export function modifiedOrder(order: OpenOrder, ask: Ask): OpenOrder | RejectReason {
  const { modify, nowUs } = ask;
  const refusal = termsRefusal(order, modify);
  if (refusal !== undefined) return refusal;
  const changed: OpenOrder = { ...order };
  if (modify.quantity !== undefined) changed.quantity = modify.quantity;
  if (modify.triggerPrice !== undefined) changed.stop = modify.triggerPrice;
  if (modify.limitPrice !== undefined) changed.limitPrice = modify.limitPrice;
  if (modify.activationPrice !== undefined) changed.activationPrice = modify.activationPrice;
  if (modify.expireTimeUs !== undefined) changed.expireTimeUs = modify.expireTimeUs;
  if (modify.trailingOffset !== undefined) {
    changed.trail = modify.trailingOffset;
    if (order.peak !== undefined) changed.stop = stopBehind(order.command.side, order.peak, modify.trailingOffset);
  }
  const { expireTimeUs } = modify;
  if (expireTimeUs !== undefined && !(expireTimeUs > nowUs)) return 'bad_expiry';
  return formRefusal(changed) ?? fitRefusal(order, changed, ask) ?? changed;
}

/** Why the changed terms don't fit what is filled already, or, where a stop is asked for anew, the market of now. */
function fitRefusal(order: OpenOrder, changed: OpenOrder, ask: Ask): RejectReason | undefined {
  const { modify, state } = ask;
  if (changed.quantity <= order.filledQuantity) return 'quantity_below_filled';
  if (order.status === 'PENDING' || order.hasTriggered) return undefined;
  const { triggerPrice, trailingOffset, activationPrice } = modify;
  if ((triggerPrice ?? trailingOffset ?? activationPrice) === undefined) return undefined;
  const { stop, peak, command } = changed;
  if (peak === undefined || stop === undefined) return marketRefusal(changed, state);
  if (stop <= 0) return 'bad_offset';
  const price = watchedPrice(state, watchOf(command));
  return reachesStop(command.side, price, stop) ? 'wrong_side_of_market' : undefined;
}

import type { OrderStatus, OrderView, PlaceOrder, RejectReason, TrailingOffset } from '../../market/types.ts';
import { reachesTarget, type SymbolState, stopBehind, type Watch, watchedPrice } from './prices.ts';

/** An order as the oracle keeps it. Prices in ticks, quantities in lots. */
export interface OpenOrder {
  readonly orderId: number;
  readonly command: PlaceOrder;
  status: OrderStatus;
  /** The stop or target in force; undefined for orders without one and for a trail that hasn't begun. */
  stop: number | undefined;
  /** How far a trailing stop stays behind; undefined for other types. */
  readonly trail: TrailingOffset | undefined;
  /** The best price that a trailing stop has seen since it began. */
  peak: number | undefined;
  filledQuantity: number;
  /** Sum of price x quantity over the fills. */
  filledTotal: number;
}

/** An order that nothing has happened to yet. */
export function pendingOrder(command: PlaceOrder, orderId: number): OpenOrder {
  const { type, triggerPrice, trailingOffset } = command;
  const hasStop = type === 'STOP_MARKET' || type === 'STOP_LIMIT' || type === 'TAKE_PROFIT';
  const stop = hasStop ? triggerPrice : undefined;
  const trail = type === 'TRAILING_STOP_MARKET' ? trailingOffset : undefined;
  return { orderId, command, status: 'PENDING', stop, trail, peak: undefined, filledQuantity: 0, filledTotal: 0 };
}

/** Which price decides over an order. */
export function watchOf({ side, triggerBasis = 'last' }: PlaceOrder): Watch {
  return { side, basis: triggerBasis };
}

/** Whether a trail may begin: at once without an activation price, else when the market comes up to it (sell) or down to it (buy). */
export function activates(command: PlaceOrder, price: number): boolean {
  const { activationPrice, side } = command;
  return activationPrice === undefined || reachesTarget(side, price, activationPrice);
}

/** Begins a trail, or moves it on: peak and stop follow the price that it watches. */
export function follow(order: OpenOrder, state: SymbolState): void {
  const { command, trail } = order;
  if (trail === undefined) return;
  order.peak = watchedPrice(state, watchOf(command));
  order.stop = stopBehind(command.side, order.peak, trail);
}

/** The order as events show it. */
export function viewOf(order: OpenOrder, rejectReason?: RejectReason): OrderView {
  const { account, clientOrderId, symbol, side, type, quantity, limitPrice, trailingOffset } = order.command;
  const { orderId, status, stop, peak, filledQuantity, filledTotal } = order;
  return {
    account,
    orderId,
    clientOrderId,
    symbol,
    side,
    type,
    status,
    quantity,
    leavesQuantity: quantity - filledQuantity,
    cumulativeQuantity: filledQuantity,
    ...(stop === undefined ? {} : { triggerPrice: stop }),
    ...(limitPrice === undefined ? {} : { limitPrice }),
    ...(trailingOffset === undefined ? {} : { trailingOffset }),
    ...(peak === undefined ? {} : { peakPrice: peak }),
    averagePrice: filledQuantity === 0 ? 0 : filledTotal / filledQuantity,
    ...(rejectReason === undefined ? {} : { rejectReason }),
  };
}

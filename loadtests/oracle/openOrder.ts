import type {
  ChildrenFrom,
  Contingency,
  OrderStatus,
  OrderView,
  PlaceOrder,
  RejectReason,
  TrailingOffset,
} from '../../market/types.ts';
import { reachesTarget, type SymbolState, stopBehind, type Watch, watchedPrice } from './prices.ts';

/** Orders that were placed together. */
export interface Family {
  readonly contingency: Contingency;
  /** In the order of their age; the first of an OTO or a bracket is the parent. */
  readonly members: OpenOrder[];
}

/** An order as the oracle keeps it. Prices in ticks, quantities in lots, times in µs since the epoch. */
export interface OpenOrder {
  readonly orderId: number;
  /** As it was placed; the terms that may change since are fields of their own. */
  readonly command: PlaceOrder;
  status: OrderStatus;
  quantity: number;
  limitPrice: number | undefined;
  /** The stop or target in force; undefined for orders without one and for a trail that hasn't begun. */
  stop: number | undefined;
  /** How far a trailing stop stays behind; undefined for other types. */
  trail: TrailingOffset | undefined;
  activationPrice: number | undefined;
  /** The best price that a trailing stop has seen since it began. */
  peak: number | undefined;
  hasTriggered: boolean;
  /** The first instant at which it works no more. */
  expireTimeUs: number | undefined;
  filledQuantity: number;
  /** Sum of price x quantity over the fills. */
  filledTotal: number;
  /** The list with which it was placed. */
  family: Family | undefined;
  /** The order that must fill before this one works. */
  parent: OpenOrder | undefined;
  /** From which of its own fills on its children work. */
  childrenFrom: ChildrenFrom;
  /** The price in ticks at which it was valued when it was wanted, began, or got its terms. */
  worthPrice: number;
}

/** An order that nothing has happened to yet. */
export function pendingOrder(command: PlaceOrder, orderId: number): OpenOrder {
  const { type, quantity, triggerPrice, limitPrice, trailingOffset, activationPrice, expireTimeUs } = command;
  const hasStop = type === 'STOP_MARKET' || type === 'STOP_LIMIT' || type === 'TAKE_PROFIT';
  const isTrail = type === 'TRAILING_STOP_MARKET';
  return {
    orderId,
    command,
    status: 'PENDING',
    quantity,
    limitPrice,
    stop: hasStop ? triggerPrice : undefined,
    trail: isTrail ? trailingOffset : undefined,
    activationPrice: isTrail ? activationPrice : undefined,
    peak: undefined,
    hasTriggered: false,
    expireTimeUs,
    filledQuantity: 0,
    filledTotal: 0,
    family: undefined,
    parent: undefined,
    childrenFrom: 'complete_fill',
    worthPrice: 0,
  };
}

/** Which price decides over an order; a MARKET order looks at the last trade whatever it says. */
export function watchOf({ side, type, triggerBasis = 'last' }: PlaceOrder): Watch {
  return { side, basis: type === 'MARKET' ? 'last' : triggerBasis };
}

/** What is left of an order, in lots. */
export function leavesOf(order: OpenOrder): number {
  return order.quantity - order.filledQuantity;
}

/** Whether an order may not rest once it works. */
export function isImmediate({ timeInForce }: PlaceOrder): boolean {
  return timeInForce === 'IOC' || timeInForce === 'FOK';
}

/** Whether a trail may begin: at once without an activation price, else when the market comes up to it (sell) or down to it (buy). */
export function activates(order: OpenOrder, price: number): boolean {
  const { activationPrice, command } = order;
  return price > 0 && (activationPrice === undefined || reachesTarget(command.side, price, activationPrice));
}

/** Begins a trail, or moves it on: peak and stop follow the price that it watches, once there is one. */
export function follow(order: OpenOrder, state: SymbolState): void {
  const { command, trail } = order;
  const price = watchedPrice(state, watchOf(command));
  if (trail === undefined || price === 0) return;
  order.peak = price;
  order.stop = stopBehind(command.side, price, trail);
}

/** The order as events show it. */
export function viewOf(order: OpenOrder, rejectReason?: RejectReason): OrderView {
  const { account, clientOrderId, symbol, side, type, reduceOnly } = order.command;
  const { orderId, status, quantity, limitPrice, stop, peak, filledQuantity, filledTotal, family, expireTimeUs } =
    order;
  const trailingOffset = order.trail;
  const parentClientOrderId = order.parent?.command.clientOrderId;
  return {
    account,
    orderId,
    clientOrderId,
    symbol,
    side,
    type,
    status,
    quantity,
    leavesQuantity: leavesOf(order),
    cumulativeQuantity: filledQuantity,
    // No market gets to a stop at or below zero: there is none in force then.
    ...(stop === undefined || stop <= 0 ? {} : { triggerPrice: stop }),
    ...(limitPrice === undefined ? {} : { limitPrice }),
    ...(trailingOffset === undefined ? {} : { trailingOffset }),
    ...(peak === undefined ? {} : { peakPrice: peak }),
    averagePrice: filledQuantity === 0 ? 0 : filledTotal / filledQuantity,
    ...(rejectReason === undefined ? {} : { rejectReason }),
    ...(family === undefined ? {} : { contingency: family.contingency }),
    ...(parentClientOrderId === undefined ? {} : { parentClientOrderId }),
    ...(reduceOnly === true ? { reduceOnly } : {}),
    ...(expireTimeUs === undefined ? {} : { expireTimeUs }),
  };
}

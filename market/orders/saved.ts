import type { EngineSnapshot, OrderState } from '../snapshot.ts';
import type { PlaceOrder } from '../types.ts';
import type { OrderDesk } from './desk.ts';
import { Order, type OrderGroup } from './order.ts';
import { rootOf } from './trailing.ts';

/** What a snapshot holds of the desk. */
export type DeskState = Omit<EngineSnapshot, 'version' | 'instruments' | 'tickers'>;

/** Writes down accounts, orders and all that they depend on. */
export function saveDesk(desk: OrderDesk): DeskState {
  const accounts = [...desk.accounts.values()];
  const orders = accounts.flatMap((account) => [...account.orders.values()]);
  orders.sort((a, b) => a.orderId - b.orderId);
  const groups = new Set(orders.flatMap(({ group }) => group ?? []));
  return {
    clockUs: desk.hours.clockUs,
    halted: desk.hours.halted(),
    orderId: desk.orderId,
    executionId: desk.life.executionId,
    liquidity: desk.liquidity.state(),
    accounts: accounts.map((account) => ({ ...account.state(), closed: account.closedOrders().map(idOf) })),
    orders: orders.map(saveOrder),
    groups: [...groups].map(({ kind, legs }) => ({ kind, legs: legs.map(idOf) })),
    told: desk.working.toldState(),
  };
}

/** Takes on a saved state; the desk is new and its tickers are restored. */
export function restoreDesk(desk: OrderDesk, state: DeskState): void {
  desk.orderId = state.orderId;
  desk.life.executionId = state.executionId;
  desk.hours.clockUs = state.clockUs;
  for (const symbol of state.halted) desk.hours.halt(symbol);
  desk.liquidity.restore(state.liquidity);
  for (const account of state.accounts) desk.accountFor(account.name, account.deposits).restore(account);
  const orders = new Map(state.orders.map((saved) => [saved.orderId, restoreOrder(desk, saved)]));
  const orderOf = (orderId: number): Order => {
    const order = orders.get(orderId);
    if (order === undefined) throw new RangeError(`the saved state names order ${orderId} but doesn't hold it`);
    return order;
  };
  for (const { orderId, parentId } of state.orders)
    if (parentId !== undefined) adopt(orderOf(orderId), orderOf(parentId));
  for (const { kind, legs } of state.groups) group({ kind, legs: legs.map(orderOf) });
  for (const { name, closed } of state.accounts) {
    const account = desk.accountFor(name);
    for (const orderId of closed) account.retire(orderOf(orderId));
    for (const symbol of account.reservations.symbols()) desk.buyingPower.settle(account, symbol);
  }
  desk.working.restoreTold(state.told, orders.values());
}

/** Writes down one order. */
export function saveOrder(order: Order): OrderState {
  const { orderId, status, quantity, leavesQuantity, filledValue, watch, triggerPrice, peakPrice } = order;
  const { awaitsActivation, isTriggered, expireTimeUs, toldStop, judgedPrice } = order;
  const { rejectReason, contingency, parentClientOrderId, parent, brood } = order;
  return {
    orderId,
    terms: storable(order.terms),
    status,
    quantity: finite(quantity),
    leavesQuantity: finite(leavesQuantity),
    filledValue,
    watch,
    triggerPrice: finite(triggerPrice),
    peakPrice,
    awaitsActivation,
    isTriggered,
    trailPeak: order.run === undefined ? 0 : rootOf(order.run).peak,
    toldStop,
    judgedPrice,
    ...(expireTimeUs !== Number.POSITIVE_INFINITY && { expireTimeUs }),
    ...(rejectReason !== undefined && { rejectReason }),
    ...(contingency !== undefined && { contingency }),
    ...(parentClientOrderId !== undefined && { parentClientOrderId }),
    ...(parent !== undefined && { parentId: parent.orderId }),
    ...(brood !== undefined && { childrenFrom: brood.from }),
  };
}

function restoreOrder(desk: OrderDesk, saved: OrderState): Order {
  const account = desk.accountFor(saved.terms.account);
  const order = new Order(saved.orderId, account, saved.terms);
  order.status = saved.status;
  order.quantity = saved.quantity;
  order.leavesQuantity = saved.leavesQuantity;
  order.filledValue = saved.filledValue;
  order.rejectReason = saved.rejectReason;
  order.watch = saved.watch;
  order.triggerPrice = saved.triggerPrice;
  order.peakPrice = saved.peakPrice;
  order.awaitsActivation = saved.awaitsActivation;
  order.isTriggered = saved.isTriggered;
  order.expireTimeUs = saved.expireTimeUs ?? Number.POSITIVE_INFINITY;
  order.contingency = saved.contingency;
  order.parentClientOrderId = saved.parentClientOrderId;
  order.judgedPrice = saved.judgedPrice;
  if (saved.childrenFrom !== undefined) order.brood = { from: saved.childrenFrom, children: [] };
  account.orders.set(saved.terms.clientOrderId, order);
  order.toldStop = saved.toldStop;
  if (!order.isLive) return order;
  account.working.set(order.orderId, order);
  desk.life.enrol(order);
  desk.working.addExpiry(order);
  if (order.isOpen) desk.life.wait(order, saved.trailPeak);
  // What is told of a trail follows from what was told of it, not from its start here.
  order.toldStop = saved.toldStop;
  return order;
}

function adopt(order: Order, parent: Order): void {
  order.parent = parent;
  parent.brood?.children.push(order);
}

function group(restored: OrderGroup): void {
  for (const leg of restored.legs) leg.group = restored;
}

/** A refused order's terms may hold numbers that JSON doesn't know. They are only looked at. */
function storable(terms: PlaceOrder): PlaceOrder {
  const { symbol, quantity, triggerPrice, limitPrice, activationPrice, expireTimeUs, trailingOffset } = terms;
  return {
    ...terms,
    symbol: finite(symbol),
    quantity: finite(quantity),
    ...(triggerPrice !== undefined && { triggerPrice: finite(triggerPrice) }),
    ...(limitPrice !== undefined && { limitPrice: finite(limitPrice) }),
    ...(activationPrice !== undefined && { activationPrice: finite(activationPrice) }),
    ...(expireTimeUs !== undefined && { expireTimeUs: finite(expireTimeUs) }),
    ...(trailingOffset !== undefined && { trailingOffset: { ...trailingOffset, value: finite(trailingOffset.value) } }),
  };
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function idOf({ orderId }: Order): number {
  return orderId;
}

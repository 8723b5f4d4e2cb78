import type { PlaceOrder, PlaceOrderList } from '../../market/types.ts';
import type { OpenOrder } from './openOrder.ts';

/** The most orders of a list. */
const MAX_LIST = 10;

/** Whether a list can't be taken for its form: its length, several symbols or accounts, or a bracket's children on the entry's side. */
export function isBadList({ account, contingency, orders }: PlaceOrderList): boolean {
  const first = orders[0];
  if (first === undefined || orders.length < 2 || orders.length > MAX_LIST) return true;
  if (orders.some((order) => order.account !== account || order.symbol !== first.symbol)) return true;
  if (orders.some((order) => order.parentClientOrderId !== undefined)) return true;
  if (new Set(orders.map((order) => order.clientOrderId)).size < orders.length) return true;
  if (contingency !== 'BRACKET') return false;
  return orders.length !== 3 || orders.slice(1).some((child) => child.side === first.side);
}

/** Whether the list's first order is the parent of the others. */
export function hasParent({ contingency }: PlaceOrderList): boolean {
  return contingency === 'OTO' || contingency === 'BRACKET';
}

/** The orders of a list as they work: a bracket's children only reduce. */
export function ordersOf({ contingency, orders }: PlaceOrderList): PlaceOrder[] {
  return orders.map((order, at) => (contingency === 'BRACKET' && at > 0 ? { ...order, reduceOnly: true } : order));
}

/** The orders that a trigger or fill of `order` cancels. */
export function othersOfOco({ family, ...order }: OpenOrder): OpenOrder[] {
  if (family?.contingency !== 'OCO') return [];
  return family.members.filter(({ orderId }) => orderId !== order.orderId);
}

/** The orders that a fill of `order` makes smaller: all others of an OUO, the other child of a bracket. */
export function othersOfOuo({ family, ...order }: OpenOrder): OpenOrder[] {
  if (family === undefined) return [];
  const { contingency, members } = family;
  const peers = contingency === 'OUO' ? members : contingency === 'BRACKET' ? members.slice(1) : [];
  if (!peers.some(({ orderId }) => orderId === order.orderId)) return [];
  return peers.filter(({ orderId }) => orderId !== order.orderId);
}

/** The orders among `open` that wait for `parent`, or did. */
export function childrenOf(parent: OpenOrder, open: readonly OpenOrder[]): OpenOrder[] {
  return open.filter((order) => order.parent === parent);
}

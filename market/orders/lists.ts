import type { Contingency, PlaceOrder, PlaceOrderList, RejectReason } from '../types.ts';
import { type OrderContext, refuseForm, refuseOrder } from './check.ts';
import type { Order } from './order.ts';

/** The most orders in one list. */
const MAX_LIST_LENGTH = 10;

/** Whether the list's first order is the parent of the others. */
export function hasChildren(contingency: Contingency): boolean {
  return contingency === 'OTO' || contingency === 'BRACKET';
}

/** The orders of a list as they are taken: a bracket's children only reduce. */
export function listTerms({ contingency, orders }: PlaceOrderList): PlaceOrder[] {
  if (contingency !== 'BRACKET') return [...orders];
  return orders.map((order, at) => (at === 0 ? order : { ...order, reduceOnly: true }));
}

/** Says what is wrong with the make-up of a list, whatever its orders are like. */
export function refuseList(list: PlaceOrderList): RejectReason | undefined {
  const { account, contingency, orders } = list;
  const [first, ...others] = orders;
  if (first === undefined || others.length === 0 || orders.length > MAX_LIST_LENGTH) return 'bad_list';
  if (contingency === 'BRACKET' && (orders.length !== 3 || others.some(({ side }) => side === first.side)))
    return 'bad_list';
  const isOwn = (order: PlaceOrder) =>
    order.account === account && order.symbol === first.symbol && order.parentClientOrderId === undefined;
  const names = new Set(orders.map(({ clientOrderId }) => clientOrderId));
  return orders.every(isOwn) && names.size === orders.length ? undefined : 'bad_list';
}

/** The first order of a list that can't be taken, and why; children are judged by their form alone. */
export function refuseMember(
  terms: readonly PlaceOrder[],
  { contingency, context }: { readonly contingency: Contingency; readonly context: OrderContext },
): { readonly at: number; readonly reason: RejectReason } | undefined {
  for (const [at, order] of terms.entries()) {
    const isChild = at > 0 && hasChildren(contingency);
    const reason = isChild ? refuseForm(order, context) : refuseOrder(order, context);
    if (reason !== undefined) return { at, reason };
  }
  return undefined;
}

/** Ties the orders of a list to each other. */
export function tie(orders: readonly Order[], { contingency, childrenFrom = 'complete_fill' }: PlaceOrderList): void {
  for (const order of orders) order.contingency = contingency;
  const [parent, ...children] = orders;
  if (parent !== undefined && hasChildren(contingency)) {
    parent.brood = { from: childrenFrom, children };
    for (const child of children) {
      child.parent = parent;
      child.parentClientOrderId = parent.terms.clientOrderId;
    }
  }
  if (contingency === 'OTO') return;
  const legs = contingency === 'BRACKET' ? [...children] : [...orders];
  const group = { kind: contingency === 'OCO' ? 'OCO' : 'OUO', legs } as const;
  for (const leg of legs) leg.group = group;
}

import type { Command, PlaceOrder, PlaceOrderList, RejectReason } from '../types.ts';

/** The longest name of an account or an order, in UTF-16 units. */
const MAX_NAME_LENGTH = 128;

const TYPES: ReadonlySet<unknown> = new Set([
  'MARKET',
  'LIMIT',
  'STOP_MARKET',
  'STOP_LIMIT',
  'TRAILING_STOP_MARKET',
  'TAKE_PROFIT',
]);
const SIDES: ReadonlySet<unknown> = new Set(['BUY', 'SELL']);
const TIMES_IN_FORCE: ReadonlySet<unknown> = new Set([undefined, 'DAY', 'GTC', 'IOC', 'FOK', 'GTD']);
const BASES: ReadonlySet<unknown> = new Set([undefined, 'last', 'bid_ask', 'mark']);
const FLAGS: ReadonlySet<unknown> = new Set([undefined, true, false]);
const CONTINGENCIES: ReadonlySet<unknown> = new Set(['OCO', 'OTO', 'OUO', 'BRACKET']);
const CHILDREN_FROM: ReadonlySet<unknown> = new Set([undefined, 'complete_fill', 'first_fill']);

/** Says what is wrong with a command's words and names, or undefined when nothing is; its numbers are judged by what they mean. */
export function refuseWords(command: Command): RejectReason | undefined {
  switch (command.kind) {
    case 'place':
      return refuseOrders([command]);
    case 'cancel':
    case 'modify':
      return isName(command.account) && isName(command.clientOrderId) ? undefined : 'malformed';
    case 'list':
      return isList(command) ? refuseOrders(command.orders) : 'malformed';
    default:
      return 'malformed';
  }
}

function refuseOrders(orders: readonly PlaceOrder[]): RejectReason | undefined {
  if (!orders.every(isOrder)) return 'malformed';
  return orders.every(({ type }) => TYPES.has(type)) ? undefined : 'unsupported_order_type';
}

function isList({ account, contingency, childrenFrom, orders }: PlaceOrderList): boolean {
  return isName(account) && CONTINGENCIES.has(contingency) && CHILDREN_FROM.has(childrenFrom) && Array.isArray(orders);
}

function isOrder(order: PlaceOrder): boolean {
  const { parentClientOrderId } = order;
  return (
    order.kind === 'place' &&
    isName(order.account) &&
    isName(order.clientOrderId) &&
    (parentClientOrderId === undefined || isName(parentClientOrderId)) &&
    SIDES.has(order.side) &&
    TIMES_IN_FORCE.has(order.timeInForce) &&
    BASES.has(order.triggerBasis) &&
    FLAGS.has(order.extendedHours) &&
    FLAGS.has(order.reduceOnly)
  );
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name.length > 0 && name.length <= MAX_NAME_LENGTH;
}

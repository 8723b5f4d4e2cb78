import type { Command, PlaceOrder } from '../types.ts';

/** The longest name of an account or an order, in UTF-16 units. */
const MAX_NAME_LENGTH = 128;

const SIDES: ReadonlySet<unknown> = new Set(['BUY', 'SELL']);
const TIMES_IN_FORCE: ReadonlySet<unknown> = new Set([undefined, 'DAY', 'GTC', 'IOC', 'FOK', 'GTD']);
const BASES: ReadonlySet<unknown> = new Set([undefined, 'last', 'bid_ask', 'mark']);
const FLAGS: ReadonlySet<unknown> = new Set([undefined, true, false]);
const CONTINGENCIES: ReadonlySet<unknown> = new Set(['OCO', 'OTO', 'OUO', 'BRACKET']);
const CHILDREN_FROM: ReadonlySet<unknown> = new Set([undefined, 'complete_fill', 'first_fill']);

/** Whether a command's words are words that there are and its names are names; its numbers are judged by what they mean. */
export function isWellFormed(command: Command): boolean {
  switch (command.kind) {
    case 'place':
      return isOrder(command);
    case 'cancel':
    case 'modify':
      return isName(command.account) && isName(command.clientOrderId);
    case 'list':
      return (
        isName(command.account) &&
        CONTINGENCIES.has(command.contingency) &&
        CHILDREN_FROM.has(command.childrenFrom) &&
        Array.isArray(command.orders) &&
        command.orders.every((order) => order.kind === 'place' && isOrder(order))
      );
    default:
      return false;
  }
}

function isOrder(order: PlaceOrder): boolean {
  const { parentClientOrderId } = order;
  return (
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

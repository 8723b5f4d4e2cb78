import type { Side } from '../../market/types.ts';
import { type Accounts, divideHalfEven } from './accounts.ts';
import { type Family, leavesOf, type OpenOrder } from './openOrder.ts';

/** What an order needs and an account has, as market/README.md states it. */
export type FundsRule = { readonly kind: 'cash' } | { readonly kind: 'margin'; readonly shortMarginBp: number };

/** What funds are judged by. Prices in ticks, quantities in lots. */
interface FundsParts {
  readonly rule: FundsRule;
  readonly accounts: Accounts;
  /** The last trade's price of a symbol. */
  readonly lastOf: (symbol: number) => number;
  /** All orders that aren't closed, oldest first. */
  readonly openOrders: () => readonly OpenOrder[];
}

const WHOLE_BP = 10_000n;

/** What accounts may still spend, worked out anew from all their orders each time it is asked for. In cash units. */
export class Funds {
  readonly #parts: FundsParts;

  constructor(parts: FundsParts) {
    this.#parts = parts;
  }

  /** The cash; with margin less what working orders reserve and shorts block. */
  power(account: string): bigint {
    const { rule, accounts, lastOf } = this.#parts;
    let power = BigInt(accounts.cash(account));
    if (rule.kind === 'cash') return power;
    for (const symbol of this.#symbolsOf(account)) {
      power -= this.#reserved(this.#working(account, symbol), accounts.held(account, symbol));
      const held = accounts.held(account, symbol);
      if (held >= 0) continue;
      const worth = accounts.value(symbol, lastOf(symbol), -held);
      power -= divideHalfEven(worth * (WHOLE_BP + BigInt(rule.shortMarginBp)), WHOLE_BP);
    }
    return power;
  }

  /** Whether an account can pay for an order that it wants: a new one, or one that is there in the form that it would take. */
  affords(wanted: OpenOrder): boolean {
    const { rule, accounts } = this.#parts;
    const { account, symbol, side, reduceOnly } = wanted.command;
    if (reduceOnly === true) return true;
    if (rule.kind === 'cash')
      return side === 'SELL' || accounts.value(symbol, wanted.worthPrice, leavesOf(wanted)) <= this.power(account);
    const held = accounts.held(account, symbol);
    const now = this.#working(account, symbol);
    const isThere = now.some(({ orderId }) => orderId === wanted.orderId);
    const then = isThere
      ? now.map((order) => (order.orderId === wanted.orderId ? wanted : order))
      : // Each of a list is judged as if it came alone.
        [...now, { ...wanted, family: undefined }];
    const more = this.#reserved(then, held) - this.#reserved(now, held);
    return more <= 0n || more <= this.power(account);
  }

  /** How many of `quantity` lots an order may trade at `price`: those that close, and those that open if that is covered without the order and those that depend on it. */
  covered(order: OpenOrder, price: number, quantity: number): number {
    const { rule, accounts } = this.#parts;
    const { account, symbol, side, reduceOnly } = order.command;
    if (rule.kind === 'cash' || reduceOnly === true) return quantity;
    const held = accounts.held(account, symbol);
    const closing = Math.min(quantity, closable(held, side));
    if (closing === quantity) return quantity;
    const now = this.#working(account, symbol);
    const rest = now.filter((other) => other.orderId !== order.orderId && unitOf(other) !== unitOf(order));
    const heldThen = side === 'BUY' ? held + quantity : held - quantity;
    const left = this.power(account) + this.#reserved(now, held) - this.#reserved(rest, heldThen);
    return this.#costOf(order, price, quantity - closing) <= left ? quantity : closing;
  }

  #symbolsOf(account: string): Set<number> {
    const { accounts, openOrders } = this.#parts;
    const own = openOrders().filter(({ command }) => command.account === account);
    return new Set([
      ...own.map(({ command }) => command.symbol),
      ...accounts.positions(account, () => 0).map(({ symbol }) => symbol),
    ]);
  }

  /** The orders that may open something. */
  #working(account: string, symbol: number): OpenOrder[] {
    return this.#parts
      .openOrders()
      .filter(
        ({ command, status }) =>
          command.account === account &&
          command.symbol === symbol &&
          status !== 'PENDING' &&
          command.reduceOnly !== true,
      );
  }

  /** What orders of one symbol reserve where so much is held: the position closes for the oldest first, of orders that depend on each other the dearest counts. */
  #reserved(orders: readonly OpenOrder[], held: number): bigint {
    let total = 0n;
    let left = held;
    const done = new Set<unknown>();
    for (const order of orders) {
      const unit = unitOf(order);
      if (done.has(unit)) continue;
      done.add(unit);
      const members = orders.filter((other) => unitOf(other) === unit);
      const costs = members.map((one) => {
        const opens = leavesOf(one) - closable(left, one.command.side);
        return opens > 0 ? this.#costOf(one, one.worthPrice, opens) : 0n;
      });
      total += costs.reduce(dearer, 0n);
      const closers = members.filter(({ command }) => closable(left, command.side) > 0).map(leavesOf);
      const used = Math.min(Math.abs(left), Math.max(0, ...closers));
      left -= Math.sign(left) * used;
    }
    return total;
  }

  #costOf({ command }: OpenOrder, price: number, quantity: number): bigint {
    const { rule, accounts } = this.#parts;
    const worth = accounts.value(command.symbol, price, quantity);
    if (command.side === 'BUY' || rule.kind === 'cash') return worth;
    return divideHalfEven(worth * BigInt(rule.shortMarginBp), WHOLE_BP);
  }
}

/** Orders of which no two can be filled whole are one: the legs of an OCO or OUO, the children of a bracket. */
function unitOf(order: OpenOrder): Family | number {
  const { family, orderId } = order;
  if (family === undefined || family.contingency === 'OTO') return orderId;
  const isParent = family.contingency === 'BRACKET' && family.members[0]?.orderId === orderId;
  return isParent ? orderId : family;
}

function closable(held: number, side: Side): number {
  return Math.max(0, side === 'SELL' ? held : -held);
}

function dearer(one: bigint, other: bigint): bigint {
  return one < other ? other : one;
}

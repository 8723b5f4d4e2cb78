import type { PositionState } from '../accounts/position.ts';
import type { OrderState } from '../snapshot.ts';
import type { MarketEvent } from '../types.ts';
import type { OrderDesk } from './desk.ts';
import type { Order } from './order.ts';
import { saveOrder } from './saved.ts';

/** The orders that act on an order's fill, as they are saved. */
export interface GroupState {
  readonly kind: 'OCO' | 'OUO';
  /** Ids, oldest first. */
  readonly legs: readonly number[];
}

/** An order after a change. */
export interface ChangedOrder {
  readonly state: OrderState;
  readonly group?: GroupState;
}

/** An account's books after a change; the positions are those that it touched. */
export interface ChangedAccount {
  readonly name: string;
  readonly deposits: number;
  readonly cash: number;
  readonly positions: readonly PositionState[];
}

/** What the events of one input have changed: put over an older state of the desk, it gives the newer. */
export interface DeskChange {
  /** The last ids given. */
  readonly orderId: number;
  readonly executionId: number;
  /** µs since the epoch. */
  readonly clockUs: number;
  /** Those that closed lie in the order in which they did. */
  readonly orders: readonly ChangedOrder[];
  readonly accounts: readonly ChangedAccount[];
}

/** Gathers what events change, for a log of changes. Of a corporate action they tell the orders; its positions are noted by {@link DeskChanges.noteAction}. */
export class DeskChanges {
  readonly #desk: OrderDesk;
  readonly #orders = new Map<number, Order>();
  /** Accounts with a change, and the symbols of their fills. */
  readonly #symbols = new Map<string, Set<number> | undefined>();
  /** Legs of groups as they were taken last, by order. */
  readonly #legs = new Map<number, readonly Order[]>();

  constructor(desk: OrderDesk) {
    this.#desk = desk;
    for (const account of desk.accounts.values()) {
      for (const order of account.working.values()) if (order.group !== undefined) this.#keepLegs(order);
    }
  }

  /** Notes an event as it arises. */
  note(event: MarketEvent): void {
    const account = event.kind === 'order' ? event.order.account : event.account;
    if (event.kind === 'execution') {
      this.#touchPosition(account, event.symbol);
      return;
    }
    if (!this.#symbols.has(account)) this.#symbols.set(account, undefined);
    const order = this.#desk.accounts.get(account)?.orders.get(event.order.clientOrderId);
    // An order that was forgotten within the same input isn't worth keeping.
    if (order !== undefined) this.#touch(order);
  }

  /** Notes what a corporate action on a symbol has done to accounts. Looks at every account. */
  noteAction(symbol: number): void {
    for (const [name, account] of this.#desk.accounts) {
      if (account.position(symbol) !== undefined) this.#touchPosition(name, symbol);
    }
  }

  /** Indices of the halted symbols, which no event tells. Looks at every symbol. */
  halted(): number[] {
    return this.#desk.hours.halted();
  }

  /** All that was noted since the last call, as it is now; undefined when nothing was. Call it between two inputs. */
  take(): DeskChange | undefined {
    if (this.#symbols.size === 0) return undefined;
    const desk = this.#desk;
    let touched = this.#orders.size;
    for (const order of this.#orders.values()) {
      if (touched-- === 0) break;
      this.#reach(order);
    }
    const orders: ChangedOrder[] = [];
    for (const order of this.#orders.values()) {
      orders.push(changedOrder(order));
      this.#keepLegs(order);
    }
    const accounts: ChangedAccount[] = [];
    for (const [name, symbols] of this.#symbols) {
      const account = desk.accounts.get(name);
      if (account === undefined) continue;
      const { deposits, cash } = account;
      const positions: PositionState[] = [];
      for (const symbol of symbols ?? []) {
        const position = account.position(symbol);
        if (position !== undefined) positions.push(position);
      }
      accounts.push({ name, deposits, cash, positions });
    }
    this.#orders.clear();
    this.#symbols.clear();
    const { orderId, life, hours } = desk;
    return { orderId, executionId: life.executionId, clockUs: hours.clockUs, orders, accounts };
  }

  #touchPosition(account: string, symbol: number): void {
    const symbols = this.#symbols.get(account);
    if (symbols === undefined) this.#symbols.set(account, new Set([symbol]));
    else symbols.add(symbol);
  }

  /** The last touch decides the place: what closes isn't touched again. */
  #touch(order: Order): void {
    this.#orders.delete(order.orderId);
    this.#orders.set(order.orderId, order);
  }

  /** What changes with an order though no event tells it: the rest of its group, and the parent that counts its children. */
  #reach(order: Order): void {
    const { group, parent } = order;
    for (const leg of group?.legs ?? NONE) this.#add(leg);
    for (const leg of this.#legs.get(order.orderId) ?? NONE) this.#add(leg);
    if (parent !== undefined) this.#add(parent);
  }

  #add(order: Order): void {
    if (!this.#orders.has(order.orderId)) this.#orders.set(order.orderId, order);
  }

  #keepLegs(order: Order): void {
    if (order.group === undefined) this.#legs.delete(order.orderId);
    else this.#legs.set(order.orderId, [...order.group.legs]);
  }
}

const NONE: readonly Order[] = [];

function changedOrder(order: Order): ChangedOrder {
  const { group } = order;
  const state = saveOrder(order);
  if (group === undefined) return { state };
  const { kind, legs } = group;
  return { state, group: { kind, legs: legs.map(({ orderId }) => orderId) } };
}

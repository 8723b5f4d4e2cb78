import type { ChangedOrder } from '../../market/orders/changes.ts';

/** Whether an order works no more. */
export function isClosed({ state: { status } }: ChangedOrder): boolean {
  return status === 'FILLED' || status === 'CANCELED' || status === 'EXPIRED' || status === 'REJECTED';
}

/** The closed orders that each account remembers, by the engine's own rule: the last ones. */
export class ClosedOrders {
  readonly #kept: number;
  readonly #accounts = new Map<string, { ids: number[]; from: number }>();

  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Adds an order that has closed; returns the one that is forgotten for it. */
  add(account: string, orderId: number): number | undefined {
    let closed = this.#accounts.get(account);
    if (closed === undefined) {
      closed = { ids: [], from: 0 };
      this.#accounts.set(account, closed);
    }
    closed.ids.push(orderId);
    if (closed.ids.length - closed.from <= this.#kept) return undefined;
    const forgotten = closed.ids[closed.from++];
    if (closed.from >= this.#kept + 16) {
      closed.ids = closed.ids.slice(closed.from);
      closed.from = 0;
    }
    return forgotten;
  }

  /** The account's remembered closed orders, the one closed longest ago first. */
  of(account: string): number[] {
    const closed = this.#accounts.get(account);
    return closed === undefined ? [] : closed.ids.slice(closed.from);
  }
}

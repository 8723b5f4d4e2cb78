import type { Order } from '../orders/order.ts';

interface SymbolReservation {
  /** Every live order, by id and so from the oldest on. */
  readonly orders: Map<number, Order>;
  /** Cash units. */
  reserved: number;
}

/** What one account's working orders reserve, by symbol: they share the position that they close. */
export class Reservations {
  readonly #symbols = new Map<number, SymbolReservation>();
  /** Cash units over all symbols. */
  total = 0;

  /** Takes in an order as it is placed, also one that waits for its parent. */
  add(order: Order): void {
    this.#of(order.terms.symbol).orders.set(order.orderId, order);
  }

  /** Lets go of an order that is done. */
  remove(order: Order): void {
    this.#symbols.get(order.terms.symbol)?.orders.delete(order.orderId);
  }

  /** The live orders in a symbol, oldest first. */
  orders(symbol: number): Iterable<Order> {
    return this.#symbols.get(symbol)?.orders.values() ?? [];
  }

  /** What is reserved in a symbol, cash units. */
  in(symbol: number): number {
    return this.#symbols.get(symbol)?.reserved ?? 0;
  }

  /** Reserves `cashUnits` in a symbol, instead of what was. */
  set(symbol: number, cashUnits: number): void {
    const own = this.#of(symbol);
    this.total += cashUnits - own.reserved;
    own.reserved = cashUnits;
  }

  /** The symbols in which there are or were orders. */
  symbols(): Iterable<number> {
    return this.#symbols.keys();
  }

  #of(symbol: number): SymbolReservation {
    let own = this.#symbols.get(symbol);
    if (own === undefined) {
      own = { orders: new Map(), reserved: 0 };
      this.#symbols.set(symbol, own);
    }
    return own;
  }
}

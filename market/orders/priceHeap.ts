import type { Order } from './order.ts';

/**
 * Orders by the price at which each acts: `falls` hands out the highest price first (they act when the market falls to
 * it), `rises` the lowest. A binary heap that knows each order's place, so taking one out costs O(log n) as well.
 */
export class PriceHeap {
  readonly #sign: 1 | -1;
  readonly #orders: Order[] = [];

  constructor(actsWhen: 'falls' | 'rises') {
    this.#sign = actsWhen === 'rises' ? 1 : -1;
  }

  get size(): number {
    return this.#orders.length;
  }

  /** The price that acts first; none: 0 for `falls`, Infinity for `rises`, which no market reaches. */
  get nearest(): number {
    const first = this.#orders[0];
    if (first !== undefined) return first.level;
    return this.#sign === 1 ? Number.POSITIVE_INFINITY : 0;
  }

  add(order: Order, level: number): void {
    order.heap = this;
    order.level = level;
    this.#orders.push(order);
    this.#rise(order, this.#orders.length - 1);
  }

  remove(order: Order): void {
    const at = order.heapAt;
    const moved = this.#orders.pop();
    if (moved !== undefined && moved !== order) {
      this.#rise(moved, at);
      if (moved.heapAt === at) this.#sink(moved, at);
    }
    order.heap = undefined;
    order.heapAt = -1;
  }

  /** Moves every order that acts at `price` into `out`, in no stated order. */
  takeReached(price: number, out: Order[]): void {
    const key = price * this.#sign;
    for (let first = this.#orders[0]; first !== undefined && first.level * this.#sign <= key; first = this.#orders[0]) {
      this.remove(first);
      out.push(first);
    }
  }

  #rise(order: Order, at: number): void {
    const key = order.level * this.#sign;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = this.#orders[up] as Order;
      if (parent.level * this.#sign <= key) break;
      this.#put(parent, at);
      at = up;
    }
    this.#put(order, at);
  }

  #sink(order: Order, at: number): void {
    const key = order.level * this.#sign;
    const size = this.#orders.length;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      const right = child + 1;
      if (right < size && this.#key(right) < this.#key(child)) child = right;
      if (this.#key(child) >= key) break;
      this.#put(this.#orders[child] as Order, at);
      at = child;
    }
    this.#put(order, at);
  }

  #key(at: number): number {
    return (this.#orders[at] as Order).level * this.#sign;
  }

  #put(order: Order, at: number): void {
    this.#orders[at] = order;
    order.heapAt = at;
  }
}

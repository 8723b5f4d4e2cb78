import type { Order } from './order.ts';

/** An order's place in one heap. */
export class HeapSlot {
  readonly order: Order;
  /** The heap that holds it, undefined for none. */
  heap: OrderHeap | undefined = undefined;
  at = -1;
  /** What it is sorted by: the price at which the order acts, or the time at which it expires. */
  level = 0;

  constructor(order: Order) {
    this.order = order;
  }
}

/**
 * Orders by the level at which each acts: `falls` hands out the highest first (they act when the market falls to it),
 * `rises` the lowest. A binary heap that knows each order's place, so taking one out costs O(log n) as well.
 */
export class OrderHeap {
  readonly #sign: 1 | -1;
  readonly #slots: HeapSlot[] = [];

  constructor(actsWhen: 'falls' | 'rises') {
    this.#sign = actsWhen === 'rises' ? 1 : -1;
  }

  get size(): number {
    return this.#slots.length;
  }

  /** The level that acts first; none: 0 for `falls`, Infinity for `rises`, which nothing reaches. */
  get nearest(): number {
    const first = this.#slots[0];
    if (first !== undefined) return first.level;
    return this.#sign === 1 ? Number.POSITIVE_INFINITY : 0;
  }

  add(slot: HeapSlot, level: number): void {
    slot.heap = this;
    slot.level = level;
    this.#slots.push(slot);
    this.#rise(slot, this.#slots.length - 1);
  }

  /** Takes out a slot that is in this heap. */
  remove(slot: HeapSlot): void {
    const at = slot.at;
    const moved = this.#slots.pop();
    if (moved !== undefined && moved !== slot) {
      this.#rise(moved, at);
      if (moved.at === at) this.#sink(moved, at);
    }
    slot.heap = undefined;
    slot.at = -1;
  }

  /** Moves every order that acts at `level` into `out`, in no stated order. */
  takeReached(level: number, out: Order[]): void {
    const key = level * this.#sign;
    for (let first = this.#slots[0]; first !== undefined && first.level * this.#sign <= key; first = this.#slots[0]) {
      this.remove(first);
      out.push(first.order);
    }
  }

  #rise(slot: HeapSlot, at: number): void {
    const key = slot.level * this.#sign;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = this.#slots[up] as HeapSlot;
      if (parent.level * this.#sign <= key) break;
      this.#put(parent, at);
      at = up;
    }
    this.#put(slot, at);
  }

  #sink(slot: HeapSlot, at: number): void {
    const key = slot.level * this.#sign;
    const size = this.#slots.length;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      const right = child + 1;
      if (right < size && this.#key(right) < this.#key(child)) child = right;
      if (this.#key(child) >= key) break;
      this.#put(this.#slots[child] as HeapSlot, at);
      at = child;
    }
    this.#put(slot, at);
  }

  #key(at: number): number {
    return (this.#slots[at] as HeapSlot).level * this.#sign;
  }

  #put(slot: HeapSlot, at: number): void {
    this.#slots[at] = slot;
    slot.at = at;
  }
}

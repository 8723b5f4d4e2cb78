import { emptyTick, type Tick } from '../../market/types.ts';
import type { EventTimes, HaltChange } from '../play/types.ts';

/** An event, or a halt's change, that comes later than the market had it. */
export interface HeldBack {
  /** When it comes, µs of event time. */
  releaseUs: number;
  /** Counts what was held back: of one time the first goes first. */
  order: number;
  readonly tick: Tick;
  eventTimeUs: number;
  shownTimeUs: number;
  /** Instead of the tick. */
  halt: HaltChange | undefined;
}

/** What is held back, by the time at which it comes. Entries are used again, so that a long burst allocates once. */
export class HeldBackEvents {
  readonly #heap: HeldBack[] = [];
  readonly #free: HeldBack[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next one comes, µs of event time; Infinity when there is none. */
  get nextUs(): number {
    return this.#heap[0]?.releaseUs ?? Number.POSITIVE_INFINITY;
  }

  /** Holds a copy of an event back. */
  hold(tick: Tick, times: EventTimes, releaseUs: number): void {
    const held = this.#take(releaseUs);
    Object.assign(held.tick, tick);
    held.eventTimeUs = times.eventTimeUs;
    held.shownTimeUs = times.shownTimeUs;
    this.#push(held);
  }

  holdHalt(change: HaltChange, atUs: number): void {
    const held = this.#take(atUs);
    held.eventTimeUs = atUs;
    held.shownTimeUs = atUs;
    held.halt = change;
    this.#push(held);
  }

  /** Takes the next one out; give it back with {@link HeldBackEvents.recycle} once it is told. */
  shift(): HeldBack | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as HeldBack, heap[child] as HeldBack)) child++;
      if (!isBefore(heap[child] as HeldBack, last)) break;
      heap[at] = heap[child] as HeldBack;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  recycle(held: HeldBack): void {
    this.#free.push(held);
  }

  clear(): void {
    for (const held of this.#heap.splice(0)) this.#free.push(held);
  }

  #take(releaseUs: number): HeldBack {
    const held = this.#free.pop() ?? {
      releaseUs,
      order: 0,
      tick: emptyTick(),
      eventTimeUs: 0.5,
      shownTimeUs: 0.5,
      halt: undefined,
    };
    held.releaseUs = releaseUs;
    held.order = this.#order++;
    held.halt = undefined;
    return held;
  }

  #push(held: HeldBack): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(held);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as HeldBack;
      if (!isBefore(held, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = held;
  }
}

function isBefore(one: HeldBack, other: HeldBack): boolean {
  return one.releaseUs < other.releaseUs || (one.releaseUs === other.releaseUs && one.order < other.order);
}

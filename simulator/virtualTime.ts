import { type Clock, createClock } from '../protocol/clock.ts';
import type { Timers } from './timers.ts';

interface Waiting {
  readonly atUs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that moves only when told to, with timers on it: tests run through hours in no time, always alike. */
export class VirtualTime {
  readonly clock: Clock = createClock(() => this.#nowUs, 0);
  readonly timers: Timers = {
    after: (delayMs, callback) => this.#wait(this.#nowUs + delayMs * 1000, callback),
    soon: (callback) => this.#wait(this.#nowUs, callback),
  };
  readonly #waiting = new Set<Waiting>();
  #nowUs: number;
  #order = 0;

  /** @param startUs the time to start at, µs since the epoch */
  constructor(startUs: number) {
    this.#nowUs = startUs;
  }

  /** Moves the clock without running what falls due: the process stood still for `us`. */
  stall(us: number): void {
    this.#nowUs += us;
  }

  /** Runs the earliest waiting callback, at its time or now if that has passed; false when nothing waits. */
  step(): boolean {
    let first: Waiting | undefined;
    for (const waiting of this.#waiting) {
      const earlier =
        first === undefined ||
        waiting.atUs < first.atUs ||
        (waiting.atUs === first.atUs && waiting.order < first.order);
      if (earlier) first = waiting;
    }
    if (first === undefined) return false;
    this.#waiting.delete(first);
    this.#nowUs = Math.max(this.#nowUs, first.atUs);
    first.callback();
    return true;
  }

  /** Runs until nothing waits. */
  runToEnd(): void {
    while (this.step()) {
      // Each step may arm new timers.
    }
  }

  #wait(atUs: number, callback: () => void): () => void {
    const waiting = { atUs, order: this.#order++, callback };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }
}

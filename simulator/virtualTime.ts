import { type Clock, createClock } from '../protocol/clock.ts';
import type { Timers } from './timers.ts';

interface Waiting {
  readonly atUs: number;
  readonly callback: () => void;
  isOff: boolean;
}

/** A clock that moves only when told to, with timers on it: tests run through hours in no time, always alike. */
export class VirtualTime {
  readonly clock: Clock = createClock(() => this.#nowUs, 0);
  readonly timers: Timers = {
    after: (delayMs, callback) => this.at(this.#nowUs + delayMs * 1000, callback),
    soon: (callback) => this.at(this.#nowUs, callback),
  };
  /** In order of time, those of one time in order of their making. */
  readonly #waiting: Waiting[] = [];
  #nowUs: number;

  /** @param startUs the time to start at, µs since the epoch */
  constructor(startUs: number) {
    this.#nowUs = startUs;
  }

  readonly nowUs = (): number => this.#nowUs;

  /**
   * Calls back at `atUs`, µs since the epoch; what is past already comes next, ahead of what is due later. Returns what
   * calls it off.
   */
  readonly at = (atUs: number, callback: () => void): (() => void) => {
    const waiting: Waiting = { atUs, callback, isOff: false };
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle] as Waiting).atUs <= atUs) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, waiting);
    return () => {
      waiting.isOff = true;
    };
  };

  /** Moves the clock without running what falls due: the process stood still for `us`. */
  stall(us: number): void {
    this.#nowUs += us;
  }

  /** Runs the earliest waiting callback, at its time or now if that has passed; false when nothing waits. */
  step(): boolean {
    for (;;) {
      const first = this.#waiting.shift();
      if (first === undefined) return false;
      if (first.isOff) continue;
      this.#nowUs = Math.max(this.#nowUs, first.atUs);
      first.callback();
      return true;
    }
  }

  /** Runs what is due up to `untilUs`, what that sets included, and stands there. */
  runTo(untilUs: number): void {
    for (let first = this.#waiting[0]; first !== undefined && first.atUs <= untilUs; first = this.#waiting[0]) {
      if (first.isOff) this.#waiting.shift();
      else this.step();
    }
    this.#nowUs = Math.max(this.#nowUs, untilUs);
  }

  /** Runs until nothing waits. */
  runToEnd(): void {
    while (this.step()) {
      // Each step may arm new timers.
    }
  }
}

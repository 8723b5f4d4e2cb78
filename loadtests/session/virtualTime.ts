interface Timer {
  readonly atUs: number;
  readonly action: () => void;
  cancelled: boolean;
}

/** A clock that stands still until it is run, with timers in order: for tests that take no time. */
export class VirtualTime {
  #nowUs: number;
  /** In order of time, those of one time in order of their making. */
  readonly #timers: Timer[] = [];

  constructor(startUs: number) {
    this.#nowUs = startUs;
  }

  readonly nowUs = (): number => this.#nowUs;

  /** Calls `action` at `atUs`, or now if that is past; returns what cancels it. */
  readonly at = (atUs: number, action: () => void): (() => void) => {
    const timer: Timer = { atUs: Math.max(atUs, this.#nowUs), action, cancelled: false };
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timers[middle] as Timer).atUs <= timer.atUs) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
    return () => {
      timer.cancelled = true;
    };
  };

  /** Runs every timer up to `untilUs`, those that they set included, and stands there. */
  run(untilUs: number): void {
    for (let timer = this.#timers[0]; timer !== undefined && timer.atUs <= untilUs; timer = this.#timers[0]) {
      this.#timers.shift();
      this.#nowUs = timer.atUs;
      if (!timer.cancelled) timer.action();
    }
    this.#nowUs = untilUs;
  }
}

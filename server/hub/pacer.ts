/** Something that may be told at most once in an interval. */
export interface Pace {
  readonly intervalUs: number;
  /** Tells the latest, or leaves it for the next time when there is no room for it now; false when there is nothing new. */
  readonly tell: () => boolean;
  /** Until when it rests, µs; 0 when it doesn't. */
  restsUntilUs: number;
  isEnded: boolean;
}

/** Paces of one interval, the next to end its rest first. */
interface Lane {
  readonly resting: Pace[];
  /** Place of the first in `resting`. */
  at: number;
}

/**
 * Tells what readers want to hear at most once in an interval of their own: the first value at once, then the latest one
 * when the interval ends, so that the last value always comes.
 */
export class Pacer {
  readonly #nowUs: () => number;
  readonly #after: (delayMs: number, callback: () => void) => void;
  /** By interval, µs. Within one, rests end in the order in which they began. */
  readonly #lanes = new Map<number, Lane>();

  constructor(parts: {
    readonly nowUs: () => number;
    readonly after: (delayMs: number, callback: () => void) => void;
  }) {
    this.#nowUs = parts.nowUs;
    this.#after = parts.after;
  }

  /** Tells what is new at once, or when its rest ends. */
  offer(pace: Pace): void {
    if (pace.restsUntilUs === 0 && !pace.isEnded) this.#tell(pace);
  }

  #tell(pace: Pace): void {
    pace.restsUntilUs = 0;
    if (!pace.tell()) return;
    this.#rest(pace);
  }

  #rest(pace: Pace): void {
    pace.restsUntilUs = this.#nowUs() + pace.intervalUs;
    const lane = this.#lanes.get(pace.intervalUs);
    if (lane !== undefined) {
      lane.resting.push(pace);
      return;
    }
    this.#lanes.set(pace.intervalUs, { resting: [pace], at: 0 });
    this.#wait(pace.intervalUs, pace.restsUntilUs);
  }

  #wait(intervalUs: number, untilUs: number): void {
    this.#after(Math.max(1, Math.ceil((untilUs - this.#nowUs()) / 1000)), () => this.#wake(intervalUs));
  }

  #wake(intervalUs: number): void {
    const lane = this.#lanes.get(intervalUs);
    if (lane === undefined) return;
    const nowUs = this.#nowUs();
    for (let pace = lane.resting[lane.at]; pace !== undefined; pace = lane.resting[lane.at]) {
      if (pace.restsUntilUs > nowUs) {
        lane.resting.splice(0, lane.at);
        lane.at = 0;
        this.#wait(intervalUs, pace.restsUntilUs);
        return;
      }
      lane.at++;
      if (!pace.isEnded) this.#tell(pace);
    }
    this.#lanes.delete(intervalUs);
  }
}

import type { Tick } from '../../market/types.ts';
import type { EventTimes } from '../play/types.ts';
import { createFeedFaults, type FeedFaultOptions } from './feedFaults.ts';
import type { FaultOptions } from './plan.ts';
import type { FeedFaults } from './types.ts';

export interface FaultedTicksOptions extends Pick<FaultOptions, 'scenario' | 'header' | 'seed'> {
  /** Where the part begins, µs of event time. */
  readonly fromUs: number;
  /** Gives the market's ticks, one reused object; undefined at the end. */
  readonly nextTick: () => Tick | undefined;
  readonly onHalt?: FeedFaultOptions['onHalt'];
}

/** What a feed with faults says of a market, one tick after another, without a clock: the same as every paced run says. */
export class FaultedTicks {
  readonly #faults: FeedFaults;
  readonly #nextTick: () => Tick | undefined;
  readonly #times: EventTimes = { eventTimeUs: 0.5, dueTimeUs: 0.5, shownTimeUs: 0.5 };
  #said: Tick[] = [];
  #at = 0;
  #hasEnded = false;

  constructor({ fromUs, nextTick, ...options }: FaultedTicksOptions) {
    const unpaced = {
      startUs: 0,
      fromEventUs: fromUs,
      toEventUs: Number.POSITIVE_INFINITY,
      speed: Number.POSITIVE_INFINITY,
    };
    this.#faults = createFeedFaults({ ...options, schedule: unpaced });
    this.#nextTick = nextTick;
  }

  /** The next tick as the feed says it, with the time that it shows; undefined at the end. */
  readonly next = (): Tick | undefined => {
    while (this.#at >= this.#said.length) {
      if (this.#hasEnded) return undefined;
      this.#said = [];
      this.#at = 0;
      this.#takeOne();
    }
    return this.#said[this.#at++];
  };

  #takeOne(): void {
    const tick = this.#nextTick();
    if (tick === undefined) {
      this.#hasEnded = true;
      this.#faults.release(Number.POSITIVE_INFINITY, this.#keep);
      return;
    }
    this.#times.eventTimeUs = tick.eventTimeUs;
    this.#times.shownTimeUs = tick.eventTimeUs;
    this.#faults.tick(tick, this.#times, this.#keep);
  }

  readonly #keep = (tick: Tick, { shownTimeUs }: EventTimes): void => {
    this.#said.push({ ...tick, eventTimeUs: shownTimeUs });
  };
}

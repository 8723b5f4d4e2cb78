import type { WindowLine } from '../../../protocol/run.ts';
import { Histogram } from '../../../reports/histogram.ts';

/** Seconds in a row over the bound after which a load counts as too much: one may be the machine's. */
const BAD_SECONDS = 3;
/** Ticks that a second must have to be judged. */
const LEAST_TICKS = 20;

/** Looks for the load at which ticks come too late, from one VU's seconds. */
export class Breakpoint {
  readonly #belowMs: number;
  #bad = 0;

  /** @param belowMs bound of a second's p99 */
  constructor(belowMs: number) {
    this.#belowMs = belowMs;
  }

  /** Takes a second in its order. Its p99 in ms when it is the third bad one in a row, else undefined. */
  take({ histograms }: WindowLine): number | undefined {
    const { tick } = histograms;
    if (tick === undefined || tick.count < LEAST_TICKS) return undefined;
    const p99Ms = Histogram.fromJSON(tick).percentile(99) / 1000;
    this.#bad = p99Ms >= this.#belowMs ? this.#bad + 1 : 0;
    return this.#bad === BAD_SECONDS ? p99Ms : undefined;
  }
}

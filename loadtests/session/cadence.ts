import type { Recorder } from '../audit/recorder.ts';

/** Channels whose values come at a fixed interval, and that interval, µs. */
const PERIODS_US = { 'position.value': 1_000_000, portfolio: 2_000_000 } as const;
export type ValueChannel = keyof typeof PERIODS_US;
const PERIOD_SHARE = 1_000_000;

/** Times the values of one client's account: how far each interval is off its period, and what is owed at the end. */
export class Cadence {
  readonly #recorder: Recorder;
  readonly #periodUs: number;
  /** When the last value was read; before the first, when the subscription was confirmed; -1 while there is none. */
  #lastUs = -1;
  #hasValue = false;

  constructor(channel: ValueChannel, recorder: Recorder) {
    this.#periodUs = PERIODS_US[channel];
    this.#recorder = recorder;
  }

  /** The subscription was confirmed: the first value is owed within one period. */
  onSubscribed(atUs: number): void {
    this.#lastUs = atUs;
    this.#hasValue = false;
  }

  /** @param computeUs -1 when the server doesn't tell */
  onValue(atUs: number, computeUs: number): void {
    if (computeUs >= 0) this.#recorder.record('compute', atUs, computeUs);
    if (this.#lastUs < 0) return;
    const beforeUs = this.#lastUs;
    const offUs = atUs - beforeUs - this.#periodUs;
    // The server's beat isn't ours: the first value may come at any time within the period.
    if (this.#hasValue || offUs > 0) this.#record(offUs < 0 ? beforeUs : atUs, Math.abs(offUs));
    this.#lastUs = atUs;
    this.#hasValue = true;
  }

  /** The connection is gone, or the run is over: what has been owed for longer than the period counts with what is known of it. */
  onEnd(atUs: number): void {
    const overdueUs = atUs - this.#lastUs - this.#periodUs;
    if (this.#lastUs >= 0 && overdueUs > 0) this.#record(atUs, overdueUs);
    this.#lastUs = -1;
  }

  #record(atUs: number, offUs: number): void {
    this.#recorder.record('cadence', atUs, (offUs / this.#periodUs) * PERIOD_SHARE);
  }
}

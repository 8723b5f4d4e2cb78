import type { Control } from '../../market/types.ts';
import type { FeedPorts } from './provider.ts';

const MINUTE_US = 60_000_000;
/** A market whose time is no further than this from ours is the real one, µs: its clock goes on when nothing happens. */
const REAL_TIME_US = 300_000_000;
/** What somebody replays may be paused: its clock goes on only so far beyond its last event, µs. */
const REPLAYED_AHEAD_US = 2_000_000;
/** An event further ahead of the market than this has a wrong time, µs, unless it is ours or {@link CONFIRMATIONS} in a row agree. */
const MAX_AHEAD_US = 600_000_000;
const CONFIRMATIONS = 3;
/** The timer looks at least this often, ms: a market may be replayed faster than the wall's clock. */
const MAX_WAIT_MS = 1_000;

/**
 * The market's time as the events of a live feed show it, and the ends of its minutes: told as a clock input ahead of the first
 * event at or after them, or by timer once they and a grace for late ticks have passed.
 */
export class MarketTime {
  readonly #ports: FeedPorts;
  readonly #graceUs: number;
  readonly #control: (control: Control, dueTimeUs: number) => void;
  #eventUs = 0;
  #arrivalUs = 0;
  #nextMinuteUs = Number.POSITIVE_INFINITY;
  #aheadCount = 0;
  #callOff: () => void = () => undefined;

  constructor(parts: {
    readonly ports: FeedPorts;
    readonly graceMs: number;
    readonly control: (control: Control, dueTimeUs: number) => void;
  }) {
    this.#ports = parts.ports;
    this.#graceUs = parts.graceMs * 1000;
    this.#control = parts.control;
  }

  /** Time of the latest event, µs since the epoch; 0 before the first. */
  get latestUs(): number {
    return this.#eventUs;
  }

  /** The market's time now, µs since the epoch; before the first event ours. */
  nowUs(): number {
    const nowUs = this.#ports.clock.nowUs();
    if (this.#eventUs === 0) return nowUs;
    const passedUs = nowUs - this.#arrivalUs;
    const isReal = Math.abs(this.#arrivalUs - this.#eventUs) <= REAL_TIME_US;
    return this.#eventUs + (isReal ? passedUs : Math.min(passedUs, REPLAYED_AHEAD_US));
  }

  /** Takes the time of an event that has just come; false when it can't be true. Minutes that it ends are told. */
  passes(eventUs: number, arrivalUs: number): boolean {
    const isOurs = Math.abs(eventUs - arrivalUs) <= REAL_TIME_US;
    if (!isOurs && eventUs - this.nowUs() > MAX_AHEAD_US) {
      this.#aheadCount++;
      if (this.#aheadCount < CONFIRMATIONS) return false;
    }
    this.#aheadCount = 0;
    if (eventUs <= this.#eventUs) return true;
    if (this.#eventUs === 0) this.#begin(eventUs);
    else if (eventUs >= this.#nextMinuteUs) this.#tell(eventUs);
    this.#eventUs = eventUs;
    this.#arrivalUs = arrivalUs;
    return true;
  }

  stop(): void {
    this.#callOff();
  }

  #begin(eventUs: number): void {
    this.#nextMinuteUs = (Math.floor(eventUs / MINUTE_US) + 1) * MINUTE_US;
    this.#wait();
  }

  #wait(): void {
    const leftUs = this.#nextMinuteUs + this.#graceUs - this.nowUs();
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(1, Math.ceil(leftUs / 1000)));
    this.#callOff = this.#ports.timers.after(waitMs, () => {
      const marketUs = this.nowUs() - this.#graceUs;
      if (marketUs >= this.#nextMinuteUs) this.#tell(marketUs);
      this.#wait();
    });
  }

  /** Tells the last minute's end up to `timeUs`: it stands for those before it, which end with it. */
  #tell(timeUs: number): void {
    const endUs = Math.floor(timeUs / MINUTE_US) * MINUTE_US;
    this.#nextMinuteUs = endUs + MINUTE_US;
    this.#control({ kind: 'clock', timeUs: endUs }, 0);
  }
}

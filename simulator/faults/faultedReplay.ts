import type { Tick } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { EventTimes } from '../play/types.ts';
import type { Replay, TickSink } from '../replay.ts';
import { hostTimers, type Timers } from '../timers.ts';
import type { FeedFaults } from './types.ts';

/** How long to wait for events that are late themselves. */
const LATE_LOOK_MS = 1;

export interface FaultedReplayOptions {
  readonly replay: Replay;
  readonly faults: FeedFaults;
  readonly clock: Clock;
  /** Takes what the feed says. */
  readonly sink: TickSink;
  /** Is told of the place in the market before what was held back comes there. */
  readonly before: (eventUs: number) => void;
  readonly timers?: Timers;
}

/** Puts faults between a replay and its sink: what is held back comes when it is due, in the same order at every pace. */
export class FaultedReplay {
  readonly #options: FaultedReplayOptions;
  readonly #timers: Timers;
  readonly #times: EventTimes = { eventTimeUs: 0.5, dueTimeUs: 0.5, shownTimeUs: 0.5 };
  #waitingForUs = Number.POSITIVE_INFINITY;
  #callOff: () => void = () => undefined;

  constructor(options: FaultedReplayOptions) {
    this.#options = options;
    this.#timers = options.timers ?? hostTimers;
  }

  /** Takes the replay's events. */
  readonly take: TickSink = (tick, dueTimeUs) => {
    const times = this.#times;
    times.eventTimeUs = tick.eventTimeUs;
    times.shownTimeUs = tick.eventTimeUs;
    times.dueTimeUs = dueTimeUs;
    this.#options.faults.tick(tick, times, this.#emit);
    this.#wait();
  };

  /** Gives what comes up to an instant of the market. */
  releaseUntil(eventUs: number): void {
    this.#options.faults.releaseUntil(eventUs, this.#emit);
  }

  /** Begins to wait for what no event brings out. */
  start(): void {
    this.#wait();
  }

  /** Waits no more. */
  stop(): void {
    this.#callOff();
    this.#waitingForUs = Number.POSITIVE_INFINITY;
  }

  /** Gives all that is still held back, at once. */
  end(): void {
    this.stop();
    this.#options.faults.release(Number.POSITIVE_INFINITY, this.#emit);
  }

  /** The feed knows of its own time alone. */
  readonly #emit = (tick: Tick, times: EventTimes): void => {
    if (tick.eventTimeUs !== times.shownTimeUs) tick.eventTimeUs = times.shownTimeUs;
    this.#options.sink(tick, times.dueTimeUs);
  };

  #wait(): void {
    const dueUs = this.#options.faults.nextDueUs();
    if (dueUs === this.#waitingForUs) return;
    this.#callOff();
    this.#waitingForUs = dueUs;
    if (dueUs === Number.POSITIVE_INFINITY) return;
    const waitUs = dueUs - this.#options.clock.nowUs();
    this.#callOff = this.#timers.after(Math.max(LATE_LOOK_MS, Math.ceil(waitUs / 1000)), this.#onDue);
  }

  readonly #onDue = (): void => {
    const { faults, clock, replay } = this.#options;
    this.#waitingForUs = Number.POSITIVE_INFINITY;
    const nowUs = clock.nowUs();
    // An event that is late itself goes before what was held back until after it.
    while (faults.nextDueUs() <= nowUs && faults.nextDueUs() < replay.nextDueUs()) {
      this.#options.before(faults.nextEventUs());
      this.releaseUntil(faults.nextEventUs());
    }
    this.#wait();
  };
}

import type { Tick } from '../../market/types.ts';
import { type ControlSink, MinuteEnds, type MinuteEndsOptions } from '../minuteEnds.ts';
import type { EventTimes } from '../play/types.ts';
import type { TickSink } from '../replay.ts';
import { hostTimers, type Timers } from '../timers.ts';
import type { FeedFaults } from './types.ts';

/** How long to wait for events that are late themselves. */
const LATE_LOOK_MS = 1;

export interface FaultedReplayOptions extends MinuteEndsOptions {
  /** Made for the replay's schedule. */
  readonly faults: FeedFaults;
}

/**
 * Puts faults and the ends of minutes between a replay and its sink: what is held back comes when it is due, and all in the
 * same order at every pace.
 */
export class FaultedReplay implements Pick<MinuteEnds, 'before' | 'start' | 'stop' | 'end'> {
  readonly #options: FaultedReplayOptions;
  readonly #timers: Timers;
  readonly #minutes: MinuteEnds;
  readonly #times: EventTimes = { eventTimeUs: 0.5, dueTimeUs: 0.5, shownTimeUs: 0.5 };
  #sink: TickSink = () => undefined;
  #waitingForUs = Number.POSITIVE_INFINITY;
  #callOff: () => void = () => undefined;
  #isStopped = false;

  constructor(options: FaultedReplayOptions) {
    this.#options = options;
    this.#timers = options.timers ?? hostTimers;
    const tellMinute: ControlSink = (control, dueUs) => {
      // What comes in a minute comes before its end.
      if (control.kind === 'clock') options.faults.releaseUntil(control.timeUs, this.#emit);
      options.sink(control, dueUs);
    };
    this.#minutes = new MinuteEnds({ ...options, sink: tellMinute });
  }

  /** Wraps the sink of what the feed says. */
  before(sink: TickSink): TickSink {
    this.#sink = sink;
    return this.#minutes.before(this.#take);
  }

  /** Begins to wait for what no event brings out. */
  start(): void {
    this.#minutes.start();
    this.#wait();
  }

  /** Gives and tells no more. */
  stop(): void {
    this.#isStopped = true;
    this.#minutes.stop();
    this.#waitNoMore();
  }

  /** Resolves when the last minute's end has been told, and gives what is held back longer than that at once. */
  async end(): Promise<void> {
    await this.#minutes.end();
    this.#waitNoMore();
    if (!this.#isStopped) this.#options.faults.release(Number.POSITIVE_INFINITY, this.#emit);
  }

  readonly #take: TickSink = (tick, dueTimeUs) => {
    const times = this.#times;
    times.eventTimeUs = tick.eventTimeUs;
    times.shownTimeUs = tick.eventTimeUs;
    times.dueTimeUs = dueTimeUs;
    this.#options.faults.tick(tick, times, this.#emit);
    this.#wait();
  };

  /** The feed knows of its own time alone. */
  readonly #emit = (tick: Tick, times: EventTimes): void => {
    if (tick.eventTimeUs !== times.shownTimeUs) tick.eventTimeUs = times.shownTimeUs;
    this.#sink(tick, times.dueTimeUs);
  };

  #waitNoMore(): void {
    this.#callOff();
    this.#waitingForUs = Number.POSITIVE_INFINITY;
  }

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
    // An event that is late itself goes before what was held back until after it: by the market's time, since many of its
    // instants may be due in one µs.
    while (faults.nextDueUs() <= nowUs && faults.nextEventUs() <= replay.nextEventUs) {
      const eventUs = faults.nextEventUs();
      this.#minutes.tellUntil(eventUs);
      faults.releaseUntil(eventUs, this.#emit);
    }
    this.#wait();
  };
}

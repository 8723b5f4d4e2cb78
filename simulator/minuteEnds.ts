import type { Control } from '../market/types.ts';
import type { Clock } from '../protocol/clock.ts';
import { dueTimeUs } from '../protocol/run.ts';
import type { Replay, TickSink } from './replay.ts';
import { hostTimers, type Timers } from './timers.ts';

const MINUTE_US = 60_000_000;
/** How long to wait for events that are late themselves. */
const LATE_LOOK_MS = 1;

/** Takes one control; `dueTimeUs` is when the schedule wanted it. */
export type ControlSink = (control: Control, dueTimeUs: number) => void;

export interface MinuteEndsOptions {
  readonly replay: Replay;
  readonly clock: Clock;
  /** End of the part that is played, µs of event time; a minute that ends there is told. */
  readonly toUs: number;
  readonly sink: ControlSink;
  readonly timers?: Timers;
}

/**
 * Tells the end of each minute of a replay as a clock input: before the first event at or after it, and when it is due
 * even if no event follows. It never overtakes an event of before, however late that is, so that the order of inputs is
 * the tape's at every pace.
 */
export class MinuteEnds {
  readonly #options: MinuteEndsOptions;
  readonly #timers: Timers;
  #nextUs: number;
  #callOff: () => void = () => undefined;
  #ended: () => void = () => undefined;

  constructor(options: MinuteEndsOptions) {
    this.#options = options;
    this.#timers = options.timers ?? hostTimers;
    this.#nextUs = (Math.floor(options.replay.schedule.fromEventUs / MINUTE_US) + 1) * MINUTE_US;
  }

  /** Wraps the sink of the replay's events. */
  before(sink: TickSink): TickSink {
    return (tick, dueUs) => {
      if (tick.eventTimeUs >= this.#nextUs) this.tellUntil(tick.eventTimeUs);
      sink(tick, dueUs);
    };
  }

  /** Begins to tell minutes that no event announces. */
  start(): void {
    this.#wait();
  }

  /** Tells no more. */
  stop(): void {
    this.#callOff();
    this.#nextUs = Number.POSITIVE_INFINITY;
    this.#ended();
  }

  /** Resolves when the last minute's end has been told, or {@link stop} was called. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      if (this.#isDone) resolve();
    });
  }

  get #isDone(): boolean {
    return this.#nextUs > this.#options.toUs;
  }

  #wait(): void {
    this.#callOff();
    if (this.#isDone) {
      this.#ended();
      return;
    }
    const waitUs = this.#dueUs(this.#nextUs) - this.#options.clock.nowUs();
    this.#callOff = this.#timers.after(Math.max(LATE_LOOK_MS, Math.ceil(waitUs / 1000)), this.#onDue);
  }

  readonly #onDue = (): void => {
    const { replay, clock } = this.#options;
    const dueUs = this.#dueUs(this.#nextUs);
    if (clock.nowUs() >= dueUs && replay.nextDueUs() > dueUs) this.tellUntil(this.#nextUs);
    this.#wait();
  };

  /** Tells the minutes that end up to an instant, µs of event time: before what happens then. */
  tellUntil(eventTimeUs: number): void {
    const { toUs, sink } = this.#options;
    while (this.#nextUs <= eventTimeUs && this.#nextUs <= toUs) {
      const timeUs = this.#nextUs;
      this.#nextUs += MINUTE_US;
      sink({ kind: 'clock', timeUs }, this.#dueUs(timeUs));
    }
  }

  #dueUs(eventTimeUs: number): number {
    const { schedule } = this.#options.replay;
    if (schedule.speed === Number.POSITIVE_INFINITY) return this.#options.clock.nowUs();
    return Math.round(dueTimeUs(schedule, eventTimeUs));
  }
}

import type { Tick } from '../market/types.ts';
import { dueTimeUs, type Schedule } from '../protocol/run.ts';
import { LatenessHistogram } from './lateness.ts';
import { EventHash } from './tape/eventHash.ts';
import type { TapeCursor } from './tape/types.ts';

/**
 * An event counts as late when it is delivered more than this after its due time, µs. Timers of the host have a
 * resolution of 1 ms, so that a sleep may end that much after an event was due: only what exceeds twice that tells of a
 * replay that fell behind.
 */
export const LATE_AFTER_US = 2_000;

/**
 * Takes one event. `tick` is one reused object, so copy what you keep; `dueTimeUs` is when the schedule wanted it sent,
 * in whole µs since the epoch.
 */
export type TickSink = (tick: Tick, dueTimeUs: number) => void;

export interface ReplayOptions {
  /** Before the first event to play: a tape's `cursor(schedule.fromEventUs)`. */
  readonly cursor: TapeCursor;
  /**
   * When each event is due. `speed` Infinity is as fast as possible: each event is due when it is asked for, and none
   * is late.
   */
  readonly schedule: Schedule;
  /** End of the part to play, exclusive, µs since the epoch; default: `schedule.toEventUs`. */
  readonly toUs?: number;
}

const NEXT_DUE_US = 0;
const POSITION_US = 1;

/**
 * Plays a tape by a schedule: says which events are due, never waits itself, and allocates nothing per event. The
 * schedule never slips: an event that is late is delivered at the next call and counted, and those after it keep their
 * own due times.
 */
export class Replay {
  readonly lateness = new LatenessHistogram();
  #schedule: Schedule;
  #cursor: TapeCursor;
  readonly #toUs: number;
  #unpaced: boolean;
  readonly #hash = new EventHash();
  /** Times that change with each event, by the indices below: a typed array, since a number stored in a field is allocated. */
  readonly #times = new Float64Array(2);
  #events = 0;
  #late = 0;

  /**
   * @throws RangeError when the speed isn't above 0
   * @throws TapeError when the tape turns out to be altered
   */
  constructor(options: ReplayOptions) {
    const { schedule } = options;
    this.#schedule = schedule;
    this.#cursor = options.cursor;
    this.#toUs = options.toUs ?? schedule.toEventUs;
    this.#unpaced = isUnpaced(schedule);
    this.#times[POSITION_US] = schedule.fromEventUs;
    this.#advance();
  }

  get schedule(): Schedule {
    return this.#schedule;
  }

  /**
   * Goes on by another schedule: from where it stands, or from where another cursor of the tape does.
   *
   * @throws RangeError when the speed isn't above 0
   * @throws TapeError when the tape turns out to be altered
   */
  reschedule(schedule: Schedule, cursor?: TapeCursor): void {
    this.#unpaced = isUnpaced(schedule);
    this.#schedule = schedule;
    if (cursor !== undefined) {
      this.#cursor = cursor;
      this.#times[POSITION_US] = schedule.fromEventUs;
      this.#advance();
    } else if (!this.done) this.#plan();
  }

  /**
   * Delivers in tape order every event that is due at `nowUs`, at most `maxEvents` of them.
   *
   * @param nowUs the clock, µs since the epoch
   * @returns how many were delivered
   * @throws TapeError when the tape turns out to be altered
   */
  pump(nowUs: number, sink: TickSink, maxEvents = Number.POSITIVE_INFINITY): number {
    const cursor = this.#cursor;
    const { tick } = cursor;
    const times = this.#times;
    let delivered = 0;
    while (delivered < maxEvents && this.#cursor === cursor && (times[NEXT_DUE_US] as number) <= nowUs) {
      if (this.#unpaced) times[NEXT_DUE_US] = nowUs;
      const dueUs = times[NEXT_DUE_US] as number;
      times[POSITION_US] = tick.eventTimeUs;
      this.#hash.add(tick);
      this.#count(nowUs - dueUs);
      delivered += 1;
      sink(tick, dueUs);
      this.#advance();
    }
    return delivered;
  }

  /** When the next event is due, µs since the epoch: Infinity when none is left, -Infinity when there is one and it isn't paced. */
  nextDueUs(): number {
    return this.#times[NEXT_DUE_US] as number;
  }

  /** Event time of the next event, µs since the epoch; Infinity when none is left. */
  get nextEventUs(): number {
    return this.done ? Number.POSITIVE_INFINITY : this.#cursor.tick.eventTimeUs;
  }

  /** Whether every event of the part has been delivered. */
  get done(): boolean {
    return this.nextDueUs() === Number.POSITIVE_INFINITY;
  }

  /** Events delivered so far. */
  get events(): number {
    return this.#events;
  }

  /** Events delivered more than {@link LATE_AFTER_US} after they were due. */
  get late(): number {
    return this.#late;
  }

  /** Event time of the last delivered event, µs since the epoch; before the first: the schedule's start. */
  get positionUs(): number {
    return this.#times[POSITION_US] as number;
  }

  /** {@link EventHash} over the events delivered so far, hex: the same at every pace. */
  get eventHash(): string {
    return this.#hash.digest();
  }

  #count(latenessUs: number): void {
    this.#events += 1;
    this.lateness.record(latenessUs);
    if (latenessUs > LATE_AFTER_US) this.#late += 1;
  }

  /** Puts the cursor on the next event: it stays one ahead of what was delivered, so that a block is read before it is due. */
  #advance(): void {
    const cursor = this.#cursor;
    if (!cursor.next() || cursor.tick.eventTimeUs >= this.#toUs) this.#times[NEXT_DUE_US] = Number.POSITIVE_INFINITY;
    else this.#plan();
  }

  /** Says when the event under the cursor is due. */
  #plan(): void {
    this.#times[NEXT_DUE_US] = this.#unpaced
      ? Number.NEGATIVE_INFINITY
      : Math.round(dueTimeUs(this.#schedule, this.#cursor.tick.eventTimeUs));
  }
}

function isUnpaced({ speed }: Schedule): boolean {
  if (!(speed > 0)) throw new RangeError(`replay: the speed must be above 0, it is ${speed}`);
  return speed === Number.POSITIVE_INFINITY;
}

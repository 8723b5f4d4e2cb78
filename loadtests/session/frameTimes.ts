import { dueTimeUs, endOf, type Schedule, type ViolationKind } from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { TickerFields } from './dialect.ts';

/** Frames whose stated due time differs by more than this from the gate's schedule: the server has let its schedule slip. */
const SCHEDULE_SLIP_LIMIT_US = 5_000;
/** A frame read by more than this ahead of its due time runs ahead of the schedule; less may be the clocks' error. */
const EARLY_LIMIT_US = 20_000;

/** What states a time before its subscription is history for so long; then it is late, and was told as if it were news. */
const HISTORY_US = 2_000_000;

/** By what events are due: the schedule, their arrival at a server that polls its provider, what each frame says of itself, or nothing that is known. */
export type DueBy = 'schedule' | 'arrival' | 'frame' | 'nothing';

/** The latest event of a stream of tickers, by its number. */
export interface LatestEvent {
  lastSeq: number;
  lastEventTimeUs: number;
}

/** When the frames of one client were due, and whether the times that they state can be true. */
export class FrameTimes {
  readonly #schedule: Schedule;
  readonly #dueBy: DueBy;
  readonly #recorder: Recorder;
  readonly #onViolation: (violation: ViolationKind, detail: string, fields: TickerFields) => void;
  #dueTimeErrorUs = 0;

  constructor(options: {
    readonly dueBy: DueBy;
    readonly recorder: Recorder;
    readonly onViolation: (violation: ViolationKind, detail: string, fields: TickerFields) => void;
  }) {
    this.#schedule = options.recorder.schedule;
    this.#dueBy = options.dueBy;
    this.#recorder = options.recorder;
    this.#onViolation = options.onViolation;
  }

  /** When a ticker that was read at `atUs` was due, µs. */
  tickerDueUs(fields: TickerFields, atUs: number): number {
    if (this.#dueBy === 'schedule') return dueTimeUs(this.#schedule, fields.eventTimeUs);
    if (this.#dueBy === 'frame' && fields.dueTimeUs >= 0) return fields.dueTimeUs;
    // What says nothing of its time counts as on time.
    return fields.receivedTimeUs >= 0 ? fields.receivedTimeUs : atUs;
  }

  /** Whether a ticker was due while its client was there: since `sinceUs`, when it was subscribed. */
  isLive(dueUs: number, atUs: number, sinceUs: number): boolean {
    return dueUs >= sinceUs || (this.#dueBy === 'frame' && atUs >= sinceUs + HISTORY_US);
  }

  /** When another event was due, µs. */
  eventDueUs({ eventTimeUs, saidDueUs = -1 }: { readonly eventTimeUs: number; readonly saidDueUs?: number }): number {
    return this.#dueBy === 'frame' && saidDueUs >= 0 ? saidDueUs : dueTimeUs(this.#schedule, eventTimeUs);
  }

  /** False when the frame's times contradict each other; a slipped schedule is told, but the frame is measured. */
  check(latest: LatestEvent, fields: TickerFields, read: { readonly dueUs: number; readonly atUs: number }): boolean {
    const { seq, eventTimeUs } = fields;
    const problem = this.#problem(latest, fields);
    if (problem !== '') {
      this.#onViolation('bad_frame', problem, fields);
      return false;
    }
    if (seq > latest.lastSeq) {
      latest.lastSeq = seq;
      latest.lastEventTimeUs = eventTimeUs;
    }
    if (this.#dueBy === 'frame' || this.#dueBy === 'nothing') return this.#isTimed(read);
    const errorUs = fields.dueTimeUs < 0 ? 0 : Math.abs(fields.dueTimeUs - read.dueUs);
    if (errorUs > this.#dueTimeErrorUs) {
      this.#dueTimeErrorUs = errorUs;
      this.#recorder.dueTimeError(errorUs);
    }
    const aheadUs = read.dueUs - read.atUs;
    if (errorUs > SCHEDULE_SLIP_LIMIT_US) {
      this.#onViolation('schedule_slip', `dueTimeUs is ${Math.round(errorUs)} µs off the schedule`, fields);
    } else if (aheadUs > EARLY_LIMIT_US) {
      this.#recorder.early(aheadUs);
      this.#onViolation('schedule_slip', `read ${Math.round(aheadUs)} µs before it was due`, fields);
    }
    return true;
  }

  /** What states its own time is measured when it is read in the run, and doesn't state one that is yet to come. */
  #isTimed({ dueUs, atUs }: { readonly dueUs: number; readonly atUs: number }): boolean {
    if (this.#dueBy === 'nothing') return false;
    if (dueUs > atUs) this.#recorder.early(dueUs - atUs);
    return atUs >= this.#schedule.startUs && dueUs < endOf(this.#schedule);
  }

  #problem(latest: LatestEvent, { seq, eventTimeUs, receivedTimeUs, sentTimeUs }: TickerFields): string {
    const { fromEventUs, toEventUs } = this.#schedule;
    if (this.#dueBy === 'schedule' && (eventTimeUs < fromEventUs || eventTimeUs > toEventUs))
      return 'eventTimeUs lies outside the part played';
    if (seq > latest.lastSeq && eventTimeUs < latest.lastEventTimeUs) return 'eventTimeUs runs backwards';
    if (receivedTimeUs > sentTimeUs) return 'receivedTimeUs lies after sentTimeUs';
    return '';
  }
}

import type { Tick } from '../../market/types.ts';
import type { Schedule, WireHistogram } from '../../protocol/run.ts';
import type { TapeHeader } from '../tape/types.ts';

/** When an event comes, in three clocks, µs since the epoch. */
export interface EventTimes {
  /** When the market had it. */
  eventTimeUs: number;
  /** When the schedule wants it sent. */
  dueTimeUs: number;
  /** What it says of its own time: `eventTimeUs`, or `dueTimeUs` when the tape is played as if it were live. */
  shownTimeUs: number;
}

/** A trading halt or its end. */
export interface HaltChange {
  /** Index into the symbol table. */
  readonly symbol: number;
  readonly isHalted: boolean;
  readonly reason: string;
}

/** Takes what a player plays. `tick` and `times` are reused objects: copy what you keep. */
export interface PlaySink {
  readonly tick: (tick: Tick, times: EventTimes) => void;
  readonly halt: (change: HaltChange, times: EventTimes) => void;
  /** A round of a loop is over, its new one follows: the market has come to `endUs`, µs of event time. */
  readonly roundEnded?: (endUs: number) => void;
  /**
   * The place in the tape has changed by a seek or by a loop's new round: what was known of the market counts no more.
   * `catchUp` gives what the market did before the new place, as fast as possible, from `fromUs` on (default: the tape's start).
   */
  readonly moved: (toEventUs: number, catchUp: (sink: (tick: Tick) => void, fromUs?: number) => void) => void;
}

export type PlayStatus = 'waiting' | 'playing' | 'paused' | 'ended';

/** Where a player stands. */
export interface PlayState {
  readonly status: PlayStatus;
  /** Tape's seconds for a second; Infinity is as fast as possible. */
  readonly speed: number;
  /** Event time of the last event played, µs since the epoch; before the first: the start of the part. */
  readonly positionUs: number;
  /** The part that is played; the end is exclusive. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Events played, over all rounds. */
  readonly events: number;
  /** Of which late: see LATE_AFTER_US. */
  readonly late: number;
  /** Whole rounds played of a loop. */
  readonly rounds: number;
}

/** What a player did. */
export interface PlaySummary extends PlayState {
  /** Delivery after due time, µs. */
  readonly lateness: WireHistogram;
  /** EventHash over the events played, hex; undefined after a seek or a second round: no tape has that hash. */
  readonly eventHash: string | undefined;
}

/** Plays a tape and takes commands meanwhile. */
export interface Player {
  readonly header: TapeHeader;
  state(): PlayState;
  /** Delivery after due time so far: the value below which a percentage of events lies, µs. */
  latenessUs(percent: number): number;
  /** The market's time now, between two events as well, µs since the epoch: never beyond the next event. */
  marketNowUs(): number;
  /** When events are due, as it stands: a pause, a seek or a new speed changes it. */
  schedule(): Schedule;
  /** What an event at this time of the tape says of its own time, by the schedule as it stands, µs since the epoch. */
  shownUs(eventTimeUs: number): number;
  /** Begins; resolves at the end of the part (never, with `loop`) or after `stop`. @throws TapeError when the tape turns out to be altered */
  play(sink: PlaySink): Promise<PlaySummary>;
  pause(): void;
  /** Goes on from where it stands: at `atUs`, µs since the epoch, or now. */
  resume(atUs?: number): void;
  /** Goes to the first event at or after `eventTimeUs`, bounded by the part, and goes on (or stays paused) there. */
  seek(eventTimeUs: number): void;
  /** Above 0; Infinity is as fast as possible. */
  setSpeed(speed: number): void;
  /** While paused: plays the next `count` events, or all up to the end of the `count`th minute from here. Elsewhere it pauses first. */
  step(unit: 'tick' | 'bar', count: number): void;
  stop(): void;
}

import type { TradingCalendar } from '../../market/calendar/types.ts';
import type { Control, Instrument, Tick } from '../../market/types.ts';
import type { CommandLog } from '../engineLoop.ts';

export type FeedState = 'none' | 'waiting' | 'playing' | 'ended';

/** A command log that is open for writing. */
export interface OpenCommandLog extends CommandLog {
  /** Completes the log with the run's end. @throws Error with one line when it can't be written */
  readonly close: (end: { readonly inputs: number; readonly runHash: string }) => Promise<void>;
}

/** Where ticks come from. */
export interface Feed {
  /** What is traded; `instruments[i].index` is `i`. */
  readonly instruments: readonly Instrument[];
  readonly state: FeedState;
  /** When what is traded trades; absent: always. */
  readonly calendar?: TradingCalendar | undefined;
  /**
   * Gives what the market did before the part that is played, as fast as possible: each is one reused object. Returns the time,
   * µs since the epoch, up to which that goes. @throws Error with one line when the source turns out to be bad
   */
  readonly warm?: (sink: (tick: Tick) => void) => number;
  /**
   * Begins to give ticks to `sink`: each is one reused object, `dueTimeUs` (µs since the epoch) is when it should come. A feed
   * with a schedule tells `control` the end of each minute, in its place among the ticks.
   * Resolves at the feed's end or after {@link Feed.stop}. @throws Error with one line when the source turns out to be bad
   */
  readonly play: (
    sink: (tick: Tick, dueTimeUs: number) => void,
    control: (control: Control, dueTimeUs: number) => void,
  ) => Promise<void>;
  /** Leaves out what the market did up to `eventTimeUs`, µs since the epoch, at the same schedule; before {@link Feed.play}. Absent for a feed that can only go on from now. */
  readonly resumeAfter?: (eventTimeUs: number) => void;
  /** Ends it where it stands. */
  readonly stop: () => void;
  /** Opens the log that lets the run be repeated; absent for a feed that can't be. @throws Error with one line when the file can't be written */
  readonly openCommandLog?: (path: string, rules: EngineRules) => Promise<OpenCommandLog>;
}

/** What a repeated run must know of the engine beside its inputs. */
export interface EngineRules {
  /** Cash units of a new account; undefined: the engine's default. */
  readonly startingCash: number | undefined;
  readonly ratchetWindowUs: number;
}

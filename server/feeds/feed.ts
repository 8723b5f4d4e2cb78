import type { ProviderBar } from '../../market/bars/types.ts';
import type { TradingCalendar } from '../../market/calendar/types.ts';
import type { CleaningRules } from '../../market/clean.ts';
import type { Control, Instrument, Tick } from '../../market/types.ts';
import type { SystemFrame } from '../../protocol/messages.ts';
import type { CommandLog } from '../engineLoop.ts';
import type { FeedCounts, FeedHealth } from './health.ts';

export type FeedState = 'none' | 'waiting' | 'playing' | 'ended';

/** A command log that is open for writing. */
export interface OpenCommandLog extends CommandLog {
  /** Completes the log with the run's end. @throws Error with one line when it can't be written */
  readonly close: (end: { readonly inputs: number; readonly runHash: string }) => Promise<void>;
}

/** What a feed tells every client. */
export type FeedNotice = Pick<SystemFrame, 'code' | 'message'>;

/** Where ticks come from. */
export interface Feed {
  /** What is traded; `instruments[i].index` is `i`. */
  readonly instruments: readonly Instrument[];
  readonly state: FeedState;
  /** When what is traded trades; absent: always. */
  readonly calendar?: TradingCalendar | undefined;
  /** Finds out what {@link Feed.warm} is to give, where that takes asking. Never rejects: what can't be had is logged. */
  readonly prepare?: () => Promise<void>;
  /**
   * Gives what the market did before the part that is played, as fast as possible: ticks, each one reused object, and whole
   * minutes where there are no ticks of them. Returns the time, µs since the epoch, up to which that goes; undefined when nothing
   * is known. @throws Error with one line when the source turns out to be bad
   */
  readonly warm?: (sink: (tick: Tick) => void, minute: (bar: ProviderBar) => void) => number | undefined;
  /**
   * Begins to give ticks to `sink`: each is one reused object, `dueTimeUs` (µs since the epoch) is when it should come. A feed
   * with a schedule tells `control` the end of each minute, in its place among the ticks; a live one does so when it has passed,
   * and tells `notice` what clients should know of it.
   * Resolves at the feed's end or after {@link Feed.stop}. @throws Error with one line when the source turns out to be bad
   */
  readonly play: (
    sink: (tick: Tick, dueTimeUs: number) => void,
    control: (control: Control, dueTimeUs: number) => void,
    notice: (notice: FeedNotice) => void,
  ) => Promise<void>;
  /** Leaves out what the market did up to `eventTimeUs`, µs since the epoch, at the same schedule; before {@link Feed.play}. Absent for a feed that can only go on from now. */
  readonly resumeAfter?: (eventTimeUs: number) => void;
  /** Ends it where it stands. */
  readonly stop: () => void;
  /** How ticks are cleaned; absent: by form and order alone, as a tape's. */
  readonly cleaning?: CleaningRules;
  /** The age of a symbol's price in ms when nobody vouches for it any more; undefined while it is fresh. Absent: prices are always fresh. */
  readonly staleMs?: (symbol: number) => number | undefined;
  /** Its numbers, for `/metrics`; absent for a feed without providers. */
  readonly counts?: () => FeedCounts;
  /** How its providers are; absent for a feed without. */
  readonly health?: () => FeedHealth;
  /** Opens the log that lets the run be repeated; absent for a feed that can't be. @throws Error with one line when the file can't be written */
  readonly openCommandLog?: (path: string, rules: EngineRules) => Promise<OpenCommandLog>;
}

/** What a repeated run must know of the engine beside its inputs. */
export interface EngineRules {
  /** Cash units of a new account; undefined: the engine's default. */
  readonly startingCash: number | undefined;
  /** Closed orders of an account that are remembered; undefined: the engine's default. */
  readonly closedOrdersKept?: number | undefined;
  readonly ratchetWindowUs: number;
}

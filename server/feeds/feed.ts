import type { Instrument, Tick } from '../../market/types.ts';
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
  /**
   * Begins to give ticks to `sink`: each is one reused object, `dueTimeUs` (µs since the epoch) is when it should come.
   * Resolves at the feed's end or after {@link Feed.stop}. @throws Error with one line when the source turns out to be bad
   */
  readonly play: (sink: (tick: Tick, dueTimeUs: number) => void) => Promise<void>;
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

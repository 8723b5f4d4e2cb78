import type { BackoffRules } from './backoff.ts';
import type { BreakerRules } from './breaker.ts';

/** The named settings of a live feed. */
export interface FeedRules {
  readonly backoff: BackoffRules;
  readonly breaker: BreakerRules;
  /** A session that isn't live by then has failed, ms. */
  readonly connectMs: number;
  /** A session that has been live so long has succeeded, ms. */
  readonly stableMs: number;
  /** Without data for so long while the market is open a stream is dead, ms. */
  readonly silenceMs: number;
  /** Without a provider for so long the next one in the chain is asked too, ms. */
  readonly failOverMs: number;
  /** A better provider takes over with its first data, or when it has been live without any for so long, ms. */
  readonly failBackMs: number;
  /** How long after a minute's end its late ticks are waited for, ms. */
  readonly minuteGraceMs: number;
}

export const DEFAULT_FEED_RULES: FeedRules = {
  backoff: { baseMs: 500, maxMs: 30_000 },
  breaker: { failures: 4, openMs: 15_000, maxOpenMs: 300_000 },
  connectMs: 10_000,
  stableMs: 5_000,
  silenceMs: 20_000,
  failOverMs: 2_000,
  failBackMs: 5_000,
  minuteGraceMs: 500,
};

const MINUTE_MS = 60_000;
/** Share of a limit that is used: the provider's clock and counting aren't ours. */
const USED_SHARE = 0.95;

/** What a plan of polls goes by. */
export interface PollNeeds {
  readonly symbols: number;
  /** Symbols that one call brings. */
  readonly perCall: number;
  /** How often each symbol is wanted, and the longest that this may be put off to, ms. */
  readonly pollMs: number;
  readonly maxPollMs: number;
  /** Infinity for no limit. */
  readonly callsPerMinute: number;
  /** Calls that are left of the day's; Infinity for no limit. */
  readonly callsLeft: number;
  /** How long they have to last, ms. */
  readonly openLeftMs: number;
}

/** How often which symbols are polled. */
export interface PollPlan {
  /** The first so many. */
  readonly symbols: number;
  /** How often each of them, ms. */
  readonly intervalMs: number;
  /** Why that is less than was wanted; undefined when it isn't. */
  readonly reason: string | undefined;
}

/** Fits polls into what a plan of the provider allows: slower first, then fewer symbols, never none. */
export function planPolls(needs: PollNeeds): PollPlan {
  const { symbols, perCall, pollMs, maxPollMs, callsPerMinute, callsLeft, openLeftMs } = needs;
  const callsPerMs = Math.min((callsPerMinute / MINUTE_MS) * USED_SHARE, Math.max(1, callsLeft) / openLeftMs);
  const intervalFor = (count: number): number => Math.max(pollMs, Math.ceil(count / perCall) / callsPerMs);
  const whole = intervalFor(symbols);
  if (whole <= maxPollMs) {
    const isSlow = whole > pollMs * 1.001;
    const reason = isSlow
      ? `the plan allows a poll each ${seconds(whole)} s, not each ${seconds(pollMs)} s`
      : undefined;
    return { symbols, intervalMs: whole, reason };
  }
  const count = Math.min(symbols, Math.max(1, Math.floor(maxPollMs * callsPerMs) * perCall));
  const intervalMs = intervalFor(count);
  const reason = `the plan allows ${count} of ${symbols} symbols, a poll each ${seconds(intervalMs)} s`;
  return { symbols: count, intervalMs, reason };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);
}

/** Evidence, second by second, of what was late that isn't the target: the machine, or a generator of ours. */
export interface LatenessEvidence {
  /** A canary thread's worst wake-up delay in the second, µs. */
  readonly canaryUs: ReadonlyMap<number, number>;
  /** Share of the second that the hypervisor took from the machine's cores. */
  readonly stealShare: ReadonlyMap<number, number>;
  /** Worst event-loop delay of each of our processes, µs, by its name (`k6`, `swarm`, `probe`, `proxy`). */
  readonly loopDelayUs: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Worst slip of an attempt behind its plan, µs, by generator. */
  readonly slipUs: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Time for which the target was runnable and waited for a core, µs in the second. */
  readonly runQueueUs: ReadonlyMap<number, number>;
  /** Error of the clocks, µs: counts against every second. */
  readonly clockErrorUs: number;
}

/** Lateness counts when it is over this share of the row's bound. */
export const LATE_SHARE = 0.25;
/**
 * The target's wait for a core is a sum over the second, of waits that are each far shorter: it counts from this share
 * of the bound on, and from {@link RUN_QUEUE_FLOOR_US} at the least.
 */
export const RUN_QUEUE_SHARE = 1;
export const RUN_QUEUE_FLOOR_US = 50_000;
/** Steal counts from this share of a second on: below it, it is what any shared machine shows. */
export const STEAL_FLOOR = 0.02;
/** A late moment colours its neighbours: what was due just before it is read after it. */
const SPREAD_S = 1;

/** From this share of a second on, waiting for a core or steal delays more than half of what was due in it. */
const HALF_A_SECOND = 0.5;

/**
 * Why second `second` was late for a row whose bound is `boundUs`; empty when it wasn't.
 *
 * @param medianUs median of what was measured in that second. When it is over the bound, more than half of the second's
 * messages were late: that is excused only by a lateness as long as that, not by one that delays a few of them
 */
export function lateIn(evidence: LatenessEvidence, second: number, boundUs: number, medianUs = 0): string[] {
  const reasons: string[] = [];
  const isMostlyLate = medianUs > boundUs;
  const threshold = isMostlyLate ? Math.max(boundUs * LATE_SHARE, medianUs) : boundUs * LATE_SHARE;
  const worst = (series: ReadonlyMap<number, number>): number => {
    let max = 0;
    for (let at = second - SPREAD_S; at <= second + SPREAD_S; at++) max = Math.max(max, series.get(at) ?? 0);
    // A delay is noted when it ends: one of several seconds covers those before it too.
    for (const [at, valueUs] of series) {
      if (at > second && at - Math.ceil(valueUs / 1e6) <= second) max = Math.max(max, valueUs);
    }
    return max;
  };
  const canary = worst(evidence.canaryUs);
  if (canary > threshold) reasons.push(`the machine's canary ${(canary / 1000).toFixed(1)} ms`);
  const steal = worst(evidence.stealShare);
  if (steal > (isMostlyLate ? HALF_A_SECOND : STEAL_FLOOR) && steal * 1e6 > threshold)
    reasons.push(`the machine (steal) ${(steal * 100).toFixed(0)} %`);
  for (const [name, series] of evidence.loopDelayUs) {
    const delay = worst(series);
    if (delay > threshold) reasons.push(`${name}'s event loop ${(delay / 1000).toFixed(1)} ms`);
  }
  for (const [name, series] of evidence.slipUs) {
    const slip = worst(series);
    if (slip > threshold) reasons.push(`${name}'s send schedule ${(slip / 1000).toFixed(1)} ms`);
  }
  const runQueue = worst(evidence.runQueueUs);
  if (runQueue > (isMostlyLate ? HALF_A_SECOND * 1e6 : Math.max(RUN_QUEUE_FLOOR_US, boundUs * RUN_QUEUE_SHARE))) {
    reasons.push(`the target's turn on a core ${(runQueue / 1000).toFixed(0)} ms`);
  }
  if (evidence.clockErrorUs > threshold)
    reasons.push(`the clocks' agreement ${(evidence.clockErrorUs / 1000).toFixed(1)} ms`);
  return reasons;
}

/** Whether one of *our* processes was late in a second (not the machine as such): then silence towards it may be its own. */
export function generatorLateIn(evidence: LatenessEvidence, second: number, boundUs: number): boolean {
  return lateIn({ ...evidence, runQueueUs: new Map(), clockErrorUs: 0 }, second, boundUs).length > 0;
}

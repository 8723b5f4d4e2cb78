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
/** A lateness of this share of what a client is too late by may explain it. */
export const EXPLAINS_SHARE = 1 / 3;
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

/** What was measured in a second, µs: its median, and the figure by which the second is judged. */
export interface Measured {
  readonly medianUs: number;
  readonly figureUs: number;
  /** The second's worst, and what none may be over, where the row says so. */
  readonly never?: { readonly maxUs: number; readonly boundUs: number };
  /** What a sound target may take on top of a lateness that shifts every sample of the second; default 0. */
  readonly allowanceUs?: number;
}

/**
 * Why second `second` was late for a row whose bound is `boundUs`; empty when it wasn't.
 *
 * With `measured`, a lateness excuses only what it can explain. It can't have added more than its own length: where the
 * figure would be over the bound without it, the second counts as it is. And when the median is over the bound, more than
 * half of the messages were late, which takes a pause as long as that, or a core that was missing half of the time.
 */
export function lateIn(evidence: LatenessEvidence, second: number, boundUs: number, measured?: Measured): string[] {
  const isMostlyLate = measured !== undefined && measured.medianUs > boundUs;
  const explainable = isMostlyLate ? measured.medianUs - (measured.allowanceUs ?? 0) : 0;
  const threshold = Math.max(boundUs * LATE_SHARE, explainable);
  const reasons: string[] = [];
  let explainedUs = 0;
  const weigh = (cause: string, valueUs: number, floorUs = 0): void => {
    explainedUs += valueUs;
    if (valueUs > Math.max(threshold, floorUs)) reasons.push(cause);
  };
  const canary = worst(evidence.canaryUs, second);
  weigh(`the machine's canary ${(canary / 1000).toFixed(1)} ms`, canary);
  const stealUs = worst(evidence.stealShare, second) * 1e6;
  weigh(
    `the machine (steal) ${(stealUs / 1e4).toFixed(0)} %`,
    stealUs,
    (isMostlyLate ? HALF_A_SECOND : STEAL_FLOOR) * 1e6,
  );
  for (const [name, series] of evidence.loopDelayUs) {
    const delay = worst(series, second);
    weigh(`${name}'s event loop ${(delay / 1000).toFixed(1)} ms`, delay);
  }
  for (const [name, series] of evidence.slipUs) {
    const slip = worst(series, second);
    weigh(`${name}'s send schedule ${(slip / 1000).toFixed(1)} ms`, slip);
  }
  const runQueue = worst(evidence.runQueueUs, second);
  const runQueueFloor = isMostlyLate ? HALF_A_SECOND * 1e6 : Math.max(RUN_QUEUE_FLOOR_US, boundUs * RUN_QUEUE_SHARE);
  weigh(`the target's turn on a core ${(runQueue / 1000).toFixed(0)} ms`, runQueue, runQueueFloor);
  weigh(`the clocks' agreement ${(evidence.clockErrorUs / 1000).toFixed(1)} ms`, evidence.clockErrorUs);
  if (measured !== undefined && measured.figureUs - explainedUs > boundUs) return [];
  const { never } = measured ?? {};
  if (never !== undefined && never.maxUs - explainedUs > never.boundUs) return [];
  return reasons;
}

/** The worst of a series about a second: in it, next to it, or in a longer delay that ended later and covers it. */
function worst(series: ReadonlyMap<number, number>, second: number): number {
  let max = 0;
  for (let at = second - SPREAD_S; at <= second + SPREAD_S; at++) max = Math.max(max, series.get(at) ?? 0);
  for (const [at, valueUs] of series) {
    if (at > second && at - Math.ceil(valueUs / 1e6) <= second) max = Math.max(max, valueUs);
  }
  return max;
}

/** Whether one of *our* processes was late in a second (not the machine as such): then silence towards it may be its own. */
export function generatorLateIn(evidence: LatenessEvidence, second: number, boundUs: number): boolean {
  return lateIn({ ...evidence, runQueueUs: new Map(), clockErrorUs: 0 }, second, boundUs).length > 0;
}

import type { PlanTarget } from '../../protocol/generatorPlan.ts';
import type { WindowMetric } from '../../protocol/run.ts';
import type { TargetSet } from '../../protocol/schemas/targets.ts';

/** Rows that are percentiles of what a client measures. */
const METRICS: readonly WindowMetric[] = ['connect', 'tick', 'pattern', 'trigger', 'reconnect', 'heartbeat'];
const PERCENTILES: Readonly<Record<string, number>> = { p50: 50, p90: 90, p95: 95, p99: 99, p999: 99.9, max: 100 };

/** The rows of a set that k6 can judge by itself: latencies in ms that have an upper bound. */
export function planTargets(set: TargetSet): PlanTarget[] {
  return set.targets.flatMap(({ id, statistic, comparison, bound, unit, minSamples }) => {
    const metric = METRICS.find((name) => name === id);
    const percentile = PERCENTILES[statistic];
    if (metric === undefined || percentile === undefined || unit !== 'ms' || !comparison.startsWith('<')) return [];
    return [{ metric, percentile, belowMs: bound, minSamples }];
  });
}

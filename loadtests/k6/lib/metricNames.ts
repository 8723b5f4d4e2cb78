import type { PlanTarget } from '../../../protocol/generatorPlan.ts';
import type { WindowMetric } from '../../../protocol/run.ts';

/** How samples become k6's: one for each measured, or the p99 of each second, where a Trend would outgrow the memory. */
export type Grain = 'message' | 'second';

/** Most operations that may fail, as a share of them. */
export const FAILED_OPERATIONS_BOUND = 0.001;

/** Metrics that subtract the server's time from k6's. */
const BETWEEN_CLOCKS: readonly WindowMetric[] = ['tick', 'pattern', 'trigger'];

export function isBetweenClocks(metric: WindowMetric): boolean {
  return BETWEEN_CLOCKS.includes(metric);
}

/** By how much clocks may differ for targets to be judged, ms: a quarter of the tightest bound; undefined where no target needs them. */
export function clockBoundMs(targets: readonly PlanTarget[]): number | undefined {
  const bounds = targets.flatMap(({ metric, belowMs }) => (isBetweenClocks(metric) ? [belowMs / 4] : []));
  return bounds.length === 0 ? undefined : Math.min(...bounds);
}

/** Name of the Trend of a metric; in ms. */
export function trendName(metric: WindowMetric, grain: Grain): string {
  return grain === 'message' ? `tapedeck_${metric}` : `tapedeck_${metric}_p99_1s`;
}

/** Name of the Counter of a metric's samples. */
export function samplesName(metric: WindowMetric): string {
  return `tapedeck_${metric}_samples`;
}

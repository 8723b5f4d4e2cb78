import type { WindowMetric } from '../../../protocol/run.ts';

/** How samples become k6's: one for each measured, or the p99 of each second, where a Trend would outgrow the memory. */
export type Grain = 'message' | 'second';

/** Name of the Trend of a metric; in ms. */
export function trendName(metric: WindowMetric, grain: Grain): string {
  return grain === 'message' ? `tapedeck_${metric}` : `tapedeck_${metric}_p99_1s`;
}

/** Name of the Counter of a metric's samples. */
export function samplesName(metric: WindowMetric): string {
  return `tapedeck_${metric}_samples`;
}

import { Counter, Trend } from 'k6/metrics';
import type { GeneratorLine, PlanTarget, WindowMetric } from '../../../protocol/run.ts';
import { highestOf } from '../../../reports/histogram.ts';

const VIOLATIONS = 'tapedeck_violations';
const ENDED_CLIENTS = 'tapedeck_clients_ended';

/** k6's own judgement of a run by hand. */
export interface HandJudge {
  /** By metric name, for k6's `options`. */
  readonly thresholds: Record<string, string[]>;
  /** Takes a line of measurement into k6's metrics. */
  readonly take: (line: GeneratorLine) => void;
}

/**
 * Makes metrics and thresholds from a plan's targets; no violation and every client's end are asked for besides. Each
 * bound has a threshold on the count of its samples beside it: k6 lets an empty Trend pass any bound. Init context only.
 */
export function createHandJudge(targets: readonly PlanTarget[], clients: number): HandJudge {
  const violations = new Counter(VIOLATIONS);
  const endedClients = new Counter(ENDED_CLIENTS);
  const trends = new Map<WindowMetric, { readonly times: Trend; readonly samples: Counter }>();
  const thresholds: Record<string, string[]> = {
    [VIOLATIONS]: ['count==0'],
    [ENDED_CLIENTS]: [`count>=${clients}`],
  };
  for (const { metric, percentile, belowMs, minSamples } of targets) {
    const name = `tapedeck_${metric}`;
    if (!trends.has(metric)) {
      trends.set(metric, { times: new Trend(name, true), samples: new Counter(`${name}_samples`) });
    }
    thresholds[name] = [...(thresholds[name] ?? []), `p(${percentile})<${belowMs}`];
    const samples = `${name}_samples`;
    thresholds[samples] = [...(thresholds[samples] ?? []), `count>=${Math.max(1, minSamples)}`];
  }
  return {
    thresholds,
    take: (line) => {
      if (line.kind === 'client') endedClients.add(1);
      if (line.kind === 'end') for (const count of Object.values(line.violations)) violations.add(count);
      if (line.kind !== 'window') return;
      for (const [metric, { times, samples }] of trends) {
        for (const [bucket, count] of line.histograms[metric]?.buckets ?? []) {
          samples.add(count);
          for (let n = 0; n < count; n++) times.add(highestOf(bucket) / 1000);
        }
      }
    },
  };
}

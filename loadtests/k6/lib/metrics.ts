import { Counter, Rate, Trend } from 'k6/metrics';
import type { PlanTarget } from '../../../protocol/generatorPlan.ts';
import {
  type ClientLine,
  closeWords,
  type EndLine,
  type GeneratorLine,
  type ViolationLine,
  type WindowLine,
  type WindowMetric,
} from '../../../protocol/run.ts';
import { Histogram, highestOf } from '../../../reports/histogram.ts';
import { clockBoundMs, FAILED_OPERATIONS_BOUND, type Grain, samplesName, trendName } from './metricNames.ts';

/** k6's own metrics of a run. */
export interface K6Metrics {
  /** By metric name, for k6's `options`. */
  readonly thresholds: Record<string, string[]>;
  /** Takes a line of measurement into k6's metrics. */
  readonly take: (line: GeneratorLine) => void;
}

/**
 * Makes k6's metrics (Trends in ms, Counters, a Rate), as dashboards and outputs know them, and thresholds from a plan's
 * targets; no violation, every client's end, operations that don't fail and clocks that agree are asked for besides. Each bound has a threshold on the count of its samples
 * beside it: k6 lets an empty Trend pass any bound. Init context only.
 */
export function createMetrics(options: {
  readonly metrics: readonly WindowMetric[];
  readonly targets: readonly PlanTarget[];
  readonly clients: number;
  readonly grain: Grain;
}): K6Metrics {
  const { grain } = options;
  const trends = options.metrics.map((metric) => ({
    metric,
    times: new Trend(trendName(metric, grain), true),
    samples: new Counter(samplesName(metric)),
  }));
  const counts = {
    received: new Counter('tapedeck_received'),
    sent: new Counter('tapedeck_sent'),
    violations: new Counter('tapedeck_violations'),
    ended: new Counter('tapedeck_clients_ended'),
    failed: new Rate('tapedeck_operations_failed'),
  };
  const clockOff = new Trend('tapedeck_clock_off', true);
  const takeWindow = ({ histograms, received, sent }: WindowLine): void => {
    counts.received.add(received);
    counts.sent.add(sent);
    for (const { metric, times, samples } of trends) {
      const histogram = histograms[metric];
      if (histogram === undefined || histogram.count === 0) continue;
      samples.add(histogram.count);
      if (grain === 'second') times.add(Histogram.fromJSON(histogram).percentile(99) / 1000);
      else addAll(times, histogram.buckets);
    }
  };
  const takeClient = ({ client, connects, closes, operations, failedOperations }: ClientLine): void => {
    // One that was never welcomed has ended nothing.
    if (connects > 0) counts.ended.add(1);
    // Run by hand nobody cuts: what the client didn't close itself the server did.
    for (const close of closes) {
      counts.violations.add(1, { violation: 'unplanned_close' });
      console.warn(`client ${client}: unplanned_close: ${closeWords(close)}`);
    }
    for (let n = 0; n < operations; n++) counts.failed.add(n < failedOperations);
  };
  const takeEnd = ({ violations, clockOffsetUs, clockErrorUs, earlyUs = 0 }: EndLine): void => {
    // A ping knows the server's clock to half of its journey; a message read before its time proves the rest.
    clockOff.add(Math.max(0, Math.abs(clockOffsetUs) - clockErrorUs, earlyUs) / 1000);
    for (const [violation, count] of Object.entries(violations)) counts.violations.add(count, { violation });
  };
  return {
    thresholds: thresholdsOf(options),
    take: (line) => {
      if (line.kind === 'window') takeWindow(line);
      else if (line.kind === 'client') takeClient(line);
      else if (line.kind === 'end') takeEnd(line);
      else if (line.kind === 'violation') console.warn(wordsOf(line));
    },
  };
}

function wordsOf({ client, stream, violation, detail }: ViolationLine): string {
  return `client ${client}${stream === '' ? '' : ` ${stream}`}: ${violation}: ${detail}`;
}

function addAll(times: Trend, buckets: readonly (readonly [number, number])[]): void {
  for (const [bucket, count] of buckets) {
    const ms = highestOf(bucket) / 1000;
    for (let n = 0; n < count; n++) times.add(ms);
  }
}

function thresholdsOf(options: {
  readonly targets: readonly PlanTarget[];
  readonly clients: number;
  readonly grain: Grain;
}): Record<string, string[]> {
  const thresholds: Record<string, string[]> = {
    tapedeck_violations: ['count==0'],
    tapedeck_clients_ended: [`count>=${options.clients}`],
    tapedeck_operations_failed: [`rate<${FAILED_OPERATIONS_BOUND}`],
  };
  const mostOffMs = clockBoundMs(options.targets);
  if (mostOffMs !== undefined) thresholds['tapedeck_clock_off'] = [`max<=${mostOffMs}`];
  for (const { metric, percentile, belowMs, minSamples } of options.targets) {
    // By seconds: in 99 % of them.
    const statistic = options.grain === 'second' ? 'p(99)' : percentile === 100 ? 'max' : `p(${percentile})`;
    const name = trendName(metric, options.grain);
    thresholds[name] = [...(thresholds[name] ?? []), `${statistic}<${belowMs}`];
    thresholds[samplesName(metric)] = [`count>=${Math.max(1, minSamples)}`];
  }
  return thresholds;
}

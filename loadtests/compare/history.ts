import { COMPARED_METRICS, type ComparedMetric } from '../../protocol/schemas/comparison.ts';
import type { History, HistoryPoint, HistorySeries } from '../../protocol/schemas/history.ts';
import type { Summary } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../../reports/histogram.ts';
import { changePoints } from './changePoints.ts';
import type { Figure } from './ratio.ts';

/** A stored run, as history reads it. */
export interface StoredRun extends Omit<HistoryPoint, 'value'> {
  readonly scenario: string;
  readonly load: string;
  readonly machine: string;
  readonly figures: Readonly<Record<ComparedMetric, Figure>>;
}

/** More points are looked at by nobody, and permuting them takes long. */
const MOST_POINTS = 400;

/** A gate's summary as a run of the history. */
export function storedRun(run: string, summary: Summary): StoredRun {
  const { startedAt, commit, scenario, load, environment } = summary;
  const machine = `${environment.cpus} x ${environment.cpuModel}`;
  return {
    run,
    startedAt,
    commit,
    scenario,
    load: load.replace(/, \d+ cores/, ''),
    machine,
    figures: figuresOf(summary),
  };
}

function figuresOf(summary: Summary): StoredRun['figures'] {
  const percentile = (name: string, percent: number): Figure => {
    const json = summary.histograms[name];
    return json === undefined ? null : Histogram.fromJSON(json).percentile(percent);
  };
  let [cpuUs, messages, rss] = [0, 0, 0];
  for (const { serverCpu, serverRssBytes, received } of summary.seconds) {
    rss = Math.max(rss, serverRssBytes ?? 0);
    if (serverCpu === null) continue;
    cpuUs += serverCpu * 1e6;
    messages += received;
  }
  return {
    'tick.p50': percentile('tick', 50),
    'tick.p99': percentile('tick', 99),
    'trigger.p99': percentile('trigger', 99),
    'publish.p99': percentile('publish', 99),
    'process.p99': percentile('process', 99),
    cpu: cpuUs > 0 && messages > 0 ? cpuUs / messages : null,
    rss: rss > 0 ? rss : null,
  };
}

/** The history of stored runs: a series for each metric of each scenario, load and machine, with its change points. */
export function historyOf(
  runs: readonly StoredRun[],
  options: { readonly metrics: readonly ComparedMetric[]; readonly seed: number; readonly leftOut: History['leftOut'] },
): History {
  const groups = new Map<string, StoredRun[]>();
  for (const run of [...runs].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))) {
    const key = JSON.stringify([run.scenario, run.load, run.machine]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [run]);
    else known.push(run);
  }
  const series = [...groups.values()].flatMap((group) =>
    COMPARED_METRICS.filter((metric) => options.metrics.includes(metric)).flatMap((metric) =>
      seriesOf(group, metric, options.seed),
    ),
  );
  return { schema: 'tapedeck.history', version: 1, series, leftOut: [...options.leftOut] };
}

function seriesOf(group: readonly StoredRun[], metric: ComparedMetric, seed: number): HistorySeries[] {
  const points = group.flatMap(({ run, startedAt, commit, figures }): HistoryPoint[] => {
    const value = figures[metric];
    return value === null || value <= 0 ? [] : [{ run, startedAt, commit, value }];
  });
  const kept = points.slice(-MOST_POINTS);
  const [first] = group;
  if (first === undefined || kept.length === 0) return [];
  const found = changePoints(
    kept.map(({ value }) => value),
    seed,
  );
  const changes = found.map(({ at, ratio, interval, p }) => {
    const { run, commit } = kept[at] as HistoryPoint;
    return { at, run, commit, ratio, interval: [interval[0], interval[1]] as [number, number], p };
  });
  const { scenario, load, machine } = first;
  return [{ metric, scenario, load, machine, points: kept, changes }];
}

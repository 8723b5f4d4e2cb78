import { COMPARED_METRICS, type ComparedMetric, type Comparison } from '../../protocol/schemas/comparison.ts';
import type { History, HistoryPoint, HistorySeries } from '../../protocol/schemas/history.ts';
import type { Summary } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../../reports/histogram.ts';
import { isStreamed } from '../feeds/shownTape.ts';
import { changePoints, LEAST_SEGMENT } from './changePoints.ts';
import { median } from './quantiles.ts';
import type { Figure } from './ratio.ts';
import { byMetric } from './verdict.ts';

/** A stored run, as history reads it. */
export interface StoredRun extends Omit<HistoryPoint, 'value'> {
  readonly scenario: string;
  /** What made the load, what the clients spoke, and which server it was where it isn't ours. */
  readonly load: string;
  readonly machine: string;
  readonly figures: Readonly<Record<ComparedMetric, Figure>>;
}

/** Share of groups of runs without a change that may show one, over all their metrics. */
const LEVEL = 0.05;
/** More points are looked at by nobody, and permuting them takes long. */
const MOST_POINTS = 400;

/** A run's summary as a run of the history. */
export function storedRun(run: string, summary: Summary): StoredRun {
  const { startedAt, commit, scenario, environment } = summary;
  return {
    run,
    startedAt,
    commit,
    scenario,
    load: loadOf(summary),
    machine: machineOf(environment),
    figures: figuresOf(summary),
  };
}

/** The load in words that are the same wherever runs can be held side by side. */
function loadOf(summary: Summary): string {
  const load = summary.load.replace(/, \d+ cores( here)?/, '');
  // Before gates named their dialect there was one; the k6 scripts speak no other.
  const spoken = /, dialect /.test(load) ? load : `${load}, dialect native`;
  const server = foreignServer(summary);
  return server === undefined ? spoken : `${spoken}, server ${server}`;
}

/** The address or the command of a server that isn't ours. */
function foreignServer({ notes, command }: Summary): string | undefined {
  for (const note of notes) {
    const [, judged] = /^judged: (?:the server started by: )?(.+), dialect \S+, (?:fed by|playing) /s.exec(note) ?? [];
    if (judged !== undefined) return judged;
  }
  return /^k6 run .*?-e TAPEDECK_URL=(\S+)/.exec(command)?.[1];
}

function machineOf({ cpus, cpuModel }: Summary['environment'] | Comparison['environment']): string {
  return `${cpus} x ${cpuModel}`;
}

/** Arm B's label where it is a build of ours: this one's, with its commit. */
const OWN_BUILD = /^(?:this build|the working tree) \(([0-9a-f]{7,}\+?|unknown)\)$/;

/**
 * A comparison as a run of the history: the medians of B's blocks, which is what was new; or why it is none. A block is
 * no gate's whole run, so that its load says `in blocks`.
 */
export function comparedRun(run: string, comparison: Comparison): StoredRun | string {
  const { startedAt, arms, scenario, load, command, environment } = comparison;
  const commit = OWN_BUILD.exec(arms.b)?.[1];
  if (commit === undefined) return `a comparison whose B is no build of ours: ${arms.b}`;
  const blocks = comparison.blocks.filter(({ phase, arm }) => phase === 'ab' && arm === 'b');
  if (blocks.length === 0) return 'a comparison that never came to B';
  const words = wordsOf(command);
  const feed = words.includes('--a') ? (optionOf(words, '--fed-by') ?? '') : '';
  const fed = isStreamed(feed) ? `, fed by ${feed}` : '';
  return {
    run,
    startedAt,
    commit,
    scenario,
    load: `${load}, in blocks, dialect ${optionOf(words, '--dialect') ?? 'native'}${fed}`,
    machine: machineOf(environment),
    figures: middlesOf(blocks),
  };
}

/** The words of a command as a shell reads them, quoted ones with their quotes. */
function wordsOf(command: string): string[] {
  return command.match(/'(?:[^']|'\\'')*'|\S+/g) ?? [];
}

function optionOf(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at === -1 ? undefined : words[at + 1];
}

function middlesOf(blocks: Comparison['blocks']): StoredRun['figures'] {
  const figures = byMetric(blocks);
  const middle = (metric: ComparedMetric): Figure => {
    const known = figures[metric].filter((figure): figure is number => figure !== null);
    return known.length === 0 ? null : median(known);
  };
  return {
    'tick.p50': middle('tick.p50'),
    'tick.p99': middle('tick.p99'),
    'trigger.p99': middle('trigger.p99'),
    'publish.p99': middle('publish.p99'),
    'process.p99': middle('process.p99'),
    cpu: middle('cpu'),
    rss: middle('rss'),
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

/**
 * The history of stored runs: a series for each metric of each scenario, load and machine, with its change points. A
 * group of runs without a change shows one, in any of its metrics, in at most 5 % of the cases.
 */
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
  const metrics = COMPARED_METRICS.filter((metric) => options.metrics.includes(metric));
  const series = [...groups.values()].flatMap((group) => seriesOf(group, metrics, options.seed));
  return { schema: 'tapedeck.history', version: 1, series, leftOut: [...options.leftOut] };
}

/** The series of a group of runs that can be held side by side. They share the level: each has its part of it. */
function seriesOf(group: readonly StoredRun[], metrics: readonly ComparedMetric[], seed: number): HistorySeries[] {
  const all = metrics.map((metric) => ({ metric, points: pointsOf(group, metric) }));
  const tested = Math.max(1, all.filter(({ points }) => points.length >= 2 * LEAST_SEGMENT).length);
  return all.flatMap(({ metric, points }): HistorySeries[] => {
    const [first] = group;
    if (first === undefined || points.length === 0) return [];
    const values = points.map(({ value }) => value);
    const changes = changePoints(values, { seed, level: LEVEL / tested }).map(({ at, ratio, interval, p }) => {
      const { run, commit } = points[at] as HistoryPoint;
      return { at, run, commit, ratio, interval: [interval[0], interval[1]] as [number, number], p: p * tested };
    });
    const { scenario, load, machine } = first;
    return [{ metric, scenario, load, machine, points, changes }];
  });
}

/** The newest points of a metric. */
function pointsOf(group: readonly StoredRun[], metric: ComparedMetric): HistoryPoint[] {
  const points = group.flatMap(({ run, startedAt, commit, figures }): HistoryPoint[] => {
    const value = figures[metric];
    return value === null || value <= 0 ? [] : [{ run, startedAt, commit, value }];
  });
  return points.slice(-MOST_POINTS);
}

import type { Row, Summary } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../histogram.ts';

/** Two runs side by side. It judges nothing: it says what each run measured and how they differ. */
export interface RunDiff {
  readonly schema: 'tapedeck.diff';
  readonly version: 1;
  readonly a: DiffSide;
  readonly b: DiffSide;
  readonly rows: readonly RowDiff[];
  readonly latencies: readonly LatencyDiff[];
  /** What the runs were and where they were made, where it differs: each such line is a reason other than the code. */
  readonly differences: readonly Difference[];
  /** What a reader must know before believing a ratio. */
  readonly warning: string;
}

export interface DiffSide {
  readonly scenario: string;
  readonly startedAt: string;
  readonly commit: string;
  readonly verdict: Summary['verdict'];
  readonly why: string;
  readonly command: string;
}

export interface Figures {
  readonly verdict: Row['verdict'];
  /** In words, with the interval where it is a percentile; '' when nothing was measured. */
  readonly measured: string;
  /** In the row's unit. */
  readonly value: number | null;
  readonly interval?: readonly [number, number];
}

/** One target in both runs; null in the one that hasn't it. */
export interface RowDiff {
  readonly id: Row['id'];
  readonly title: string;
  readonly unit: string;
  readonly a: Figures | null;
  readonly b: Figures | null;
  /** b / a; null where one is missing or a is 0. */
  readonly ratio: number | null;
  /** Whether the 95 % intervals have a figure in common; `unknown` where one has none. */
  readonly intervals: 'apart' | 'overlap' | 'unknown';
}

/** A latency's percentiles in both runs, µs; only those that both have samples for. */
export interface LatencyDiff {
  readonly metric: string;
  readonly samplesA: number;
  readonly samplesB: number;
  readonly percentiles: readonly {
    readonly name: string;
    readonly aUs: number;
    readonly bUs: number;
    readonly ratio: number | null;
  }[];
}

export interface Difference {
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

const WARNING =
  'Two runs at two times are no proof: on a shared machine the same build differs from itself by more than most changes do. Intervals that lie apart may still be the machine’s. To know whether a change made it slower, let “tapedeck compare” play both builds in turns.';

/** Holds two runs against each other. */
export function diffRuns(a: Summary, b: Summary): RunDiff {
  const ids = [...new Set([...a.rows, ...b.rows].map(({ id }) => id))];
  return {
    schema: 'tapedeck.diff',
    version: 1,
    a: sideOf(a),
    b: sideOf(b),
    rows: ids.map((id) => diffRow(rowOf(a, id), rowOf(b, id), id)),
    latencies: latencies(a, b),
    differences: differences(a, b),
    warning: WARNING,
  };
}

function sideOf({ scenario, startedAt, commit, verdict, why, command }: Summary): DiffSide {
  return { scenario, startedAt, commit, verdict, why, command };
}

function rowOf({ rows }: Summary, id: Row['id']): Row | undefined {
  return rows.find((row) => row.id === id);
}

function diffRow(a: Row | undefined, b: Row | undefined, id: Row['id']): RowDiff {
  const some = a ?? b;
  const comparable = a !== undefined && b !== undefined && a.unit === b.unit;
  return {
    id,
    title: some?.title ?? '',
    unit: some?.unit ?? '',
    a: figuresOf(a),
    b: figuresOf(b),
    ratio: comparable ? ratioOf(a.value, b.value) : null,
    intervals: comparable ? intervalsOf(a.interval, b.interval) : 'unknown',
  };
}

function figuresOf(row: Row | undefined): Figures | null {
  if (row === undefined) return null;
  const { verdict, measured, value, interval } = row;
  return { verdict, measured, value, ...(interval === undefined ? {} : { interval }) };
}

function ratioOf(a: number | null, b: number | null): number | null {
  return a === null || b === null || a === 0 ? null : b / a;
}

function intervalsOf(a: Row['interval'], b: Row['interval']): RowDiff['intervals'] {
  if (a === undefined || b === undefined) return 'unknown';
  return a[0] <= b[1] && b[0] <= a[1] ? 'overlap' : 'apart';
}

/** A percentile is shown only where this many samples lie beyond it. */
const SAMPLES_BEYOND = 10;
const PERCENTILES = [50, 90, 99, 99.9, 99.99];

function latencies(a: Summary, b: Summary): LatencyDiff[] {
  return Object.keys(a.histograms).flatMap((metric) => {
    const [jsonA, jsonB] = [a.histograms[metric], b.histograms[metric]];
    // One figure a metric: the generators' own shares of the ticks are in their summaries.
    if (jsonA === undefined || jsonB === undefined || metric.includes('.')) return [];
    const [histogramA, histogramB] = [Histogram.fromJSON(jsonA), Histogram.fromJSON(jsonB)];
    const least = Math.min(histogramA.count, histogramB.count);
    if (least === 0) return [];
    const percentiles = PERCENTILES.filter((p) => least * (1 - p / 100) >= SAMPLES_BEYOND).map((p) => ({
      name: `p${p}`,
      ...pair(histogramA.percentile(p), histogramB.percentile(p)),
    }));
    return [
      {
        metric,
        samplesA: histogramA.count,
        samplesB: histogramB.count,
        percentiles: [...percentiles, { name: 'max', ...pair(histogramA.max, histogramB.max) }],
      },
    ];
  });
}

function pair(aUs: number, bUs: number): { aUs: number; bUs: number; ratio: number | null } {
  return { aUs, bUs, ratio: ratioOf(aUs, bUs) };
}

/** Of a server with a feed of its own: the tape of such a run names symbols at most, and a hash over no event means nothing. */
const NONE_PLAYED = 'none of ours';

function differences(a: Summary, b: Summary): Difference[] {
  const facts: readonly (readonly [string, (summary: Summary) => string])[] = [
    ['scenario', ({ scenario }) => scenario],
    ['seed', ({ seed }) => String(seed)],
    ['commit', ({ commit }) => commit],
    ['load', ({ load }) => load],
    ['tape', ({ tape }) => (tape.eventsPlayed === 0 ? NONE_PLAYED : tape.sha256)],
    ['events played', ({ tape }) => (tape.eventsPlayed === 0 ? NONE_PLAYED : tape.eventHash)],
    ['speed', ({ tape }) => String(tape.speed)],
    ['Node', ({ environment }) => environment.node],
    ['platform', ({ environment }) => environment.platform],
    ['processor', ({ environment }) => `${environment.cpus} × ${environment.cpuModel}`],
    ['memory', ({ environment }) => `${Math.round(environment.memoryBytes / 2 ** 20)} MB`],
    ['server’s transport', ({ environment }) => environment.transport],
    ['seconds in which machine or generator was late', lateSeconds],
  ];
  return facts.flatMap(([name, read]) => (read(a) === read(b) ? [] : [{ name, a: read(a), b: read(b) }]));
}

function lateSeconds({ seconds }: Summary): string {
  return `${seconds.filter(({ late }) => late.length > 0).length} of ${seconds.length}`;
}

import type { PlanTarget } from '../../../protocol/generatorPlan.ts';
import type { WindowMetric } from '../../../protocol/run.ts';
import type { Row, Summary } from '../../../protocol/schemas/summary.ts';
import { Histogram } from '../../../reports/histogram.ts';
import {
  clockBoundMs,
  FAILED_OPERATIONS_BOUND,
  type Grain,
  isBetweenClocks,
  samplesName,
  trendName,
} from './metricNames.ts';

/** What k6 hands to `handleSummary`, as far as it is used here. */
export interface SummaryData {
  readonly metrics: Readonly<Record<string, SummaryMetric | undefined>>;
  readonly state?: { readonly testRunDurationMs: number };
}
interface SummaryMetric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

/** What a script says of itself for its summary. */
export interface Summarised {
  readonly script: string;
  readonly grain: Grain;
  readonly metrics: readonly WindowMetric[];
  readonly targets: readonly PlanTarget[];
  readonly clients: number;
  readonly symbols: number;
  readonly seed: number;
  readonly url: string;
  /** Times in µs since the epoch. */
  readonly fromUs: number;
  readonly toUs: number;
}

/** Ranks at which k6 is asked for its samples, in percent: a histogram is made of them, since k6 tells its samples to nobody. */
const LEVELS = [...Array.from({ length: 999 }, (_, n) => (n + 1) / 10), 99.95, 99.99, 99.995, 99.999, 100];

/** For k6's `summaryTrendStats`: what {@link summaryOutputs} needs of each Trend. */
export const TREND_STATS = ['min', 'med', 'avg', 'max', 'count', ...LEVELS.map((level) => `p(${level})`)];

const ROW_IDS = ['connect', 'tick', 'pattern', 'trigger', 'reconnect', 'heartbeat'] as const;
const TITLES: Readonly<Record<(typeof ROW_IDS)[number], string>> = {
  connect: 'opening to welcome',
  tick: "due time to the client's read",
  pattern: "bar's end due to the client's read of the pattern it completes",
  trigger: "crossing tick's due time to the client's read",
  reconnect: 'loss of the connection to the first resumed frame',
  heartbeat: 'interval between heartbeats',
};

/** Makes the end of a run by hand: a table on stdout, and the summary as JSON in the file that `TAPEDECK_SUMMARY` names, if it does. */
export function summaryOutputs(data: SummaryData, run: Summarised, file: string | undefined): Record<string, string> {
  const summary = summaryOf(data, run);
  const lines = summary.rows.map(
    ({ id, target, measured, samples, verdict, reason }) =>
      `  ${(verdict === 'fail' ? 'FAIL' : verdict).padEnd(7)}  ${id.padEnd(12)}${target.padEnd(34)}${measured}, ${samples} samples${reason === '' ? '' : `: ${reason}`}`,
  );
  const outputs: Record<string, string> = {
    stdout: [`${run.script}: ${summary.verdict}: ${summary.why}`, ...lines, ...summary.notes, ''].join('\n'),
  };
  if (file !== undefined && file !== '') outputs[file] = `${JSON.stringify(summary, null, 2)}\n`;
  return outputs;
}

/** The run as `tapedeck report` reads it; what k6 can't see is empty or 0. */
export function summaryOf(data: SummaryData, run: Summarised): Summary {
  const timed = run.targets.flatMap((target) => rowOf(data, run, target));
  const rows = [...timed, clientsRow(data, run), lossRow(data), errorsRow(data)];
  const { verdict, why } = verdictOf(rows);
  const brokeAt = data.metrics['tapedeck_broke_at_clients']?.values['value'];
  const notes = ['k6 judges by its thresholds; histograms are made of its percentiles in steps of 0.1 %'];
  if (brokeAt !== undefined) notes.unshift(`ticks were too late for 3 s in a row at ${brokeAt} clients`);
  const durationS = (data.state?.testRunDurationMs ?? 0) / 1000;
  return {
    schema: 'tapedeck.summary',
    version: 1,
    verdict,
    why,
    scenario: run.script,
    description: `k6, ${run.clients} clients, ${run.symbols} symbols each, ${Math.round((run.toUs - run.fromUs) / 1e6)} s`,
    startedAt: new Date(run.fromUs / 1000).toISOString(),
    durationS,
    seed: run.seed,
    commit: '',
    command: `k6 run -e TAPEDECK_URL=${run.url} -e TAPEDECK_CLIENTS=${run.clients} loadtests/k6/${run.script}.ts`,
    load: 'k6',
    rows,
    seconds: [],
    histograms: Object.fromEntries(
      run.metrics.flatMap((metric) => {
        const histogram = histogramOf(data, metric, run.grain);
        return histogram.count === 0 ? [] : [[metric, copied(histogram)]];
      }),
    ),
    violations: { counts: {}, listed: [] },
    marks: [],
    orders: { placed: 0, accepted: 0, rejected: 0, triggersExpected: 0, triggersSeen: 0, wrongTick: 0 },
    tape: {
      path: '',
      origin: `what ${run.url} is fed`,
      symbols: run.symbols,
      sha256: '',
      eventHash: '',
      runHash: '',
      eventsPlayed: 0,
      fromUs: run.fromUs,
      toUs: run.toUs,
      speed: 1,
    },
    environment: {
      node: '',
      platform: 'k6',
      cpus: 0,
      cpuModel: '',
      memoryBytes: 0,
      transport: '',
      clockErrorUs: 0,
    },
    notes,
  };
}

function verdictOf(rows: readonly Row[]): Pick<Summary, 'verdict' | 'why'> {
  const named = (verdict: Row['verdict']): string =>
    rows.flatMap((row) => (row.verdict === verdict ? [row.id] : [])).join(', ');
  if (named('fail') !== '') return { verdict: 'fail', why: `${named('fail')} not met` };
  if (named('invalid') !== '')
    return { verdict: 'invalid', why: `${named('invalid')} can't be told: the clocks differ` };
  return { verdict: 'pass', why: 'every target is met' };
}

/** The histogram of a metric in µs: exact at the ranks asked for, its count exact, and between them at the higher one's value. */
export function histogramOf(data: SummaryData, metric: WindowMetric, grain: Grain): Histogram {
  const histogram = new Histogram();
  const values = data.metrics[trendName(metric, grain)]?.values ?? {};
  const count = values['count'] ?? 0;
  let told = 0;
  for (const level of LEVELS) {
    const upTo = level === 100 ? count : Math.floor((level / 100) * count);
    const ms = level === 100 ? values['max'] : values[`p(${level})`];
    if (upTo <= told || ms === undefined) continue;
    histogram.record(Math.round(ms * 1000), upTo - told);
    told = upTo;
  }
  return histogram;
}

function rowOf(data: SummaryData, run: Summarised, target: PlanTarget): Row[] {
  const { metric, percentile, belowMs, minSamples } = target;
  const id = ROW_IDS.find((name) => name === metric);
  if (id === undefined) return [];
  const times = data.metrics[trendName(metric, run.grain)];
  const samples = data.metrics[samplesName(metric)];
  const count = samples?.values['count'] ?? 0;
  const statistic = run.grain === 'second' ? 'p(99)' : percentile === 100 ? 'max' : `p(${percentile})`;
  const value = count === 0 ? undefined : times?.values[statistic];
  const isMet = allMet(times);
  const isEnough = allMet(samples);
  const clockOffMs = data.metrics['tapedeck_clock_off']?.values['max'] ?? 0;
  const isUntold = isBetweenClocks(metric) && clockOffMs > (clockBoundMs(run.targets) ?? 0);
  const words = run.grain === 'second' ? 'p99 of 99 % of seconds' : percentile === 100 ? 'max' : `p${percentile}`;
  return [
    {
      id,
      title: TITLES[id],
      target: `${words} < ${belowMs} ms`,
      measured: value === undefined ? 'nothing' : `${value.toFixed(2)} ms`,
      value: value ?? null,
      bound: belowMs,
      unit: 'ms',
      samples: count,
      verdict: isUntold ? 'invalid' : isMet && isEnough ? 'pass' : 'fail',
      reason: isUntold
        ? `the server's clock is ${clockOffMs.toFixed(1)} ms off this machine's`
        : isEnough
          ? ''
          : `at least ${Math.max(1, minSamples)} samples are wanted`,
    },
  ];
}

function clientsRow(data: SummaryData, { clients }: Summarised): Row {
  const ended = data.metrics['tapedeck_clients_ended']?.values['count'] ?? 0;
  return {
    id: 'clients',
    title: 'clients that were welcomed and came to their end',
    target: `>= ${clients}`,
    measured: String(ended),
    value: ended,
    bound: clients,
    unit: 'count',
    samples: ended,
    verdict: ended >= clients ? 'pass' : 'fail',
    reason: '',
  };
}

function lossRow(data: SummaryData): Row {
  const found = data.metrics['tapedeck_violations']?.values['count'] ?? 0;
  const received = data.metrics['tapedeck_received']?.values['count'] ?? 0;
  return {
    id: 'loss',
    title: 'broken promises, by the numbers of every stream',
    target: 'none',
    measured: String(found),
    value: found,
    bound: 0,
    unit: 'count',
    samples: received,
    verdict: found === 0 ? 'pass' : 'fail',
    reason: found === 0 ? '' : 'the first ones stand on the console',
  };
}

function errorsRow(data: SummaryData): Row {
  const {
    rate: share = 0,
    passes: failed = 0,
    fails: done = 0,
  } = data.metrics['tapedeck_operations_failed']?.values ?? {};
  return {
    id: 'errors',
    title: 'failed operations',
    target: `< ${FAILED_OPERATIONS_BOUND * 100} %`,
    measured: `${(share * 100).toFixed(2)} %`,
    value: share,
    bound: FAILED_OPERATIONS_BOUND,
    unit: 'share',
    samples: failed + done,
    verdict: share < FAILED_OPERATIONS_BOUND ? 'pass' : 'fail',
    reason: '',
  };
}

function allMet(metric: SummaryMetric | undefined): boolean {
  return Object.values(metric?.thresholds ?? {}).every(({ ok }) => ok) && metric !== undefined;
}

function copied(histogram: Histogram) {
  const { buckets, ...rest } = histogram.toJSON();
  return { ...rest, buckets: buckets.map(([bucket, count]): [number, number] => [bucket, count]) };
}

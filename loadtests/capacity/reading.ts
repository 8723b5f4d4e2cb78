import type { Plateau, Varied } from '../../protocol/schemas/capacity.ts';
import type { Second, Summary } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../../reports/histogram.ts';
import { backlogIn, medianOf } from './backlog.ts';
import type { Busy } from './loadWatch.ts';

/** What a plateau's run left. */
export interface PlateauRun {
  readonly vary: Varied;
  readonly load: number;
  readonly summary: Summary;
  readonly warmUpS: number;
  readonly plateauS: number;
  /** Payload that the server sent, by second; undefined where it doesn't tell. */
  readonly bytesOut: ReadonlyMap<number, number> | undefined;
  readonly busy: Busy;
  /** A generator that died, in words; '' otherwise. */
  readonly generatorFailed: string;
  /** The server that ended before it was asked to, in words; '' otherwise. */
  readonly serverDied: string;
  /** Clients that it didn't let in or didn't keep, in words; '' where none. */
  readonly lostConnections: string;
  readonly folder: string;
}

/** Rows that break when clients aren't let in or kept, and by nothing else that a few of them could hide. */
const CONNECTION_ROWS: ReadonlySet<string> = new Set(['connect', 'clients', 'stability']);

/** From here on a thread of the generator, or the machine, has nothing left. */
const FULL_THREAD = 0.9;
const FULL_MACHINE = 0.95;
/** Where our own processes use less of a full machine, it is full of others'. */
const OWN_SHARE = 0.7;
const DEFAULT_BOUND_US = 100_000;

/** The tick's bound of a run, µs. */
export function boundUsOf(summary: Summary): number {
  const row = summary.rows.find(({ id, unit }) => id === 'tick' && unit === 'ms');
  return row === undefined || row.bound <= 0 ? DEFAULT_BOUND_US : row.bound * 1000;
}

/** Reads a plateau off its run: how it came out, and its figures over the seconds that count. */
export function plateauOf(run: PlateauRun): Plateau {
  const { summary, warmUpS, plateauS } = run;
  const seconds = summary.seconds.filter(({ second }) => second >= warmUpS);
  // The server is read on while it drains.
  const bytes = [...(run.bytesOut ?? [])]
    .filter(([second]) => second >= warmUpS && second < warmUpS + plateauS)
    .map(([, value]) => value);
  const tick = summary.histograms['tick'];
  const latencies = tick === undefined ? undefined : Histogram.fromJSON(tick);
  const messagesPerS = mean(seconds.map(({ received }) => received)) ?? 0;
  const rss = valuesOf(seconds, ({ serverRssBytes }) => serverRssBytes);
  const loop = valuesOf(seconds, ({ serverLoopDelayMaxUs }) => serverLoopDelayMaxUs);
  return {
    load: run.load,
    ...outcomeOf(run, seconds),
    p50Us: latencies?.percentile(50) ?? null,
    p99Us: latencies?.percentile(99) ?? null,
    cpu: mean(valuesOf(seconds, ({ serverCpu }) => serverCpu)) ?? null,
    rssBytes: rss.length === 0 ? null : Math.max(...rss),
    messagesPerS,
    bytesPerS: mean(bytes) ?? null,
    workPerS: workPerS(run, { seconds, messagesPerS, latencies }),
    loopDelayUs: loop.length === 0 ? null : medianOf(loop),
    generatorCpu: run.busy.generatorCpu,
    machineCpu: run.busy.machineCpu,
    lostConnections: run.lostConnections,
    folder: run.folder,
  };
}

type Outcome = Pick<Plateau, 'outcome' | 'cause' | 'why' | 'brokenTarget'>;

function outcomeOf(run: PlateauRun, seconds: readonly Second[]): Outcome {
  const { summary } = run;
  if (summary.verdict === 'pass') {
    const medians = seconds.flatMap(({ second, tickP50Us }): [number, number][] =>
      tickP50Us === null ? [] : [[second, tickP50Us]],
    );
    const backlog = backlogIn(medians, boundUsOf(summary));
    if (backlog === '') return { outcome: 'held', cause: 'none', why: summary.why, brokenTarget: '' };
    return { outcome: 'broken', cause: 'backlog', why: backlog, brokenTarget: '' };
  }
  if (summary.verdict === 'fail' && isLateStart(summary)) {
    const why = `our generators were up too late for their clients, so this may be theirs: ${summary.why}`;
    return { outcome: 'invalid', cause: 'noise', why, brokenTarget: '' };
  }
  if (summary.verdict === 'fail') {
    const row = summary.rows.find(({ id, verdict }) => verdict === 'fail' && summary.why.startsWith(`${id} `));
    return { outcome: 'broken', cause: causeOf(run, row?.id ?? ''), why: summary.why, brokenTarget: row?.id ?? '' };
  }
  return { outcome: 'invalid', brokenTarget: '', ...lateBy(run) };
}

/** Why a plateau broke: what followed from a server that died, or from clients that it lost, is no figure of its own. */
function causeOf({ serverDied, lostConnections }: PlateauRun, brokenTarget: string): Plateau['cause'] {
  if (serverDied !== '') return 'death';
  return lostConnections !== '' && CONNECTION_ROWS.has(brokenTarget) ? 'connections' : 'target';
}

/** Whether clients opened their sockets late because our generators were not up in time: what they then missed is not the server's. */
export function isLateStart({ rows }: Pick<Summary, 'rows'>): boolean {
  return rows.some(({ id, verdict }) => id === 'connect' && verdict === 'invalid');
}

/** Who was late in an invalid plateau: the generator or the machine at its end, or somebody for a while. */
function lateBy({ busy, summary, generatorFailed }: PlateauRun): Pick<Plateau, 'cause' | 'why'> {
  const { generatorCpu, generatorCores, machineCpu } = busy;
  if (generatorCpu !== null && generatorCpu >= FULL_THREAD) {
    const why = `the generator is full: its busiest thread used ${percent(generatorCpu)} of a core (${summary.why})`;
    return { cause: 'generator', why };
  }
  if (machineCpu !== null && machineCpu >= FULL_MACHINE) {
    const server = mean(valuesOf(summary.seconds, ({ serverCpu }) => serverCpu)) ?? 0;
    const own = (server + (generatorCores ?? 0)) / summary.environment.cpus;
    if (own >= OWN_SHARE) {
      return { cause: 'machine', why: `the machine is full: ${percent(machineCpu)} of its cores (${summary.why})` };
    }
  }
  return { cause: 'noise', why: generatorFailed === '' ? summary.why : generatorFailed };
}

function workPerS(
  { vary, summary, warmUpS, plateauS }: PlateauRun,
  seen: { seconds: readonly Second[]; messagesPerS: number; latencies: Histogram | undefined },
): number {
  if (vary === 'orders') return (summary.orders.accepted + summary.orders.rejected) / (warmUpS + plateauS);
  const { latencies } = seen;
  const late = latencies?.countAbove(boundUsOf(summary)) ?? 0;
  const inTime = latencies === undefined || latencies.count === 0 ? 1 : 1 - late / latencies.count;
  const offered = vary === 'clients' ? seen.messagesPerS : (mean(seen.seconds.map(({ due }) => due)) ?? 0);
  return offered * inTime;
}

function valuesOf(seconds: readonly Second[], read: (second: Second) => number | null): number[] {
  return seconds.flatMap((second) => read(second) ?? []);
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

import { join } from 'node:path';
import { endOf, type Schedule } from '../../protocol/run.ts';
import type { Need } from '../../protocol/schemas/targets.ts';
import { readCommandLog } from '../../simulator/commandLog.ts';
import { hasHistory } from '../feeds/fedBy.ts';
import { isPolled } from '../feeds/polled.ts';
import type { InsideEvidence, RunEvidence } from '../judge/evidence.ts';
import type { LatenessEvidence } from '../judge/lateness.ts';
import type { GeneratorData } from '../judge/merge.ts';
import { MINUTE_US } from '../oracle/bars.ts';
import { clockAgreement, generatorsAgreement } from '../target/clocks.ts';
import { heardHeads, silenceAtEnd } from '../target/heads.ts';
import { unseen } from '../target/profile.ts';
import { unreadable } from '../target/unread.ts';
import { calibrationNotes } from './calibration.ts';
import type { GeneratorEnd } from './generators.ts';
import type { HostWatch, Series } from './host.ts';
import { keepMax } from './host.ts';
import type { InsideWatch } from './inside.ts';
import { type PlayedPart, tradesBySymbol } from './part.ts';
import type { PlannedCut, RunPlans } from './plan.ts';
import type { RunOptions } from './run.ts';
import { tapeEvidence } from './tapeEvidence.ts';
import { isForeign } from './underTest.ts';

export interface GatherInput {
  readonly options: RunOptions;
  readonly part: PlayedPart;
  readonly schedule: Schedule;
  readonly ends: readonly GeneratorEnd[];
  readonly cuts: readonly PlannedCut[];
  readonly proxyLoopDelayUs: Series;
  /** How late our provider was, where one feeds the server. */
  readonly providerLateUs: Series | undefined;
  /** How our provider ended before its time; undefined when it didn't. */
  readonly providerDied: string | undefined;
  readonly host: HostWatch;
  readonly inside: InsideWatch;
  /** How much the wall clock (which k6 reads) moved against ours in the run, µs. */
  readonly wallDriftUs: number;
  /** Half of the journey's time to a server elsewhere and back, µs; 0 for one here. */
  readonly halfTripUs: number;
  readonly serverDied: string;
  readonly planned: RunPlans;
}

/** Puts together what the verdict is made from. */
export async function gatherEvidence(
  input: GatherInput,
): Promise<{ evidence: RunEvidence; runHash: string; notes: string[] }> {
  const { options, schedule, part } = input;
  const generators = input.ends.map((end) => end.data);
  const runHash = await runHashOf(join(options.runFolder, 'commands.ndjson'));
  const notes: string[] = [];
  const note = options.dialect.note?.(options.scenario);
  if (note !== undefined) notes.push(note);
  if (input.inside.failures() > 0) notes.push(`/metrics did not answer ${input.inside.failures()} times`);
  const clocks = isForeign(options.underTest)
    ? clockAgreement(input.halfTripUs, generators)
    : generatorsAgreement(generators);
  if (clocks.note !== '') notes.push(clocks.note);
  notes.push(...calibrationNotes(generators));
  const worstDue = Math.max(0, ...generators.map((data) => data.dueTimeErrorUs));
  if (worstDue > 5_000)
    notes.push(`the server's dueTimeUs is off the schedule by up to ${(worstDue / 1000).toFixed(1)} ms`);
  const clients = [...input.planned.load.clients, ...input.planned.probe.clients];
  const symbolsOf = new Map(clients.map((client) => [client.client, client.symbols]));
  const { isNumbered } = options.dialect;
  const unread = unreadable(generators);
  const evidence: RunEvidence = {
    scenario: options.scenario,
    targets: options.targets,
    schedule,
    generators,
    plannedClients: clients.length,
    plannedOrders: clients.reduce((sum, client) => sum + client.orders.length, 0),
    ...(unread === undefined ? {} : { unreadable: unread }),
    inside: insideOf(input.inside.evidence, schedule),
    lateness: latenessOf(input, { generators, clockErrorUs: clocks.errorUs }),
    cuts: input.cuts,
    ...tapeEvidence({ part, schedule, generators, symbolsOf, readUntilUs: input.planned.load.endUs, isNumbered }),
    expectedHeads: headsOf(input, generators),
    absent: absentIn(input),
    serverDied: input.serverDied,
    generatorFailed: failureOf(input) || silenceOf(input, generators),
  };
  const { patternsDue, patternsSeen, barsDue, barsSeen } = evidence.market;
  if (part.ticks.length > 0)
    notes.push(
      `by the oracle ${patternsDue} patterns and ${barsDue} bars were due to clients; ${patternsSeen} and ${barsSeen} came`,
    );
  return { evidence, runHash, notes };
}

/** At which number each stream must end at least, as far as anybody knows. */
function headsOf({ options, part, schedule }: GatherInput, generators: readonly GeneratorData[]): Map<string, number> {
  const { headsFrom = 'tape', isNumbered } = options.dialect;
  // Nobody knows what of the tape a server that polls has heard.
  if (isPolled(options.feed ?? '') || headsFrom === 'nobody') return new Map();
  return headsFrom === 'clients' ? heardHeads(generators, schedule) : expectedHeads(part, isNumbered);
}

/** A server with a feed of its own that falls silent is neither held nor broken. */
function silenceOf({ options, schedule }: GatherInput, generators: readonly GeneratorData[]): string {
  const { underTest } = options;
  if (!isForeign(underTest) || (underTest.fed?.kind ?? 'own') !== 'own') return '';
  return silenceAtEnd(generators, schedule);
}

const NO_SOAK = 'only a soak can tell: tapedeck soak';

/** A pattern takes so many bars. */
const LONGEST_PATTERN_MINUTES = 4;

/** What this run has not, with the reason: what the dialect lacks, and patterns where the server can't have their bars. */
function absentIn({ options, part, inside }: GatherInput): RunEvidence['absent'] {
  const { dialect, feed, standing, underTest } = options;
  if (isPolled(feed ?? '')) return dialect.absent;
  const absent = new Map<Need, string>([...dialect.absent, ['polled', 'its feed is no polled one']]);
  if (standing === undefined) absent.set('soak', NO_SOAK);
  if (isForeign(underTest)) for (const [need, why] of unseen(underTest, inside.seen())) absent.set(need, why);
  const endedMinutes = Math.floor(part.toUs / MINUTE_US) - Math.floor(part.fromUs / MINUTE_US);
  if (feed === undefined || hasHistory(feed) || endedMinutes >= LONGEST_PATTERN_MINUTES) return absent;
  const why = `${feed} tells nothing of the minutes before now, and only ${endedMinutes} end in the part`;
  return absent.set('patterns', why);
}

/** Which of our own processes failed, in words; '' when none did. */
function failureOf({ ends, providerDied }: GatherInput): string {
  if (providerDied !== undefined) return `the provider ended in mid-run (${providerDied})`;
  return ends.find((end) => end.failed !== '')?.failed ?? '';
}

/** Number of the last event of each symbol that is told: with numbers each event, else each trade. */
export function expectedHeads(part: PlayedPart, isNumbered: boolean): Map<string, number> {
  if (!isNumbered) return tradesBySymbol(part);
  return new Map(part.instruments.map(({ symbol, index }) => [symbol, part.bySymbol[index]?.length ?? 0]));
}

/** Only what belongs to the run: readings from before the tape's start say how the server came up. */
function insideOf(inside: InsideEvidence, schedule: Schedule): InsideEvidence {
  const lastSecond = Math.ceil((endOf(schedule) - schedule.startUs) / 1e6);
  const within = <Value>(series: ReadonlyMap<number, Value>): Map<number, Value> =>
    new Map([...series].filter(([second]) => second >= 0 && second <= lastSecond));
  return {
    process: within(inside.process),
    publish: within(inside.publish),
    cpu: within(inside.cpu),
    rssBytes: within(inside.rssBytes),
    loopDelayUs: within(inside.loopDelayUs),
    runQueueUs: within(inside.runQueueUs),
    ...(inside.gcUs === undefined ? {} : { gcUs: within(inside.gcUs) }),
    ...(inside.bytesOut === undefined ? {} : { bytesOut: within(inside.bytesOut) }),
    ...(inside.heapBytes === undefined ? {} : { heapBytes: within(inside.heapBytes) }),
  };
}

function latenessOf(
  input: GatherInput,
  of: { readonly generators: readonly GeneratorData[]; readonly clockErrorUs: number },
): LatenessEvidence {
  const loopDelayUs = new Map<string, ReadonlyMap<number, number>>([['the proxy', input.proxyLoopDelayUs]]);
  const slipUs = new Map<string, ReadonlyMap<number, number>>();
  if (input.providerLateUs !== undefined) slipUs.set('the provider', input.providerLateUs);
  for (const data of of.generators) {
    loopDelayUs.set(data.generator, maxima(data, 'loopDelay'));
    slipUs.set(data.generator, maxima(data, 'slip'));
  }
  return {
    canaryUs: input.host.canaryUs,
    stealShare: input.host.stealShare,
    loopDelayUs,
    slipUs,
    runQueueUs: input.inside.evidence.runQueueUs,
    clockErrorUs: input.wallDriftUs + of.clockErrorUs,
  };
}

function maxima(data: GeneratorData, metric: 'loopDelay' | 'slip'): Series {
  const series: Series = new Map();
  for (const [second, histogram] of data.metrics.get(metric) ?? []) keepMax(series, second, histogram.max);
  return series;
}

async function runHashOf(path: string): Promise<string> {
  try {
    return (await readCommandLog(path)).runHash ?? '';
  } catch {
    return ''; // A server that died left none; the verdict says that it died.
  }
}

import type { ViolationKind, WindowMetric } from '../../protocol/run.ts';
import type { Row } from '../../protocol/schemas/summary.ts';
import type { Target, TargetId } from '../../protocol/schemas/targets.ts';
import { type OrderFault, type RunEvidence, secondOf } from './evidence.ts';
import { fairness } from './fairness.ts';
import { withStale } from './freshness.ts';
import { type LatenessEvidence, lateIn } from './lateness.ts';
import { type Windows, windowsOf } from './merge.ts';
import { type Breach, breaches, cutBeforeWelcome, isExcused } from './promises.ts';
import { holds, judgeTiming, listed, unitsOf, words } from './timing.ts';

/** Rows of time: broken while the machine or a generator was late, they are `invalid`. All others are promises. */
export const TIMING_ROWS: ReadonlySet<TargetId> = new Set([
  'connect',
  'tick',
  'process',
  'pattern',
  'publish',
  'trigger',
  'cadence',
  'reconnect',
  'heartbeat',
  'fairness',
  'freshness',
]);

const LOSS_KINDS: readonly ViolationKind[] = [
  'gap',
  'duplicate',
  'reorder',
  'wrong_content',
  'unexplained_gap',
  'missing_tail',
  'missing_pattern',
  'wrong_pattern',
  'missing_bar',
  'wrong_bar',
  'heartbeat_head',
  'bad_frame',
];
const RESUME_KINDS: readonly ViolationKind[] = ['hole_after_resume', 'repeat_after_resume'];

type Finding = Pick<Row, 'measured' | 'value' | 'samples' | 'verdict' | 'reason'> & Pick<Partial<Row>, 'interval'>;

/** Judges one target of the set. */
export function judgeRow(target: Target, evidence: RunEvidence): Row {
  const base = { id: target.id, title: target.title, target: describe(target), bound: target.bound, unit: target.unit };
  const lacking = target.needs.find((need) => evidence.absent.has(need));
  if (lacking !== undefined) {
    const reason = `the target has no ${lacking}: ${evidence.absent.get(lacking)}`;
    return { ...base, measured: '', value: null, samples: 0, verdict: 'not applicable', reason };
  }
  return { ...base, ...find(target, evidence) };
}

function find(target: Target, evidence: RunEvidence): Finding {
  switch (target.id) {
    case 'connect':
    case 'tick':
    case 'pattern':
    case 'reconnect':
    case 'heartbeat':
      return timing(target, evidence, clientWindows(target, evidence, target.id));
    case 'trigger':
      return trigger(target, evidence);
    case 'cadence':
      return cadence(target, evidence);
    case 'process':
    case 'publish':
      return timing(target, evidence, evidence.inside?.[target.id] ?? new Map());
    case 'freshness':
      return withStale(timing(target, evidence, clientWindows(target, evidence, 'freshness')), evidence);
    case 'fairness':
      return fair(target, evidence);
    case 'resume':
      return resume(target, evidence);
    case 'loss':
      return loss(target, evidence);
    case 'clients':
      return servedClients(target, evidence);
    case 'symbols':
      return symbols(target, evidence);
    case 'memory':
      return memory(target, evidence);
    case 'errors':
      return errors(target, evidence);
    case 'stability':
      return stability(target, evidence);
  }
}

/** Windows of a client-side metric, from whom the row asks: everybody, or the probes alone. */
function clientWindows(target: Target, evidence: RunEvidence, metric: WindowMetric): Windows {
  const sources =
    target.source === 'probes' ? evidence.generators.filter((data) => data.generator === 'probe') : evidence.generators;
  return windowsOf(sources, metric);
}

function timing(target: Target, evidence: RunEvidence, windows: Windows): Finding {
  const scale = unitsOf(target);
  const finding = judgeTiming({
    target,
    windows,
    leastSamples: leastSamples(target, evidence),
    lateIn: (second, measured) =>
      lateIn(latenessFor(target, evidence.lateness), second, target.bound * scale, measured),
    generatorAtFault: generatorAtFault(evidence),
  });
  const interval = finding.intervalUs;
  const statistic = finding.byMaximum ? 'max' : target.statistic;
  const spread = interval === undefined ? '' : ` (${words(target, interval[0])} to ${words(target, interval[1])})`;
  return {
    measured: finding.valueUs === null ? 'nothing' : `${statistic} ${words(target, finding.valueUs)}${spread}`,
    value: finding.valueUs === null ? null : finding.valueUs / scale,
    ...(interval === undefined ? {} : { interval: [interval[0] / scale, interval[1] / scale] as [number, number] }),
    samples: finding.samples,
    verdict: finding.verdict,
    reason:
      finding.reason === '' && finding.byMaximum && finding.samples > 0
        ? 'judged by the maximum: too few samples for p99'
        : finding.reason,
  };
}

/** Intervals that keep their period, of values that were computed in time. */
/** The windows in which clients were there all the time: from the end of the grace on they close, and read when they get round to it. */
function beforeTheEnd({ schedule, scenario }: RunEvidence, windows: Windows): Windows {
  const playedS = (schedule.toEventUs - schedule.fromEventUs) / schedule.speed / 1e6;
  const endS = Math.floor(playedS + scenario.load.graceS);
  return new Map([...windows].filter(([second]) => second < endS));
}

function cadence(target: Target, evidence: RunEvidence): Finding {
  const found = timing(target, evidence, beforeTheEnd(evidence, clientWindows(target, evidence, 'cadence')));
  const { computedInMs } = target;
  if (computedInMs === undefined || found.verdict === 'fail') return found;
  const untold = evidence.absent.get('compute');
  if (untold !== undefined)
    return { ...found, reason: [found.reason, untold].filter((text) => text !== '').join('; ') };
  const computing: Target = { ...target, statistic: 'max', comparison: '<', bound: computedInMs, unit: 'ms' };
  const computed = timing(computing, evidence, clientWindows(target, evidence, 'compute'));
  if (computed.verdict === 'pass' || (computed.verdict === 'invalid' && found.verdict === 'invalid')) return found;
  return { ...found, verdict: computed.verdict, reason: `computing the values: ${computed.reason}` };
}

/** Rows measured inside the server don't pass through our generators: only the machine can excuse them. */
function latenessFor(target: Target, evidence: LatenessEvidence): LatenessEvidence {
  if (!target.needs.includes('inside')) return evidence;
  return { ...evidence, loopDelayUs: new Map(), slipUs: new Map(), clockErrorUs: 0 };
}

/** Outcomes that a starved generator may simply not have read. */
const MAY_BE_UNREAD: ReadonlySet<string> = new Set(['never', 'never_filled']);
/** How a slow answer shows: time, not truth. The first is only told (`ack` has no row of its own); the second is excused by lateness. */
const TOLD_ONLY: ReadonlySet<string> = new Set(['answered_late', 'never_answered']);
const SLOW_ENGINE = 'implausible_acceptance';

/** Order faults that nothing but the target explains, and those that our or the machine's lateness may. */
export function orderFaults(evidence: RunEvidence): { wrong: OrderFault[]; unclear: OrderFault[] } {
  const wrong: OrderFault[] = [];
  const unclear: OrderFault[] = [];
  for (const fault of evidence.orders.faults) {
    if (TOLD_ONLY.has(fault.kind)) continue;
    const second = secondOf(evidence.schedule, fault.atUs);
    const excused =
      (MAY_BE_UNREAD.has(fault.kind) && isExcused(evidence, 'missing_tail', fault.atUs)) ||
      (fault.kind === SLOW_ENGINE && lateIn(evidence.lateness, second, 500_000).length > 0);
    (excused ? unclear : wrong).push(fault);
  }
  return { wrong, unclear };
}

function trigger(target: Target, evidence: RunEvidence): Finding {
  const found = timing(target, evidence, clientWindows(target, evidence, 'trigger'));
  const { wrong, unclear } = orderFaults(evidence);
  const [first] = wrong;
  if (first !== undefined) {
    const others = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : '';
    return { ...found, verdict: 'fail', reason: `not as the oracle says: ${first.detail}${others}` };
  }
  if (unclear.length > 0 && found.verdict === 'pass') {
    return {
      ...found,
      verdict: 'invalid',
      reason: `${unclear[0]?.detail}, while our own generator or the machine was late`,
    };
  }
  return found;
}

function fair(target: Target, evidence: RunEvidence): Finding {
  const all = fairness(evidence, () => true);
  const base = { measured: all.words, value: all.clients === 0 ? null : all.ratio, samples: all.clients };
  if (all.clients < leastSamples(target, evidence)) {
    const fault = generatorAtFault(evidence);
    const reason = `${all.clients} clients with ticks, ${leastSamples(target, evidence)} needed`;
    return {
      ...base,
      verdict: fault === '' ? 'fail' : 'invalid',
      reason: fault === '' ? reason : `${reason}; ${fault}`,
    };
  }
  if (holds(target, all.ratio, target.bound)) return { ...base, verdict: 'pass', reason: '' };
  const boundUs = all.floorUs * target.bound;
  const clean = fairness(evidence, (second) => lateIn(evidence.lateness, second, boundUs).length === 0);
  if (clean.clients > 0 && !holds(target, clean.ratio, target.bound)) {
    return { ...base, verdict: 'fail', reason: `client ${clean.worst} is served last: ${clean.words}` };
  }
  return { ...base, verdict: 'invalid', reason: 'uneven only in seconds in which the machine or a generator was late' };
}

/** A row that counts broken promises: any that our own lateness can't explain fails it. */
function promise(found: readonly Breach[], samples: number): Finding {
  const count = found.reduce((sum, breach) => sum + breach.count, 0);
  const excused = found.reduce((sum, breach) => sum + breach.excused, 0);
  const words = found.filter((breach) => breach.count > 0).map((breach) => `${breach.count} ${breach.violation}`);
  const measured = count === 0 ? 'none' : words.join(', ');
  const base = { measured, value: count, samples };
  if (count === 0) return { ...base, verdict: 'pass', reason: '' };
  if (count > excused) {
    const example = found.find((breach) => breach.count > breach.excused)?.example;
    const where = example === undefined ? '' : `client ${example.client}, ${example.stream}: ${example.detail}`;
    return { ...base, verdict: 'fail', reason: where };
  }
  return { ...base, verdict: 'invalid', reason: 'each while our own generator was late, which may have caused it' };
}

function resume(target: Target, evidence: RunEvidence): Finding {
  const samples = resumes(evidence);
  return enough(target, evidence, promise(breaches(evidence, RESUME_KINDS), samples), 'resumes');
}

/** A row without a fault still fails when too little was looked at, unless that is the generator's doing. */
function enough(target: Target, evidence: RunEvidence, found: Finding, what: string): Finding {
  const least = leastSamples(target, evidence);
  if (found.verdict !== 'pass' || found.samples >= least) return found;
  const fault = generatorAtFault(evidence);
  const reason = `${found.samples} ${what}, ${least} needed`;
  return {
    ...found,
    verdict: fault === '' ? 'fail' : 'invalid',
    reason: fault === '' ? reason : `${reason}; ${fault}`,
  };
}

function loss(target: Target, evidence: RunEvidence): Finding {
  const samples = evidence.generators.reduce(
    (sum, data) => sum + data.clients.reduce((n, client) => n + client.received, 0),
    0,
  );
  const found = promise(breaches(evidence, LOSS_KINDS), samples);
  return enough(target, evidence, found, 'messages audited');
}

function resumes(evidence: RunEvidence): number {
  return evidence.generators.reduce(
    (sum, data) => sum + data.clients.reduce((n, client) => n + client.resumes.length, 0),
    0,
  );
}

/** Clients that were welcomed, heard ticks, and were there to the end. Where there are no ticks, being subscribed has to do: not every symbol has a pattern. */
function servedClients(target: Target, evidence: RunEvidence): Finding {
  const hasTicks = !evidence.absent.has('time');
  let served = 0;
  for (const data of evidence.generators) {
    for (const client of data.clients) {
      const isServed = hasTicks ? client.streams.some((stream) => stream.events > 0) : client.patterns.fromUs >= 0;
      if (client.connects > 0 && isServed) served += 1;
    }
  }
  return atLeast(target, evidence, served, `of ${evidence.plannedClients} planned`);
}

function symbols(target: Target, evidence: RunEvidence): Finding {
  // Where there are no ticks, a symbol is heard by its patterns.
  const kind = evidence.absent.has('time') ? 'pattern:' : 'ticker:';
  const heard = new Set<string>();
  for (const data of evidence.generators) {
    for (const client of data.clients)
      for (const { stream } of client.streams) {
        if (stream.startsWith(kind)) heard.add(stream);
      }
  }
  return atLeast(target, evidence, heard.size, '');
}

function atLeast(target: Target, evidence: RunEvidence, value: number, words: string): Finding {
  const base = { measured: `${value} ${words}`.trim(), value, samples: value };
  if (holds(target, value, target.bound)) return { ...base, verdict: 'pass', reason: '' };
  const fault = generatorAtFault(evidence);
  if (fault !== '') return { ...base, verdict: 'invalid', reason: fault };
  return { ...base, verdict: 'fail', reason: `${value}, ${target.bound} needed` };
}

function memory(target: Target, evidence: RunEvidence): Finding {
  const seen = [...(evidence.inside?.rssBytes.values() ?? [])];
  const maxMb = Math.max(0, ...seen) / (1024 * 1024);
  const base = {
    measured: `max ${maxMb.toFixed(0)} MB`,
    value: seen.length === 0 ? null : maxMb,
    samples: seen.length,
  };
  if (seen.length < target.minSamples)
    return { ...base, verdict: 'fail', reason: `${seen.length} samples, ${target.minSamples} needed` };
  const ok = holds(target, maxMb, target.bound);
  return { ...base, verdict: ok ? 'pass' : 'fail', reason: ok ? '' : `over ${target.bound} MB` };
}

function errors(target: Target, evidence: RunEvidence): Finding {
  let operations = 0;
  let failed = 0;
  for (const data of evidence.generators) {
    for (const client of data.clients) {
      operations += client.operations;
      failed += Math.max(0, client.failedOperations - cutBeforeWelcome(evidence, client));
    }
  }
  const share = operations === 0 ? 0 : failed / operations;
  const base = { measured: `${failed} of ${operations}`, value: operations === 0 ? null : share, samples: operations };
  const fault = generatorAtFault(evidence);
  if (operations < leastSamples(target, evidence)) {
    return {
      ...base,
      verdict: fault === '' ? 'fail' : 'invalid',
      reason: `${operations} operations, ${target.minSamples} needed`,
    };
  }
  if (holds(target, share, target.bound)) return { ...base, verdict: 'pass', reason: '' };
  const found = breaches(evidence, ['no_welcome', 'no_answer']);
  const excused = found.reduce((sum, breach) => sum + breach.excused, 0);
  if (excused > 0 && holds(target, Math.max(0, failed - excused) / operations, target.bound)) {
    return { ...base, verdict: 'invalid', reason: 'failed while our own generator was late' };
  }
  const example = found.find((breach) => breach.example !== undefined)?.example;
  return { ...base, verdict: 'fail', reason: example?.detail ?? `${failed} operations failed` };
}

function stability(target: Target, evidence: RunEvidence): Finding {
  const sessions = evidence.generators.reduce(
    (sum, data) => sum + data.clients.reduce((n, client) => n + client.connects, 0),
    0,
  );
  const [drops] = breaches(evidence, ['unplanned_close']) as [Breach];
  const share = sessions === 0 ? 0 : 1 - drops.count / sessions;
  const base = {
    measured: `${drops.count} drops in ${sessions} sessions`,
    value: sessions === 0 ? null : share,
    samples: sessions,
  };
  const fault = generatorAtFault(evidence);
  if (evidence.serverDied !== '') return { ...base, verdict: 'fail', reason: evidence.serverDied };
  if (sessions < leastSamples(target, evidence)) {
    return {
      ...base,
      verdict: fault === '' ? 'fail' : 'invalid',
      reason: `${sessions} sessions, ${target.minSamples} needed`,
    };
  }
  // Under 10,000 sessions one drop is already more than 0.1 %'s worth of proof: none may be dropped.
  if (drops.count === 0 || (sessions >= 10_000 && holds(target, share, target.bound)))
    return { ...base, verdict: 'pass', reason: '' };
  if (drops.count > drops.excused) {
    const line = drops.example;
    return { ...base, verdict: 'fail', reason: line === undefined ? '' : `client ${line.client}: ${line.detail}` };
  }
  return { ...base, verdict: 'invalid', reason: 'dropped while our own generator was late' };
}

function leastSamples(target: Target, evidence: RunEvidence): number {
  return Math.max(target.minSamples, evidence.scenario.leastSamples?.[target.id] ?? 0);
}

/** Share of seconds in which a generator was late by over a quarter of a second, from which it is called starved. */
const STARVED_SHARE = 0.3;

/** What our own generators did wrong, in words; '' when they did their part. */
export function generatorAtFault(evidence: RunEvidence): string {
  if (evidence.generatorFailed !== '') return evidence.generatorFailed;
  for (const [name, series] of [...evidence.lateness.loopDelayUs, ...evidence.lateness.slipUs]) {
    const late = [...series].filter(([, valueUs]) => valueUs > 250_000).map(([second]) => second);
    if (series.size > 0 && late.length / series.size > STARVED_SHARE) {
      return `${name} was late by over 250 ms in second ${listed(late.sort((a, b) => a - b))}`;
    }
  }
  return '';
}

/** A target in words: `p99 < 100 ms, in 99 % of 1 s windows, never over 500 ms`. */
export function describe(target: Target): string {
  const statistic = target.statistic === 'p99' || target.statistic === 'max' ? `${target.statistic} ` : '';
  const amount =
    target.unit === 'share'
      ? `${Number((target.bound * 100).toFixed(3))} %`
      : `${target.bound}${target.unit === 'count' ? '' : target.unit === 'x' ? 'x' : ` ${target.unit}`}`;
  const parts = [`${statistic}${target.comparison} ${amount}`];
  if (target.windowShare !== undefined) parts.push(`in ${target.windowShare * 100} % of 1 s windows`);
  if (target.never !== undefined) parts.push(`never over ${target.never} ${target.unit}`);
  if (target.computedInMs !== undefined) parts.push(`computed in < ${target.computedInMs} ms`);
  if (target.source === 'probes') parts.push('by the probes');
  return parts.join(', ');
}

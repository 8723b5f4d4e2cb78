import { lengthUs, type WindowMetric } from '../../protocol/run.ts';
import type { Target } from '../../protocol/schemas/targets.ts';
import { withinClocks } from './clockBound.ts';
import { type OrderFault, type RunEvidence, secondOf } from './evidence.ts';
import { isExcused } from './excuses.ts';
import { FAIRNESS_FLOOR_US, fairness, LEAST_TICKS, servedLast } from './fairness.ts';
import { EXPLAINS_SHARE, LATE_SHARE, type LatenessEvidence, lateIn } from './lateness.ts';
import { type Windows, windowsOf } from './merge.ts';
import { enough, type Finding, generatorAtFault, leastSamples } from './samples.ts';
import { holds, judgeTiming, unitsOf, words } from './timing.ts';

/** Windows of a client-side metric, from whom the row asks: everybody, or the probes alone. */
export function clientWindows(target: Target, evidence: RunEvidence, metric: WindowMetric): Windows {
  const sources =
    target.source === 'probes' ? evidence.generators.filter((data) => data.generator === 'probe') : evidence.generators;
  return windowsOf(sources, metric);
}

/** Judges a row of time by its windows. */
export function timing(target: Target, evidence: RunEvidence, windows: Windows): Finding {
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
  const found: Finding = {
    measured: finding.valueUs === null ? 'nothing' : `${statistic} ${words(target, finding.valueUs)}${spread}`,
    value: finding.valueUs === null ? null : finding.valueUs / scale,
    ...(interval === undefined ? {} : { interval: [interval[0] / scale, interval[1] / scale] as [number, number] }),
    samples: finding.samples,
    verdict: finding.verdict,
    reason:
      finding.reason === '' && finding.byMaximum && finding.samples > 0
        ? `judged by the maximum: too few samples for ${target.statistic}`
        : finding.reason,
  };
  return withinClocks(target, found, {
    figureUs: finding.valueUs,
    maxUs: Math.max(0, ...[...windows.values()].map((histogram) => histogram.max)),
    clockErrorUs: latenessFor(target, evidence.lateness).clockErrorUs,
  });
}

/** The windows in which clients were there all the time: from the end of the grace on they close, and read when they get round to it. */
function beforeTheEnd({ schedule, scenario }: RunEvidence, windows: Windows): Windows {
  const playedS = lengthUs(schedule) / 1e6;
  const endS = Math.floor(playedS + scenario.load.graceS);
  return new Map([...windows].filter(([second]) => second < endS));
}

/** Intervals that keep their period, of values that were computed in time. */
export function cadence(target: Target, evidence: RunEvidence): Finding {
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
const MAY_BE_UNREAD: ReadonlySet<string> = new Set(['never', 'never_filled', 'never_canceled']);
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

/** Triggers: when they came, and on which tick. */
export function trigger(target: Target, evidence: RunEvidence): Finding {
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

/** Why nobody can say who is served last; '' when it can be said. */
function untoldFairness({ generators }: RunEvidence, clients: number, least: number): string {
  const earlyUs = Math.max(0, ...generators.map((data) => data.earlyUs));
  if (earlyUs > FAIRNESS_FLOOR_US)
    return `messages were read up to ${(earlyUs / 1000).toFixed(1)} ms before their time: how late each client was isn't known`;
  const heard = generators.flatMap((data) => data.clients.filter(({ tickBySecond }) => tickBySecond.length > 0)).length;
  if (clients >= least || heard < least) return '';
  return `${clients} of ${heard} clients heard the ${LEAST_TICKS} ticks that a p99 takes, ${least} needed: play longer, or give each more symbols`;
}

/** The worst client against the median one. */
export function fair(target: Target, evidence: RunEvidence): Finding {
  const all = fairness(evidence, () => true);
  const base = { measured: all.words, value: all.clients === 0 ? null : all.ratio, samples: all.clients };
  const unclear = untoldFairness(evidence, all.clients, leastSamples(target, evidence));
  if (unclear !== '') return { ...base, verdict: 'invalid', reason: unclear };
  const looked = enough(
    target,
    evidence,
    { ...base, verdict: 'pass', reason: '' },
    `clients with ${LEAST_TICKS} ticks or more`,
  );
  if (looked.verdict !== 'pass' || holds(target, all.ratio, target.bound)) return looked;
  // What a long lateness leaves may be the work of shorter ones: each round asks what explains what is left.
  let left = all;
  let lastBoundUs = Number.POSITIVE_INFINITY;
  while (left.clients > 0 && !holds(target, left.ratio, target.bound)) {
    // A lateness adds at most twice its length to what waits behind it: a short one doesn't explain a client far behind.
    const excessUs = left.worstUs - target.bound * Math.max(left.medianUs, left.floorUs);
    const boundUs = Math.max(left.floorUs * target.bound, (EXPLAINS_SHARE * excessUs) / LATE_SHARE);
    if (boundUs >= lastBoundUs) {
      return { ...base, verdict: 'fail', reason: `client ${left.worst} is served last: ${left.words}` };
    }
    left = fairness(evidence, (second) => lateIn(evidence.lateness, second, boundUs).length === 0);
    lastBoundUs = boundUs;
  }
  // Where something is left, and even, lateness explains what was uneven; where nothing is, the others are the witnesses.
  const last = left.clients === 0 ? servedLast(evidence, all, target.bound) : undefined;
  if (last !== undefined) {
    const share = `${(100 * last.share).toFixed(1)} %`;
    const reason = `client ${last.client} is served last: in ${last.late} of ${last.spans} spans of 3 s each of its ticks was late, as ${share} of all were`;
    return { ...base, verdict: 'fail', reason };
  }
  return { ...base, verdict: 'invalid', reason: 'uneven only in seconds in which the machine or a generator was late' };
}

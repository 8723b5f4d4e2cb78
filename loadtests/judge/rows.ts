import type { Row } from '../../protocol/schemas/summary.ts';
import type { Need, Target, TargetId } from '../../protocol/schemas/targets.ts';
import { errors, loss, memory, resume, stability, symbols } from './countRows.ts';
import type { RunEvidence } from './evidence.ts';
import { withStale } from './freshness.ts';
import { asPlanned, isUncut } from './planned.ts';
import type { Finding } from './samples.ts';
import { servedClients } from './served.ts';
import { leak, uptime } from './soakRows.ts';
import { QUANTILES } from './timing.ts';
import { cadence, clientWindows, fair, timing, trigger } from './timingRows.ts';

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

/** Needs whose lack is told in a sentence of its own. */
const TOLD_WHOLE: ReadonlySet<Need> = new Set(['soak', 'due', 'audit', 'beats', 'resources']);

/** Judges one target of the set. */
export function judgeRow(target: Target, evidence: RunEvidence): Row {
  const base = { id: target.id, title: target.title, target: describe(target), bound: target.bound, unit: target.unit };
  const lacking = target.needs.find((need) => evidence.absent.has(need));
  if (lacking !== undefined) {
    const why = evidence.absent.get(lacking) ?? '';
    const reason = TOLD_WHOLE.has(lacking) ? why : `the target has no ${lacking}: ${why}`;
    return { ...base, measured: '', value: null, samples: 0, verdict: 'not applicable', reason };
  }
  if (isUncut(target, evidence)) {
    const reason = 'the scenario cuts no connection';
    return { ...base, measured: '', value: null, samples: 0, verdict: 'not applicable', reason };
  }
  const found = asPlanned(target, evidence, (asked) => find(asked, evidence));
  if (evidence.endedEarly !== undefined && found.samples === 0) {
    const reason = 'the run was ended before it was measured';
    return { ...base, measured: '', value: null, samples: 0, verdict: 'not applicable', reason };
  }
  return warned(target, { ...base, ...found });
}

/** A row that only warns is told when it isn't held, whoever's fault that is, and doesn't decide the run. */
export function warned(target: Target, row: Row): Row {
  const isHeld = row.verdict === 'pass' || row.verdict === 'not applicable';
  return target.severity === 'warn' && !isHeld ? { ...row, verdict: 'warn' } : row;
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
    case 'uptime':
      return uptime(target, evidence);
    case 'leak':
      return leak(target, evidence.readings ?? []);
  }
}

/** A target in words: `p99 < 100 ms, in 99 % of 1 s windows, never over 500 ms`. */
export function describe(target: Target): string {
  const statistic = QUANTILES.has(target.statistic) || target.statistic === 'max' ? `${target.statistic} ` : '';
  const amount =
    target.unit === 'share'
      ? `${Number((target.bound * 100).toFixed(3))} %`
      : `${target.bound}${target.unit === 'count' ? '' : target.unit === 'x' ? 'x' : ` ${target.unit}`}`;
  const parts = [`${statistic}${target.comparison} ${amount}`];
  if (target.windowShare !== undefined) parts.push(`in ${target.windowShare * 100} % of 1 s windows`);
  if (target.never !== undefined) parts.push(`never over ${target.never} ${target.unit}`);
  if (target.computedInMs !== undefined) parts.push(`computed in < ${target.computedInMs} ms`);
  if (target.source === 'probes') parts.push('by the probes');
  const { growthPerHour } = target;
  if (growthPerHour !== undefined) {
    const { rssMb, handles, timers } = growthPerHour;
    parts.push(`RSS ${rssMb} MB/h`, `handles ${handles}/h`, `timers ${timers}/h`);
  }
  return parts.join(', ');
}

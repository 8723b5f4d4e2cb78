import type { ViolationKind } from '../../protocol/run.ts';
import type { Target } from '../../protocol/schemas/targets.ts';
import type { RunEvidence } from './evidence.ts';
import { type Breach, breaches, cutBeforeWelcome, excusedBeforeWelcome } from './promises.ts';
import { enough, type Finding, generatorAtFault, leastSamples } from './samples.ts';
import { holds } from './timing.ts';

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

/** Holes and repeats after a resume. */
export function resume(target: Target, evidence: RunEvidence): Finding {
  const samples = resumes(evidence);
  return enough(target, evidence, promise(breaches(evidence, RESUME_KINDS), samples), 'resumes');
}

/** Broken promises as a share of all messages: a few of very many may be allowed. */
function asShare(target: Target, found: Finding): Finding {
  const share = found.samples === 0 ? 0 : (found.value ?? 0) / found.samples;
  const measured = `${found.measured} of ${found.samples}`;
  const isHeld = holds(target, share, target.bound);
  return isHeld
    ? { ...found, measured, value: share, verdict: 'pass', reason: '' }
    : { ...found, measured, value: share };
}

/** Messages lost, doubled, out of order or altered. */
export function loss(target: Target, evidence: RunEvidence): Finding {
  const samples = evidence.generators.reduce(
    (sum, data) => sum + data.clients.reduce((n, client) => n + client.received, 0),
    0,
  );
  const counted = promise(breaches(evidence, LOSS_KINDS), samples);
  const found = target.unit === 'share' ? asShare(target, counted) : counted;
  return enough(target, evidence, found, 'messages audited');
}

function resumes(evidence: RunEvidence): number {
  return evidence.generators.reduce(
    (sum, data) => sum + data.clients.reduce((n, client) => n + client.resumes.length, 0),
    0,
  );
}

/** Clients that were welcomed, heard ticks, and were there to the end. Where there are no ticks, being subscribed has to do: not every symbol has a pattern. */
export function servedClients(target: Target, evidence: RunEvidence): Finding {
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

/** Symbols that anybody heard. */
export function symbols(target: Target, evidence: RunEvidence): Finding {
  // Where there are no ticks, a symbol is heard by its patterns.
  const kind = evidence.absent.has('time') ? 'pattern:' : 'ticker:';
  const heard = new Set<string>();
  for (const data of evidence.generators) {
    for (const client of data.clients)
      for (const { stream, events, lastSeq } of client.streams) {
        // A client tells a line of each stream that it asked for, whatever came of it.
        if (stream.startsWith(kind) && (events > 0 || lastSeq >= 0)) heard.add(stream);
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

/** The server's largest resident memory. */
export function memory(target: Target, evidence: RunEvidence): Finding {
  const seen = [...(evidence.inside?.rssBytes.values() ?? [])];
  const maxMb = Math.max(0, ...seen) / (1024 * 1024);
  const base = {
    measured: `max ${maxMb.toFixed(0)} MB`,
    value: seen.length === 0 ? null : maxMb,
    samples: seen.length,
  };
  if (seen.length > 0 && !holds(target, maxMb, target.bound)) {
    return { ...base, verdict: 'fail', reason: `over ${target.bound} MB` };
  }
  return enough(target, evidence, { ...base, verdict: 'pass', reason: '' }, 'samples');
}

/** Operations that failed. */
export function errors(target: Target, evidence: RunEvidence): Finding {
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
  const excused = found.reduce((sum, breach) => sum + breach.excused, excusedBeforeWelcome(evidence));
  if (excused > 0 && holds(target, Math.max(0, failed - excused) / operations, target.bound)) {
    return { ...base, verdict: 'invalid', reason: 'failed while our own generator was late' };
  }
  const example = found.find((breach) => breach.example !== undefined)?.example;
  return { ...base, verdict: 'fail', reason: example?.detail ?? `${failed} operations failed` };
}

/** Sessions that were dropped though nobody planned it. */
export function stability(target: Target, evidence: RunEvidence): Finding {
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

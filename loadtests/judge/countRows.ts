import { type ClientLine, symbolOfTicker, type ViolationKind } from '../../protocol/run.ts';
import type { Target } from '../../protocol/schemas/targets.ts';
import type { RunEvidence } from './evidence.ts';
import { type Breach, breaches, cutBeforeWelcome, exampleOf, excusedBeforeWelcome } from './promises.ts';
import { enough, type Finding, generatorAtFault, leastSamples } from './samples.ts';
import { shutOut } from './shutOut.ts';
import { holds } from './timing.ts';
import { violationsOf } from './violations.ts';

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
/** Those of messages that were due and never came, and aren't among the received ones. */
const LOST_KINDS: ReadonlySet<ViolationKind> = new Set([
  'gap',
  'unexplained_gap',
  'missing_tail',
  'missing_pattern',
  'missing_bar',
  'heartbeat_head',
]);
const RESUME_KINDS: readonly ViolationKind[] = ['hole_after_resume', 'repeat_after_resume'];

/** A row that counts broken promises: any that our own lateness can't explain fails it. */
function promise(found: readonly Breach[], samples: number): Finding {
  const broken = messagesIn(found);
  const words = found.filter((breach) => breach.count > 0).map(wordsOf);
  const measured = broken === 0 ? 'none' : words.join(', ');
  const base = { measured, value: broken, samples };
  if (broken === 0) return { ...base, verdict: 'pass', reason: '' };
  if (broken > excusedIn(found)) {
    const example = exampleOf(found);
    const where = example === undefined ? '' : `client ${example.client}, ${example.stream}: ${example.detail}`;
    return { ...base, verdict: 'fail', reason: where };
  }
  return { ...base, verdict: 'invalid', reason: 'each while our own generator was late, which may have caused it' };
}

function messagesIn(found: readonly Breach[]): number {
  return found.reduce((sum, breach) => sum + breach.messages, 0);
}

function excusedIn(found: readonly Breach[]): number {
  return found.reduce((sum, breach) => sum + breach.excused, 0);
}

function wordsOf({ violation, count, messages }: Breach): string {
  return `${count} ${violation}${messages === count ? '' : ` (${messages} messages)`}`;
}

/** Holes and repeats after a resume. */
export function resume(target: Target, evidence: RunEvidence): Finding {
  const samples = resumes(evidence);
  return enough(target, evidence, promise(breaches(evidence, RESUME_KINDS), samples), 'resumes');
}

/** Broken messages as a share of all that came or were due: a few of very many may be allowed. */
function asShare(target: Target, found: readonly Breach[], received: number): Finding {
  const counted = promise(found, received);
  const due = received + messagesIn(found.filter(({ violation }) => LOST_KINDS.has(violation)));
  const shareOf = (broken: number): number => (due === 0 ? 0 : broken / due);
  const value = shareOf(messagesIn(found));
  const told = { ...counted, measured: `${counted.measured} of ${due}`, value };
  if (holds(target, value, target.bound)) return { ...told, verdict: 'pass', reason: '' };
  const isOurs = holds(target, shareOf(messagesIn(found) - excusedIn(found)), target.bound);
  if (counted.verdict !== 'fail' || !isOurs) return told;
  const reason = 'held but for those while our own generator was late, which may have caused them';
  return { ...told, verdict: 'invalid', reason };
}

/** Messages lost, doubled, out of order or altered. */
export function loss(target: Target, evidence: RunEvidence): Finding {
  const received = evidence.generators.reduce(
    (sum, data) => sum + data.clients.reduce((n, client) => n + client.received, 0),
    0,
  );
  const found = breaches(evidence, LOSS_KINDS);
  const counted = target.unit === 'share' ? asShare(target, found, received) : promise(found, received);
  return enough(target, evidence, counted, 'messages audited');
}

/** Whether all that `loss` counts was missed by clients that were never let in: that is one fault, and not a loss. */
export function isLossOfShutOut(evidence: RunEvidence): boolean {
  const shut = shutOut(evidence);
  if (shut.size === 0) return false;
  const { listed, counts } = violationsOf(evidence);
  return LOSS_KINDS.every((kind) => {
    const theirs = listed.filter(({ violation, client }) => violation === kind && shut.has(client));
    return (counts.get(kind) ?? 0) === theirs.length;
  });
}

function resumes(evidence: RunEvidence): number {
  return evidence.generators.reduce(
    (sum, data) => sum + data.clients.reduce((n, client) => n + client.resumes.length, 0),
    0,
  );
}

/** Symbols that anybody heard. */
export function symbols(target: Target, evidence: RunEvidence): Finding {
  // Where there are no ticks, a symbol is heard by its patterns.
  const kind = evidence.absent.has('time') ? 'pattern:' : 'ticker:';
  const heard = new Set<string>();
  for (const data of evidence.generators) {
    for (const client of data.clients)
      for (const stream of client.streams) {
        if (stream.stream.startsWith(kind) && isHeard(evidence, stream)) heard.add(stream.stream);
      }
  }
  return atLeast(target, evidence, heard.size, '');
}

/** Whether an event or a snapshot of a stream came; a client tells a line of each that it asked for, whatever came of it. */
function isHeard(
  { expectedHeads }: RunEvidence,
  { stream, events, firstSeq, lastSeq }: ClientLine['streams'][number],
): boolean {
  if (events > 0 || firstSeq >= 0) return true;
  // Without numbers a state can't be told from silence: of a symbol that had nothing to tell, nothing is missed.
  return lastSeq >= Math.max(0, expectedHeads.get(symbolOfTicker(stream)) ?? 0);
}

/** A row that asks for so many, unless our own generator is at fault. */
export function atLeast(target: Target, evidence: RunEvidence, value: number, words: string): Finding {
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
  // A connection that was refused is told by its close.
  const example = exampleOf(found) ?? exampleOf(breaches(evidence, ['unplanned_close', 'unexpected_error']));
  const where = example === undefined ? '' : `; client ${example.client}: ${example.detail}`;
  return { ...base, verdict: 'fail', reason: `${failed} operations failed${where}` };
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
  if (drops.messages > drops.excused) {
    const line = drops.example;
    return { ...base, verdict: 'fail', reason: line === undefined ? '' : `client ${line.client}: ${line.detail}` };
  }
  return { ...base, verdict: 'invalid', reason: 'dropped while our own generator was late' };
}

import { type ClientLine, endOf, type ViolationKind, type ViolationLine } from '../../protocol/run.ts';
import { type RunEvidence, secondOf } from './evidence.ts';
import { generatorLateIn } from './lateness.ts';

/** A broken promise, or one that only our own lateness may explain (`excused`). */
export interface Breach {
  readonly violation: ViolationKind;
  readonly count: number;
  readonly excused: number;
  readonly example: ViolationLine | undefined;
}

/**
 * Violations that a starved or paused generator can cause by itself: it didn't read in time, so the server gave up on
 * it, or what was sent stood unread in a buffer at the end. Loss inside a stream is not among them: TCP keeps order.
 */
const GENERATOR_CAN_CAUSE: ReadonlySet<ViolationKind> = new Set([
  'unplanned_close',
  'no_welcome',
  'no_answer',
  'missing_tail',
  // To a reader that doesn't read the server conflates, and here it has no words to say so.
  'unexplained_gap',
  'missing_pattern',
  'missing_bar',
  'heartbeat_head',
  // Our own provider answers late, or the price stands unread.
  'stale_as_fresh',
]);
/** A generator counts as late for these from this lateness on: a quarter of it, see LATE_SHARE. */
const EXCUSE_BOUND_US = 1_000_000;
/** Seconds before a violation in which lateness may have caused it. */
const EXCUSE_WINDOW_S = 6;

/** Violations of some kinds over all generators, those that the generator may have caused counted apart. */
export function breaches(evidence: RunEvidence, kinds: readonly ViolationKind[]): Breach[] {
  return kinds.map((violation) => {
    const listed = allViolations(evidence).filter((line) => line.violation === violation);
    let count = 0;
    for (const data of evidence.generators) count += data.violationCounts.get(violation) ?? 0;
    count = Math.max(count, listed.length);
    const excused = listed.filter((line) => isExcused(evidence, line.violation, line.atUs));
    const example = listed.find((line) => !excused.includes(line)) ?? listed[0];
    // Of very many, the first are listed: where each of them is excused, the others can't be held against the server.
    const isAllExcused = excused.length > 0 && excused.length === listed.length;
    return { violation, count, excused: isAllExcused ? count : excused.length, example };
  });
}

/** Whether our own lateness shortly before `atUs` may be why a promise seems broken. */
export function isExcused(evidence: RunEvidence, violation: ViolationKind, atUs: number): boolean {
  if (!GENERATOR_CAN_CAUSE.has(violation)) return false;
  const second = secondOf(evidence.schedule, atUs);
  for (let at = second - EXCUSE_WINDOW_S; at <= second; at++) {
    if (generatorLateIn(evidence.lateness, at, EXCUSE_BOUND_US)) return true;
  }
  return false;
}

/** The violations of the run: those that clients saw, unplanned closes, tails that the tape had and nobody got, and what the oracle says of patterns and bars. */
export function allViolations(evidence: RunEvidence): ViolationLine[] {
  const seen = evidence.generators.flatMap((data) =>
    data.violations.filter((line) => line.violation !== 'unplanned_close'),
  );
  return [...seen, ...unplannedCloses(evidence), ...missingTails(evidence), ...evidence.market.faults].sort(
    (a, b) => a.atUs - b.atUs,
  );
}

/** A close is planned when the proxy cut that client within this time before it was seen. */
const CUT_SEEN_WITHIN_US = 3_000_000;

/** Connections of a client that the run itself cut before they were welcomed: nobody failed. */
export function cutBeforeWelcome(evidence: RunEvidence, client: ClientLine): number {
  const planned = client.closes.length - unplannedClosesOf(evidence, client).length;
  const cutAfterWelcome = Math.max(0, client.connects - 1);
  return Math.min(client.failedConnects, Math.max(0, planned - cutAfterWelcome));
}

/** Connections that were closed before their welcome while our own generator was late: it may not have spoken in time. */
export function excusedBeforeWelcome(evidence: RunEvidence): number {
  let excused = 0;
  for (const data of evidence.generators) {
    for (const client of data.clients) {
      const unwelcomed = client.failedConnects - cutBeforeWelcome(evidence, client);
      const silent = data.violations.filter((line) => line.violation === 'no_welcome' && line.client === client.client);
      const closes = unplannedClosesOf(evidence, client).filter(({ atUs }) =>
        isExcused(evidence, 'unplanned_close', atUs),
      );
      excused += Math.max(0, Math.min(unwelcomed - silent.length, closes.length));
    }
  }
  return excused;
}

/** A client's closes that no cut explains. */
function unplannedClosesOf(evidence: RunEvidence, client: ClientLine): ClientLine['closes'] {
  const cuts = evidence.cuts.filter((cut) => cut.client === client.client).map((cut) => cut.atUs);
  return client.closes.filter((close) => {
    const at = cuts.findIndex((cut) => close.atUs >= cut - 1000 && close.atUs - cut < CUT_SEEN_WITHIN_US);
    if (at >= 0) cuts.splice(at, 1);
    return at < 0;
  });
}

function unplannedCloses(evidence: RunEvidence): ViolationLine[] {
  const lines: ViolationLine[] = [];
  const endUs = endOf(evidence.schedule);
  for (const data of evidence.generators) {
    for (const client of data.clients) {
      for (const close of unplannedClosesOf(evidence, client)) {
        if (close.atUs > endUs + evidence.scenario.load.graceS * 1e6) continue;
        lines.push({
          kind: 'violation',
          generator: data.generator,
          violation: 'unplanned_close',
          client: client.client,
          stream: '',
          expectedSeq: 0,
          seq: 0,
          atUs: close.atUs,
          detail: `closed with ${close.code}, no cut was planned then`,
        });
      }
    }
  }
  return lines;
}

function missingTails(evidence: RunEvidence): ViolationLine[] {
  const { schedule } = evidence;
  const endUs = endOf(schedule);
  const lines: ViolationLine[] = [];
  for (const data of evidence.generators) {
    for (const client of data.clients) {
      for (const stream of client.streams) {
        const head = evidence.expectedHeads.get(stream.stream.replace(/^ticker:/, ''));
        if (!stream.stream.startsWith('ticker:') || head === undefined || stream.lastSeq >= head) continue;
        lines.push({
          kind: 'violation',
          generator: data.generator,
          violation: 'missing_tail',
          client: client.client,
          stream: stream.stream,
          expectedSeq: head,
          seq: stream.lastSeq,
          atUs: endUs,
          detail: `${head - stream.lastSeq} events at the stream's end never came`,
        });
      }
    }
  }
  return lines;
}

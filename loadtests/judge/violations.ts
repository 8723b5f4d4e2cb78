import { type ClientLine, closeWords, endOf, type ViolationKind, type ViolationLine } from '../../protocol/run.ts';
import type { RunEvidence } from './evidence.ts';
import { isExcused } from './excuses.ts';

/** The violations of a run. */
export interface Violations {
  /** In the order of their times; of very many, each generator lists the first. */
  readonly listed: readonly ViolationLine[];
  /** All of them, those that aren't listed too. */
  readonly counts: ReadonlyMap<string, number>;
  /** What says once more what a line of {@link listed} says, and isn't counted. */
  readonly again: ReadonlySet<ViolationLine>;
}

/**
 * The violations of the run: those that clients saw, unplanned closes, tails that the tape had and nobody got, and what the
 * oracle says of patterns and bars. A message whose number was missed and that never came is among them once.
 */
export function violationsOf(evidence: RunEvidence): Violations {
  const found = [...unplannedCloses(evidence), ...missingTails(evidence), ...evidence.market.faults];
  const seen = evidence.generators.flatMap((data) => data.violations);
  const again = toldAgain(evidence, seen, found);
  const listed = [...seen, ...found].filter((line) => !again.has(line)).sort((a, b) => a.atUs - b.atUs);
  const counts = new Map<string, number>();
  const add = (kind: string, count: number): unknown => counts.set(kind, (counts.get(kind) ?? 0) + count);
  for (const { violations, violationCounts } of evidence.generators) {
    const told = new Map<string, number>();
    for (const { violation } of violations) told.set(violation, (told.get(violation) ?? 0) + 1);
    // One that never came to its end has told lines alone.
    for (const kind of new Set([...told.keys(), ...violationCounts.keys()]))
      add(kind, Math.max(told.get(kind) ?? 0, violationCounts.get(kind) ?? 0));
  }
  for (const line of found) add(line.violation, 1);
  for (const line of again) add(line.violation, -1);
  return { listed, counts, again };
}

const NEVER_CAME: ReadonlySet<ViolationKind> = new Set(['missing_tail', 'missing_bar', 'missing_pattern']);

const TOLD_BY_NUMBER: ReadonlySet<ViolationKind> = new Set(['heartbeat_head', 'gap']);

/** Numbers missed in streams where what never came is told by itself; or the latter, if only it has an excuse. */
function toldAgain(
  evidence: RunEvidence,
  seen: readonly ViolationLine[],
  found: readonly ViolationLine[],
): Set<ViolationLine> {
  const isOurs = ({ violation, atUs }: ViolationLine): boolean => isExcused(evidence, violation, atUs);
  const keyOf = ({ client, stream }: ViolationLine): string => `${client} ${stream}`;
  const ends = new Map<string, ViolationLine[]>();
  for (const line of found) {
    if (NEVER_CAME.has(line.violation)) ends.set(keyOf(line), [...(ends.get(keyOf(line)) ?? []), line]);
  }
  const again = new Set<ViolationLine>();
  for (const missed of seen) {
    const left = TOLD_BY_NUMBER.has(missed.violation) ? (ends.get(keyOf(missed)) ?? []) : [];
    // A tail is everything after the last number that came; a bar and a pattern are one message each.
    const at = left.findIndex(({ violation, seq }) => violation !== 'missing_tail' || missed.expectedSeq > seq);
    const [end] = at < 0 ? [] : left.splice(at, 1);
    if (end !== undefined) again.add(!isOurs(missed) && isOurs(end) ? end : missed);
  }
  return again;
}

/** A close is planned when the proxy cut that client within this time before it was seen. */
const CUT_SEEN_WITHIN_US = 3_000_000;

/** A client's closes that no cut explains. */
export function unplannedClosesOf(evidence: RunEvidence, client: ClientLine): ClientLine['closes'] {
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
          detail: `${closeWords(close)}, no cut was planned then`,
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

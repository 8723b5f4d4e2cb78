import {
  type ClientLine,
  closeWords,
  endOf,
  symbolOfTicker,
  type ViolationKind,
  type ViolationLine,
} from '../../protocol/run.ts';
import type { RunEvidence } from './evidence.ts';
import { isExcused } from './excuses.ts';

/** The violations of a run. */
export interface Violations {
  /** In the order of their times; of very many, each generator lists the first. */
  readonly listed: readonly ViolationLine[];
  /** All of them, those that aren't listed too. */
  readonly counts: ReadonlyMap<string, number>;
  /** For how many messages they stand, by kind. */
  readonly messages: ReadonlyMap<string, number>;
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
  const taken = toldAgain(evidence, seen, found);
  const leftOf = (line: ViolationLine): number => messagesOf(line) - (taken.get(line) ?? 0);
  const again = new Set([...taken.keys()].filter((line) => leftOf(line) === 0));
  const listed = [...seen, ...found]
    .filter((line) => !again.has(line))
    .map((line) => (taken.has(line) ? { ...line, messages: leftOf(line) } : line))
    .sort((a, b) => a.atUs - b.atUs);
  const all = countsOf(evidence);
  for (const line of found) addTo(all, line.violation, { count: 1, messages: messagesOf(line) });
  for (const [line, messages] of taken)
    addTo(all, line.violation, { count: again.has(line) ? -1 : 0, messages: -messages });
  return { listed, again, ...all };
}

/** How many messages a violation stands for. */
export function messagesOf({ messages = 1 }: ViolationLine): number {
  return messages;
}

interface Counts {
  readonly counts: Map<string, number>;
  readonly messages: Map<string, number>;
}

function addTo(
  { counts, messages }: Counts,
  kind: string,
  more: { readonly count: number; readonly messages: number },
): void {
  counts.set(kind, (counts.get(kind) ?? 0) + more.count);
  messages.set(kind, (messages.get(kind) ?? 0) + more.messages);
}

/** What the generators told, listed or not. */
function countsOf({ generators }: RunEvidence): Counts {
  const all: Counts = { counts: new Map(), messages: new Map() };
  for (const { violations, violationCounts, violationMessages } of generators) {
    const told: Counts = { counts: new Map(), messages: new Map() };
    for (const line of violations) addTo(told, line.violation, { count: 1, messages: messagesOf(line) });
    // One that never came to its end has told lines alone.
    for (const kind of new Set([...told.counts.keys(), ...violationCounts.keys()])) {
      const count = violationCounts.get(kind) ?? 0;
      addTo(all, kind, {
        count: Math.max(told.counts.get(kind) ?? 0, count),
        messages: Math.max(told.messages.get(kind) ?? 0, violationMessages?.get(kind) ?? count),
      });
    }
  }
  return all;
}

const NEVER_CAME: ReadonlySet<ViolationKind> = new Set(['missing_tail', 'missing_bar', 'missing_pattern']);

const TOLD_BY_NUMBER: ReadonlySet<ViolationKind> = new Set(['heartbeat_head', 'gap']);

/**
 * Numbers missed in streams where what never came is told by itself, or the latter, if only it has an excuse: how many
 * messages of each line another one tells.
 */
function toldAgain(
  evidence: RunEvidence,
  seen: readonly ViolationLine[],
  found: readonly ViolationLine[],
): Map<ViolationLine, number> {
  const isOurs = ({ violation, atUs }: ViolationLine): boolean => isExcused(evidence, violation, atUs);
  const keyOf = ({ client, stream }: ViolationLine): string => `${client} ${stream}`;
  const ends = new Map<string, End[]>();
  for (const line of found) {
    if (!NEVER_CAME.has(line.violation)) continue;
    ends.set(keyOf(line), [...(ends.get(keyOf(line)) ?? []), { line, left: messagesOf(line) }]);
  }
  const taken = new Map<ViolationLine, number>();
  for (const missed of seen) {
    let left = TOLD_BY_NUMBER.has(missed.violation) ? messagesOf(missed) : 0;
    for (const end of ends.get(keyOf(missed)) ?? []) {
      const both = isWithin(missed, end.line) ? Math.min(left, end.left) : 0;
      if (both === 0) continue;
      left -= both;
      end.left -= both;
      const again = !isOurs(missed) && isOurs(end.line) ? end.line : missed;
      taken.set(again, (taken.get(again) ?? 0) + both);
    }
  }
  return taken;
}

/** What never came, and how many of its messages no number has told. */
interface End {
  readonly line: ViolationLine;
  left: number;
}

/** A tail is everything after the last number that came; which bar or pattern has which number nobody knows. */
function isWithin(missed: ViolationLine, end: ViolationLine): boolean {
  return end.violation !== 'missing_tail' || missed.expectedSeq > end.seq;
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
  const begins = beginsOf(evidence);
  for (const data of evidence.generators) {
    for (const client of data.clients) {
      for (const stream of client.streams) {
        const head = evidence.expectedHeads.get(symbolOfTicker(stream.stream));
        if (!stream.stream.startsWith('ticker:') || head === undefined || stream.lastSeq >= head) continue;
        const stoodAt = stream.lastSeq < 0 ? (begins.get(stream.stream) ?? 0) : stream.lastSeq;
        const messages = Math.max(1, head - stoodAt);
        lines.push({
          kind: 'violation',
          generator: data.generator,
          violation: 'missing_tail',
          client: client.client,
          stream: stream.stream,
          expectedSeq: head,
          seq: stream.lastSeq,
          atUs: endUs,
          detail: `${client.connects === 0 ? 'never let in, so ' : ''}${tailWords(stream, messages)}`,
          ...(messages > 1 && { messages }),
        });
      }
    }
  }
  return lines;
}

/** Where each stream stood when the first of its clients came to it: a server may count from anywhere. */
function beginsOf({ generators }: RunEvidence): Map<string, number> {
  const begins = new Map<string, number>();
  for (const { clients } of generators) {
    for (const { stream, firstSeq } of clients.flatMap((client) => client.streams)) {
      if (firstSeq >= 0) begins.set(stream, Math.min(firstSeq, begins.get(stream) ?? firstSeq));
    }
  }
  return begins;
}

function tailWords({ stream, firstSeq, events }: ClientLine['streams'][number], messages: number): string {
  // A snapshot that came is heard, too.
  if (events > 0 || firstSeq >= 0) return `${messages} events at the stream's end never came`;
  return `nothing of ${symbolOfTicker(stream)} ever came (${messages} events)`;
}

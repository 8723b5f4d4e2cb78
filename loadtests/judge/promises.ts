import type { ClientLine, ViolationKind, ViolationLine } from '../../protocol/run.ts';
import type { RunEvidence } from './evidence.ts';
import { isExcused } from './excuses.ts';
import { shutOut } from './shutOut.ts';
import { messagesOf, unplannedClosesOf, violationsOf } from './violations.ts';

/** Violations of one kind. */
export interface Breach {
  readonly violation: ViolationKind;
  readonly count: number;
  /** For how many messages they stand: as many as `count`, unless several that never came are one violation. */
  readonly messages: number;
  /** Of the messages, those that only our own lateness may explain. */
  readonly excused: number;
  readonly example: ViolationLine | undefined;
  /** Whether the example's client was never let in, and each other's too that could be shown instead. */
  readonly isOfShutOut: boolean;
}

/** Violations of some kinds over all generators, those that the generator may have caused counted apart. */
export function breaches(evidence: RunEvidence, kinds: readonly ViolationKind[]): Breach[] {
  const { listed: all, counts, messages: sizes, again } = violationsOf(evidence);
  const shut = shutOut(evidence);
  return kinds.map((violation) => {
    const listed = all.filter((line) => line.violation === violation);
    const count = counts.get(violation) ?? 0;
    const messages = sizes.get(violation) ?? 0;
    const isOurs = ({ atUs }: ViolationLine): boolean => isExcused(evidence, violation, atUs);
    const excused = new Set(listed.filter(isOurs));
    const unexcused = listed.filter((line) => !excused.has(line));
    const example = unexcused.find(({ client }) => !shut.has(client)) ?? unexcused[0] ?? listed[0];
    const isOfShutOut = example !== undefined && shut.has(example.client);
    // Of very many, the first are listed: where each of them is excused, the others can't be held against the server.
    const told = [...listed, ...[...again].filter((line) => line.violation === violation)];
    const isAllExcused = told.length > 0 && told.every(isOurs);
    const excusedMessages = isAllExcused ? messages : [...excused].reduce((sum, line) => sum + messagesOf(line), 0);
    return { violation, count, messages, excused: excusedMessages, example, isOfShutOut };
  });
}

/**
 * A violation to show: of the kind that broke most messages, one that has no excuse rather than one that has, and what
 * befell a client that was let in rather than what another missed for want of being so.
 */
export function exampleOf(found: readonly Breach[]): ViolationLine | undefined {
  const listed = found.filter(({ example }) => example !== undefined).sort((a, b) => b.messages - a.messages);
  const unexcused = listed.filter(({ messages, excused }) => messages > excused);
  return (unexcused.find(({ isOfShutOut }) => !isOfShutOut) ?? unexcused[0] ?? listed[0])?.example;
}

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

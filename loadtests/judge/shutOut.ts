import type { RunEvidence } from './evidence.ts';
import { violationsOf } from './violations.ts';

/** Clients that were never let in: their connection was refused, not answered, or closed before its welcome. */
export function shutOut({ generators }: Pick<RunEvidence, 'generators'>): Set<number> {
  const clients = generators.flatMap((data) => data.clients);
  return new Set(clients.filter(({ connects }) => connects === 0).map(({ client }) => client));
}

/** How many clients were never let in, and why one of them wasn't; '' where all were. */
export function shutOutWords(evidence: RunEvidence): string {
  const shut = shutOut(evidence);
  if (shut.size === 0) return '';
  const isWhy = (violation: string, client: number): boolean =>
    (violation === 'unplanned_close' || violation === 'no_welcome') && shut.has(client);
  const why = violationsOf(evidence).listed.find(({ violation, client }) => isWhy(violation, client))?.detail;
  return `${shut.size} of ${clientsIn(evidence)} clients never let in${why === undefined ? '' : ` (${why})`}`;
}

/** Clients that the server didn't let in or didn't keep, in words; '' where it let in and kept all. */
export function lostConnections(evidence: RunEvidence): string {
  const shut = shutOut(evidence);
  const drops = violationsOf(evidence).listed.filter(
    ({ violation, client }) => violation === 'unplanned_close' && !shut.has(client),
  );
  const dropped = new Set(drops.map(({ client }) => client)).size;
  const dropWords = `${dropped} of ${clientsIn(evidence)} clients dropped (${drops[0]?.detail})`;
  return [shutOutWords(evidence), dropped === 0 ? '' : dropWords].filter((words) => words !== '').join(', ');
}

function clientsIn({ generators }: RunEvidence): number {
  return generators.reduce((sum, { clients }) => sum + clients.length, 0);
}

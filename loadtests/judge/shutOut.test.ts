import { expect, it } from 'vitest';
import type { ClientLine } from '../../protocol/run.ts';
import type { GeneratorData } from './merge.ts';
import { lostConnections, shutOutWords } from './shutOut.ts';
import { START_US, soundClient, soundEvidence } from './testEvidence.ts';

/** Sound evidence with these clients changed. */
function withClients(changed: Readonly<Record<number, Partial<ClientLine>>>) {
  const evidence = soundEvidence();
  const [first] = evidence.generators as [GeneratorData];
  const clients = first.clients.map((client) => soundClient(client.client, changed[client.client]));
  return { ...evidence, generators: [{ ...first, clients }] };
}

const refused = {
  connects: 0,
  failedConnects: 1,
  closes: [{ atUs: START_US - 500_000, code: 1006, why: 'refused' }],
};
const dropped = { closes: [{ atUs: START_US + 40_000_000, code: 1011 }] };

it('should say nothing where all were let in, and only planned cuts closed a connection', () => {
  expect([lostConnections(soundEvidence()), shutOutWords(soundEvidence())]).toEqual(['', '']);
});

it('should tell those that were refused from those that were dropped, with how one of each was told', () => {
  const evidence = withClients({ 3: refused, 4: refused, 7: dropped });

  expect(shutOutWords(evidence)).toBe(
    '2 of 100 clients never let in (closed with 1006 (refused), no cut was planned then)',
  );
  expect(lostConnections(evidence)).toBe(
    `${shutOutWords(evidence)}, 1 of 100 clients dropped (closed with 1011, no cut was planned then)`,
  );
});

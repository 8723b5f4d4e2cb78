import { describe, expect, it } from 'vitest';
import type { DIALECT_NAMES } from '../../protocol/serverUnderTest.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import { soundClient, soundEvidence, withViolation } from '../judge/testEvidence.ts';
import { judge } from '../judge/verdict.ts';
import { loadTargets } from '../targets/load.ts';
import { dialectProfile, targetsFor } from './dialects.ts';

const targets = loadTargets('default');

/** What a sound run comes to in a dialect that lacks what it lacks. */
function judged(name: (typeof DIALECT_NAMES)[number], evidence = soundEvidence()) {
  const profile = dialectProfile(name);
  return judge({ ...evidence, absent: profile.absent, targets: targetsFor(profile, targets) });
}

describe('dialectProfile', () => {
  it.each([
    ['native', []],
    ['ai-trading-v2', ['pattern', 'resume']],
    ['us-001', ['pattern', 'trigger', 'cadence', 'resume']],
    ['paiid', ['pattern', 'resume']],
    ['tickstock', ['tick', 'trigger', 'cadence', 'resume', 'fairness']],
  ] as const)('should let %s lack no more than what it declares: %j', (name, lacking) => {
    const { rows } = judged(name);
    const absent = rows.filter((row) => row.verdict === 'not applicable');

    expect(absent.map((row) => row.id)).toEqual(lacking);
    for (const row of absent) expect(row.reason).toMatch(/^the target has no \w+: \w/);
  });

  it('should not look at computing times that a dialect does not tell', () => {
    const evidence = soundEvidence();
    for (const data of evidence.generators) data.metrics.delete('compute');
    const cadence = (name: 'native' | 'paiid') => judged(name, evidence).rows.find((row) => row.id === 'cadence');

    expect(cadence('native')?.verdict).toBe('fail');
    expect(cadence('paiid')).toMatchObject({ verdict: 'pass', reason: expect.stringContaining('does not tell') });
  });

  it('should give US-001 its heartbeat, its policy and clients of one symbol each, which the report says', () => {
    const profile = dialectProfile('us-001');
    const bounds = new Map(targetsFor(profile, targets).targets.map(({ id, bound }) => [id, bound]));
    const scenario = loadScenario('smoke');

    expect([bounds.get('heartbeat'), bounds.get('reconnect')]).toEqual([35_000, 4_000]);
    expect(profile.reconnectDelaysMs).toEqual([2_000, 4_000, 8_000]);
    expect(profile.scenario(scenario).load).toMatchObject({ clients: 200, symbolsPerClient: 1, ordersPerS: 0 });
    expect(profile.note?.(profile.scenario(scenario))).toMatch(/^a socket of us-001 .* 200 of them .* of 1000 symbols/);
  });

  it.each([
    ['ai-trading-v2', '/api/ws/realtime'],
    ['us-001', '/ws/stocks/BRK%2FA'],
    ['paiid', '/ws?user_id=acct-1'],
    ['tickstock', '/patterns/realtime'],
  ] as const)('should reach %s at %s', (name, path) => {
    expect(dialectProfile(name).pathOf({ account: 'acct-1', symbols: ['BRK/A'] })).toBe(path);
  });
});

describe('a dialect without numbers', () => {
  it('should fail for a gap that nothing explains, and be invalid for one that a starved generator may explain', () => {
    const gap = withViolation(soundEvidence(), 'unexplained_gap', 30);
    const starved = {
      ...gap,
      lateness: { ...gap.lateness, loopDelayUs: new Map([['swarm', new Map([[28, 800_000]])]]) },
    };

    expect(judged('paiid', gap)).toMatchObject({
      verdict: 'fail',
      why: expect.stringMatching(/^loss .*unexplained_gap/),
    });
    expect(judged('paiid', starved).verdict).toBe('invalid');
  });

  it('should count no failure for a connection that the run itself cut before its welcome', () => {
    const evidence = soundEvidence();
    const withClients = (fields: Parameters<typeof soundClient>[1]) => {
      const [data] = evidence.generators;
      if (data === undefined) throw new Error('no generator');
      const clients = data.clients.map(({ client }) => soundClient(client, fields));
      return { ...evidence, generators: [{ ...data, clients }] };
    };
    const errors = (fields: Parameters<typeof soundClient>[1]) =>
      judged('us-001', withClients(fields)).rows.find((row) => row.id === 'errors');

    expect(errors({ connects: 1, failedConnects: 1, failedOperations: 1 })).toMatchObject({
      value: 0,
      verdict: 'pass',
    });
    // Here the cut hit a welcomed connection, and the other failure was the server's.
    expect(errors({ connects: 2, failedConnects: 1, failedOperations: 1 })?.verdict).toBe('fail');
  });
});

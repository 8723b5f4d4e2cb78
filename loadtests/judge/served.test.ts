import { describe, expect, it } from 'vitest';
import type { ClientLine } from '../../protocol/run.ts';
import type { Need, Target } from '../../protocol/schemas/targets.ts';
import type { RunEvidence } from './evidence.ts';
import { servedClients } from './served.ts';
import { soundClient, soundEvidence } from './testEvidence.ts';

const evidence = soundEvidence();
const target = evidence.targets.targets.find(({ id }) => id === 'clients') as Target;
const ABSENT = new Map<Need, string>([
  ['soak', ''],
  ['polled', ''],
]);

/** A client that last heard its symbols at these seconds. */
function heard(client: number, lastS: Readonly<Record<string, number>>, fields: Partial<ClientLine> = {}): ClientLine {
  const streams = Object.entries(lastS).map(([symbol, s]) => {
    return { stream: `ticker:${symbol}`, firstSeq: 0, lastSeq: 9, events: 9, conflated: 0, lastReadUs: s * 1e6 };
  });
  return soundClient(client, { streams, closes: [], resumes: [], ...fields });
}

/** A server of which nobody knows what it was to tell. */
function judged(clients: readonly ClientLine[], fields: Partial<RunEvidence> = {}) {
  const [data] = evidence.generators;
  if (data === undefined) throw new Error('no generator');
  const generators = [{ ...data, clients: [...clients] }];
  const bound = clients.length;
  const own = { ...evidence, generators, plannedClients: bound, absent: ABSENT, expectedHeads: new Map(), ...fields };
  return servedClients({ ...target, bound }, own);
}

describe('clients served throughout', () => {
  const two = [heard(0, { A: 59, B: 30 }), heard(1, { A: 59.5, B: 30.1 })];

  it('should be those that heard each symbol as long as others did', () => {
    expect(judged(two)).toMatchObject({ verdict: 'pass', measured: '2 of 2 planned' });
    expect(judged([...two, heard(2, { A: 59.2, B: 20 })])).toMatchObject({
      verdict: 'fail',
      measured: '3 of 3 planned, 1 not to the end',
      reason: 'client 2 heard nothing of B for 10.1 s in which others did',
    });
  });

  it('should leave that to the numbers where somebody knows them, and to none whose clients go or do not read', () => {
    const mute = [...two, heard(2, { A: 40, B: 30 })];
    expect(judged(mute).verdict).toBe('fail');
    expect(judged(mute, { expectedHeads: new Map([['A', 1]]) }).verdict).toBe('pass');
    expect(judged(mute, { absent: new Map([['polled', '']]) }).verdict).toBe('pass');
    const load = { ...evidence.scenario.load, behaviours: { slow: 0.1 } };
    expect(judged(mute, { scenario: { ...evidence.scenario, load } }).verdict).toBe('pass');
  });

  it('should not ask it of a client that was away at the end', () => {
    const closes = [{ atUs: 41e6, code: 1006 }];
    expect(judged([...two, heard(2, { A: 40, B: 30 }, { closes })]).verdict).toBe('pass');
    const resumes = [{ closedUs: 41e6, resumedUs: 42e6, recovered: true }];
    expect(judged([...two, heard(2, { A: 43, B: 30 }, { closes, resumes })]).verdict).toBe('fail');
  });

  it('should be invalid while our own generator was late', () => {
    const lateness = { ...evidence.lateness, loopDelayUs: new Map([['swarm', new Map([[1, 3e6]])]]) };
    expect(judged([...two, heard(2, { A: 40, B: 30 })], { lateness }).verdict).toBe('invalid');
  });
});

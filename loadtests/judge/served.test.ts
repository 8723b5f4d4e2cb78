import { describe, expect, it } from 'vitest';
import type { Heard } from '../../protocol/heard.ts';
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

const { startUs } = evidence.schedule;

/** A stream that was heard from its beginning until that second. */
function until(second: number): Heard {
  const lastDueUs = startUs + second * 1e6;
  return { lastDueUs, proven: { firstDueUs: startUs, lastDueUs } };
}

/** A client that heard its symbols until these seconds, or these parts of them. */
function heard(
  client: number,
  parts: Readonly<Record<string, number | Heard>>,
  fields: Partial<ClientLine> = {},
): ClientLine {
  const streams = Object.entries(parts).map(([symbol, part]) => {
    const heard = typeof part === 'number' ? until(part) : part;
    return { stream: `ticker:${symbol}`, firstSeq: 0, lastSeq: 9, events: 9, conflated: 0, heard };
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
      measured: '3 of 3 planned, 1 not throughout',
      reason: 'client 2 heard nothing of B for 10.1 s from second 20 on, while others did',
    });
  });

  it('should be those that heard each symbol while others did', () => {
    const between = (unheardS: number, silentS = unheardS): Heard => ({
      lastDueUs: startUs + 50e6,
      proven: { firstDueUs: startUs + 1e6, lastDueUs: startUs + 50e6, unheardUs: unheardS * 1e6 },
      ...(silentS > 0 && { silence: { fromUs: startUs + 10e6, untilUs: startUs + (10 + silentS) * 1e6 } }),
    });
    const shown = judged([heard(0, { A: between(3) }), heard(1, { A: between(8) })]);
    expect(shown).toMatchObject({ verdict: 'fail', measured: '2 of 2 planned, 1 not throughout' });
    expect(shown.reason).toBe('client 1 heard nothing of A for 8.0 s from second 10 on, while others did');
    // A market that paused for everybody, and one who was away meanwhile.
    expect(judged([heard(0, { A: between(7) }), heard(1, { A: between(8) })]).verdict).toBe('pass');
    expect(judged([heard(0, { A: between(3) }), heard(1, { A: between(8, 0) })]).verdict).toBe('pass');
    // Who came only later, or had gone, can't tell.
    const proven = { firstDueUs: startUs + 11e6, lastDueUs: startUs + 50e6 };
    const late = { lastDueUs: proven.lastDueUs, proven };
    expect(judged([heard(0, { A: late }), heard(1, { A: between(8) })]).verdict).toBe('pass');
    const closes = [{ atUs: startUs + 12e6, code: 1006 }];
    const gone = heard(0, { A: 12 }, { closes });
    expect(judged([gone, heard(1, { A: between(8) })]).verdict).toBe('pass');
  });

  it('should be those that hear each of their symbols at all', () => {
    expect(judged([...two, heard(2, { A: 59, B: { lastDueUs: startUs + 3e6 } })])).toMatchObject({
      verdict: 'fail',
      reason: 'client 2 heard nothing of B for 27.1 s from second 3 on, while others did',
    });
    // Nobody did.
    const alike = [0, 1].map((client) => heard(client, { A: 59, B: { lastDueUs: startUs + 3e6 } }));
    expect(judged(alike).verdict).toBe('pass');
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
    const closes = [{ atUs: startUs + 41e6, code: 1006 }];
    expect(judged([...two, heard(2, { A: 40, B: 30 }, { closes })]).verdict).toBe('pass');
    const resumes = [{ closedUs: startUs + 41e6, resumedUs: startUs + 42e6, recovered: true }];
    expect(judged([...two, heard(2, { A: 43, B: 30 }, { closes, resumes })]).verdict).toBe('fail');
  });

  it('should be invalid while our own generator was late', () => {
    const lateness = { ...evidence.lateness, loopDelayUs: new Map([['swarm', new Map([[1, 3e6]])]]) };
    expect(judged([...two, heard(2, { A: 40, B: 30 })], { lateness }).verdict).toBe('invalid');
  });
});

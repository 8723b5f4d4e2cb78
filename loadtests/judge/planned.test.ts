import { describe, expect, it } from 'vitest';
import type { Need, Target, TargetId } from '../../protocol/schemas/targets.ts';
import type { RunEvidence } from './evidence.ts';
import { tooSmallFor } from './planned.ts';
import { soundEvidence } from './testEvidence.ts';
import { judge } from './verdict.ts';

const sound = soundEvidence();
const [data] = sound.generators;
if (data === undefined) throw new Error('no generator');
const few = data.clients.slice(0, 40);

/** A scenario of forty clients and 400 symbols. */
const small: RunEvidence = {
  ...sound,
  plannedClients: 40,
  cuts: sound.cuts.slice(0, 40),
  scenario: { ...sound.scenario, tape: { ...sound.scenario.tape, symbols: 400 } },
  generators: [{ ...data, clients: few }],
};
const row = (evidence: RunEvidence, id: TargetId) => judge(evidence).rows.find((one) => one.id === id);

describe('a scenario that plans less than the targets ask for', () => {
  it('should be no fault of the target', () => {
    expect(
      judge(small)
        .rows.filter(({ verdict }) => verdict === 'fail')
        .map((one) => [one.id, one.reason]),
    ).toEqual([]);
    expect(judge(small).verdict).toBe('invalid');
    expect(row(small, 'clients')).toMatchObject({
      verdict: 'invalid',
      reason: expect.stringContaining('plans 40 clients and the row asks for 100'),
    });
    expect(row(small, 'symbols')?.reason).toContain('plans 400 symbols and the row asks for 1000');
    expect(row(small, 'stability')?.reason).toContain('plans 40 clients');
    expect(row(small, 'resume')?.reason).toContain('plans 40 cuts and the row asks for 50');
  });

  it('should still fail for what the target owes', () => {
    const lost = { ...small, generators: [{ ...data, clients: few.slice(1) }] };
    expect(row(lost, 'clients')).toMatchObject({ verdict: 'fail', reason: '39, 40 needed' });
    expect(judge(lost).verdict).toBe('fail');
  });

  it('should be told before it is played', () => {
    const { targets } = sound.targets;
    expect(tooSmallFor(targets, sound)).toBeUndefined();
    expect(tooSmallFor(targets, small)).toBe(
      "this run can't pass: reconnect asks for 50 cuts, 40 are planned; resume asks for 50 cuts, 40 are planned; " +
        'clients asks for 100 clients, 40 are planned; symbols asks for 1000 symbols, 400 are planned. ' +
        'Play a larger scenario, or take other targets',
    );
    // What isn't judged, or only warns, stands in nobody's way.
    const whole = { ...small, plannedClients: 100, cuts: [] };
    expect(tooSmallFor(targets, { ...whole, scenario: sound.scenario })).toBeUndefined();
    const warning = targets.map((target): Target => ({ ...target, severity: 'warn' }));
    expect(tooSmallFor(warning, small)).toBeUndefined();
    const absent = new Map<Need, string>([...sound.absent, ['seq', '']]);
    expect(tooSmallFor(targets, { ...small, absent })).not.toContain('resume');
  });

  it('should ask for no reconnect where nobody is cut, and judge one that comes all the same', () => {
    const whole = {
      ...sound,
      generators: [{ ...data, clients: data.clients.map((one) => ({ ...one, closes: [], resumes: [] })) }],
    };
    expect(row(whole, 'reconnect')).toMatchObject({
      verdict: 'not applicable',
      reason: 'the scenario cuts no connection',
    });
    expect(row(whole, 'resume')?.verdict).toBe('not applicable');
    expect(row(sound, 'reconnect')?.verdict).toBe('pass');
    const cuts = [{ atS: 20, overS: 0, fromShare: 0, toShare: 1 }];
    const uncut = { ...whole, scenario: { ...sound.scenario, cuts } };
    expect(row(uncut, 'resume')?.verdict).toBe('fail');
  });
});

describe('what nobody could read', () => {
  it('should be invalid, with the reason, and a death still a failure', () => {
    const unreadable = 'none of 7 messages that came is a price by the rules given; the first: {}';
    expect(judge({ ...small, unreadable })).toMatchObject({ verdict: 'invalid', why: unreadable });
    expect(judge({ ...small, unreadable, serverDied: 'it ended' })).toMatchObject({ verdict: 'fail', why: 'it ended' });
  });
});

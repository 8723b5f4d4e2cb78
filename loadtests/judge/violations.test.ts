import { describe, expect, it } from 'vitest';
import type { ViolationLine } from '../../protocol/run.ts';
import type { RunEvidence } from './evidence.ts';
import type { GeneratorData } from './merge.ts';
import { quiet, START_US, soundClient, soundEvidence } from './testEvidence.ts';
import { judge } from './verdict.ts';
import { violationsOf } from './violations.ts';

const HEAD: ViolationLine = {
  kind: 'violation',
  generator: 'swarm',
  violation: 'heartbeat_head',
  client: 3,
  stream: 'ticker:S30',
  expectedSeq: 50,
  seq: 50,
  atUs: START_US + 30_000_000,
  detail: 'head 50 was announced by three heartbeats, nothing came after 49',
};

/** Sound evidence whose client 3 stands at `lastSeq` of S30 at the end, and has told these violations. */
function evidenceWith({ lastSeq, seen }: { lastSeq: number; seen: readonly ViolationLine[] }): RunEvidence {
  const evidence = soundEvidence();
  const [first] = evidence.generators as [GeneratorData];
  const streams = soundClient(3).streams.map((one) => (one.stream === HEAD.stream ? { ...one, lastSeq } : one));
  const clients = first.clients.map((client) => (client.client === 3 ? soundClient(3, { streams }) : client));
  const violationCounts = new Map<string, number>();
  for (const { violation } of seen) violationCounts.set(violation, (violationCounts.get(violation) ?? 0) + 1);
  return { ...evidence, generators: [{ ...first, clients, violations: [...seen], violationCounts }] };
}

function messagesOf(evidence: RunEvidence): Record<string, number> {
  return Object.fromEntries([...violationsOf(evidence).messages].filter(([, count]) => count !== 0));
}

function countsOf(evidence: RunEvidence): Record<string, number> {
  return Object.fromEntries([...violationsOf(evidence).counts].filter(([, count]) => count !== 0));
}

describe('violationsOf', () => {
  it('should tell a lost last message once, though a heartbeat has announced it', () => {
    const evidence = evidenceWith({ lastSeq: 49, seen: [HEAD] });

    expect(countsOf(evidence)).toEqual({ missing_tail: 1 });
    expect(violationsOf(evidence).listed.map(({ violation }) => violation)).toEqual(['missing_tail']);
  });

  it('should tell an announced message that was passed over beside a lost tail', () => {
    const passedOver = { ...HEAD, expectedSeq: 20, seq: 20 };

    expect(countsOf(evidenceWith({ lastSeq: 49, seen: [passedOver] }))).toEqual({ heartbeat_head: 1, missing_tail: 1 });
    expect(countsOf(evidenceWith({ lastSeq: 50, seen: [passedOver] }))).toEqual({ heartbeat_head: 1 });
  });

  it('should tell of two lost bars whose numbers were missed and one that never was three', () => {
    const stream = 'bar.1m:S30';
    const gap = { ...HEAD, violation: 'gap' as const, stream, expectedSeq: 1, seq: 2, detail: '1 never came, 2 did' };
    const heads = [gap, { ...HEAD, stream, seq: 3, expectedSeq: 3 }];
    const never = [1, 2, 3].map((n) => ({
      ...HEAD,
      violation: 'missing_bar' as const,
      stream,
      seq: 0,
      detail: `${n}`,
    }));
    const evidence = evidenceWith({ lastSeq: 50, seen: heads });

    expect(countsOf({ ...evidence, market: { ...evidence.market, faults: never } })).toEqual({ missing_bar: 3 });
  });

  it('should count the messages of a tail once, though heartbeats have announced some of them', () => {
    const heads = [HEAD, { ...HEAD, expectedSeq: 31, seq: 50 }, { ...HEAD, expectedSeq: 31, seq: 50 }];
    const evidence = evidenceWith({ lastSeq: 30, seen: heads });

    expect(countsOf(evidence)).toEqual({ missing_tail: 1 });
    expect(messagesOf(evidence)).toEqual({ missing_tail: 20 });
  });

  it('should keep of a tail that only the generator may have cost what no heartbeat has announced', () => {
    const atTheEnd = new Map([['swarm', new Map(Array.from({ length: 5 }, (_, at) => [58 + at, 2_000_000]))]]);
    const late = { ...quiet(), loopDelayUs: atTheEnd };
    const evidence = { ...evidenceWith({ lastSeq: 30, seen: [{ ...HEAD, expectedSeq: 31 }] }), lateness: late };

    expect(messagesOf(evidence)).toEqual({ heartbeat_head: 1, missing_tail: 19 });
    expect(violationsOf(evidence).listed.at(-1)).toMatchObject({ violation: 'missing_tail', messages: 19 });
  });

  it('should take back of a gap as many messages as bars never came', () => {
    const stream = 'bar.1m:S30';
    const gap = { ...HEAD, violation: 'gap' as const, stream, expectedSeq: 1, seq: 4, messages: 3 };
    const never = Array.from({ length: 2 }, () => ({ ...HEAD, violation: 'missing_bar' as const, stream, seq: 0 }));
    const evidence = evidenceWith({ lastSeq: 50, seen: [gap] });

    expect(messagesOf({ ...evidence, market: { ...evidence.market, faults: never } })).toEqual({
      gap: 1,
      missing_bar: 2,
    });
  });

  it('should count the messages of gaps that are not listed', () => {
    const gap = { ...HEAD, violation: 'gap' as const, stream: 'ticker:S31', messages: 3 };
    const evidence = evidenceWith({ lastSeq: 50, seen: [gap] });
    const [first] = evidence.generators as [GeneratorData];
    const counted = { violationCounts: new Map([['gap', 9]]), violationMessages: new Map([['gap', 70]]) };

    expect(messagesOf({ ...evidence, generators: [{ ...first, ...counted }] })).toEqual({ gap: 70 });
    expect(messagesOf({ ...evidence, generators: [{ ...first, violationCounts: new Map() }] })).toEqual({ gap: 3 });
  });

  it('should take for the beginning of a stream that never came where another client found it', () => {
    const evidence = evidenceWith({ lastSeq: 50, seen: [] });
    const [first] = evidence.generators as [GeneratorData];
    const heard = soundClient(3).streams.map((one) => ({ ...one, firstSeq: 40 }));
    const mute = heard.map((one) => ({ ...one, firstSeq: -1, lastSeq: -1, events: 0 }));
    const clients = [soundClient(3, { streams: heard }), soundClient(4, { streams: mute.slice(0, 1) })];

    expect(violationsOf({ ...evidence, generators: [{ ...first, clients }] }).listed).toMatchObject([
      { violation: 'missing_tail', messages: 10, detail: 'nothing of S30 ever came (10 events)' },
    ]);
  });

  it('should count what a generator told that never came to its end', () => {
    const gap = { ...HEAD, violation: 'gap' as const, stream: 'ticker:S31' };
    const evidence = evidenceWith({ lastSeq: 49, seen: [gap, HEAD] });
    const [first] = evidence.generators as [GeneratorData];
    const unended = { ...evidence, generators: [{ ...first, violationCounts: new Map() }] };

    expect(countsOf(unended)).toEqual({ gap: 1, missing_tail: 1 });
    expect(judge(unended).rows.find(({ id }) => id === 'loss')).toMatchObject({ verdict: 'fail' });
  });

  it('should not hold what isn’t listed against the target where all that is listed may be our own fault', () => {
    const late = new Map([['swarm', new Map(Array.from({ length: 70 }, (_, at) => [at, 2_000_000]))]]);
    const evidence = evidenceWith({ lastSeq: 49, seen: [HEAD] });
    const [first] = evidence.generators as [GeneratorData];
    const many = [{ ...first, violationCounts: new Map([['heartbeat_head', 600]]) }];
    const judged = judge({ ...evidence, generators: many, lateness: { ...quiet(), loopDelayUs: late } });

    expect(judged.rows.find(({ id }) => id === 'loss')).toMatchObject({ verdict: 'invalid' });
  });

  it('should keep the announcement where only the tail may be the generator’s own fault', () => {
    const atTheEnd = new Map([['swarm', new Map(Array.from({ length: 5 }, (_, at) => [58 + at, 2_000_000]))]]);
    const evidence = evidenceWith({ lastSeq: 49, seen: [HEAD] });

    expect(countsOf({ ...evidence, lateness: { ...quiet(), loopDelayUs: atTheEnd } })).toEqual({ heartbeat_head: 1 });
  });
});

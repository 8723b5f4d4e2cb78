import { describe, expect, it } from 'vitest';
import type { ClientLine, WindowMetric } from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';
import { seededRandom } from '../gate/random.ts';
import { loadTargets } from '../targets/load.ts';
import type { RunEvidence } from './evidence.ts';
import type { GeneratorData } from './merge.ts';
import { quiet, START_US, soundClient, soundEvidence, withViolation } from './testEvidence.ts';
import { judge } from './verdict.ts';

function row(evidence: RunEvidence, id: string) {
  const found = judge(evidence).rows.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
}

/** Sound evidence with one client replaced. */
function withClient(fields: Partial<ClientLine>): RunEvidence {
  const evidence = soundEvidence();
  const [first] = evidence.generators as [GeneratorData];
  const clients = [soundClient(0, fields), ...first.clients.slice(1)];
  return { ...evidence, generators: [{ ...first, clients }] };
}

/** Sound evidence in which one metric shows this in second 30, or nothing at all. */
function withMetric(metric: WindowMetric, valueUs?: number, second = 30): RunEvidence {
  const evidence = soundEvidence();
  const [first] = evidence.generators as [GeneratorData];
  const metrics = new Map(first.metrics);
  const windows = new Map(metrics.get(metric));
  if (valueUs === undefined) windows.clear();
  else {
    const histogram = new Histogram();
    histogram.record(valueUs, 200);
    windows.set(second, histogram);
  }
  metrics.set(metric, windows);
  return { ...evidence, generators: [{ ...first, metrics }] };
}

const lateEverywhere = {
  ...quiet(),
  loopDelayUs: new Map([['swarm', new Map(Array.from({ length: 64 }, (_, at) => [at, 700_000]))]]),
};

describe('judge', () => {
  it('should pass a run in which everything went well', () => {
    const judgement = judge(soundEvidence());

    expect(judgement.rows.filter((one) => one.verdict !== 'pass')).toEqual([]);
    expect(judgement.verdict).toBe('pass');
  });

  it.each(['gap', 'duplicate', 'reorder', 'wrong_content'] as const)('should fail on one %s, by `loss`', (kind) => {
    const judgement = judge(withViolation(soundEvidence(), kind, 30));

    expect(judgement.verdict).toBe('fail');
    expect(judgement.why).toMatch(/^loss .*planted/);
  });

  describe('of a polled feed', () => {
    const targets = loadTargets('polled');
    const needsNoMore = new Map([
      ['orders', 'polled'],
      ['patterns', 'polled'],
      ['stream', 'polled'],
    ] as const);
    const polled = (evidence: RunEvidence): RunEvidence => ({ ...evidence, targets, absent: needsNoMore });

    it('should pass fresh prices, with what a sample cannot have not applicable', () => {
      const { verdict, rows } = judge(polled(withMetric('freshness', 900_000)));

      expect(rows.filter((one) => one.verdict === 'not applicable').map(({ id }) => id)).toEqual([
        'pattern',
        'trigger',
        'fairness',
      ]);
      expect(rows.filter((one) => one.verdict === 'fail')).toEqual([]);
      expect(verdict).toBe('pass');
    });

    it.each([
      ['old prices', withMetric('freshness', 1_100_000), /max 1100 ms/],
      ['no prices', withMetric('freshness'), /nothing/],
      [
        'a stale price shown as fresh',
        withViolation(withMetric('freshness', 900_000), 'stale_as_fresh', 30),
        /planted/,
      ],
    ])('should fail %s, by `freshness`', (_, evidence, why) => {
      const judgement = judge(polled(evidence));

      expect(judgement.verdict).toBe('fail');
      expect(judgement.why).toMatch(/^freshness /);
      expect(judgement.why).toMatch(why);
    });

    it('should fail a price that the tape never had, by `loss`', () => {
      const judgement = judge(polled(withViolation(withMetric('freshness', 900_000), 'wrong_content', 30)));

      expect(judgement.why).toMatch(/^loss .*planted/);
    });

    it('should not blame a stale price that may have stood unread with a generator of ours', () => {
      const sound = withMetric('freshness', 900_000);
      const evidence = withViolation({ ...sound, lateness: lateEverywhere }, 'stale_as_fresh', 30);

      expect(judge(polled(evidence)).rows.find(({ id }) => id === 'freshness')?.verdict).toBe('invalid');
    });
  });

  it('should fail a gap even when everything of ours was late: no lateness loses a message inside a stream', () => {
    const evidence = withViolation({ ...soundEvidence(), lateness: lateEverywhere }, 'gap', 30);

    expect(judge(evidence).verdict).toBe('fail');
  });

  it('should fail on a hole after a resume, by `resume`', () => {
    expect(judge(withViolation(soundEvidence(), 'hole_after_resume', 21)).why).toMatch(/^resume /);
  });

  it('should name the row with the most broken messages: a loss that also hits a resume is a loss', () => {
    const evidence = withViolation(soundEvidence(), 'gap', 30);
    const [first] = evidence.generators as [GeneratorData];
    const counts = new Map([
      ['gap', 40],
      ['hole_after_resume', 2],
    ]);

    expect(judge({ ...evidence, generators: [{ ...first, violationCounts: counts }] }).why).toMatch(/^loss /);
  });

  describe('of a server that refuses some', () => {
    const refused: Partial<ClientLine> = {
      connects: 0,
      failedConnects: 3,
      closes: [{ atUs: START_US - 500_000, code: 1006, why: 'upgrade was answered with 503' }],
      resumes: [],
      streams: soundClient(0).streams.map((stream) => ({ ...stream, firstSeq: -1, lastSeq: -1, events: 0 })),
      operations: 3,
      failedOperations: 3,
      received: 0,
    };

    it('should name the refusal: who was never let in has lost no message beyond it', () => {
      expect(judge(withClient(refused))).toMatchObject({
        verdict: 'fail',
        why: 'clients (>= 100) measured 99 of 100 planned: 99, 100 needed; 1 of 100 clients never let in (closed with 1006 (upgrade was answered with 503), no cut was planned then)',
      });
    });

    it('should name the failed opening where so few clients need not be served', () => {
      const evidence = withClient({ ...refused, operations: 30, failedOperations: 30 });
      const targets = { ...evidence.targets, targets: evidence.targets.targets.filter(({ id }) => id !== 'clients') };

      expect(judge({ ...evidence, targets }).why).toMatch(/^errors .*client 0: .*upgrade was answered with 503/);
    });

    it('should say why nobody was let in where nobody was', () => {
      const evidence = withMetric('connect');
      const [first] = evidence.generators as [GeneratorData];
      const clients = first.clients.map(({ client }) => soundClient(client, refused));

      expect(judge({ ...evidence, generators: [{ ...first, clients }] }).why).toMatch(
        /^connect .*; 100 of 100 clients never let in \(.*upgrade was answered with 503/,
      );
    });

    it('should fail it by `loss` still, where no other row does, and say who missed it', () => {
      const evidence = withClient({ ...refused, closes: [], failedOperations: 0 });
      const targets = { ...evidence.targets, targets: evidence.targets.targets.filter(({ id }) => id === 'loss') };

      expect(judge({ ...evidence, targets })).toMatchObject({
        verdict: 'fail',
        why: expect.stringMatching(/^loss .*client 0, ticker:S0: never let in, so nothing of S0 ever came/),
      });
    });

    it('should name the loss of one that was let in beside them, and that client', () => {
      const evidence = withClient(refused);
      const [first] = evidence.generators as [GeneratorData];
      const cut = soundClient(7).streams.map((stream) => ({ ...stream, lastSeq: 48, events: 48 }));
      const clients = first.clients.map((client) => (client.client === 7 ? { ...client, streams: cut } : client));

      expect(judge({ ...evidence, generators: [{ ...first, clients }] }).why).toMatch(/^loss .*client 7, /);
      expect(judge(withViolation(evidence, 'gap', 30)).why).toMatch(/^loss .*client 3, ticker:S30: planted gap/);
    });
  });

  it('should not count symbols that were asked for and never heard', () => {
    const evidence = soundEvidence();
    const mute = { firstSeq: -1, lastSeq: -1, events: 0 };
    const unheard = soundClient(0).streams.map((stream, at) => (at < 9 ? { ...stream, ...mute } : stream));
    const [first] = evidence.generators as [GeneratorData];
    const clients = first.clients.map((client, at) => (at === 0 ? { ...client, streams: unheard } : client));
    const own = { ...evidence, generators: [{ ...first, clients }], expectedHeads: new Map() };

    expect(row(own, 'symbols')).toMatchObject({ verdict: 'fail', value: 991 });
  });

  it('should not hold against the server what is too much to be listed, where all that is listed is excused', () => {
    const pausedAt20 = { ...quiet(), loopDelayUs: new Map([['swarm', new Map([[20, 5_000_000]])]]) };
    const many = (atS: number) => {
      const evidence = withViolation(soundEvidence(), 'unexplained_gap', atS);
      const [first] = evidence.generators as [GeneratorData];
      const violationCounts = new Map([['unexplained_gap' as const, 250]]);
      return row({ ...evidence, generators: [{ ...first, violationCounts }], lateness: pausedAt20 }, 'loss').verdict;
    };

    expect(many(20)).toBe('invalid');
    expect(many(40)).toBe('fail');
  });

  it('should not call an error what was closed before its welcome while our own generator stood still', () => {
    const paused = { ...quiet(), loopDelayUs: new Map([['swarm', new Map([[25, 5_200_000]])]]) };
    const closedAt = (atS: number) => {
      const evidence = soundEvidence();
      const [first] = evidence.generators as [GeneratorData];
      const clients = first.clients.map((client, at) => {
        const closes = [...client.closes, { atUs: START_US + atS * 1e6, code: 4408 }];
        return at < 10 ? { ...client, closes, failedConnects: 1, failedOperations: 1 } : client;
      });
      return row({ ...evidence, generators: [{ ...first, clients }], lateness: paused }, 'errors').verdict;
    };

    expect(closedAt(26)).toBe('invalid');
    expect(closedAt(50)).toBe('fail');
  });

  it('should find a tail that never came', () => {
    const streams = soundClient(0).streams.map((stream, at) => (at === 4 ? { ...stream, lastSeq: 47 } : stream));
    const found = row(withClient({ streams }), 'loss');

    expect(found.verdict).toBe('fail');
    expect(found.reason).toContain('3 events');
  });

  it('should call a missing tail invalid when the generator stood still at the end', () => {
    const streams = soundClient(0).streams.map((stream) => ({ ...stream, lastSeq: 47 }));
    const evidence = {
      ...withClient({ streams }),
      lateness: { ...quiet(), loopDelayUs: new Map([['swarm', new Map([[60, 2_000_000]])]]) },
    };

    expect(row(evidence, 'loss').verdict).toBe('invalid');
    expect(judge(evidence).verdict).toBe('invalid');
  });

  it('should fail on a close that nobody planned', () => {
    const closes = [...soundClient(0).closes, { atUs: START_US + 40_000_000, code: 4008 }];

    expect(row(withClient({ closes }), 'stability')).toMatchObject({
      verdict: 'fail',
      reason: 'client 0: closed with 4008, no cut was planned then',
    });
  });

  it('should not take one cut for two closes', () => {
    const closes = [
      { atUs: START_US + 20_000_000, code: 1006 },
      { atUs: START_US + 21_000_000, code: 1006 },
    ];

    expect(row(withClient({ closes }), 'stability').verdict).toBe('fail');
  });

  it('should fail an order that triggered on another tick, by `trigger`', () => {
    const evidence = soundEvidence();
    const faults = [{ kind: 'late', atUs: START_US + 5e6, detail: 'order c1-7: late' }];
    const judgement = judge({ ...evidence, orders: { ...evidence.orders, faults } });

    expect(judgement.verdict).toBe('fail');
    expect(judgement.why).toMatch(/^trigger .*c1-7/);
  });

  it('should fail on the server dying, whatever else was measured', () => {
    expect(judge({ ...soundEvidence(), serverDied: 'the server ended in mid-run (exit code 1)' })).toMatchObject({
      verdict: 'fail',
      why: 'the server ended in mid-run (exit code 1)',
    });
  });

  it('should be invalid when a generator died and no promise is broken', () => {
    expect(judge({ ...soundEvidence(), generatorFailed: 'k6 took 3 GB' })).toMatchObject({
      verdict: 'invalid',
      why: 'k6 took 3 GB',
    });
  });

  it('should be invalid when lines of ours are missing, whatever promise looks broken without them', () => {
    const damaged = 'swarm.ndjson: 1 of its 16 window lines missing';

    expect(judge({ ...withViolation(soundEvidence(), 'gap', 30), damaged })).toMatchObject({
      verdict: 'invalid',
      why: damaged,
    });
  });

  it('should fail a client that is served far worse than the rest, by `fairness`', () => {
    const [, histogram] = soundClient(0).tickBySecond[0] as readonly [number, never];
    const slow = {
      ...(histogram as object),
      count: 20,
      min: 60_000,
      max: 60_000,
      sum: 1_200_000,
      buckets: [[6_947, 20]],
    } as ClientLine['tickBySecond'][number][1];
    const judged = row(
      withClient({ tickBySecond: Array.from({ length: 60 }, (_, second) => [second, slow] as const) }),
      'fairness',
    );

    expect(judged.verdict).toBe('fail');
    expect(judged.reason).toContain('client 0 is served last');
  });

  it('should not let one long stall turn what shorter pauses did against the server', () => {
    // A server that answers in 2 ms; what was due in a pause of ours waits for its end.
    const random = seededRandom(5);
    const canaryUs = new Map([5, 12, 16, 20, 24, 28, 32, 36, 40].map((at) => [at, at === 5 ? 550_000 : 50_000]));
    const evidence = soundEvidence();
    const [first] = evidence.generators as [GeneratorData];
    const clients = first.clients.map((client) => ({
      ...client,
      tickBySecond: Array.from({ length: 60 }, (_, second) => {
        const histogram = new Histogram();
        for (let tick = 0; tick < 20; tick++) {
          const waits = (canaryUs.get(second) ?? 0) - random() * 1e6;
          histogram.record(2_000 + Math.round(Math.max(0, waits)));
        }
        return [second, histogram.toJSON()] as const;
      }),
    }));
    const paused = { ...evidence, generators: [{ ...first, clients }], lateness: { ...quiet(), canaryUs } };

    expect(row(paused, 'fairness')).toMatchObject({ verdict: 'invalid' });
  });

  it('should fail a metric that is missing, but print what is declared absent as not applicable', () => {
    const evidence = { ...soundEvidence(), inside: undefined };

    expect(row(evidence, 'process').verdict).toBe('fail');
    const declared = { ...evidence, absent: new Map([['inside', 'it is not ours'] as const]) };
    expect(row(declared, 'process')).toMatchObject({
      verdict: 'not applicable',
      reason: 'the target has no inside: it is not ours',
    });
    expect(judge(declared).verdict).toBe('pass');
  });

  it.each(['missing_pattern', 'wrong_pattern', 'missing_bar', 'wrong_bar'] as const)(
    'should fail on one %s of the oracle, by `loss`',
    (kind) => {
      const evidence = soundEvidence();
      const [fault] = withViolation(evidence, kind, 30).generators[0]?.violations ?? [];
      if (fault === undefined) throw new Error('nothing was planted');

      expect(judge({ ...evidence, market: { ...evidence.market, faults: [fault] } }).why).toMatch(/^loss .*planted/);
    },
  );

  it('should excuse a pattern that nobody read at the end only by our own lateness then', () => {
    const evidence = soundEvidence();
    const [fault] = withViolation(evidence, 'missing_pattern', 60).generators[0]?.violations ?? [];
    if (fault === undefined) throw new Error('nothing was planted');
    const silent = { ...evidence, market: { ...evidence.market, faults: [fault] } };
    const stalled = (second: number) => ({
      ...quiet(),
      loopDelayUs: new Map([['swarm', new Map([[second, 2_000_000]])]]),
    });

    expect(row({ ...silent, lateness: stalled(59) }, 'loss').verdict).toBe('invalid');
    expect(row({ ...silent, lateness: stalled(30) }, 'loss').verdict).toBe('fail');
  });

  it('should fail intervals that are off by more than their share, and say by how much', () => {
    const slow = row(withMetric('cadence', 300_000), 'cadence');

    expect(slow).toMatchObject({ verdict: 'fail', measured: 'max 30.0 %', value: 0.3 });
    expect(slow.reason).toBe('max 30.0 % over the whole run');
    expect(row(withMetric('cadence', 200_000), 'cadence').verdict).toBe('pass');
  });

  it('should judge intervals until clients begin to close, and not beyond', () => {
    expect(row(withMetric('cadence', 300_000, 61), 'cadence').verdict).toBe('fail');
    expect(row(withMetric('cadence', 300_000, 62), 'cadence').verdict).toBe('pass');
  });

  it('should call an interval invalid that only a late second made too long', () => {
    const evidence = withMetric('cadence', 300_000);

    expect(row({ ...evidence, lateness: lateEverywhere }, 'cadence').verdict).toBe('invalid');
  });

  it('should fail values that take too long to compute, at whatever beat they come', () => {
    expect(row(withMetric('compute', 100_000), 'cadence')).toMatchObject({
      verdict: 'fail',
      reason: 'computing the values: max 100 ms over the whole run',
    });
  });

  it('should fail patterns that come late, and silence', () => {
    expect(row(withMetric('pattern', 1_500_000), 'pattern').verdict).toBe('fail');
    expect(row(withMetric('pattern'), 'pattern').reason).toBe('0 samples, 100 needed');
    expect(row(withMetric('cadence'), 'cadence').reason).toBe('0 samples, 500 needed');
  });

  it('should let a broken promise outrank an invalid timing row', () => {
    const evidence = withViolation(
      { ...soundEvidence(), lateness: lateEverywhere, generatorFailed: 'k6 died' },
      'duplicate',
      12,
    );

    expect(judge(evidence).verdict).toBe('fail');
  });

  it('should count listed and unlisted violations alike', () => {
    const evidence = withViolation(soundEvidence(), 'gap', 12);
    const [first] = evidence.generators as [GeneratorData];
    const many = { ...evidence, generators: [{ ...first, violationCounts: new Map([['gap', 5000]]) }] };

    expect(row(many, 'loss').measured).toBe('5000 gap');
  });

  describe('with rows that only warn', () => {
    const targets = loadTargets('concept');
    const warned = (evidence: RunEvidence): RunEvidence => ({ ...evidence, targets });

    it('should tell what is broken, and pass', () => {
      const judgement = judge(warned(withMetric('heartbeat', 9_000_000)));

      expect(judgement.rows.find(({ id }) => id === 'heartbeat')).toMatchObject({ verdict: 'warn', value: 9_000 });
      expect(judgement).toMatchObject({ verdict: 'pass', why: expect.stringContaining('only told: heartbeat') });
    });

    it('should pass a wrong trigger where none was promised, and fail where one was', () => {
      const faults = [{ kind: 'late', atUs: START_US + 5e6, detail: 'order c1-7: late' }];
      const evidence = soundEvidence();
      const wrong = { ...evidence, orders: { ...evidence.orders, faults } };

      expect(judge(warned(wrong)).verdict).toBe('pass');
      expect(judge({ ...wrong, targets: loadTargets('ai-trading-v2') }).verdict).toBe('fail');
    });

    it('should still fail by a row that is promised', () => {
      expect(judge(warned(withMetric('tick', 700_000))).why).toMatch(/^tick /);
    });
  });

  it('should allow a share of messages to be wrong, where the share is promised', () => {
    const evidence = { ...withViolation(soundEvidence(), 'wrong_content', 30), targets: loadTargets('paiid') };
    const [first] = evidence.generators as [GeneratorData];
    const many = { ...evidence, generators: [{ ...first, violationCounts: new Map([['wrong_content', 130]]) }] };

    expect(judge(evidence).verdict).toBe('pass');
    expect(row(many, 'loss')).toMatchObject({
      verdict: 'fail',
      value: 130 / 120_000,
      reason: expect.stringMatching(/planted/),
    });
  });

  describe('of a run that an abort rule ended', () => {
    const seconds = [11, 12, 13];
    const slow = (lateness = quiet()): RunEvidence => ({
      ...withMetric('tick', 700_000, 12),
      endedEarly: { row: 'tick', seconds },
      lateness,
    });

    it('should fail with what was measured, and say which seconds ended it', () => {
      expect(judge(slow())).toMatchObject({
        verdict: 'fail',
        why: 'ended early: tick broke its bound in 3 one-second windows in a row (second 11-13)',
      });
    });

    it('should be invalid when we were late in each of them', () => {
      expect(judge(slow(lateEverywhere)).verdict).toBe('invalid');
    });

    it('should not call a row broken that was still to come', () => {
      const evidence = { ...withMetric('pattern'), endedEarly: { row: 'tick', seconds } } as const;

      expect(row(evidence, 'pattern')).toMatchObject({ verdict: 'not applicable' });
    });

    it('should name a broken promise first', () => {
      const evidence = { ...withViolation(soundEvidence(), 'gap', 5), endedEarly: { row: 'tick', seconds } } as const;

      expect(judge(evidence).why).toMatch(/^loss /);
    });
  });
});

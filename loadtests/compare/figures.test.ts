import { describe, expect, it } from 'vitest';
import { Histogram } from '../../reports/histogram.ts';
import { loadScenario } from '../../simulator/scenario.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import type { GeneratorData, Windows } from '../judge/merge.ts';
import { loadTargets } from '../targets/load.ts';
import { brokenIn, figuresOf, lateBlock, promisesOf, WARM_UP_S } from './figures.ts';

const scenario = loadScenario('compare');

function windows(valueUs: (second: number) => number, count = 100): Windows {
  return new Map(
    Array.from({ length: 7 }, (_, second) => {
      const histogram = new Histogram();
      histogram.record(valueUs(second), count);
      return [second, histogram] as const;
    }),
  );
}

/** A block whose warm-up is a hundred times as slow as what follows. */
function evidence(): Pick<RunEvidence, 'generators' | 'inside' | 'lateness' | 'scenario'> {
  const cold = (us: number) => (second: number) => (second < WARM_UP_S ? 100 * us : us);
  const perSecond = (value: number): Map<number, number> =>
    new Map(Array.from({ length: 7 }, (_, second) => [second, value]));
  const data: GeneratorData = {
    generator: 'swarm',
    metrics: new Map([
      ['tick', windows(cold(2000))],
      ['trigger', windows(cold(3000), 5)],
    ]),
    received: perSecond(5000),
    connected: new Map(),
    clients: [],
    orders: [],
    violations: [],
    violationCounts: new Map(),
    dueTimeErrorUs: 0,
    clockErrorUs: 0,
    clockOffsetUs: 0,
    earlyUs: 0,
    unread: '',
    ends: 1,
  };
  return {
    scenario,
    generators: [data],
    inside: {
      process: windows(cold(100)),
      publish: windows(cold(400)),
      cpu: perSecond(0.2),
      rssBytes: perSecond(1e8),
      loopDelayUs: new Map(),
      runQueueUs: new Map(),
    },
    lateness: {
      canaryUs: new Map(),
      stealShare: new Map(),
      loopDelayUs: new Map(),
      slipUs: new Map(),
      runQueueUs: new Map(),
      clockErrorUs: 0,
    },
  };
}

describe('figuresOf', () => {
  it('should leave the warm-up out, and give no percentile of few samples', () => {
    const { figures, ticks } = figuresOf(evidence());
    expect(figures).toEqual({
      'tick.p50': expect.closeTo(2000, 0),
      'tick.p99': expect.closeTo(2000, 0),
      'trigger.p99': null,
      // Within its bucket, which ends a quarter above where it begins.
      'publish.p99': expect.closeTo(399, 0),
      'process.p99': expect.closeTo(100, 0),
      cpu: expect.closeTo(40, 5),
      rss: 1e8,
    });
    expect(ticks?.[0]).toBe(0);
    expect(ticks?.at(-1)).toBe(1);
  });

  it('should find a tail that lies apart where it is, not between it and the rest', () => {
    const inside = evidence().inside;
    if (inside === undefined) throw new Error('nothing inside');
    const tailed = (tailUs: number): Windows => {
      const histogram = new Histogram();
      histogram.record(900, 985);
      histogram.record(tailUs, 15);
      return new Map([[3, histogram]]);
    };
    const p99Of = (tailUs: number) =>
      figuresOf({ ...evidence(), inside: { ...inside, publish: tailed(tailUs) } }).figures['publish.p99'] ?? 0;
    expect(p99Of(9_000)).toBeGreaterThan(9_000 / 1.3);
    expect(p99Of(18_000) / p99Of(9_000)).toBeCloseTo(2, 1);
  });

  it('should have no figure of what is inside a server that is not seen into', () => {
    const { figures } = figuresOf({ ...evidence(), inside: undefined });
    expect([figures.cpu, figures.rss, figures['publish.p99'], figures['tick.p50']]).toEqual([null, null, null, 2000]);
  });
});

describe('lateBlock', () => {
  it('should name what was late after the warm-up', () => {
    const { lateness } = evidence();
    expect(lateBlock({ lateness, scenario })).toBe('');
    const canaryUs = new Map([[4, 150_000]]);
    expect(lateBlock({ lateness: { ...lateness, canaryUs }, scenario })).toMatch(
      /^the machine's canary 150.0 ms in second \d$/,
    );
  });
});

describe('the promises of a block', () => {
  it('should be those that are not of time', () => {
    const ids = promisesOf(loadTargets('default'), scenario).targets.map(({ id }) => id);
    expect(ids).toContain('loss');
    for (const id of ['tick', 'publish', 'resume']) expect(ids).not.toContain(id);
  });

  it('should ask for no more than a block has', () => {
    const small = { ...scenario, load: { ...scenario.load, clients: 20, symbolsPerClient: 3 } };
    const { targets } = promisesOf(loadTargets('default'), small);
    const bounds = new Map(targets.map(({ id, bound }) => [id, bound]));

    expect([bounds.get('clients'), bounds.get('symbols')]).toEqual([20, 60]);
    expect(Math.max(...targets.map(({ minSamples }) => minSamples))).toBe(1);
  });

  it('should not be held against an arm where the machine was late, but for lost messages', () => {
    const row = { title: '', target: '', measured: '', value: 1, bound: 0, unit: 'count', samples: 1, reason: '' };
    const failed = (id: 'errors' | 'loss') => ({
      verdict: 'fail' as const,
      why: id,
      rows: [{ ...row, id, verdict: 'fail' as const }],
    });
    expect(brokenIn(failed('errors'), '')).toBe('errors');
    expect(brokenIn(failed('errors'), 'the machine was late')).toBe('');
    expect(brokenIn(failed('loss'), 'the machine was late')).toBe('loss');
    expect(brokenIn({ verdict: 'invalid', why: 'late', rows: [] }, '')).toBe('');
  });
});

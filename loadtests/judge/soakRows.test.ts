import { describe, expect, it } from 'vitest';
import type { Target } from '../../protocol/schemas/targets.ts';
import { seededRandom } from '../gate/random.ts';
import { loadTargets } from '../targets/load.ts';
import type { RestReading, RunEvidence } from './evidence.ts';
import { theilSen } from './leak.ts';
import type { GeneratorData } from './merge.ts';
import { leak, uptime } from './soakRows.ts';
import { quiet, soundEvidence } from './testEvidence.ts';

const MB = 1024 * 1024;

function target(id: 'leak' | 'uptime'): Target {
  const found = loadTargets('soak').targets.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
}

/** Readings six minutes apart: a heap that saws by some MB, and what `grow` adds. */
function series(count: number, grow: (lap: number) => Partial<RestReading>, seed = 7): RestReading[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, lap) => {
    const heapBytes = 40 * MB + random() * 2 * MB;
    const base = {
      server: 1,
      hours: lap / 10,
      heapBytes,
      rssBytes: 150 * MB + random() * 12 * MB,
      handles: 14,
      timers: 3,
    };
    const added = grow(lap);
    return {
      ...base,
      ...added,
      heapBytes: base.heapBytes + (added.heapBytes ?? 0),
      rssBytes: base.rssBytes + (added.rssBytes ?? 0),
    };
  });
}

describe('leak', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))('should pass a heap that only saws (seed %i)', (seed) => {
    expect(
      leak(
        target('leak'),
        series(40, () => ({}), seed),
      ),
    ).toMatchObject({ verdict: 'pass' });
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'should fail 1 MB a lap, with the figure within 5 %% (seed %i)',
    (seed) => {
      const found = leak(
        target('leak'),
        series(40, (lap) => ({ heapBytes: lap * MB }), seed),
      );

      expect(found).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/^heap grew by/) });
      expect(Math.abs((found.value ?? 0) - 10)).toBeLessThan(0.5);
      expect(found.interval?.[0]).toBeLessThan(found.value ?? 0);
    },
  );

  it('should fail resident memory that grows while the heap stands', () => {
    const found = leak(
      target('leak'),
      series(40, (lap) => ({ rssBytes: lap * 2 * MB })),
    );

    expect(found).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/^RSS grew/) });
  });

  it.each(['handles', 'timers'] as const)('should fail %s that stay behind in each lap', (name) => {
    const found = leak(
      target('leak'),
      series(12, (lap) => ({ [name]: 14 + lap })),
    );

    expect(found).toMatchObject({ verdict: 'fail', reason: expect.stringContaining(`${name} grew by 9 in`) });
  });

  it('should not judge what fills in the first ten minutes of a soak that lasts', () => {
    const filling = (lap: number) => ({ heapBytes: Math.min(lap, 2) * 20 * MB });

    expect(leak(target('leak'), series(20, filling))).toMatchObject({ verdict: 'pass', samples: 18 });
  });

  it('should allow a short soak its warm-up, and not more', () => {
    const short = (mbALap: number) =>
      series(6, () => ({})).map((reading, lap) => ({
        ...reading,
        hours: lap / 100,
        heapBytes: reading.heapBytes + lap * mbALap * MB,
      }));

    expect(leak(target('leak'), short(5))).toMatchObject({ verdict: 'pass' });
    expect(leak(target('leak'), short(20))).toMatchObject({ verdict: 'fail' });
  });

  it('should not take a step, that is no growth, for a leak', () => {
    expect(
      leak(
        target('leak'),
        series(12, (lap) => ({ handles: lap < 2 ? 12 : 14 })),
      ).verdict,
    ).toBe('pass');
  });

  it('should begin anew with a server that was started anew, and judge the longer series', () => {
    const first = series(5, (lap) => ({ heapBytes: lap * 9 * MB }));
    const second = series(30, () => ({}), 8).map((reading) => ({ ...reading, server: 2 }));

    expect(leak(target('leak'), [...first, ...second])).toMatchObject({ verdict: 'pass', samples: 28 });
  });

  it('should say that it cannot tell from a few readings, and what a short run can show', () => {
    expect(
      leak(
        target('leak'),
        series(3, () => ({})),
      ),
    ).toMatchObject({
      verdict: 'invalid',
      reason: expect.stringContaining('3 readings at rest of one server, 5 needed'),
    });
    expect(
      leak(
        target('leak'),
        series(7, () => ({})),
      ).reason,
    ).toBe('24 min show a heap that grows by 7.5 MB/h or more');
  });
});

describe('theilSen', () => {
  it('should give the slope of a line, with no width', () => {
    const line = Array.from({ length: 9 }, (_, at) => ({ at, value: 3 * at + 1 }));
    expect(theilSen(line)).toEqual({ perUnit: 3, low: 3, high: 3 });
  });

  it('should hold the true slope in its interval nineteen times in twenty', () => {
    const random = seededRandom(11);
    let held = 0;
    for (let trial = 0; trial < 400; trial++) {
      const slope = theilSen(Array.from({ length: 20 }, (_, at) => ({ at, value: 0.5 * at + random() * 6 })));
      if (slope !== undefined && slope.low <= 0.5 && slope.high >= 0.5) held += 1;
    }
    expect(held / 400).toBeGreaterThan(0.92);
    expect(held / 400).toBeLessThan(0.99);
  });

  it('should say nothing of four points', () => {
    expect(theilSen([1, 2, 3, 4].map((at) => ({ at, value: at })))).toBeUndefined();
  });
});

describe('uptime', () => {
  /** Sound evidence in which nothing came in these seconds. */
  function silentIn(...seconds: readonly number[]): RunEvidence {
    const evidence = soundEvidence();
    const [first] = evidence.generators as [GeneratorData];
    const windows = new Map([...(first.metrics.get('tick') ?? [])].filter(([second]) => !seconds.includes(second)));
    return { ...evidence, generators: [{ ...first, metrics: new Map(first.metrics).set('tick', windows) }] };
  }

  it('should be whole where something of every second came', () => {
    expect(uptime(target('uptime'), soundEvidence())).toMatchObject({ verdict: 'pass', value: 1, samples: 60 });
  });

  it('should fail one silent second of sixty, and name it', () => {
    expect(uptime(target('uptime'), silentIn(31))).toMatchObject({
      verdict: 'fail',
      measured: '98.333 % of 60 seconds',
      reason: 'nothing of what was due came in second 31',
    });
  });

  it('should not hold it against the server that a probe of ours ended', () => {
    const killed = { ...silentIn(31), generatorFailed: 'probe ended with SIGKILL' };
    expect(uptime(target('uptime'), killed)).toMatchObject({ verdict: 'invalid', reason: 'probe ended with SIGKILL' });
  });

  it('should not take a second in which nothing was due for an outage', () => {
    const evidence = { ...silentIn(31, 40), quiet: new Set([31]) };

    expect(uptime(target('uptime'), evidence)).toMatchObject({
      verdict: 'fail',
      samples: 59,
      reason: 'nothing of what was due came in second 40',
    });
  });

  it('should not count a second in which we were late ourselves', () => {
    const lateness = { ...quiet(), loopDelayUs: new Map([['probe', new Map([[31, 2_000_000]])]]) };

    expect(uptime(target('uptime'), { ...silentIn(31), lateness })).toMatchObject({ verdict: 'pass', samples: 59 });
  });
});

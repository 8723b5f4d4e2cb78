import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../protocol/schemas/targets.ts';
import { Histogram } from '../../reports/histogram.ts';
import type { Windows } from './merge.ts';
import { judgeTiming, listed, percentileInterval } from './timing.ts';

const TICK: Target = {
  id: 'tick',
  title: 'tick',
  statistic: 'p99',
  comparison: '<',
  bound: 100,
  unit: 'ms',
  windowShare: 0.99,
  never: 500,
  minSamples: 100,
  needs: [],
};

/** Windows of 200 samples each at a latency in ms, with others at their own. */
function windows(seconds: number, latencyMs: number, others: Readonly<Record<number, number>> = {}): Windows {
  const all: Windows = new Map();
  for (let second = 0; second < seconds; second++) {
    const histogram = new Histogram();
    histogram.record((others[second] ?? latencyMs) * 1000, 200);
    all.set(second, histogram);
  }
  return all;
}

function verdictOf(given: Windows, late: readonly number[] = [], generatorAtFault = '', target = TICK) {
  return judgeTiming({
    target,
    windows: given,
    leastSamples: 100,
    lateIn: (second) => (late.includes(second) ? ["the machine's canary 40.0 ms"] : []),
    generatorAtFault,
  });
}

describe('judgeTiming', () => {
  it('should pass what keeps the bound in every window', () => {
    expect(verdictOf(windows(60, 5)).verdict).toBe('pass');
  });

  it('should fail a percentile over the bound, late seconds or not, when clean seconds break it too', () => {
    expect(verdictOf(windows(60, 140), [3, 4, 5]).verdict).toBe('fail');
  });

  it('should be invalid when only late seconds break it, and name them and why', () => {
    const finding = verdictOf(windows(60, 5, { 7: 300 }), [7]);

    expect(finding.verdict).toBe('invalid');
    expect(finding.reason).toMatch(/no fault of the target's: 7 \(the machine's canary\)$/);
  });

  it('should fail one bad window of sixty: a hundredth of sixty is none', () => {
    expect(verdictOf(windows(60, 5, { 7: 300 })).verdict).toBe('fail');
  });

  it('should allow two bad windows of two hundred', () => {
    expect(verdictOf(windows(200, 5, { 7: 300, 9: 300 })).verdict).toBe('pass');
    expect(verdictOf(windows(200, 5, { 7: 300, 9: 300, 11: 300 })).verdict).toBe('fail');
  });

  it('should fail a single message over `never`, however good the percentiles', () => {
    const given = windows(400, 5);
    given.get(11)?.record(501_000);

    const finding = verdictOf(given);

    expect(finding.verdict).toBe('fail');
    expect(finding.reason).toContain('second 11');
  });

  it('should not fail by one sample because few clean seconds are left, but by a percentile that is surely broken', () => {
    // 200 samples a second: one clean second can't carry a p99 by itself.
    const broken = windows(10, 500, { 9: 20 });
    const verdict = () => verdictOf(broken, [0, 1, 2, 3, 4, 5, 6, 7, 8]).verdict;
    broken.get(9)?.record(122_000, 1);
    expect(verdict()).toBe('invalid');
    broken.get(9)?.record(122_000, 9);
    expect(verdict()).toBe('fail');
    const handful = new Histogram();
    handful.record(122_000, 3);
    broken.set(9, handful);
    expect(verdict()).toBe('invalid');
  });

  it('should fail too few samples, and call it invalid when the generator was at fault', () => {
    expect(verdictOf(new Map())).toMatchObject({ verdict: 'fail', valueUs: null, samples: 0 });
    expect(verdictOf(new Map(), [], 'k6 died').verdict).toBe('invalid');
  });

  it('should judge by the maximum where the samples carry no p99, and say so', () => {
    const given: Windows = new Map([[0, new Histogram()]]);
    given.get(0)?.record(5_000, 199);
    given.get(0)?.record(150_000);

    expect(verdictOf(given)).toMatchObject({ verdict: 'fail', byMaximum: true, valueUs: 150_000 });
  });

  it('should not take one message for most of a second', () => {
    const medianOf = (samples: number): number | undefined => {
      const given: Windows = new Map([[0, new Histogram()]]);
      given.get(0)?.record(150_000, samples);
      let told: number | undefined;
      const lateIn = (_: number, measured: { readonly medianUs: number }): string[] => {
        told = measured.medianUs;
        return [];
      };
      judgeTiming({ target: TICK, windows: given, leastSamples: 1, lateIn, generatorAtFault: '' });
      return told;
    };
    expect([medianOf(1), medianOf(2), medianOf(3)]).toEqual([0, 0, 150_000]);
  });

  it('should never fail on late seconds alone, nor pass what it calls broken (law)', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 40 }), (latencies) => {
        const given = windows(latencies.length, 0, Object.fromEntries(latencies.map((ms, at) => [at, ms])));
        const all = [...given.keys()];
        expect(verdictOf(given, all).verdict).not.toBe('fail');
        const quiet = verdictOf(given).verdict;
        expect(quiet).toBe(latencies.some((ms) => ms >= 100) ? 'fail' : 'pass');
      }),
    );
  });
});

describe('percentileInterval', () => {
  it('should hold the percentile and narrow with samples', () => {
    const few = new Histogram();
    const many = new Histogram();
    for (let value = 0; value < 2000; value++) {
      if (value % 2 === 0) few.record(value);
      many.record(value, 50);
    }

    const [low, high] = percentileInterval(few, 0.99);
    const [lowMany, highMany] = percentileInterval(many, 0.99);

    expect(low).toBeLessThanOrEqual(few.percentile(99));
    expect(high).toBeGreaterThanOrEqual(few.percentile(99));
    expect(highMany - lowMany).toBeLessThan(high - low);
  });
});

describe('listed', () => {
  it('should join runs of seconds', () => {
    expect(listed([3, 7, 8, 9, 12])).toBe('3, 7-9, 12');
    expect(listed([])).toBe('');
  });
});

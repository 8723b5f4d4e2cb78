import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadHistory } from '../history.ts';
import { drawPath, fold, meetRange } from './path.ts';
import { Random } from './random.ts';
import { dailyReturns } from './returns.ts';
import { fitClusters } from './volatility.ts';

const clusters = fitClusters(dailyReturns(await loadHistory()));

function evenClock(seconds: number): Float64Array {
  return Float64Array.from({ length: seconds + 1 }, (_, second) => second / seconds);
}

describe('a path', () => {
  it('should have variance 1 at its end over many draws, whatever its course', () => {
    const clock = evenClock(600).map((share) => share ** 2);
    const ends = Array.from({ length: 600 }, (_, seed) => {
      const path = drawPath({ clusters, varianceClock: clock, random: new Random(seed, 'test') });
      return path.at(-1) as number;
    });

    const variance = ends.reduce((sum, end) => sum + end * end, 0) / ends.length;
    expect(variance).toBeGreaterThan(0.6);
    expect(variance).toBeLessThan(1.5);
  });

  it('should meet any range exactly: start, extremes and end', () => {
    const range = fc
      .tuple(fc.double({ min: 0, max: 0.2, noNaN: true }), fc.double({ min: 0, max: 0.2, noNaN: true }))
      .chain(([above, below]) =>
        fc.record({
          high: fc.constant(above),
          low: fc.constant(0 - below),
          close: fc.double({ min: 0 - below, max: above, noNaN: true }).map((close) => close + 0),
        }),
      );
    fc.assert(
      fc.property(range, fc.nat(), fc.integer({ min: 3, max: 400 }), (day, seed, seconds) => {
        const clock = evenClock(seconds);
        const path = drawPath({ clusters, varianceClock: clock, random: new Random(seed, 'test') });
        const scaled = path.map((value) => 0.05 * value);
        meetRange(scaled, clock, day);

        expect(scaled[0]).toBe(0);
        expect(scaled.at(-1)).toBe(day.close);
        expect(Math.max(...scaled)).toBe(Math.max(0, day.high));
        expect(Math.min(...scaled)).toBe(Math.min(0, day.low));
      }),
      { numRuns: 300 },
    );
  });
});

describe('fold', () => {
  it.each([
    [0.5, 0.5],
    [1.25, 0.75],
    [-0.25, 0.25],
    [2.25, 0.25],
    [-1.75, 0.25],
    [1, 1],
    [0, 0],
  ])('should bring %d to %d within 0 and 1', (level, folded) => {
    expect(fold(level, { low: 0, high: 1 })).toBeCloseTo(folded, 12);
  });

  it('should know a range of one price', () => {
    expect(fold(3, { low: 2, high: 2 })).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import { seededRandom } from '../gate/random.ts';
import { changePoints, ratioBetween } from './changePoints.ts';

/** Positive figures around 1000 whose logs are noisy by `noise`, times `shape(at)`. */
function series(
  length: number,
  random: () => number,
  noise: number,
  shape: (at: number) => number = () => 1,
): number[] {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length }, (_, at) => 1000 * shape(at) * Math.exp(noise * normal()));
}

const level = 0.05;

describe('changePoints', () => {
  it('should find a step of known place within one run in 90 % of the series, with its size', () => {
    const random = seededRandom(1);
    let [placed, held] = [0, 0];
    const trials = 60;
    for (let trial = 0; trial < trials; trial++) {
      const at = 10 + Math.floor(random() * 20);
      const found = changePoints(
        series(40, random, 0.05, (run) => (run >= at ? 1.2 : 1)),
        { seed: trial, level },
      );
      const close = found.find((point) => Math.abs(point.at - at) <= 1);
      if (close === undefined) continue;
      placed += 1;
      if (close.interval[0] <= 1.2 && 1.2 <= close.interval[1]) held += 1;
      expect(close.ratio).toBeGreaterThan(1.1);
      expect(close.ratio).toBeLessThan(1.32);
    }
    expect(placed / trials).toBeGreaterThanOrEqual(0.9);
    expect(held / placed).toBeGreaterThanOrEqual(0.9);
  });

  it('should find nothing in noise, but in 5 % of the series at most', () => {
    const random = seededRandom(2);
    let alarms = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      if (changePoints(series(30, random, 0.1), { seed: trial, level }).length > 0) alarms += 1;
    }
    expect(alarms / trials).toBeLessThanOrEqual(0.05);
  });

  it('should find several steps, up and down, and call an outlier none', () => {
    const steps = (run: number): number => (run === 7 ? 3 : run < 20 ? 1 : run < 40 ? 1.5 : 1.1);
    const found = changePoints(series(60, seededRandom(3), 0.03, steps), { seed: 1, level });
    expect(found.map(({ at }) => at)).toEqual([20, 40]);
    expect(found.map(({ ratio }) => ratio)).toEqual([expect.closeTo(1.5, 1), expect.closeTo(1.1 / 1.5, 1)]);
    for (const { p } of found) expect(p).toBeLessThanOrEqual(0.05);
  });

  it('should say nothing of too few runs, and the same twice', () => {
    expect(changePoints([1, 1, 1, 9, 9, 9], { seed: 1, level })).toEqual([]);
    const values = series(25, seededRandom(4), 0.05, (run) => (run > 12 ? 1.4 : 1));
    expect(changePoints(values, { seed: 5, level })).toEqual(changePoints(values, { seed: 5, level }));
  });

  it('should count a shuffle that splits into the same two sides, however its sums are rounded', () => {
    // 70 ways to choose the four before the split, and two of them are as lopsided.
    const values = [1.1, 1.3, 1.7, 1.9, 3.1, 3.7, 4.1, 4.3];
    expect(changePoints(values, { seed: 1, level })[0]?.p).toBeGreaterThan(0.015);
    expect(changePoints(values, { seed: 1, level: level / 7 })).toEqual([]);
  });
});

describe('ratioBetween', () => {
  /** Share of the intervals that hold the ratio between `before` and `after` values. */
  function coverage(before: number, after: number, draw: (random: () => number) => number): number {
    const random = seededRandom(7);
    const trials = 600;
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const early = Array.from({ length: before }, () => draw(random));
      const late = Array.from({ length: after }, () => Math.log(1.3) + draw(random));
      const [low, high] = ratioBetween(early, late).interval;
      if (low <= 1.3 && 1.3 <= high) held += 1;
    }
    return held / trials;
  }

  const normal = (random: () => number): number =>
    0.1 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const skewed = (random: () => number): number => -0.1 * Math.log(1 - random());

  it.each([
    [20, 4],
    [12, 8],
    [30, 30],
    [4, 4],
  ])('should hold 95 % with %i values before and %i after, of any shape', (before, after) => {
    expect(coverage(before, after, normal)).toBeGreaterThanOrEqual(0.93);
    expect(coverage(before, after, skewed)).toBeGreaterThanOrEqual(0.93);
  });

  it('should leave out as many pairs as the table of the Mann-Whitney test, and not more', () => {
    // Differences are 1 to 30 with 5 before and 6 after; the table's critical value is 3.
    const early = [0, -1, -2, -3, -4];
    const late = [1, 6, 11, 16, 21, 26];
    const { ratio, interval } = ratioBetween(early, late);
    expect(Math.log(ratio)).toBeCloseTo(15.5, 9);
    expect(interval.map(Math.log)).toEqual([expect.closeTo(4, 9), expect.closeTo(27, 9)]);
  });

  it('should span all ratios where there are too few values for 95 %', () => {
    const { interval } = ratioBetween([0, 0.1, 0.2], [1, 1.1, 1.2]);
    expect(interval.map(Math.log)).toEqual([expect.closeTo(0.8, 9), expect.closeTo(1.2, 9)]);
  });
});

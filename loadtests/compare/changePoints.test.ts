import { describe, expect, it } from 'vitest';
import { seededRandom } from '../gate/random.ts';
import { changePoints } from './changePoints.ts';

/** Positive figures around 1000 whose logs are noisy by `noise`, times `level(at)`. */
function series(
  length: number,
  random: () => number,
  noise: number,
  level: (at: number) => number = () => 1,
): number[] {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length }, (_, at) => 1000 * level(at) * Math.exp(noise * normal()));
}

describe('changePoints', () => {
  it('should find a step of known place within one run in 90 % of the series, with its size', () => {
    const random = seededRandom(1);
    let [placed, held] = [0, 0];
    const trials = 60;
    for (let trial = 0; trial < trials; trial++) {
      const at = 10 + Math.floor(random() * 20);
      const found = changePoints(
        series(40, random, 0.05, (run) => (run >= at ? 1.2 : 1)),
        trial,
      );
      const close = found.find((point) => Math.abs(point.at - at) <= 1);
      if (close === undefined) continue;
      placed += 1;
      if (close.interval[0] <= 1.2 && 1.2 <= close.interval[1]) held += 1;
      expect(close.ratio).toBeGreaterThan(1.1);
      expect(close.ratio).toBeLessThan(1.32);
    }
    expect(placed / trials).toBeGreaterThanOrEqual(0.9);
    expect(held / placed).toBeGreaterThan(0.85);
  });

  it('should find nothing in noise, but in 5 % of the series at most', () => {
    const random = seededRandom(2);
    let alarms = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      if (changePoints(series(30, random, 0.1), trial).length > 0) alarms += 1;
    }
    expect(alarms / trials).toBeLessThanOrEqual(0.05);
  });

  it('should find several steps, up and down, and call an outlier none', () => {
    const level = (run: number): number => (run === 7 ? 3 : run < 20 ? 1 : run < 40 ? 1.5 : 1.1);
    const found = changePoints(series(60, seededRandom(3), 0.03, level), 1);
    expect(found.map(({ at }) => at)).toEqual([20, 40]);
    expect(found.map(({ ratio }) => ratio)).toEqual([expect.closeTo(1.5, 1), expect.closeTo(1.1 / 1.5, 1)]);
    for (const { p } of found) expect(p).toBeLessThanOrEqual(0.05);
  });

  it('should say nothing of too few runs, and the same twice', () => {
    expect(changePoints([1, 1, 1, 9, 9, 9], 1)).toEqual([]);
    const values = series(25, seededRandom(4), 0.05, (run) => (run > 12 ? 1.4 : 1));
    expect(changePoints(values, 5)).toEqual(changePoints(values, 5));
  });
});

import { describe, expect, it } from 'vitest';
import { Histogram } from '../../reports/histogram.ts';
import { seededRandom } from '../gate/random.ts';
import { drawRuns, standardError } from './bootstrap.ts';
import { compareShapes, distribution, GRID_US } from './ks.ts';
import { detection } from './power.ts';
import { chiSquareQuantile, median, normalQuantile, studentQuantile } from './quantiles.ts';
import { armOrder, pairRatios, sameArmRatios } from './ratio.ts';
import { flipsFor } from './signFlip.ts';

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe('quantiles', () => {
  it('should be those of the tables', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232, 5);
    expect(studentQuantile(0.975, 7)).toBeCloseTo(2.3646, 2);
    expect(studentQuantile(0.9964, 11)).toBeCloseTo(3.28, 1);
    expect(chiSquareQuantile(0.1, 7)).toBeCloseTo(2.833, 1);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

describe('the order of blocks and their ratios', () => {
  it('should deal pairs of A B or B A, each by a coin of its own, by the seed', () => {
    const order = armOrder(40, 3);
    for (let at = 0; at < 40; at += 2) expect(['ab', 'ba']).toContain(order.slice(at, at + 2).join(''));
    expect(order).toEqual(armOrder(40, 3));
    expect(new Set(Array.from({ length: 40 }, (_, seed) => armOrder(4, seed).join('')))).toEqual(
      new Set(['abba', 'baab', 'abab', 'baba']),
    );
  });

  it('should take a drift of the machine out of the mean ratio', () => {
    const order = ['a', 'b', 'b', 'a', 'a', 'b', 'b', 'a'] as const;
    const drifting = order.map((arm, at) => Math.exp(0.3 * at) * (arm === 'b' ? 2 : 1));
    const ratios = pairRatios(drifting, order);
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeCloseTo(Math.log(2), 10);
  });

  it('should leave out pairs of which a block has no figure, and find neighbours of one arm', () => {
    const order = ['a', 'b', 'b', 'a'] as const;
    expect(pairRatios([1, null, 2, 1], order)).toEqual([Number.NaN, Math.log(2)]);
    expect(sameArmRatios([1, 2, 4, 1], order)).toEqual([Math.log(2)]);
    expect(sameArmRatios([1, 2, 0, 1], order)).toEqual([]);
  });
});

describe('the block bootstrap', () => {
  it('should draw runs of neighbours', () => {
    const drawn = drawRuns([0, 1, 2, 3, 4], { length: 9, runLength: 3, random: seededRandom(1) });
    expect(drawn).toHaveLength(9);
    for (const at of [0, 3, 6]) {
      expect(drawn[at + 1]).toBe(((drawn[at] ?? 0) + 1) % 5);
      expect(drawn[at + 2]).toBe(((drawn[at] ?? 0) + 2) % 5);
    }
  });

  it('should give the standard error of a mean', () => {
    const random = seededRandom(4);
    const values = Array.from({ length: 400 }, () => normal(random));
    const mean = (drawn: readonly number[]): number => drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const error = standardError(values, { length: 16, runLength: 2, resamples: 2000, random, statistic: mean });
    expect(error).toBeCloseTo(1 / 4, 1);
  });
});

describe('detection', () => {
  const neighbours = (noise: number, seed: number): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 12 }, () => noise * normal(random));
  };
  const plan = { pairs: 8, level: 0.05 / 7, minEffect: Math.log(1.05), gate: Math.log(1.1), seed: 1 };

  it('should grow with the noise and shrink with the blocks', () => {
    const quiet = detection(neighbours(0.02, 1), plan)?.detectable ?? Number.NaN;
    const noisy = detection(neighbours(0.2, 1), plan)?.detectable ?? Number.NaN;
    const longer = detection(neighbours(0.2, 1), { ...plan, pairs: 32 })?.detectable ?? Number.NaN;
    expect(quiet).toBeLessThan(longer);
    expect(longer).toBeLessThan(noisy);
    expect(quiet).toBeGreaterThan(plan.minEffect);
  });

  it('should name the blocks with which the gate would be found', () => {
    const given = neighbours(0.1, 2);
    const { blocksNeeded = 0, detectable } = detection(given, plan) ?? {};
    expect(detectable).toBeGreaterThan(plan.gate);
    const enough = detection(given, { ...plan, pairs: blocksNeeded / 2 })?.detectable ?? Number.NaN;
    expect(enough).toBeLessThan(plan.gate * 1.15);
    expect(detection(neighbours(30, 3), plan)?.blocksNeeded).toBeUndefined();
  });

  it('should say nothing from too few neighbours', () => {
    expect(detection([0.1, 0.2, 0.1], plan)).toBeUndefined();
  });
});

describe('compareShapes', () => {
  /** Blocks with a level of their own: their messages aren't independent. */
  const block = (random: () => number, shape: (us: number) => number): number[] => {
    const level = 1000 * Math.exp(0.1 * normal(random));
    const histogram = new Histogram();
    for (let at = 0; at < 500; at++) histogram.record(shape(level * Math.exp(0.5 * normal(random))));
    return distribution(histogram);
  };
  const flips = flipsFor(8, 1);

  it('should keep its level for blocks of messages that depend on each other', () => {
    const random = seededRandom(8);
    let alarms = 0;
    for (let trial = 0; trial < 40; trial++) {
      const pairs = Array.from({ length: 8 }, () => ({ a: block(random, (us) => us), b: block(random, (us) => us) }));
      if (compareShapes(pairs, flips).p <= 0.05) alarms += 1;
    }
    expect(alarms / 40).toBeLessThan(0.15);
  });

  it('should see a second hump that leaves the middle where it was', () => {
    const random = seededRandom(9);
    const humped = (us: number): number => (random() < 0.2 ? us * 6 : us);
    const pairs = Array.from({ length: 8 }, () => ({ a: block(random, (us) => us), b: block(random, humped) }));
    const { p, distance, a, b } = compareShapes(pairs, flips);
    expect(p).toBe(1 / 128);
    expect(distance).toBeGreaterThan(0.1);
    expect([a.length, b.length]).toEqual([GRID_US.length, GRID_US.length]);
  });
});

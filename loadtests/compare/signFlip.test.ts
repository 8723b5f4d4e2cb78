import { describe, expect, it } from 'vitest';
import { seededRandom } from '../gate/random.ts';
import { centre, flipChance, flipInterval, flipsFor, jointChances } from './signFlip.ts';

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const draw = (length: number, random: () => number, scale = 1): number[] =>
  Array.from({ length }, () => scale * normal(random));

describe('flipChance', () => {
  it('should count the dealings that are as lopsided as what was seen', () => {
    expect(flipChance([1, 1, 1, 1, 1, 1, 1, 1], flipsFor(8, 1), 0)).toBe(1 / 128);
    expect(flipChance([1, -1, 1, -1, 1, -1, 1, -1], flipsFor(8, 1), 0)).toBe(1);
  });

  it('should not let one hiccup hide what all other pairs say', () => {
    const pairs = [0.1, 0.11, 0.09, 0.1, 0.12, 0.1, 0.11, 0.1, 0.09, 2.5];
    expect(flipChance(pairs, flipsFor(10, 1), 0)).toBeLessThan(0.01);
    expect(centre(pairs)).toBeCloseTo(0.1, 1);
  });

  it('should draw the flips of many pairs, the same for the same seed', () => {
    const pairs = draw(30, seededRandom(2)).map((value) => value + 0.4);
    const chance = flipChance(pairs, flipsFor(30, 7), 0);
    expect(chance).toBe(flipChance(pairs, flipsFor(30, 7), 0));
    expect(chance).toBeGreaterThan(0);
    expect(chance).toBeLessThan(0.2);
  });
});

describe('jointChances', () => {
  it('should hold 5 % over seven metrics together, whether they move together or not', () => {
    const random = seededRandom(11);
    const flips = flipsFor(8, 1);
    for (const common of [0, 2]) {
      let alarms = 0;
      for (let trial = 0; trial < 2000; trial++) {
        const shared = draw(8, random, common);
        const metrics = Array.from({ length: 7 }, () => draw(8, random).map((own, at) => own + (shared[at] ?? 0)));
        if (jointChances(metrics, flips).some((p) => p <= 0.05)) alarms += 1;
      }
      expect(alarms / 2000).toBeLessThan(0.065);
    }
  });

  it('should not charge a metric for others that move with it, and never be below its own chance', () => {
    const one = draw(10, seededRandom(5)).map((value) => value + 1.5);
    const flips = flipsFor(10, 1);
    const alone = flipChance(one, flips, 0);
    expect(jointChances([one, one.map((value) => 2 * value), one], flips)).toEqual([alone, alone, alone]);
    const [among = 0] = jointChances([one, draw(10, seededRandom(6)), draw(10, seededRandom(7))], flips);
    expect(among).toBeGreaterThanOrEqual(alone);
  });
});

describe('flipInterval', () => {
  it('should hold the truth in 95 % of the cases, with few pairs and with heavy tails', () => {
    const random = seededRandom(21);
    const flips = flipsFor(8, 1);
    const trials = 400;
    for (const tail of [1, 3]) {
      let held = 0;
      for (let trial = 0; trial < trials; trial++) {
        const ratios = draw(8, random).map((value) => 0.2 + Math.sign(value) * Math.abs(value) ** tail);
        const [low, high] = flipInterval(ratios, flips, 0.05) ?? [Number.NaN, Number.NaN];
        if (low <= 0.2 && 0.2 <= high) held += 1;
      }
      expect(held / trials).toBeGreaterThan(0.925);
    }
  });

  it('should not exist for so few pairs that no test at its level could reject', () => {
    expect(flipInterval([0.1, 0.2, 0.1, 0.2, 0.1], flipsFor(5, 1), 0.05)).toBeUndefined();
    expect(flipInterval([0.1, 0.2, 0.1, 0.2, 0.1, 0.2], flipsFor(6, 1), 0.05)).toBeDefined();
  });
});

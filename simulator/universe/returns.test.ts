import { describe, expect, it } from 'vitest';
import { loadHistory } from '../history.ts';
import { Random, WeightedIndex } from './random.ts';
import { BlockBootstrap, dailyReturns, fitStocks } from './returns.ts';

describe('returns of the real histories', () => {
  it('should have mean 0 and deviation 1 once standardised, fat tails kept', async () => {
    const { standardised, deviation } = dailyReturns(await loadHistory());
    const moment = (power: number): number =>
      standardised.reduce((sum, value) => sum + value ** power, 0) / standardised.length;

    expect(moment(1)).toBeCloseTo(0, 10);
    expect(moment(2)).toBeCloseTo(1, 10);
    expect(moment(4)).toBeGreaterThan(9);
    expect(deviation).toBeGreaterThan(0.01);
    expect(deviation).toBeLessThan(0.015);
  });

  it('should fit betas that are plausible for the five stocks', async () => {
    for (const { beta, residuals } of fitStocks(await loadHistory())) {
      expect(beta).toBeGreaterThan(0.5);
      expect(beta).toBeLessThan(2.5);
      expect(residuals.deviation).toBeGreaterThan(0.03);
      expect(residuals.deviation).toBeLessThan(0.2);
    }
  });
});

describe('BlockBootstrap', () => {
  it('should keep neighbours together within a block and draw nothing but real values', () => {
    const values = Float64Array.from({ length: 50 }, (_, at) => at);
    const bootstrap = new BlockBootstrap(values, { blockLength: 5, random: new Random(1, 'test') });

    for (let block = 0; block < 200; block++) {
      const first = bootstrap.next();
      const rest = [bootstrap.next(), bootstrap.next(), bootstrap.next(), bootstrap.next()];
      expect(rest).toEqual([1, 2, 3, 4].map((step) => (first + step) % 50));
    }
  });
});

describe('Random', () => {
  it('should give the same numbers for the same seed and label, others for another', () => {
    const draw = (seed: number, label: string): number[] => {
      const random = new Random(seed, label);
      return [random.uint32(), random.uint32(), random.uint32()];
    };

    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(1 + 2 ** 32, 'a'));
  });

  it('should draw indexes in proportion to their weights', () => {
    const weights = Float64Array.from([8, 4, 0, 2, 1, 1]);
    const index = new WeightedIndex(weights);
    const random = new Random(3, 'test');
    const counts = new Float64Array(weights.length);
    for (let draw = 0; draw < 160_000; draw++) {
      const drawn = index.draw(random);
      counts[drawn] = (counts[drawn] as number) + 1;
    }

    for (const [at, count] of counts.entries()) expect(count / 160_000).toBeCloseTo((weights[at] as number) / 16, 2);
    expect(counts[2]).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { autocorrelations, kurtosis } from '../facts/statistics.ts';
import { loadHistory } from '../history.ts';
import { Random } from './random.ts';
import { dailyReturns } from './returns.ts';
import { ClusteredReturns, fitClusters, nextVariance } from './volatility.ts';

const returns = dailyReturns(await loadHistory());
const clusters = fitClusters(returns);

function draw(count: number, seed: number): Float64Array {
  const series = new ClusteredReturns(clusters, { blockLength: 20, random: new Random(seed, 'test') });
  return Float64Array.from({ length: count }, () => series.next());
}

describe('fitClusters', () => {
  it('should find the model that a series was made by', () => {
    const random = new Random(7, 'test');
    const model = { shock: 0.09, memory: 0.88 };
    let variance = 1;
    const standardised = Float64Array.from({ length: 20_000 }, () => {
      const value = Math.sqrt(variance) * random.normal();
      variance = nextVariance(model, { variance, squared: value * value });
      return value;
    });
    const { shock, memory, residuals } = fitClusters({ standardised, mean: 0, deviation: 1 });

    expect(Math.abs(shock - model.shock)).toBeLessThan(0.03);
    expect(Math.abs(shock + memory - 0.97)).toBeLessThan(0.02);
    expect(autocorrelations(residuals.map(Math.abs), 1)[0]).toBeLessThan(0.03);
  });

  it('should find no clusters where there are none', () => {
    const random = new Random(8, 'test');
    const standardised = Float64Array.from({ length: 20_000 }, () => random.normal());

    expect(fitClusters({ standardised, mean: 0, deviation: 1 }).shock).toBe(0.03);
  });

  it('should take the clusters of the real index out of its residuals, and leave fat tails in', () => {
    const before = autocorrelations(returns.standardised.map(Math.abs), 5);
    const after = autocorrelations(clusters.residuals.map(Math.abs), 5);

    expect(Math.min(...before)).toBeGreaterThan(0.25);
    expect(Math.max(...after)).toBeLessThan(0.1);
    expect(kurtosis(clusters.residuals)).toBeGreaterThan(3.5);
  });
});

describe('ClusteredReturns', () => {
  it('should have the tails and the clusters of the real index', () => {
    const values = draw(40_000, 1);
    const real = autocorrelations(returns.standardised.map(Math.abs), 20);
    const made = autocorrelations(values.map(Math.abs), 20);

    expect(kurtosis(values)).toBeGreaterThan(6);
    for (const lag of [0, 4, 9, 19]) {
      expect(Math.abs((made[lag] as number) - (real[lag] as number)), `lag ${lag + 1}`).toBeLessThan(0.15);
    }
    expect(Math.abs(autocorrelations(values, 1)[0] as number)).toBeLessThan(0.1);
    expect(values.reduce((sum, value) => sum + value * value, 0) / values.length).toBeCloseTo(1, 0);
  });
});

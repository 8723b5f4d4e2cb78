import { describe, expect, it } from 'vitest';
import { normalRandom } from './testing/systems.ts';
import { fitUsl, type Interval, peakOf, type ScalingPoint, throughputAt, type Usl, uslIntervals } from './usl.ts';

/** Plateaus as a search leaves them: doublings, then a bisection and its repeats. */
const LOADS = [50, 100, 200, 400, 800, 1600, 1600, 2263, 1903, 1745, 1745, 1745, 1903];

function points(law: Usl, noise: () => number, loads = LOADS): ScalingPoint[] {
  return loads.map((load) => ({ load, throughput: throughputAt(law, load) * Math.exp(noise()) }));
}

function holds([low, high]: Interval, value: number): boolean {
  return low <= value * (1 + 1e-9) + 1e-15 && (high === null || value <= high * (1 + 1e-9) + 1e-15);
}

describe('fitUsl', () => {
  it('should find the law that made the points', () => {
    const law = { lambda: 900, sigma: 0.02, kappa: 2e-6 };
    const fit = fitUsl(points(law, () => 0));

    expect(fit.lambda).toBeCloseTo(900, 3);
    expect(fit.sigma).toBeCloseTo(0.02, 7);
    expect(fit.kappa).toBeCloseTo(2e-6, 11);
    expect(peakOf(fit)).toBeCloseTo(700, 3);
  });

  it('should keep to the bounds, and have no peak without crosstalk', () => {
    const fit = fitUsl(points({ lambda: 10, sigma: 0.3, kappa: 0 }, normalOf(3, 0.02)));

    expect(fit.sigma).toBeGreaterThan(0.2);
    expect(fit.kappa).toBeGreaterThanOrEqual(0);
    expect(peakOf({ ...fit, kappa: 0 })).toBeUndefined();
    expect(fitUsl(points({ lambda: 10, sigma: 0, kappa: 0 }, () => 0))).toMatchObject({ sigma: 0, kappa: 0 });
  });

  const laws: Record<string, Usl> = {
    'contention and crosstalk': { lambda: 900, sigma: 0.02, kappa: 2e-6 },
    'contention alone': { lambda: 900, sigma: 0.05, kappa: 0 },
    'crosstalk alone': { lambda: 40, sigma: 0, kappa: 1e-6 },
    'no limit': { lambda: 40, sigma: 0, kappa: 0 },
  };
  for (const [name, law] of Object.entries(laws)) {
    for (const noise of name === 'contention and crosstalk' ? [0.03, 0.1] : [0.05]) {
      it(`should cover the truth with each interval in 90 of 100 trials or more: ${name}, ${100 * noise} % of noise`, () => {
        const covered = { lambda: 0, sigma: 0, kappa: 0 };
        for (let seed = 1; seed <= 100; seed++) {
          const seen = points(law, normalOf(seed, noise));
          const fit = fitUsl(seen);
          const intervals = uslIntervals(seen, fit);
          expect(Math.min(fit.sigma, 1 - fit.sigma, fit.kappa)).toBeGreaterThanOrEqual(0);
          for (const name of ['lambda', 'sigma', 'kappa'] as const) {
            if (holds(intervals[name], law[name])) covered[name] += 1;
          }
        }
        expect(covered.lambda, 'lambda').toBeGreaterThanOrEqual(90);
        expect(covered.sigma, 'sigma').toBeGreaterThanOrEqual(90);
        expect(covered.kappa, 'kappa').toBeGreaterThanOrEqual(90);
      });
    }
  }
});

function normalOf(seed: number, noise: number): () => number {
  const normal = normalRandom(seed);
  return () => noise * normal();
}

import { describe, expect, it } from 'vitest';
import { stepsOf } from '../session/behaviours/steps.ts';
import { arrivals, type BehavioursInput, dealBehaviours } from './behaviours.ts';
import { seededRandom } from './random.ts';

const START_US = 1_000_000_000;
const DURATION_US = 60_000_000;

const deal = (shares: BehavioursInput['shares'], seed = 7) =>
  dealBehaviours({
    shares,
    clientSymbols: Array.from({ length: 100 }, () => ['A', 'B', 'C']),
    schedule: { startUs: START_US, fromEventUs: 0, toEventUs: DURATION_US, speed: 1 },
    pollUrl: 'http://127.0.0.1:1/api/poll',
    random: seededRandom(seed),
  });

describe('dealBehaviours', () => {
  const shares = { slow: 0.1, flapping: 0.05, churn: 0.2, bursts: 0.05, polling: 0.1 };

  it('should give each behaviour to its share of the clients, the same by the same seed', () => {
    const kinds = deal(shares).map((behaviour) => behaviour?.kind ?? 'steady');
    const count = (kind: string): number => kinds.filter((one) => one === kind).length;
    expect(['slow', 'flapping', 'churn', 'bursts', 'polling', 'steady'].map(count)).toEqual([10, 5, 20, 5, 10, 50]);
    expect(deal(shares)).toEqual(deal(shares));
    expect(deal(shares, 8)).not.toEqual(deal(shares));
  });

  it('should plan steps in order, the first after the start and the last in time before the end', () => {
    for (const behaviour of deal(shares)) {
      const steps = behaviour === undefined ? [] : stepsOf(behaviour);
      if (behaviour !== undefined && behaviour.kind !== 'bursts') expect(steps.length).toBeGreaterThan(4);
      for (const { atUs } of steps) {
        expect(atUs).toBeGreaterThanOrEqual(START_US + 2_000_000);
        expect(atUs).toBeLessThanOrEqual(START_US + DURATION_US - 5_000_000);
      }
    }
  });

  it('should take every symbol back that a client leaves before it leaves any again', () => {
    for (const behaviour of deal({ churn: 1 })) {
      if (behaviour?.kind !== 'churn') throw new Error('not a churning client');
      const { leaves } = behaviour;
      for (const [at, leave] of leaves.entries()) {
        expect(leave.toUs).toBeLessThan(leaves[at + 1]?.fromUs ?? Number.POSITIVE_INFINITY);
      }
    }
  });

  it('should refuse more than everybody in one line', () => {
    expect(() => deal({ slow: 0.6, churn: 0.6 })).toThrow('add up to 1.2: they are shares of 1');
  });
});

describe('arrivals', () => {
  it('should come at random at the rate that was asked for', () => {
    const times = arrivals({ clients: 2_000, perS: 100, fromUs: 0, random: seededRandom(3) });
    expect((times.at(-1) ?? 0) / 1e6).toBeCloseTo(20, -0.5);
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    // Of an exponential distribution a share of 1/e is over its mean.
    expect(gaps.filter((gap) => gap > 10_000).length / gaps.length).toBeCloseTo(Math.exp(-1), 1);
  });
});

import { describe, expect, it } from 'vitest';
import { backlogIn, trendOf } from './backlog.ts';
import { normalRandom } from './testing/systems.ts';

const BOUND_US = 100_000;

function seconds(count: number, at: (second: number) => number): [number, number][] {
  return Array.from({ length: count }, (_, second) => [second + 3, at(second)]);
}

describe('trendOf', () => {
  it('should find a line and be sure of it', () => {
    const trend = trendOf(seconds(12, (second) => 1000 + 50 * second));

    expect(trend?.slopePerS).toBeCloseTo(50, 6);
    expect(trend?.p).toBeLessThan(1e-4);
  });

  it('should not be moved by one wild second', () => {
    expect(trendOf(seconds(12, (second) => (second === 11 ? 1e6 : 1000)))?.slopePerS).toBe(0);
  });

  it('should say nothing of a few seconds', () => {
    expect(trendOf(seconds(5, (second) => second))).toBeUndefined();
  });
});

describe('backlogIn', () => {
  it('should see the queue of a server that does 2 % less than it is asked for', () => {
    // Each second leaves 20 ms of work to the next.
    expect(
      backlogIn(
        seconds(12, (second) => 2_000 + 20_000 * second),
        BOUND_US,
      ),
    ).toContain('20.0 ms a second');
  });

  it('should take noise for a queue in fewer than 1 of 100 plateaus', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 1000; seed++) {
      const normal = normalRandom(seed);
      if (
        backlogIn(
          seconds(15, () => 20_000 * Math.exp(0.5 * normal())),
          BOUND_US,
        ) !== ''
      )
        alarms += 1;
    }
    expect(alarms).toBeLessThan(10);
  });

  it('should let a rise pass that is small beside the bound', () => {
    expect(
      backlogIn(
        seconds(15, (second) => 1_000 + 100 * second),
        BOUND_US,
      ),
    ).toBe('');
  });

  it('should let a rise pass that is small beside the latency itself', () => {
    expect(
      backlogIn(
        seconds(15, (second) => 90_000 + 1_000 * second),
        BOUND_US,
      ),
    ).toBe('');
  });
});

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { BOUNDS_US, LatencyBuckets } from './latencyBuckets.ts';

describe('BOUNDS_US', () => {
  it('should rise from 10 µs to 10 s by at most a quarter', () => {
    expect(BOUNDS_US[0]).toBe(10);
    expect(BOUNDS_US.at(-1)).toBe(10_000_000);
    for (const [index, bound] of BOUNDS_US.entries()) {
      if (index === 0) continue;
      const ratio = bound / Number(BOUNDS_US[index - 1]);
      expect(ratio).toBeGreaterThan(1);
      expect(ratio).toBeLessThanOrEqual(1.25);
    }
  });

  it.each([1_000, 10_000, 20_000, 100_000, 500_000])('should hold the target %d µs exactly', (target) => {
    expect(BOUNDS_US).toContain(target);
  });
});

describe('LatencyBuckets', () => {
  it('should count a latency at a bound as within it', () => {
    const buckets = new LatencyBuckets();
    buckets.observe(10_000);
    buckets.observe(10_001);

    const text = buckets.text('x_seconds', 'X');

    expect(text).toContain('x_seconds_bucket{le="0.01"} 1\n');
    expect(text).toContain('x_seconds_bucket{le="+Inf"} 2\n');
    expect(text).toContain('x_seconds_max 0.010001\n');
  });

  it('should count what lies outside the bounds', () => {
    const buckets = new LatencyBuckets();
    for (const us of [-3, 0, 99_000_000]) buckets.observe(us);

    const text = buckets.text('x_seconds', 'X');

    expect(text).toContain('x_seconds_bucket{le="0.00001"} 2\n');
    expect(text).toContain('x_seconds_bucket{le="10"} 2\n');
    expect(text).toContain('x_seconds_count 3\n');
    expect(text).toContain('x_seconds_sum 99\n');
  });

  test.prop([fc.array(fc.nat({ max: 20_000_000 }))])('should agree with a naive count at every bound', (latencies) => {
    const buckets = new LatencyBuckets();
    for (const us of latencies) buckets.observe(us);

    const counts = [...buckets.text('x', 'X').matchAll(/_bucket\{le="([\d.]+)"\} (\d+)/g)].map((match) =>
      Number(match[2]),
    );

    expect(counts).toEqual([...BOUNDS_US].map((bound) => latencies.filter((us) => us <= bound).length));
    expect(buckets.maxUs).toBe(Math.max(0, ...latencies));
  });
});

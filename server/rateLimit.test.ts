import { describe, expect, it } from 'vitest';
import { TokenBucket } from './rateLimit.ts';

describe('TokenBucket', () => {
  it('should give the burst at once, then the sustained rate, and say how long to wait', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, nowUs: 0 });
    expect([0, 0, 0, 0].map((nowUs) => bucket.take(nowUs))).toEqual([0, 0, 0, 100]);
    expect(bucket.take(50_000)).toBe(50);
    expect(bucket.take(100_000)).toBe(0);
    expect(bucket.take(100_000)).toBe(100);
  });

  it('should take several at once or none, and say when there are as many', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 5, nowUs: 0 });
    expect(bucket.take(0, 4)).toBe(0);
    expect(bucket.take(0, 3)).toBe(200);
    expect(bucket.take(0, 1)).toBe(0);
    expect(bucket.isFull(400_000)).toBe(false);
    expect(bucket.take(500_000, 1_000)).toBe(0);
    expect(bucket.isFull(1_000_000)).toBe(true);
  });

  it('should gather no more than the burst', () => {
    const bucket = new TokenBucket({ perSecond: 1000, burst: 2, nowUs: 0 });
    const hour = 3_600_000_000;
    expect([hour, hour, hour].map((nowUs) => bucket.take(nowUs))).toEqual([0, 0, 1]);
  });
});

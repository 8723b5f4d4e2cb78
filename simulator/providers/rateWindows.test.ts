import { describe, expect, it } from 'vitest';
import { RateWindows } from './rateWindows.ts';

describe('limits of so much in so long', () => {
  it('should count by key, from the first call on, and begin anew at the end of the window', () => {
    const windows = new RateWindows({ limit: 2, windowUs: 1_000 });
    expect(windows.take('a', 500)).toEqual({ isOver: false, used: 1, resetUs: 1_500 });
    expect(windows.take('b', 600).used).toBe(1);
    expect(windows.take('a', 1_499).isOver).toBe(false);
    expect(windows.take('a', 1_499)).toEqual({ isOver: true, used: 3, resetUs: 1_500 });
    expect(windows.take('a', 1_500)).toEqual({ isOver: false, used: 1, resetUs: 2_500 });
  });

  it('should weigh calls, and never be over without a limit', () => {
    const windows = new RateWindows({ limit: 100, windowUs: 1_000 });
    expect(windows.take('a', 0, 80).isOver).toBe(false);
    expect(windows.take('a', 0, 21).isOver).toBe(true);
    const unlimited = new RateWindows({ limit: Number.POSITIVE_INFINITY, windowUs: 1_000 });
    expect(unlimited.take('a', 0, 1e9).isOver).toBe(false);
  });

  it('should keep a bounded number of keys, the newest first of all', () => {
    const windows = new RateWindows({ limit: 1, windowUs: 1_000_000 });
    for (let key = 0; key < 10_000; key++) windows.take(`key ${key}`, key);
    expect(windows.take('key 9999', 10_000).used).toBe(2);
    expect(windows.take('key 0', 10_000).used).toBe(1);
  });
});

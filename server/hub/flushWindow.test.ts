import { describe, expect, it } from 'vitest';
import { FlushWindow } from './flushWindow.ts';

function widths(
  limits: { readonly flushWindowMs: number; readonly maxFlushWindowMs: number },
  shares: number[],
): number[] {
  const window = new FlushWindow(limits);
  return shares.map((share) => {
    window.adapt(share);
    return window.ms;
  });
}

describe('the flush window', () => {
  it('should widen under load to its maximum, hold in between and narrow again', () => {
    const shares = [0.2, 0.8, 0.9, 0.99, 0.99, 0.6, 0.4, 0.4, 0.4, 0.4];
    expect(widths({ flushWindowMs: 0, maxFlushWindowMs: 4 }, shares)).toEqual([0, 1, 2, 4, 4, 4, 2, 1, 0, 0]);
  });

  it('should never be narrower than its setting', () => {
    expect(widths({ flushWindowMs: 3, maxFlushWindowMs: 10 }, [0.9, 0.9, 0.1, 0.1, 0.1])).toEqual([6, 10, 5, 3, 3]);
  });

  it.each([0, 5])('should stay at its setting of %d ms where no maximum lies above it', (flushWindowMs) => {
    const stayed = [flushWindowMs, flushWindowMs, flushWindowMs];
    expect(widths({ flushWindowMs, maxFlushWindowMs: 0 }, [1, 1, 0])).toEqual(stayed);
  });
});

import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { BarPath, type BarValues, emptyBar } from './barPath.ts';
import { emptyRawEvent, type RawEvent } from './rawEvent.ts';

function pathOf(values: Partial<BarValues>): RawEvent[] {
  const events: RawEvent[] = [];
  const bar = { ...emptyBar(), startUs: 1_000_000, lengthUs: 60_000_000, ...values };
  new BarPath().expand(bar, emptyRawEvent(), (event) => events.push({ ...event }));
  return events;
}

const bars = fc
  .record({
    prices: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 4, maxLength: 4 }),
    volume: fc.integer({ min: 1, max: 50 }),
  })
  .map(({ prices, volume }) => {
    const [open = 1, close = 1] = prices;
    return { open, close, high: Math.max(...prices), low: Math.min(...prices), volume, volumeDecimals: 3 };
  });

describe("a bar's path", () => {
  it.prop([bars])('should have the bar as its own bar: open, high, low, close and volume', (bar) => {
    const trades = pathOf(bar);
    const prices = trades.map((trade) => trade.price);

    expect(prices[0]).toBe(bar.open);
    expect(prices.at(-1)).toBe(bar.close);
    expect(Math.max(...prices)).toBe(bar.high);
    expect(Math.min(...prices)).toBe(bar.low);
    const finest = Math.max(...trades.map((trade) => trade.sizeDecimals));
    const total = trades.reduce((sum, trade) => sum + trade.size * 10 ** (finest - trade.sizeDecimals), 0);
    expect(total).toBe(bar.volume * 10 ** (finest - 3));
    expect(trades.every((trade) => trade.size >= 1)).toBe(true);
  });

  it.prop([bars])('should stay inside the bar and go forward', (bar) => {
    const times = pathOf(bar).map((trade) => trade.timeUs);

    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBe(1_000_000);
    expect(times.at(-1)).toBeLessThan(61_000_000);
  });

  it('should go to the extreme nearer to the open first, equally near to the low', () => {
    const path = (open: number) =>
      pathOf({ open, high: 20, low: 10, close: 15, volume: 8 }).map((trade) => trade.price);

    expect(path(16)).toEqual([16, 20, 10, 15]);
    expect(path(14)).toEqual([14, 10, 20, 15]);
    expect(path(15)).toEqual([15, 10, 20, 15]);
  });
});

import { expect, it } from 'vitest';
import { quoteTick, tradeTick } from '../../market/harness.ts';
import { MINUTE_US, NaiveBars } from './bars.ts';

const START_US = 1_600_000_020_000_000 - (1_600_000_020_000_000 % MINUTE_US);

it('should make a bar of the trades of each minute, and none of a minute without', () => {
  const bars = new NaiveBars(2);
  const trade = (price: number, size: number, afterUs: number): void =>
    bars.add(tradeTick({ price, size, symbol: 1, eventTimeUs: START_US + afterUs }));
  trade(100, 5, 0);
  trade(103, 1, 20_000_000);
  trade(99, 2, 40_000_000);
  trade(101, 3, MINUTE_US - 1);
  trade(102, 4, 2 * MINUTE_US);

  expect(bars.bySymbol).toEqual([
    [],
    [
      { startUs: START_US, open: 100, high: 103, low: 99, close: 101, volume: 11 },
      { startUs: START_US + 2 * MINUTE_US, open: 102, high: 102, low: 102, close: 102, volume: 4 },
    ],
  ]);
});

it('should leave out quotes, and trades that do not set the last price', () => {
  const bars = new NaiveBars(1);
  bars.add(quoteTick({ bid: 99, ask: 101, eventTimeUs: START_US }));
  bars.add(tradeTick({ price: 500, flags: 1, eventTimeUs: START_US }));

  expect(bars.bySymbol).toEqual([[]]);
});

import { describe, expect, it } from 'vitest';
import { build } from './harness.ts';
import { emptyPiece } from './piece.ts';

const CENTS = { priceDecimals: 2 };

describe('corporate actions in bars', () => {
  it('should change prices and volumes of the symbol alone, closed and open, by the whole ratio', () => {
    const { bars, trade, clock } = build();
    for (const symbol of [0, 1]) {
      trade(9_000, 1, { symbol, size: 4 });
      trade(9_600, 2, { symbol });
      trade(8_400, 3, { symbol });
      trade(9_300, 4, { symbol });
    }
    clock(60);
    for (const symbol of [0, 1]) trade(6_000, 61, { symbol, size: 2 });
    const before = bars.window(0, 0).bar(0);
    bars.adjust({ symbol: 1, numerator: 3, denominator: 2, cashPerShare: 0 }, CENTS);

    const adjusted = { open: 6_000, high: 6_400, low: 5_600, close: 6_200, volume: 11, notional: 63_300 };
    expect(bars.window(1, 0).bar(0)).toMatchObject(adjusted);
    const piece = emptyPiece();
    bars.readForming(1, 0, piece);
    expect(piece).toMatchObject({ open: 4_000, high: 4_000, low: 4_000, close: 4_000, volume: 3, notional: 12_000 });
    bars.readForming(1, 1, piece);
    expect(piece).toMatchObject({ open: 6_000, high: 6_400, low: 4_000, close: 4_000, volume: 14, notional: 75_300 });
    expect(bars.window(0, 0).bar(0)).toEqual(before);
    bars.readForming(0, 0, piece);
    expect(piece).toMatchObject({ open: 6_000, volume: 2, notional: 12_000 });
  });

  it('should take a dividend off what a share was before a split of the same day', () => {
    const { bars, trade, clock } = build();
    trade(9_000, 1);
    clock(60);
    // 9.00 of 90.00: nine tenths stay, two thirds of them.
    bars.adjust({ symbol: 0, numerator: 3, denominator: 2, cashPerShare: 90_000 }, CENTS);
    expect(bars.window(0, 0).close(0)).toBe(5_400);
  });

  it('should let a dividend of the whole price or more change nothing', () => {
    const { bars, trade, clock } = build();
    trade(100, 1);
    clock(60);
    for (const cashPerShare of [10_000, 20_000]) {
      bars.adjust({ symbol: 0, numerator: 1, denominator: 1, cashPerShare }, CENTS);
      expect(bars.window(0, 0).close(0)).toBe(100);
    }
  });

  it('should change each bar of a full window once', () => {
    const { bars, trade, clock } = build({ windowBars: 50 });
    for (let minute = 0; minute < 50; minute++) trade(1_000, 60 * minute);
    clock(60 * 50);
    bars.adjust({ symbol: 0, numerator: 2, denominator: 1, cashPerShare: 0 }, CENTS);
    const window = bars.window(0, 0);
    expect(Array.from({ length: 50 }, (_, back) => window.close(back))).toEqual(Array(50).fill(500));
  });

  it('should leave an empty bar empty', () => {
    const { bars, trade, clock } = build();
    trade(1_000, 1);
    clock(3_600);
    bars.adjust({ symbol: 0, numerator: 2, denominator: 1, cashPerShare: 0 }, CENTS);
    const piece = emptyPiece();
    expect([0, 1, 2, 3].map((frame) => bars.readForming(0, frame as 0 | 1 | 2 | 3, piece))).toEqual(
      Array(4).fill(false),
    );
  });

  it('should keep prices within what a tick can hold', () => {
    const { bars, trade, clock } = build();
    trade(1, 1);
    trade(2 ** 30, 1, { symbol: 1 });
    clock(60);
    bars.adjust({ symbol: 0, numerator: 10, denominator: 1, cashPerShare: 0 }, CENTS);
    bars.adjust({ symbol: 1, numerator: 1, denominator: 10, cashPerShare: 0 }, CENTS);
    expect([bars.window(0, 0).close(0), bars.window(1, 0).close(0)]).toEqual([1, 2 ** 31 - 1]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testInstrument, tradeTick } from '../harness.ts';
import { TickerState } from '../tickers.ts';
import { Account } from './account.ts';
import { mulDiv, Valuer } from './money.ts';

const valuers = [new Valuer(testInstrument(0))];
const CENT = 100;

function opened(): { account: Account; tickers: TickerState } {
  return { account: new Account({ name: 'a', deposits: 1_000_000, valuers }), tickers: new TickerState(1) };
}

describe('mulDiv', () => {
  it.each([
    [5, 1, 2, 2],
    [7, 1, 2, 4],
    [-5, 1, 2, -2],
    [-7, 1, 2, -4],
    [1, 1, 3, 0],
    [-2, 1, 3, -1],
    [Number.MAX_SAFE_INTEGER, 3, 3, Number.MAX_SAFE_INTEGER],
    [0, -1, 1, 0],
  ])('should take %d x %d / %d as %d', (a, b, divisor, expected) => {
    expect(mulDiv(a, b, divisor)).toBe(expected);
  });

  it('should throw when the result leaves exact whole numbers', () => {
    expect(() => mulDiv(2 ** 52, 4, 1)).toThrow(RangeError);
  });
});

describe('Valuer', () => {
  it('should count cash in 1e-4 of the currency, finer instruments rounded half to even', () => {
    expect(new Valuer(testInstrument(0)).value(12_345, 3)).toBe(12_345 * 3 * CENT);
    const crypto = new Valuer({ ...testInstrument(0), priceDecimals: 2, quantityDecimals: 4 });
    expect([150, 250, -150].map((price) => crypto.value(price, 1))).toEqual([2, 2, -2]);
  });
});

describe('Account', () => {
  it('should keep the total cost and round half to even when a part is realised', () => {
    const { account, tickers } = opened();
    account.fill({ symbol: 0, side: 'BUY', price: 10, quantity: 1 });
    account.fill({ symbol: 0, side: 'BUY', price: 11, quantity: 2 });
    tickers.apply(tradeTick({ price: 12, eventTimeUs: 0 }));
    account.fill({ symbol: 0, side: 'SELL', price: 12, quantity: 1 });
    // A third of 3,200 is 1,066.67.
    expect(account.positions(tickers)).toEqual([
      { account: 'a', symbol: 0, quantity: 2, cost: 2_133, realizedPnl: 133, unrealizedPnl: 267, mark: 12 },
    ]);
  });

  it('should turn a long into a short at the price of the fill', () => {
    const { account, tickers } = opened();
    account.fill({ symbol: 0, side: 'BUY', price: 10, quantity: 3 });
    account.fill({ symbol: 0, side: 'SELL', price: 14, quantity: 5 });
    tickers.apply(tradeTick({ price: 13, eventTimeUs: 0 }));
    expect(account.positions(tickers)).toMatchObject([
      { quantity: -2, cost: -28 * CENT, realizedPnl: 12 * CENT, unrealizedPnl: 2 * CENT },
    ]);
    expect(account.portfolio(tickers)).toMatchObject({ cash: 1_000_000 + 40 * CENT, equity: 1_000_000 + 14 * CENT });
  });

  it('should balance after every fill and at every mark', () => {
    const fills = fc.array(
      fc.record({
        side: fc.constantFrom('BUY' as const, 'SELL' as const),
        price: fc.integer({ min: 1, max: 100_000 }),
        quantity: fc.integer({ min: 1, max: 1_000 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(fills, (all) => {
        const { account, tickers } = opened();
        for (const fill of all) {
          account.fill({ symbol: 0, ...fill });
          tickers.apply(tradeTick({ price: fill.price, eventTimeUs: 0 }));
          const { cash, equity, realizedPnl, unrealizedPnl, deposits } = account.portfolio(tickers);
          const [position] = account.positions(tickers);
          expect(equity).toBe(cash + (position?.quantity ?? 0) * fill.price * CENT);
          expect(realizedPnl + unrealizedPnl).toBe(equity - deposits);
          if (position?.quantity === 0) expect(position.cost).toBe(0);
        }
      }),
    );
  });
});

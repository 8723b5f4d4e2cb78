import { describe, expect, it } from 'vitest';
import { Harness } from '../harness.ts';
import type { PlaceOrder } from '../types.ts';

const TEN_TICKS = { kind: 'ticks', value: 10 } as const;

/** An engine whose last trade is at 1,000, and a way to act on symbol 0. */
function opened(options: ConstructorParameters<typeof Harness>[0] = {}) {
  const market = new Harness(options);
  market.trade(1_000);
  const act = (numerator: number, denominator: number, cashPerShare = 0) =>
    market.engine.onControl({ kind: 'corporate_action', symbol: 0, numerator, denominator, cashPerShare });
  return { market, act };
}

describe('a corporate action on working orders', () => {
  type Terms = Pick<PlaceOrder, 'type'> & Partial<PlaceOrder>;
  it.each<[Terms, { readonly split: object; readonly dividend: object }]>([
    [
      { type: 'STOP_MARKET', triggerPrice: 901 },
      { split: { triggerPrice: 600 }, dividend: { triggerPrice: 896 } },
    ],
    [
      { type: 'STOP_MARKET', side: 'BUY', triggerPrice: 1_102 },
      { split: { triggerPrice: 735 }, dividend: { triggerPrice: 1_102 } },
    ],
    [
      { type: 'LIMIT', limitPrice: 1_100 },
      { split: { limitPrice: 734 }, dividend: { limitPrice: 1_100 } },
    ],
    [
      { type: 'LIMIT', side: 'BUY', limitPrice: 901 },
      { split: { limitPrice: 600 }, dividend: { limitPrice: 896 } },
    ],
    [
      { type: 'TAKE_PROFIT', triggerPrice: 1_100 },
      { split: { triggerPrice: 734 }, dividend: { triggerPrice: 1_100 } },
    ],
    [
      { type: 'TAKE_PROFIT', side: 'BUY', triggerPrice: 901 },
      { split: { triggerPrice: 600 }, dividend: { triggerPrice: 896 } },
    ],
    [
      { type: 'STOP_LIMIT', triggerPrice: 901, limitPrice: 899 },
      { split: { triggerPrice: 600, limitPrice: 599 }, dividend: { triggerPrice: 896, limitPrice: 894 } },
    ],
    [
      { type: 'STOP_LIMIT', side: 'BUY', triggerPrice: 1_102, limitPrice: 1_103 },
      { split: { triggerPrice: 735, limitPrice: 736 }, dividend: { triggerPrice: 1_102, limitPrice: 1_103 } },
    ],
    [
      { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS },
      {
        split: { trailingOffset: { kind: 'ticks', value: 7 }, peakPrice: 666, triggerPrice: 659 },
        dividend: { trailingOffset: TEN_TICKS, peakPrice: 995, triggerPrice: 985 },
      },
    ],
    [
      { type: 'TRAILING_STOP_MARKET', side: 'BUY', trailingOffset: { kind: 'bp', value: 1_000 } },
      {
        split: { trailingOffset: { kind: 'bp', value: 1_000 }, peakPrice: 667, triggerPrice: 734 },
        dividend: { peakPrice: 1_000, triggerPrice: 1_100 },
      },
    ],
  ])('should round away from the market, and pay only what waits below it: %o', (terms, { split, dividend }) => {
    const one = opened();
    one.market.place('o', { ...terms, quantity: 5 });
    expect(one.act(3, 2)).toBeUndefined();
    expect(one.market.engine.order('a', 'o')).toMatchObject({ ...split, quantity: 7, leavesQuantity: 7 });
    const other = opened();
    other.market.place('o', terms);
    // Four ticks and a bit.
    expect(other.act(1, 1, 401)).toBeUndefined();
    expect(other.market.engine.order('a', 'o')).toMatchObject({ ...dividend, quantity: 1 });
  });

  it.each([
    ['SELL', 1_100, 733, 734],
    ['BUY', 901, 601, 600],
  ] as const)('should move the price at which a trail starts (%s)', (side, activationPrice, before, from) => {
    const { market, act } = opened();
    market.place('t', { type: 'TRAILING_STOP_MARKET', side, trailingOffset: TEN_TICKS, activationPrice });
    act(3, 2);
    market.news();
    market.trade(before);
    expect(market.news()).toEqual([]);
    market.trade(from);
    expect(market.news()).toEqual(['activated t']);
  });

  it('should scale what is filled and what is left apart', () => {
    const { market, act } = opened({ fills: 'tick_size' });
    market.place('o', { type: 'LIMIT', limitPrice: 1_100, quantity: 10 });
    for (let n = 0; n < 3; n++) market.trade(1_100);
    expect(market.engine.order('a', 'o')).toMatchObject({ cumulativeQuantity: 3, leavesQuantity: 7 });
    act(3, 2);
    expect(market.engine.order('a', 'o')).toMatchObject({ quantity: 14, cumulativeQuantity: 4, leavesQuantity: 10 });
  });

  it('should leave a price of at least a tick', () => {
    const { market, act } = opened();
    market.place('o', { type: 'STOP_MARKET', triggerPrice: 3 });
    act(1, 1, 100 * 100);
    expect(market.engine.order('a', 'o')).toMatchObject({ triggerPrice: 1 });
  });

  it('should end what is less than a lot, with the children that wait for it, once', () => {
    const { market, act } = opened();
    market.place('parent', { type: 'LIMIT', side: 'BUY', limitPrice: 900, quantity: 2 });
    market.place('child', { type: 'LIMIT', limitPrice: 1_100, quantity: 20, parentClientOrderId: 'parent' });
    market.place('other', { type: 'LIMIT', limitPrice: 1_100, quantity: 20 });
    market.news();
    act(1, 10);
    expect(market.news()).toEqual(['canceled parent', 'canceled child', 'restated other']);
    expect(market.engine.order('a', 'child')).toMatchObject({ status: 'CANCELED', quantity: 20 });
  });

  it('should act on the orders of its symbol alone, and on waiting children as well', () => {
    const { market, act } = opened();
    market.trade(1_000, 1);
    market.place('parent', { type: 'LIMIT', side: 'BUY', limitPrice: 900, quantity: 2 });
    market.place('child', { type: 'LIMIT', limitPrice: 1_100, quantity: 2, parentClientOrderId: 'parent' });
    market.place('other', { type: 'LIMIT', side: 'BUY', limitPrice: 900, symbol: 1 });
    market.news();
    act(2, 1);
    expect(market.news()).toEqual(['restated parent', 'restated child']);
    expect(market.engine.order('a', 'child')).toMatchObject({ status: 'PENDING', limitPrice: 550, quantity: 4 });
    market.trade(450);
    market.trade(550);
    expect(market.news()).toEqual([
      ...['execution parent 4 at 450', 'filled parent', 'accepted child'],
      ...['execution child 4 at 550', 'filled child'],
    ]);
  });
});

describe('what is no corporate action', () => {
  it.each([
    [undefined, 100_000, 1, 0],
    [undefined, 1, 100_000, 0],
    ['bad_ratio', 100_001, 1, 0],
    ['bad_ratio', 1, 100_001, 0],
    ['bad_ratio', 1.5, 1, 0],
    ['bad_ratio', 1, 0.5, 0],
    ['bad_ratio', -1, 1, 0],
    ['bad_ratio', 1, 0, 0],
    [undefined, 1, 1, 10_000_000_000],
    ['bad_cash', 1, 1, 10_000_000_001],
    ['bad_cash', 1, 1, 0.5],
    ['bad_cash', 1, 1, -0],
  ])('should be answered with %s: %d for %d and %d', (answer, numerator, denominator, cashPerShare) => {
    expect(opened().act(numerator, denominator, cashPerShare)).toBe(answer);
  });
});

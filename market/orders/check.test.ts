import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../engine.ts';
import { Harness, orderTerms, testInstrument, tradeTick } from '../harness.ts';
import type { CommandOutcome, PlaceOrder } from '../types.ts';

function reasonOf(outcome: CommandOutcome): string {
  return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
}

/** What becomes of an order of the given terms, the last trade being at 10,000. */
function answerTo(fields: Pick<PlaceOrder, 'type'> & Partial<PlaceOrder>): string {
  const market = new Harness();
  market.trade(10_000);
  return reasonOf(market.place('o', fields));
}

describe('the size of an order', () => {
  it('should be worth ten billion of the currency at most', () => {
    expect(answerTo({ type: 'LIMIT', limitPrice: 10_000, quantity: 100_000_000 })).toBe('taken');
    expect(answerTo({ type: 'LIMIT', limitPrice: 10_000, quantity: 100_000_001 })).toBe('bad_quantity');
  });

  it('should be a quantity, and a product with its price, that whole numbers hold', () => {
    const engine = new MarketEngine({ instruments: [{ ...testInstrument(0), quantityDecimals: 8 }], sink: () => {} });
    engine.onTick(tradeTick({ price: 1, eventTimeUs: 1 }));
    const place = (id: string, limitPrice: number, quantity: number) =>
      reasonOf(engine.onCommand(orderTerms(id, { type: 'LIMIT', limitPrice, quantity })));
    expect(place('most', 2, 1e12)).toBe('taken');
    expect(place('more', 2, 1e12 + 1)).toBe('bad_quantity');
    expect(place('product', 9_007, 1e12)).toBe('taken');
    expect(place('beyond', 9_008, 1e12)).toBe('bad_quantity');
  });
});

describe('the offset of a trailing stop', () => {
  it.each([
    ['taken', { kind: 'bp', value: 1_000_000 }],
    ['bad_offset', { kind: 'bp', value: 1_000_001 }],
    ['taken', { kind: 'ticks', value: 1_000_001 }],
    ['taken', { kind: 'price', value: 1_000_001 }],
  ] as const)('should be %s when it is %o', (answer, trailingOffset) => {
    expect(answerTo({ type: 'TRAILING_STOP_MARKET', side: 'BUY', trailingOffset })).toBe(answer);
  });
});

describe('the activation price of a trailing stop', () => {
  it.each(['SELL', 'BUY'] as const)('should be reached by a market that stands on it (%s)', (side) => {
    const market = new Harness();
    market.trade(10_000);
    const trailingOffset = { kind: 'ticks', value: 10 } as const;
    market.place('t', { type: 'TRAILING_STOP_MARKET', side, trailingOffset, activationPrice: 10_000 });
    expect(market.news()).toEqual(['accepted t', 'activated t']);
  });
});

describe('fields that a type does not have', () => {
  it('should hold no order back', () => {
    const market = new Harness();
    market.trade(10_000);
    market.place('s', { type: 'STOP_MARKET', triggerPrice: 9_900, limitPrice: 9_950 });
    market.place('m', { type: 'MARKET', limitPrice: 10_001 });
    market.trade(9_800);
    expect(market.news()).toEqual([
      ...['accepted s', 'accepted m', 'execution m 1 at 10000', 'filled m'],
      ...['triggered s', 'execution s 1 at 9800', 'filled s'],
    ]);
  });

  it('should cost nothing', () => {
    // All the cash of an account: 10,000,000.00.
    const all = { type: 'MARKET', side: 'BUY', quantity: 100_000 } as const;
    expect(answerTo(all)).toBe('taken');
    const fields = { limitPrice: 20_000, triggerPrice: 20_000, trailingOffset: { kind: 'ticks', value: 10 } } as const;
    expect(answerTo({ ...all, ...fields })).toBe('taken');
    expect(answerTo({ ...all, limitPrice: 1, quantity: 100_001 })).toBe('insufficient_buying_power');
  });
});

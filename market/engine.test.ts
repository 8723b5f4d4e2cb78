import { describe, expect, it } from 'vitest';
import { Harness, orderTerms, quoteTick, tradeTick } from './harness.ts';
import type { CommandOutcome } from './types.ts';

function reasonOf(outcome: CommandOutcome): string {
  return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
}

describe('commands', () => {
  it('should answer a known clientOrderId with the first one, and do nothing', () => {
    const market = new Harness();
    market.trade(100);
    market.place('x', { type: 'STOP_MARKET', triggerPrice: 90 });
    market.news();
    const outcome = market.place('x', { type: 'MARKET', side: 'BUY' });
    expect(outcome).toMatchObject({ kind: 'duplicate', order: { orderId: 1, type: 'STOP_MARKET' } });
    expect(market.news()).toEqual([]);
    expect(reasonOf(market.place('x', { type: 'MARKET', account: 'b' }))).toBe('taken');
    market.trade(80);
    market.place('y', { type: 'MARKET', quantity: 0 });
    market.news();
    expect(market.place('x', { type: 'MARKET' })).toMatchObject({ kind: 'duplicate', order: { status: 'FILLED' } });
    expect(market.place('y', { type: 'MARKET' })).toMatchObject({ kind: 'duplicate', order: { status: 'REJECTED' } });
    expect(market.news()).toEqual([]);
  });

  it('should cancel an open order, and refuse to cancel a closed or unknown one', () => {
    const market = new Harness();
    market.trade(100);
    market.place('x', { type: 'STOP_MARKET', triggerPrice: 90 });
    expect(market.engine.workingOrders('a').map(({ clientOrderId }) => clientOrderId)).toEqual(['x']);
    expect(market.cancel('x')).toMatchObject({ kind: 'taken', order: { status: 'CANCELED' } });
    expect(market.engine.workingOrders('a')).toEqual([]);
    expect(reasonOf(market.cancel('x'))).toBe('order_not_open');
    expect(reasonOf(market.cancel('y'))).toBe('unknown_order');
    expect(reasonOf(market.cancel('x', 'b'))).toBe('unknown_order');
    market.news();
    market.trade(80);
    expect(market.news()).toEqual([]);
  });

  it.each([
    ['unknown_symbol', { type: 'MARKET', symbol: 3 }],
    ['unknown_symbol', { type: 'MARKET', symbol: 0.5 }],
    ['bad_quantity', { type: 'MARKET', quantity: 0 }],
    ['bad_quantity', { type: 'MARKET', quantity: -1 }],
    ['bad_quantity', { type: 'MARKET', quantity: 1.5 }],
    ['bad_quantity', { type: 'MARKET', quantity: Number.NaN }],
    ['bad_quantity', { type: 'MARKET', quantity: 2 ** 53 }],
    ['unsupported_time_in_force', { type: 'MARKET', timeInForce: 'DAY' }],
    ['bad_price', { type: 'STOP_MARKET' }],
    ['bad_price', { type: 'STOP_MARKET', triggerPrice: 0 }],
    ['bad_price', { type: 'STOP_MARKET', triggerPrice: Number.POSITIVE_INFINITY }],
    ['bad_price', { type: 'STOP_MARKET', triggerPrice: 2 ** 31 }],
    ['insufficient_buying_power', { type: 'MARKET', side: 'BUY', quantity: 10_000_001 }],
    ['taken', { type: 'MARKET', side: 'BUY', quantity: 10_000_000 }],
  ] as const)('should answer %s to %o', (reason, fields) => {
    const market = new Harness();
    market.trade(100);
    expect(reasonOf(market.place('x', fields))).toBe(reason);
  });

  it('should refuse to be fed from its own sink', () => {
    const market: Harness = new Harness({
      sink: () => market.engine.onCommand(orderTerms('again', { type: 'MARKET' })),
    });
    market.trade(100);
    expect(() => market.place('m', { type: 'MARKET' })).toThrow('fed from its own sink');
  });
});

describe('ticks', () => {
  it('should count refused ticks by reason and change nothing', () => {
    const market = new Harness();
    market.trade(100);
    market.place('s', { type: 'STOP_MARKET', triggerPrice: 90 });
    const before = structuredClone({ ...market.engine.tickers });
    const later = 9_000_000;
    const bad = [
      tradeTick({ price: Number.NaN, eventTimeUs: later }),
      tradeTick({ price: Number.POSITIVE_INFINITY, eventTimeUs: later }),
      tradeTick({ price: -0, eventTimeUs: later }),
      tradeTick({ price: -5, eventTimeUs: later }),
      tradeTick({ price: 2 ** 53, eventTimeUs: later }),
      tradeTick({ price: 50, size: 0, eventTimeUs: later }),
      tradeTick({ price: 50, symbol: 3, eventTimeUs: later }),
      tradeTick({ price: 50, symbol: -1, eventTimeUs: later }),
      tradeTick({ price: 50, eventTimeUs: 1_999_999 }),
      tradeTick({ price: 50, eventTimeUs: Number.NaN }),
      tradeTick({ price: 50, eventTimeUs: later + 0.5 }),
      quoteTick({ bid: 101, ask: 100, eventTimeUs: later }),
      quoteTick({ bid: 0, ask: 100, eventTimeUs: later }),
    ];
    expect(bad.map((tick) => market.tick(tick))).toEqual(bad.map(() => false));
    expect(Object.fromEntries(market.engine.refusedTicks)).toEqual({
      bad_price: 6,
      bad_size: 1,
      unknown_symbol: 2,
      time_backwards: 1,
      bad_time: 2,
      crossed_quote: 1,
    });
    expect({ ...market.engine.tickers }).toEqual(before);
    expect(market.news()).toEqual(['accepted s']);
  });

  it('should keep last, quote, volume and seq per symbol', () => {
    const { engine, ...market } = new Harness();
    engine.onTick(tradeTick({ price: 100, size: 5, eventTimeUs: 1 }));
    engine.onTick(tradeTick({ price: 102, size: 7, eventTimeUs: 1 }));
    engine.onTick(quoteTick({ bid: 101, ask: 101, eventTimeUs: 2 }));
    engine.onTick(tradeTick({ price: 7, symbol: 1, eventTimeUs: 1 }));
    const { tickers } = engine;
    expect([tickers.seq[0], tickers.last[0], tickers.lastSize[0], tickers.volume[0]]).toEqual([3, 102, 7, 12]);
    expect([tickers.bid[0], tickers.ask[0], tickers.eventTimeUs[0]]).toEqual([101, 101, 2]);
    expect([tickers.seq[1], tickers.last[1], tickers.seq[2], tickers.last[2]]).toEqual([1, 7, 0, 0]);
    expect(market.events).toEqual([]);
  });
});

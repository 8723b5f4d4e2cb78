import { describe, expect, it } from 'vitest';
import { Harness, quoteTick, tradeTick } from '../harness.ts';

function opened() {
  const market = new Harness({ fills: 'tick_size' });
  const trade = (price: number, size: number): string[] => {
    market.timeUs += 1_000_000;
    market.tick(tradeTick({ price, size, eventTimeUs: market.timeUs }));
    return market.news();
  };
  return { market, trade };
}

describe('fills against the size of the tick', () => {
  it('should share the size among orders, oldest first, and let the rest wait', () => {
    const { market, trade } = opened();
    trade(100, 1);
    market.place('first', { type: 'LIMIT', limitPrice: 110, quantity: 5 });
    market.place('second', { type: 'LIMIT', limitPrice: 110, quantity: 5 });
    market.news();
    expect(trade(110, 7)).toEqual([
      'execution first 5 at 110',
      'filled first',
      'execution second 2 at 110',
      'partially_filled second',
    ]);
    expect(market.engine.order('a', 'second')).toMatchObject({ leavesQuantity: 3, cumulativeQuantity: 2 });
    expect(trade(109, 9)).toEqual([]);
    expect(trade(112, 9)).toEqual(['execution second 3 at 112', 'filled second']);
    expect(market.engine.order('a', 'second')).toMatchObject({ averagePrice: (2 * 110 + 3 * 112) / 5 });
  });

  it('should fill the rest of market and triggered orders on the next ticks, whatever their price', () => {
    const { market, trade } = opened();
    trade(100, 3);
    market.place('m', { type: 'MARKET', quantity: 4 });
    market.place('late', { type: 'MARKET', quantity: 1 });
    market.place('stop', { type: 'STOP_MARKET', quantity: 3, triggerPrice: 95 });
    expect(market.news()).toEqual([
      'accepted m',
      'execution m 3 at 100',
      'partially_filled m',
      'accepted late',
      'accepted stop',
    ]);
    expect(trade(94, 3)).toEqual([
      'execution m 1 at 94',
      'filled m',
      'execution late 1 at 94',
      'filled late',
      'triggered stop',
      'execution stop 1 at 94',
      'partially_filled stop',
    ]);
    expect(trade(120, 5)).toEqual(['execution stop 2 at 120', 'filled stop']);
  });

  it('should give IOC what there is and FOK all or nothing', () => {
    const { market, trade } = opened();
    trade(100, 5);
    const limit = { type: 'LIMIT', limitPrice: 90 } as const;
    market.place('fok', { ...limit, quantity: 6, timeInForce: 'FOK' });
    market.place('ioc', { ...limit, quantity: 6, timeInForce: 'IOC' });
    market.place('none', { ...limit, quantity: 1, timeInForce: 'IOC' });
    expect(market.news()).toEqual([
      'accepted fok',
      'canceled fok',
      'accepted ioc',
      'execution ioc 5 at 100',
      'partially_filled ioc',
      'canceled ioc',
      'accepted none',
      'canceled none',
    ]);
    expect(market.engine.order('a', 'ioc')).toMatchObject({ status: 'CANCELED', cumulativeQuantity: 5 });
  });

  it('should take each side of the quote by its own size', () => {
    const { market } = opened();
    market.quote({ bid: 99, ask: 101 });
    const watching = { quantity: 2, triggerBasis: 'bid_ask' } as const;
    market.place('sell', { type: 'LIMIT', limitPrice: 99, ...watching });
    market.place('buy', { type: 'LIMIT', side: 'BUY', limitPrice: 101, ...watching });
    expect(market.news()).toEqual([
      'accepted sell',
      'execution sell 1 at 99',
      'partially_filled sell',
      'accepted buy',
      'execution buy 1 at 101',
      'partially_filled buy',
    ]);
    market.quote({ bid: 98, ask: 101 });
    expect(market.news()).toEqual(['execution buy 1 at 101', 'filled buy']);
  });
});

describe('the sizes of a tick', () => {
  it('should be gone with its prices after a split', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.tick(tradeTick({ price: 100, size: 7, eventTimeUs: 1 }));
    market.tick({ ...quoteTick({ bid: 99, ask: 101, eventTimeUs: 2 }), bidSize: 5, askSize: 6 });
    market.engine.onControl({ kind: 'corporate_action', symbol: 0, numerator: 2, denominator: 1, cashPerShare: 0 });
    market.place('last', { type: 'MARKET' });
    market.place('bid', { type: 'LIMIT', limitPrice: 45, triggerBasis: 'bid_ask' });
    market.place('ask', { type: 'LIMIT', side: 'BUY', limitPrice: 55, triggerBasis: 'bid_ask' });
    expect(market.news()).toEqual(['accepted last', 'accepted bid', 'accepted ask']);
    market.trade(49);
    market.quote({ bid: 48, ask: 50 });
    expect(market.news()).toEqual([
      ...['execution last 1 at 49', 'filled last'],
      ...['execution bid 1 at 48', 'filled bid', 'execution ask 1 at 50', 'filled ask'],
    ]);
  });
});

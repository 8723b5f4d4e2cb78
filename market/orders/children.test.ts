import { describe, expect, it } from 'vitest';
import { Harness, orderTerms, tradeTick } from '../harness.ts';
import type { PlaceOrder, PlaceOrderList } from '../types.ts';

const TEN_TICKS = { kind: 'ticks', value: 10 } as const;
const ENTRY = orderTerms('entry', { type: 'LIMIT', side: 'BUY', limitPrice: 100 });

function list(
  contingency: PlaceOrderList['contingency'],
  orders: readonly PlaceOrder[],
  fields: Partial<PlaceOrderList> = {},
): PlaceOrderList {
  return { kind: 'list', account: 'a', contingency, orders, ...fields };
}

/** An engine whose last trade is at 105, with an entry at 100 and what depends on it; nothing of that has been read. */
function waiting(
  children: readonly PlaceOrder[],
  fields: Partial<PlaceOrderList> = {},
  options: ConstructorParameters<typeof Harness>[0] = {},
) {
  const market = new Harness(options);
  market.trade(105);
  market.command(list('OTO', [ENTRY, ...children], fields));
  market.news();
  return market;
}

describe('children', () => {
  it('should wait for the last lot of their parent, unless they begin at its first fill', () => {
    const entry = { ...ENTRY, quantity: 2 };
    const child = orderTerms('child', { type: 'LIMIT', limitPrice: 120 });
    for (const childrenFrom of ['complete_fill', 'first_fill', undefined] as const) {
      const market = new Harness({ fills: 'tick_size' });
      market.trade(105);
      market.command(list('OTO', [entry, child], childrenFrom === undefined ? {} : { childrenFrom }));
      market.trade(100);
      expect(market.engine.order('a', 'child')?.status).toBe(childrenFrom === 'first_fill' ? 'ACCEPTED' : 'PENDING');
      market.trade(100);
      expect(market.engine.order('a', 'child')?.status).toBe('ACCEPTED');
    }
  });

  it('should wait for the first fill also when they join a parent that begins them there', () => {
    const market = waiting([orderTerms('first', { type: 'LIMIT', limitPrice: 120 })], { childrenFrom: 'first_fill' });
    market.place('second', { type: 'LIMIT', limitPrice: 121, parentClientOrderId: 'entry' });
    expect(market.news()).toEqual(['pending second']);
    market.trade(100);
    expect(market.news()).toEqual(['execution entry 1 at 100', 'filled entry', 'accepted first', 'accepted second']);
  });

  it.each(['IOC', 'FOK'] as const)('should trade or end at once as they begin when they are %s', (timeInForce) => {
    const market = waiting([
      orderTerms('within', { type: 'LIMIT', limitPrice: 100, timeInForce }),
      orderTerms('beyond', { type: 'LIMIT', limitPrice: 101, timeInForce }),
    ]);
    market.trade(100);
    expect(market.news().slice(2)).toEqual([
      ...['accepted within', 'accepted beyond'],
      ...['execution within 1 at 100', 'filled within', 'canceled beyond'],
    ]);
  });

  it('should end at their own time, before their parent is filled and after, and once', () => {
    const until = (id: string, expireTimeUs: number) =>
      orderTerms(id, { type: 'LIMIT', limitPrice: 200, timeInForce: 'GTD', expireTimeUs });
    const market = waiting([until('early', 10_000_000), until('late', 20_000_000), until('canceled', 30_000_000)]);
    const clock = (timeUs: number) => {
      market.engine.onControl({ kind: 'clock', timeUs });
      return market.news();
    };
    expect(clock(10_000_000)).toEqual(['expired early']);
    market.tick(tradeTick({ price: 100, eventTimeUs: 11_000_000 }));
    expect(market.news().slice(2)).toEqual(['accepted late', 'accepted canceled']);
    market.cancel('canceled');
    expect(clock(19_999_999)).toEqual(['canceled canceled']);
    expect(clock(20_000_000)).toEqual(['expired late']);
    market.command(until('fresh', 31_000_000));
    expect(clock(30_000_000)).toEqual(['accepted fresh']);
    expect(clock(31_000_000)).toEqual(['expired fresh']);
  });

  it('should trail from the first price of a stream that has shown none', () => {
    const market = waiting([
      orderTerms('trail', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, triggerBasis: 'bid_ask' }),
    ]);
    market.trade(100);
    expect(market.news().slice(2)).toEqual(['accepted trail']);
    expect(market.engine.order('a', 'trail')?.triggerPrice).toBeUndefined();
    market.quote({ bid: 98, ask: 99 });
    expect(market.news()).toEqual(['activated trail']);
    expect(market.engine.order('a', 'trail')).toMatchObject({ peakPrice: 98, triggerPrice: 88 });
  });

  it.each(['SELL', 'BUY'] as const)('should not take a stream without a price for their activation (%s)', (side) => {
    const activationPrice = side === 'SELL' ? 98 : 99;
    const trail = { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, triggerBasis: 'bid_ask' } as const;
    const market = waiting([orderTerms('trail', { ...trail, side, activationPrice })]);
    market.trade(100);
    expect(market.news().slice(2)).toEqual(['accepted trail']);
    market.quote({ bid: 90, ask: 120 });
    expect(market.news()).toEqual([]);
    market.quote({ bid: 98, ask: 99 });
    expect(market.news()).toEqual(['activated trail']);
  });

  it('should do nothing more when one that begins with them has ended them', () => {
    const market = new Harness();
    market.trade(105);
    const exits = [orderTerms('now', { type: 'MARKET' }), orderTerms('target', { type: 'LIMIT', limitPrice: 110 })];
    market.command(list('BRACKET', [ENTRY, ...exits]));
    market.news();
    market.trade(100);
    expect(market.news().slice(2)).toEqual([
      ...['accepted now', 'accepted target', 'execution now 1 at 100', 'filled now', 'canceled target'],
    ]);
    market.place('long', { type: 'MARKET', side: 'BUY' });
    market.news();
    market.trade(111);
    expect(market.news()).toEqual([]);
  });
});

describe('FOK', () => {
  it('should take the whole size of a tick', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.tick(tradeTick({ price: 100, size: 5, eventTimeUs: 1 }));
    const all = { type: 'LIMIT', limitPrice: 100, timeInForce: 'FOK' } as const;
    market.place('six', { ...all, quantity: 6 });
    market.place('five', { ...all, quantity: 5 });
    expect(market.news()).toEqual([
      ...['accepted six', 'canceled six', 'accepted five', 'execution five 5 at 100', 'filled five'],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { Account } from '../accounts/account.ts';
import { orderTerms, quoteTick, tradeTick } from '../harness.ts';
import { TickerState } from '../tickers.ts';
import type { PlaceOrder } from '../types.ts';
import { Order } from './order.ts';
import { WorkingOrders } from './workingOrders.ts';

const WINDOW_US = 100;
const TEN_TICKS = { kind: 'ticks', value: 10 } as const;
const account = new Account({ name: 'a', deposits: 0, valuers: [] });

/** Working orders of two symbols, and a way to put orders among them. */
function books() {
  const tickers = new TickerState(2);
  const working = new WorkingOrders({ tickers, ratchetWindowUs: WINDOW_US });
  let orderId = 0;
  const order = (fields: Pick<PlaceOrder, 'type'> & Partial<PlaceOrder>): Order => {
    orderId++;
    return new Order(orderId, account, orderTerms(`o${orderId}`, fields));
  };
  /** The quiet prices from 1 to 200: the first, the last, and how many. */
  const quiet = (symbol = 0): number[] => {
    const prices = Array.from({ length: 200 }, (_, at) => at + 1).filter((price) =>
      working.isQuiet(tradeTick({ price, symbol, eventTimeUs: 1 })),
    );
    return [prices[0] ?? 0, prices.at(-1) ?? 0, prices.length];
  };
  return { tickers, working, order, quiet };
}

describe('a quiet tick', () => {
  it('should be any without orders', () => {
    const { working, quiet } = books();
    expect([quiet(0), quiet(1)]).toEqual([
      [1, 200, 200],
      [1, 200, 200],
    ]);
    expect(working.isQuiet(quoteTick({ bid: 1, ask: 2, eventTimeUs: 1 }))).toBe(true);
  });

  it('should lie strictly between the nearest orders of its symbol, and everywhere once they are gone', () => {
    const { working, order, quiet } = books();
    const low = order({ type: 'STOP_MARKET' });
    const lower = order({ type: 'STOP_MARKET' });
    const high = order({ type: 'LIMIT' });
    const higher = order({ type: 'LIMIT' });
    working.addAtPrice(lower, 'falls', 40);
    working.addAtPrice(low, 'falls', 50);
    working.addAtPrice(high, 'rises', 60);
    working.addAtPrice(higher, 'rises', 70);
    expect([quiet(0), quiet(1)]).toEqual([
      [51, 59, 9],
      [1, 200, 200],
    ]);
    working.remove(low);
    working.remove(high);
    expect(quiet()).toEqual([41, 69, 29]);
    working.remove(lower);
    working.remove(higher);
    expect(quiet()).toEqual([1, 200, 200]);
  });

  it.each([
    ['SELL', [91, 100, 10]],
    ['BUY', [100, 109, 10]],
  ] as const)('should reach no trailing stop and make no new extreme (%s)', (side, expected) => {
    const { working, order, quiet } = books();
    const trail = order({ type: 'TRAILING_STOP_MARKET', side, trailingOffset: TEN_TICKS });
    working.addTrailing(trail, 100);
    expect(quiet()).toEqual(expected);
    working.remove(trail);
    expect(quiet()).toEqual([1, 200, 200]);
  });

  it('should be quiet for orders of all hours together', () => {
    for (const [regular, extended] of [
      [50, 40],
      [40, 50],
    ] as const) {
      const { working, order, quiet } = books();
      working.addAtPrice(order({ type: 'STOP_MARKET' }), 'falls', regular);
      working.addAtPrice(order({ type: 'STOP_MARKET', extendedHours: true }), 'falls', extended);
      working.addAtPrice(order({ type: 'LIMIT' }), 'rises', 110 - regular);
      working.addAtPrice(order({ type: 'LIMIT', extendedHours: true }), 'rises', 110 - extended);
      expect(quiet()).toEqual([51, 59, 9]);
    }
  });

  it('should be a quote only as long as no order watches quotes, and a trade whatever they watch', () => {
    const { working, order, quiet } = books();
    working.addAtPrice(order({ type: 'STOP_MARKET' }), 'falls', 50);
    expect(working.isQuiet(quoteTick({ bid: 1, ask: 2, eventTimeUs: 1 }))).toBe(true);
    working.addAtPrice(order({ type: 'STOP_MARKET', triggerBasis: 'bid_ask' }), 'falls', 90);
    expect(working.isQuiet(quoteTick({ bid: 1, ask: 2, eventTimeUs: 1 }))).toBe(false);
    expect(working.isQuiet(quoteTick({ bid: 1, ask: 2, symbol: 1, eventTimeUs: 1 }))).toBe(true);
    expect(quiet()).toEqual([51, 200, 150]);
  });

  it('should come before the first order that ends', () => {
    const { working, order } = books();
    const isQuiet = (eventTimeUs: number) => working.isQuiet(tradeTick({ price: 1, eventTimeUs }));
    const [first, second, endless] = [order({ type: 'LIMIT' }), order({ type: 'LIMIT' }), order({ type: 'LIMIT' })];
    first.expireTimeUs = 70;
    second.expireTimeUs = 80;
    for (const one of [endless, second, first]) working.addExpiry(one);
    expect([isQuiet(69), isQuiet(70)]).toEqual([true, false]);
    working.removeExpiry(first);
    expect([isQuiet(79), isQuiet(80)]).toEqual([true, false]);
    expect(working.takeExpired(79, 0)).toEqual([]);
    expect(working.takeExpired(80, 1)).toEqual([]);
    expect(working.takeExpired(80)).toEqual([second]);
    expect(isQuiet(1_000)).toBe(true);
  });

  it('should come before the window in which a ratchet that was kept back is told', () => {
    const { tickers, working, order } = books();
    working.addTrailing(order({ type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS }), 100);
    const trade = (price: number, eventTimeUs: number): number => {
      const tick = tradeTick({ price, eventTimeUs });
      tickers.apply(tick);
      working.ratchet(tick.kind, 0, true);
      return working.takeTold(0).length;
    };
    expect([trade(101, 110), trade(102, 120)]).toEqual([1, 0]);
    const isQuiet = (eventTimeUs: number) => working.isQuiet(tradeTick({ price: 100, eventTimeUs }));
    expect([isQuiet(199), isQuiet(200)]).toEqual([true, false]);
    expect(trade(100, 200)).toBe(1);
    expect(isQuiet(1_000)).toBe(true);
  });
});

describe('expiries', () => {
  it('should come oldest first over all symbols', () => {
    const { working, order } = books();
    const orders = [order({ type: 'LIMIT', symbol: 1 }), order({ type: 'LIMIT' }), order({ type: 'LIMIT', symbol: 1 })];
    orders.forEach((one, at) => {
      one.expireTimeUs = 90 - at;
      working.addExpiry(one);
    });
    expect(working.takeExpired(90)).toEqual(orders);
    expect(working.takeExpired(1_000)).toEqual([]);
  });
});

describe('a new extreme', () => {
  it('should look at each distinct offset once for what it triggers and once for what it ratchets', () => {
    const { tickers, working, order } = books();
    for (const side of ['SELL', 'BUY'] as const) {
      for (let at = 0; at < 30; at++) {
        const trailingOffset = { kind: 'ticks', value: 10 + (at % 3) } as const;
        working.addTrailing(order({ type: 'TRAILING_STOP_MARKET', side, trailingOffset }), 100);
      }
    }
    working.addTrailing(
      order({ type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, triggerBasis: 'bid_ask' }),
      100,
    );
    const trade = (price: number): number => {
      const before = working.groupVisits(0, 'last');
      const tick = tradeTick({ price, eventTimeUs: 1 });
      tickers.apply(tick);
      working.takeReached(tick.kind, 0, true);
      working.ratchet(tick.kind, 0, true);
      return working.groupVisits(0, 'last') - before;
    };
    expect(trade(100)).toBe(0);
    expect(trade(101)).toBe(12);
    expect([working.groupVisits(0, 'bid'), working.groupVisits(1, 'last')]).toEqual([0, 0]);
  });
});

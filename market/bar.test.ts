import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Harness, tradeTick } from './harness.ts';
import type { TradeBar } from './types.ts';

const TEN_TICKS = { kind: 'ticks', value: 10 } as const;

/** An engine whose last trade is at 100, and a way to give it bars. */
function opened() {
  const market = new Harness();
  market.trade(100);
  const bar = (open: number, high: number, low: number, close: number): string[] => {
    market.timeUs += 60_000_000;
    market.engine.onBar({ symbol: 0, eventTimeUs: market.timeUs, open, high, low, close, volume: 10 });
    return market.news();
  };
  return { market, bar };
}

describe('bars', () => {
  it('should fill a stop at the open that gapped through it, else at its own price', () => {
    const { market, bar } = opened();
    market.trade(110);
    market.place('gap', { type: 'STOP_MARKET', triggerPrice: 105 });
    market.place('inside', { type: 'STOP_MARKET', triggerPrice: 100 });
    market.news();
    expect(bar(102, 104, 98, 99)).toEqual([
      'triggered gap',
      'execution gap 1 at 102',
      'filled gap',
      'triggered inside',
      'execution inside 1 at 100',
      'filled inside',
    ]);
    expect(market.engine.tickers.last[0]).toBe(99);
    expect([market.engine.tickers.seq[0], market.engine.tickers.volume[0]]).toEqual([3, 12]);
  });

  it('should fill a take-profit and a limit where they lie, never at the extreme', () => {
    const { market, bar } = opened();
    market.place('take', { type: 'TAKE_PROFIT', triggerPrice: 106 });
    market.place('limit', { type: 'LIMIT', limitPrice: 108 });
    market.news();
    expect(bar(101, 120, 100, 119)).toEqual([
      'triggered take',
      'execution take 1 at 106',
      'filled take',
      'execution limit 1 at 108',
      'filled limit',
    ]);
  });

  it.each([
    { nearer: 'low', open: 101, winner: 'stop' },
    { nearer: 'high', open: 105, winner: 'take' },
  ])(
    'should fill one leg of an OCO that it spans, that on the side of the nearer extreme: $nearer',
    ({ open, winner }) => {
      const { market, bar } = opened();
      const leg = { kind: 'place', account: 'a', symbol: 0, side: 'SELL', quantity: 1 } as const;
      const orders = [
        { ...leg, clientOrderId: 'stop', type: 'STOP_MARKET', triggerPrice: 95 },
        { ...leg, clientOrderId: 'take', type: 'LIMIT', limitPrice: 110 },
      ] as const;
      market.command({ kind: 'list', account: 'a', contingency: 'OCO', orders });
      market.news();
      const news = bar(open, 112, 94, 100);
      expect(news.filter((line) => line.startsWith('filled'))).toEqual([`filled ${winner}`]);
      expect(news.filter((line) => line.startsWith('canceled'))).toHaveLength(1);
    },
  );

  it('should not count extremes from before an entry fills for its children', () => {
    const { market, bar } = opened();
    const leg = { kind: 'place', account: 'a', symbol: 0, quantity: 1 } as const;
    const orders = [
      { ...leg, clientOrderId: 'entry', side: 'BUY', type: 'STOP_MARKET', triggerPrice: 105 },
      { ...leg, clientOrderId: 'stop', side: 'SELL', type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS },
      { ...leg, clientOrderId: 'target', side: 'SELL', type: 'LIMIT', limitPrice: 130 },
    ] as const;
    market.command({ kind: 'list', account: 'a', contingency: 'BRACKET', orders });
    market.news();
    // First down to 80, where the stop of an entry at 105 would have been reached, then up to 120.
    expect(bar(99, 120, 80, 111).filter((line) => line.startsWith('execution'))).toEqual(['execution entry 1 at 105']);
    expect(market.engine.order('a', 'stop')).toMatchObject({ triggerPrice: 110, peakPrice: 120 });
    expect(bar(111, 112, 105, 106)).toEqual([
      'triggered stop',
      'execution stop 1 at 110',
      'filled stop',
      'canceled target',
    ]);
  });

  it('should trigger a child that its entry gapped beyond on the next price of the path, upwards as well', () => {
    const { market, bar } = opened();
    const leg = { kind: 'place', account: 'a', symbol: 0, quantity: 1 } as const;
    const orders = [
      { ...leg, clientOrderId: 'entry', side: 'BUY', type: 'LIMIT', limitPrice: 95 },
      { ...leg, clientOrderId: 'stop', side: 'SELL', type: 'STOP_MARKET', triggerPrice: 92 },
      { ...leg, clientOrderId: 'target', side: 'SELL', type: 'LIMIT', limitPrice: 130 },
    ] as const;
    market.command({ kind: 'list', account: 'a', contingency: 'BRACKET', orders });
    market.news();
    const executions = bar(80, 100, 80, 90).filter((line) => line.startsWith('execution'));
    expect(executions).toEqual(['execution entry 1 at 80', 'execution stop 1 at 81']);
  });

  it.each<[string, Partial<TradeBar>]>([
    ['bad_price', { high: 99 }],
    ['bad_price', { low: 101 }],
    ['bad_price', { low: 0 }],
    ['bad_price', { close: Number.NaN }],
    ['bad_price', { open: -0 }],
    ['bad_size', { volume: 0 }],
    ['time_backwards', { eventTimeUs: 1 }],
    ['unknown_symbol', { symbol: 9 }],
  ])('should be refused with %s', (reason, fields) => {
    const { market } = opened();
    const bar = { symbol: 0, eventTimeUs: 1e9, open: 100, high: 100, low: 100, close: 100, volume: 1, ...fields };
    expect(market.engine.onBar(bar)).toBe(false);
    expect([...market.engine.refusedTicks]).toEqual([[reason, 1]]);
    expect(market.engine.tickers.seq[0]).toBe(1);
  });

  it('should cause what trades at every tick of its path would', () => {
    const price = fc.integer({ min: 90, max: 110 });
    const orders = fc.array(
      fc.record({
        type: fc.constantFrom(
          'STOP_MARKET' as const,
          'LIMIT' as const,
          'TAKE_PROFIT' as const,
          'STOP_LIMIT' as const,
          'TRAILING_STOP_MARKET' as const,
        ),
        side: fc.constantFrom('BUY' as const, 'SELL' as const),
        triggerPrice: price,
        limitPrice: price,
        trailingOffset: fc.record({ kind: fc.constant('ticks' as const), value: fc.integer({ min: 1, max: 9 }) }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(orders, fc.tuple(price, price, price, price), (all, sorted) => {
        const [low = 0, open = 0, close = 0, high = 0] = [...sorted].sort((a, b) => a - b);
        const [byBar, byTick] = [opened(), opened()];
        for (const { market } of [byBar, byTick]) {
          all.forEach((terms, at) => {
            market.place(`${at}`, terms);
          });
          market.news();
        }
        const path = open - low <= high - open ? [open, low, high, close] : [open, high, low, close];
        let last = open;
        byTick.market.timeUs += 60_000_000;
        const step = (to: number) => {
          byTick.market.tick(tradeTick({ price: to, eventTimeUs: byTick.market.timeUs }));
          last = to;
        };
        step(open);
        for (const to of path) while (last !== to) step(last + Math.sign(to - last));
        const withoutRatchets = (news: readonly string[]) => news.filter((line) => !line.startsWith('ratcheted'));
        expect(withoutRatchets(byBar.bar(open, high, low, close))).toEqual(withoutRatchets(byTick.market.news()));
      }),
    );
  });
});

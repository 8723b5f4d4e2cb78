import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from '../accounts/account.ts';
import { orderTerms } from '../harness.ts';
import type { Side, TrailingOffset } from '../types.ts';
import { Order } from './order.ts';
import { rootOf, TrailingStops, type TrailRun, trailingStop } from './trailing.ts';

const account = new Account({ name: 'a', deposits: 0, valuers: [] });
let orderId = 0;

function trailingOrder(side: Side, trailingOffset: TrailingOffset): Order {
  orderId++;
  return new Order(orderId, account, orderTerms(`${orderId}`, { type: 'TRAILING_STOP_MARKET', side, trailingOffset }));
}

const offsets = fc.constantFrom<TrailingOffset>(
  { kind: 'bp', value: 100 },
  { kind: 'bp', value: 333 },
  { kind: 'ticks', value: 7 },
  { kind: 'price', value: 40 },
);
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('tick' as const), price: fc.integer({ min: 985, max: 1015 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), offset: offsets }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat() }) },
  ),
  { maxLength: 80 },
);

describe('trailingStop', () => {
  it('should round basis points away from the market, to a whole tick', () => {
    expect(trailingStop('SELL', { kind: 'bp', value: 1_000 }, 41_000)).toBe(36_900);
    expect(trailingStop('BUY', { kind: 'bp', value: 500 }, 42_000)).toBe(44_100);
    expect(trailingStop('SELL', { kind: 'bp', value: 333 }, 1_001)).toBe(967);
    expect(trailingStop('BUY', { kind: 'bp', value: 333 }, 1_001)).toBe(1_035);
  });
});

describe('TrailingStops', () => {
  it.each(['SELL', 'BUY'] as const)('should agree with one peak kept per order (%s), whatever comes', (side) => {
    const sign = side === 'SELL' ? 1 : -1;
    fc.assert(
      fc.property(steps, (all) => {
        const stops = new TrailingStops(side);
        const peaks = new Map<Order, number>();
        let price = 1_000;
        for (const step of all) {
          if (step.kind === 'add') {
            const order = trailingOrder(side, step.offset);
            stops.add(order, step.offset, price);
            peaks.set(order, price);
          } else if (step.kind === 'remove') {
            const gone = [...peaks.keys()][step.which % Math.max(1, peaks.size)];
            if (gone === undefined) continue;
            stops.remove(gone);
            expect(gone.peakPrice).toBe(peaks.get(gone));
            peaks.delete(gone);
          } else {
            price = step.price;
            const reached: Order[] = [];
            stops.takeReached(price, reached);
            stops.ratchet(price, []);
            const expected = [...peaks].filter(([order, peak]) => stopFor(order, peak) * sign >= price * sign);
            expect(new Set(reached)).toEqual(new Set(expected.map(([order]) => order)));
            for (const order of reached) peaks.delete(order);
            for (const [order, peak] of peaks) if (peak * sign < price * sign) peaks.set(order, price);
          }
          for (const [order, peak] of peaks) expect(order.run && rootOf(order.run).peak).toBe(peak);
          const farthest = Math.max(...[...peaks].map(([order, peak]) => stopFor(order, peak) * sign));
          const none = side === 'SELL' ? { stop: 0, peak: Infinity } : { stop: Infinity, peak: 0 };
          expect(stops.nearestStop()).toBe(peaks.size === 0 ? none.stop : farthest * sign);
          const nearest = Math.min(...[...peaks.values()].map((peak) => peak * sign));
          expect(stops.nearestPeak()).toBe(peaks.size === 0 ? none.peak : nearest * sign);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('should look at each distinct offset once on a new extreme, however many orders there are', () => {
    const stops = new TrailingStops('SELL');
    const kinds = [10, 20, 30].map((value): TrailingOffset => ({ kind: 'ticks', value }));
    for (let at = 0; at < 3_000; at++) {
      const offset = kinds[at % 3] as TrailingOffset;
      stops.add(trailingOrder('SELL', offset), offset, 1_000);
    }
    expect(stops.distinctOffsets).toBe(3);
    stops.visits = 0;
    const untold: TrailRun[] = [];
    stops.ratchet(1_001, untold);
    expect(stops.visits).toBe(3);
    expect(untold).toHaveLength(3);
  });

  it('should name a run that ratchets once until it is told, and not while its stop stays', () => {
    const stops = new TrailingStops('SELL');
    const half: TrailingOffset = { kind: 'bp', value: 5_000 };
    stops.add(trailingOrder('SELL', half), half, 100);
    const untold: TrailRun[] = [];
    stops.ratchet(101, untold);
    expect(untold).toEqual([]);
    stops.ratchet(102, untold);
    stops.ratchet(104, untold);
    expect(untold.map(({ stop, isUntold }) => [stop, isUntold])).toEqual([[52, true]]);
  });

  it('should forget an offset with its last order, whichever goes first', () => {
    for (const gone of [0, 1, 2]) {
      const stops = new TrailingStops('BUY');
      const orders = [10, 20, 30].map((value) => {
        const order = trailingOrder('BUY', { kind: 'ticks', value });
        stops.add(order, { kind: 'ticks', value }, 1_000);
        return order;
      });
      stops.remove(orders[gone] as Order);
      expect(stops.distinctOffsets).toBe(2);
      const reached: Order[] = [];
      stops.takeReached(1_030, reached);
      expect(reached).toHaveLength(2);
      expect(stops.distinctOffsets).toBe(0);
    }
  });
});

function stopFor(order: Order, peak: number): number {
  const { side, trailingOffset } = order.terms;
  if (trailingOffset === undefined) throw new Error('not trailing');
  return trailingStop(side, trailingOffset, peak);
}

import { describe, expect, it } from 'vitest';
import { ordersIn } from '../../protocol/generatorPlan.ts';
import type { Schedule } from '../../protocol/run.ts';
import { trade } from '../../simulator/testTape.ts';
import { planOrders } from './orders.ts';
import type { PlayedPart } from './part.ts';
import { seededRandom } from './random.ts';

const SECONDS = 22;
const SCHEDULE: Schedule = { startUs: 5e15, fromEventUs: 0, toEventUs: SECONDS * 1e6, speed: 1 };
/** Ten trades a second that wander between 98.80 and 101.20. */
const TICKS = Array.from({ length: SECONDS * 10 }, (_, at) =>
  trade({ eventTimeUs: at * 100_000, price: 10_000 + Math.round(120 * Math.sin(at / 15)) }),
);
const PART: PlayedPart = {
  instruments: [{ symbol: 'A', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }],
  fromUs: 0,
  toUs: SECONDS * 1e6,
  ticks: TICKS,
  bySymbol: [TICKS.map((_, at) => at)],
  bars: [[]],
};

function plan(seed = 1) {
  return planOrders({
    part: PART,
    schedule: SCHEDULE,
    clientSymbols: [['A'], ['A']],
    ordersPerS: 10,
    random: seededRandom(seed),
  });
}

describe('planOrders', () => {
  it('should place as many orders a second as asked for, a list counting as two, each under a name of its own', () => {
    const plans = plan();
    const orders = plans.flat().flatMap(({ frame }) => ordersIn(frame));
    // 1.5 s to begin with and 1 s at the end are without any.
    expect(orders).toHaveLength(195);
    expect(new Set(orders.map(({ clientOrderId }) => clientOrderId)).size).toBe(195);
    expect(plans.map(({ length }) => length)).toEqual([98, 88]);
    expect(plan()).toEqual(plans);
    expect(plan(2)).not.toEqual(plans);
  });

  it('should put the two stops of an OCO list on both sides of the market', () => {
    const lists = plan()
      .flat()
      .flatMap(({ frame, atUs }) => (frame.type === 'order.placeList' ? [{ frame, atUs }] : []));
    expect(lists.length).toBeGreaterThan(5);
    for (const { frame, atUs } of lists) {
      const last = TICKS.findLast(({ eventTimeUs }) => eventTimeUs <= atUs - SCHEDULE.startUs)?.price ?? 0;
      const [sell, buy] = frame.orders;
      expect(frame.contingency).toBe('OCO');
      expect([sell?.side, buy?.side]).toEqual(['SELL', 'BUY']);
      expect(Number(sell?.triggerPrice) * 100).toBeLessThan(last);
      expect(Number(buy?.triggerPrice) * 100).toBeGreaterThan(last);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from '../accounts/account.ts';
import { orderTerms } from '../harness.ts';
import { Order } from './order.ts';
import { OrderHeap } from './orderHeap.ts';

const account = new Account({ name: 'a', deposits: 0, valuers: [] });

const levels = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 });

describe('OrderHeap', () => {
  it.each(['falls', 'rises'] as const)('should hand out exactly what a market that %s reaches', (actsWhen) => {
    const reaches = (level: number, price: number) => (actsWhen === 'falls' ? level >= price : level <= price);
    fc.assert(
      fc.property(levels, fc.array(fc.nat(), { maxLength: 20 }), levels, (added, removed, prices) => {
        const heap = new OrderHeap(actsWhen);
        const kept = new Set<Order>();
        added.forEach((level, at) => {
          const order = new Order(at, account, orderTerms(`${at}`, { type: 'STOP_MARKET' }));
          heap.add(order.wait, level);
          kept.add(order);
        });
        for (const which of removed) {
          const order = [...kept][which % Math.max(1, kept.size)];
          if (order === undefined) break;
          heap.remove(order.wait);
          kept.delete(order);
        }
        for (const price of prices) {
          const out: Order[] = [];
          heap.takeReached(price, out);
          const expected = [...kept].filter(({ wait }) => reaches(wait.level, price));
          expect(new Set(out)).toEqual(new Set(expected));
          for (const order of out) kept.delete(order);
          expect(heap.size).toBe(kept.size);
        }
      }),
      { numRuns: 200 },
    );
  });
});

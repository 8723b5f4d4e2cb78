import { describe, expect, it } from 'vitest';
import { orderTerms, tradeTick } from './harness.ts';
import { RunHash } from './runHash.ts';
import type { Command, Tick } from './types.ts';

function hashOf(...inputs: readonly (Tick | Command)[]): string {
  const hash = new RunHash();
  for (const input of inputs) {
    if (typeof input.kind === 'number') hash.tick(input);
    else hash.command(input);
  }
  return hash.digest();
}

const tick = tradeTick({ price: 100, eventTimeUs: 5 });
const order = orderTerms('x', { type: 'STOP_MARKET', triggerPrice: 90 });

describe('RunHash', () => {
  it('should tell apart every field of a tick and of an order, and their order', () => {
    const hashes = [
      hashOf(),
      hashOf(tick),
      hashOf(tick, tick),
      ...(['kind', 'symbol', 'eventTimeUs', 'price', 'size', 'bid', 'ask', 'bidSize', 'askSize', 'flags'] as const).map(
        (field) => hashOf({ ...tick, [field]: tick[field] + 1 }),
      ),
      hashOf(order),
      hashOf(tick, order),
      hashOf(order, tick),
      hashOf({ kind: 'cancel', account: 'a', clientOrderId: 'x' }),
      hashOf({ ...order, account: 'b' }),
      hashOf({ ...order, side: 'BUY' }),
      hashOf({ ...order, quantity: 2 }),
      hashOf({ ...order, triggerPrice: 91 }),
      hashOf({ ...order, activationPrice: 91 }),
      hashOf({ ...order, triggerBasis: 'mark' }),
      hashOf({ ...order, trailingOffset: { kind: 'bp', value: 1 } }),
      hashOf({ ...order, trailingOffset: { kind: 'ticks', value: 1 } }),
      hashOf({ ...order, extendedHours: true }),
      hashOf({ ...order, reduceOnly: true }),
      hashOf({ ...order, expireTimeUs: 9 }),
      hashOf({ ...order, parentClientOrderId: 'p' }),
      hashOf({ kind: 'modify', account: 'a', clientOrderId: 'x', quantity: 2 }),
      hashOf({ kind: 'modify', account: 'a', clientOrderId: 'x', triggerPrice: 2 }),
      hashOf({ kind: 'list', account: 'a', contingency: 'OCO', orders: [order] }),
      hashOf({ kind: 'list', account: 'a', contingency: 'OUO', orders: [order] }),
      hashOf({ kind: 'list', account: 'a', contingency: 'OCO', orders: [order, order] }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('should be the same on every machine', () => {
    expect(hashOf(tick, order)).toMatchInlineSnapshot(`"de45ce99b25c2092"`);
  });
});

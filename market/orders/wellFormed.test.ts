import { describe, expect, it } from 'vitest';
import { Harness, orderTerms } from '../harness.ts';
import type { Command } from '../types.ts';
import { refuseWords } from './wellFormed.ts';

const plain = orderTerms('s', { type: 'MARKET' });
const list = { kind: 'list', account: 'a', contingency: 'OCO', orders: [plain, plain] };

/** A command as it may come from a file or a socket: not checked by the compiler. */
function asked(command: object): Command {
  return command as Command;
}

describe('words of a command', () => {
  it.each<object>([
    ...['MARKET', 'LIMIT', 'STOP_MARKET', 'STOP_LIMIT', 'TRAILING_STOP_MARKET', 'TAKE_PROFIT'].map((type) => ({
      type,
    })),
    ...['BUY', 'SELL'].map((side) => ({ side })),
    ...['DAY', 'GTC', 'IOC', 'FOK', 'GTD', undefined].map((timeInForce) => ({ timeInForce })),
    ...['last', 'bid_ask', 'mark', undefined].map((triggerBasis) => ({ triggerBasis })),
    ...[true, false, undefined].flatMap((flag) => [{ extendedHours: flag }, { reduceOnly: flag }]),
    ...[{ clientOrderId: 'x'.repeat(128) }, { account: 'x'.repeat(128) }, { parentClientOrderId: 'p' }],
  ])('should be taken in an order: %o', (fields) => {
    expect(refuseWords(asked({ ...plain, ...fields }))).toBeUndefined();
  });

  it.each<[string, object]>([
    ['unsupported_order_type', { type: '' }],
    ['unsupported_order_type', { type: 'ICEBERG' }],
    ['malformed', { side: '' }],
    ['malformed', { side: 'SHORT' }],
    ['malformed', { timeInForce: '' }],
    ['malformed', { timeInForce: null }],
    ['malformed', { triggerBasis: '' }],
    ['malformed', { triggerBasis: 'close' }],
    ['malformed', { extendedHours: 1 }],
    ['malformed', { reduceOnly: 'yes' }],
    ['malformed', { account: '' }],
    ['malformed', { account: 7 }],
    ['malformed', { clientOrderId: '' }],
    ['malformed', { clientOrderId: ['x'] }],
    ['malformed', { clientOrderId: 'x'.repeat(129) }],
    ['malformed', { parentClientOrderId: '' }],
    ['malformed', { parentClientOrderId: null }],
    ['malformed', { side: '', type: '' }],
  ])('should be refused in an order with %s: %o', (reason, fields) => {
    expect(refuseWords(asked({ ...plain, ...fields }))).toBe(reason);
  });

  it.each(['cancel', 'modify'])('should be names in a %s', (kind) => {
    const command = { kind, account: 'a', clientOrderId: 's' };
    expect(refuseWords(asked(command))).toBeUndefined();
    expect(refuseWords(asked({ ...command, account: '' }))).toBe('malformed');
    expect(refuseWords(asked({ ...command, clientOrderId: 7 }))).toBe('malformed');
  });

  it.each<object>([
    ...['OCO', 'OTO', 'OUO', 'BRACKET'].map((contingency) => ({ contingency })),
    ...['complete_fill', 'first_fill', undefined].map((childrenFrom) => ({ childrenFrom })),
    { orders: [] },
  ])('should be taken in a list: %o', (fields) => {
    expect(refuseWords(asked({ ...list, ...fields }))).toBeUndefined();
  });

  it.each<[string, object]>([
    ['malformed', { account: '' }],
    ['malformed', { contingency: '' }],
    ['malformed', { childrenFrom: '' }],
    ['malformed', { orders: { length: 0 } }],
    ['malformed', { orders: [plain, { ...plain, kind: 'modify' }] }],
    ['malformed', { orders: [{ ...plain, side: '' }, plain] }],
    ['unsupported_order_type', { orders: [plain, { ...plain, type: 'ICEBERG' }] }],
  ])('should be refused in a list with %s: %o', (reason, fields) => {
    expect(refuseWords(asked({ ...list, ...fields }))).toBe(reason);
  });

  it('should be refused by the engine, which counts them and tells nothing', () => {
    const market = new Harness();
    market.trade(100);
    expect(market.command(asked({ ...plain, side: 'SHORT' }))).toEqual({ kind: 'rejected', reason: 'malformed' });
    expect([...market.engine.refusedCommands]).toEqual([['malformed', 1]]);
    expect(market.events).toEqual([]);
    expect(market.place('s', { type: 'MARKET' })).toMatchObject({ kind: 'taken', order: { orderId: 1 } });
  });

  it('should be of a kind that there is', () => {
    expect(refuseWords(asked({ ...plain, kind: 'replace' }))).toBe('malformed');
  });
});

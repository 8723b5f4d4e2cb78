import { beforeEach, describe, expect, it } from 'vitest';
import { Harness, orderTerms, quoteTick, tradeTick } from './harness.ts';
import type { ModifyOrder, PlaceOrder, Tick } from './types.ts';

const NOW_US = 10_000_000;
const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 2 ** 53, 0.5, -1] as const;
const trade = (fields: Partial<Tick>) => ({ ...tradeTick({ price: 100, eventTimeUs: NOW_US }), ...fields });
const quote = (fields: Partial<Tick>) => ({ ...quoteTick({ bid: 99, ask: 101, eventTimeUs: NOW_US }), ...fields });

let market: Harness;
/** What is hashed of the state: all but the counts of refusals. */
const state = () => JSON.stringify({ ...market.engine.snapshot(), refused: undefined });
/** The state without what a refused order leaves behind by its own right: its id and its name. */
const stateBesideOrders = () => JSON.stringify({ ...market.engine.snapshot(), ...BESIDE });
const BESIDE = { refused: undefined, orders: undefined, orderId: undefined, accounts: undefined };

beforeEach(() => {
  market = new Harness();
  market.tick(trade({}));
  market.tick(quote({}));
  market.place('done', { type: 'MARKET', side: 'BUY', quantity: 5 });
  market.place('stop', { type: 'STOP_MARKET', triggerPrice: 90, quantity: 5 });
  market.place('trail', { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'bp', value: 500 } });
  market.place('gtd', { type: 'LIMIT', limitPrice: 120, timeInForce: 'GTD', expireTimeUs: 2 * NOW_US });
  market.engine.onControl({ kind: 'clock', timeUs: NOW_US });
});

describe('a tick that is none', () => {
  it.each<[string, (number: number) => Tick]>([
    ['bad_price', (price) => trade({ price })],
    ['bad_size', (size) => trade({ size })],
    ['bad_price', (bid) => quote({ bid })],
    ['bad_price', (ask) => quote({ ask })],
    ['bad_size', (bidSize) => quote({ bidSize })],
    ['unknown_symbol', (symbol) => trade({ symbol })],
  ])('should be refused as %s, counted, and change nothing', (reason, tickOf) => {
    // -0 is the index of a typed array as 0 is.
    const numbers = NO_NUMBERS.filter((one) => reason !== 'unknown_symbol' || !Object.is(one, -0));
    const before = state();
    for (const number of numbers) expect(market.engine.onTick(tickOf(number)), String(number)).toBe(false);
    expect(state()).toBe(before);
    expect(Object.fromEntries(market.engine.refusedTicks)).toEqual({ [reason]: numbers.length });
  });

  it.each<[string, Tick]>([
    ['time_backwards', trade({ eventTimeUs: NOW_US - 1 })],
    ['bad_time', trade({ eventTimeUs: Number.NaN })],
    ['bad_time', trade({ eventTimeUs: Number.POSITIVE_INFINITY })],
    ['bad_time', trade({ eventTimeUs: 2 ** 53 })],
    ['crossed_quote', quote({ bid: 102 })],
    ['unknown_symbol', trade({ symbol: 3 })],
  ])('should be refused as %s when it is %o', (reason, tick) => {
    const before = state();
    expect(market.engine.onTick(tick)).toBe(false);
    expect(state()).toBe(before);
    expect(Object.fromEntries(market.engine.refusedTicks)).toEqual({ [reason]: 1 });
  });
});

describe('an order that can not be', () => {
  it.each<[string, (number: number) => PlaceOrder]>([
    ['bad_quantity', (quantity) => orderTerms(`q${quantity}`, { type: 'MARKET', quantity })],
    ['bad_price', (triggerPrice) => orderTerms('x', { type: 'STOP_MARKET', triggerPrice })],
    ['bad_price', (limitPrice) => orderTerms('x', { type: 'LIMIT', limitPrice })],
    ['bad_price', (triggerPrice) => orderTerms('x', { type: 'STOP_LIMIT', triggerPrice, limitPrice: 80 })],
    [
      'bad_offset',
      (value) => orderTerms('x', { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value } }),
    ],
    ['unknown_symbol', (symbol) => orderTerms('x', { type: 'MARKET', symbol })],
    ['bad_expiry', (expireTimeUs) => orderTerms('x', { type: 'LIMIT', limitPrice: 50, ...gtd(expireTimeUs) })],
  ])('should be refused as %s, counted, and leave nothing but its name', (reason, orderOf) => {
    const before = stateBesideOrders();
    const working = market.engine.workingOrders('a');
    const portfolio = market.engine.portfolio('a');
    NO_NUMBERS.forEach((number, at) => {
      const outcome = market.command({ ...orderOf(number), clientOrderId: `bad ${at}` });
      expect(outcome, String(number)).toMatchObject({ kind: 'rejected', reason });
    });
    expect(stateBesideOrders()).toBe(before);
    expect(market.engine.workingOrders('a')).toEqual(working);
    expect(market.engine.portfolio('a')).toEqual(portfolio);
    expect(Object.fromEntries(market.engine.refusedCommands)).toEqual({ [reason]: NO_NUMBERS.length });
  });

  it('should change nothing at all when its id is known: the first one is shown', () => {
    const before = state();
    const outcome = market.place('done', { type: 'LIMIT', limitPrice: 1 });
    expect(outcome).toMatchObject({ kind: 'duplicate', order: { status: 'FILLED', quantity: 5 } });
    expect(state()).toBe(before);
  });
});

describe('a modification that can not be', () => {
  it.each<[string, Omit<ModifyOrder, 'kind' | 'account'>]>([
    ['order_not_open', { clientOrderId: 'done', quantity: 9 }],
    ['unknown_order', { clientOrderId: 'nobody', quantity: 9 }],
    ['nothing_to_modify', { clientOrderId: 'stop' }],
    ['not_modifiable', { clientOrderId: 'stop', limitPrice: 9 }],
    ['wrong_side_of_market', { clientOrderId: 'stop', triggerPrice: 100 }],
    ...NO_NUMBERS.flatMap((number): [string, Omit<ModifyOrder, 'kind' | 'account'>][] => [
      ['bad_quantity', { clientOrderId: 'stop', quantity: number }],
      ['bad_price', { clientOrderId: 'stop', triggerPrice: number }],
      ['bad_offset', { clientOrderId: 'trail', trailingOffset: { kind: 'bp', value: number } }],
      ['bad_expiry', { clientOrderId: 'gtd', expireTimeUs: number }],
    ]),
  ])('should be refused as %s when it is %o, counted, and change nothing', (reason, change) => {
    const before = state();
    const outcome = market.command({ kind: 'modify', account: 'a', ...change });
    expect(outcome).toMatchObject({ kind: 'rejected', reason });
    expect(state()).toBe(before);
    expect(Object.fromEntries(market.engine.refusedCommands)).toEqual({ [reason]: 1 });
  });
});

describe('a control that can not be', () => {
  it.each(NO_NUMBERS)('should be refused, counted, and change nothing (%s)', (number) => {
    const before = state();
    const ratio = { symbol: 0, numerator: 1, denominator: 1, cashPerShare: 1 };
    const { engine } = market;
    expect(engine.onControl({ kind: 'clock', timeUs: number })).toBe('bad_time');
    expect(engine.onControl({ kind: 'halt', symbol: number })).toBe('unknown_symbol');
    expect(engine.onControl({ kind: 'corporate_action', ...ratio, numerator: number })).toBe('bad_ratio');
    expect(engine.onControl({ kind: 'corporate_action', ...ratio, denominator: number })).toBe('bad_ratio');
    expect(engine.onControl({ kind: 'corporate_action', ...ratio, cashPerShare: number })).toBe('bad_cash');
    expect(state()).toBe(before);
    expect([...engine.refusedControls.values()].reduce((sum, times) => sum + times, 0)).toBe(5);
  });

  it('should be refused when the clock runs backwards', () => {
    const before = state();
    expect(market.engine.onControl({ kind: 'clock', timeUs: NOW_US - 1 })).toBe('time_backwards');
    expect(state()).toBe(before);
  });
});

function gtd(expireTimeUs: number): Pick<PlaceOrder, 'timeInForce' | 'expireTimeUs'> {
  return { timeInForce: 'GTD', expireTimeUs };
}

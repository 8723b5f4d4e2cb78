import { describe, expect, it } from 'vitest';
import { MarketEngine } from '../engine.ts';
import { Harness, orderTerms, quoteTick, testInstrument, told, tradeTick } from '../harness.ts';
import { readSnapshot } from '../snapshot.ts';
import type { MarketEvent, PlaceOrder } from '../types.ts';

/** An engine that goes on from what another one saved, by way of JSON. */
function restored(engine: MarketEngine, fills: 'whole' | 'tick_size' = 'whole') {
  const events: MarketEvent[] = [];
  const instruments = [0, 1, 2].map(testInstrument);
  const saved = readSnapshot(JSON.parse(JSON.stringify(engine.snapshot())));
  const again = MarketEngine.restore({ instruments, fills, sink: (event) => events.push(event) }, saved);
  const news = () => events.splice(0).map(told);
  return { again, news };
}

describe('a saved state', () => {
  it('should keep what is left of a trade and of each side of a quote', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.tick(tradeTick({ price: 100, size: 7, eventTimeUs: 1 }));
    market.tick({ ...quoteTick({ bid: 99, ask: 101, eventTimeUs: 2 }), bidSize: 5, askSize: 6 });
    market.place('one', { type: 'MARKET', quantity: 3 });
    market.place('two', { type: 'LIMIT', limitPrice: 99, quantity: 1, triggerBasis: 'bid_ask', timeInForce: 'IOC' });
    const { again, news } = restored(market.engine, 'tick_size');
    const all = { quantity: 50, timeInForce: 'IOC' } as const;
    again.onCommand(orderTerms('last', { ...all, type: 'MARKET' }));
    again.onCommand(orderTerms('bid', { ...all, type: 'LIMIT', limitPrice: 99, triggerBasis: 'bid_ask' }));
    again.onCommand(
      orderTerms('ask', { ...all, type: 'LIMIT', side: 'BUY', limitPrice: 101, triggerBasis: 'bid_ask' }),
    );
    expect(news().filter((line) => line.startsWith('execution'))).toEqual([
      'execution last 4 at 100',
      'execution bid 4 at 99',
      'execution ask 6 at 101',
    ]);
  });

  it('should keep which symbols are halted, and no others', () => {
    const market = new Harness();
    for (const symbol of [0, 1, 2]) market.trade(100, symbol);
    market.engine.onControl({ kind: 'halt', symbol: 0 });
    market.engine.onControl({ kind: 'halt', symbol: 1 });
    market.engine.onControl({ kind: 'resume', symbol: 0 });
    const { again } = restored(market.engine);
    const answers = [0, 1, 2].map((symbol) => again.onCommand(orderTerms(`m${symbol}`, { type: 'MARKET', symbol })));
    expect(answers).toMatchObject([{ kind: 'taken' }, { reason: 'symbol_halted' }, { kind: 'taken' }]);
  });

  it('should keep the clock', () => {
    const market = new Harness();
    market.engine.onControl({ kind: 'clock', timeUs: 50 });
    const { again } = restored(market.engine);
    expect([again.clockUs, again.onControl({ kind: 'clock', timeUs: 49 })]).toEqual([50, 'time_backwards']);
    expect(again.onControl({ kind: 'clock', timeUs: 50 })).toBeUndefined();
  });

  it('should keep refused orders, whatever numbers they were asked with', () => {
    const market = new Harness();
    const numbers = { symbol: Number.NaN, quantity: Number.NaN, triggerPrice: Number.NaN, limitPrice: Number.NaN };
    const refused: PlaceOrder = {
      ...orderTerms('odd', { type: 'TRAILING_STOP_MARKET', activationPrice: Number.POSITIVE_INFINITY }),
      ...numbers,
      expireTimeUs: Number.NaN,
      trailingOffset: { kind: 'ticks', value: Number.NaN },
    };
    expect(market.command(refused)).toMatchObject({ kind: 'rejected', reason: 'unknown_symbol' });
    const { again } = restored(market.engine);
    expect(again.order('a', 'odd')).toMatchObject({ status: 'REJECTED', rejectReason: 'unknown_symbol' });
    expect(again.onCommand(refused)).toMatchObject({ kind: 'duplicate' });
    expect(again.snapshot()).toEqual(readSnapshot(JSON.parse(JSON.stringify(market.engine.snapshot()))));
  });

  it('should keep who waits for whom, who stands with whom, and the ids that are taken', () => {
    const market = new Harness();
    market.trade(100);
    const leg = (id: string, limitPrice: number) =>
      orderTerms(id, { type: 'LIMIT', side: limitPrice < 100 ? 'BUY' : 'SELL', limitPrice });
    const exits = [leg('target', 110), orderTerms('stop', { type: 'STOP_MARKET', triggerPrice: 80 })];
    market.command({ kind: 'list', account: 'a', contingency: 'BRACKET', orders: [leg('entry', 90), ...exits] });
    market.command({ kind: 'list', account: 'a', contingency: 'OCO', orders: [leg('low', 70), leg('high', 130)] });
    market.place('done', { type: 'MARKET', side: 'BUY' });
    const { again, news } = restored(market.engine);
    const trade = (price: number, eventTimeUs: number) => again.onTick(tradeTick({ price, eventTimeUs }));
    const views = (engine: MarketEngine) =>
      ['entry', 'target', 'stop', 'low', 'high', 'done'].map((id) => engine.order('a', id));
    expect(views(again)).toEqual(views(market.engine));
    expect(again.workingOrders('a')).toEqual(market.engine.workingOrders('a'));
    expect(again.onCommand(orderTerms('done', { type: 'MARKET' }))).toMatchObject({ kind: 'duplicate' });
    trade(90, 10_000_000);
    expect(news()).toEqual(['execution entry 1 at 90', 'filled entry', 'accepted target', 'accepted stop']);
    trade(110, 11_000_000);
    expect(news()).toEqual(['execution target 1 at 110', 'filled target', 'canceled stop']);
    trade(70, 12_000_000);
    expect(news()).toEqual(['execution low 1 at 70', 'filled low', 'canceled high']);
    expect(again.onCommand(orderTerms('next', { type: 'MARKET' }))).toMatchObject({ order: { orderId: 7 } });
  });

  it('should keep which ratchets were told, and when the others will be', () => {
    const market = new Harness();
    const trade = (engine: MarketEngine, price: number, eventTimeUs: number) =>
      engine.onTick(tradeTick({ price, eventTimeUs }));
    trade(market.engine, 100, 0);
    for (const [id, value] of [
      ['one', 10],
      ['two', 20],
      ['three', 10],
    ] as const)
      market.place(id, { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value } });
    market.news();
    // Ratchets are told in windows of 100 ms.
    trade(market.engine, 101, 110_000);
    expect(market.news()).toEqual(['ratcheted one', 'ratcheted two', 'ratcheted three']);
    const told = restored(market.engine);
    trade(told.again, 100, 200_000);
    expect(told.news()).toEqual([]);
    trade(market.engine, 102, 120_000);
    market.place('four', { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: 10 } });
    expect(market.news()).toEqual(['accepted four']);
    const kept = restored(market.engine);
    trade(kept.again, 101, 199_999);
    expect(kept.news()).toEqual([]);
    trade(kept.again, 101, 200_000);
    expect(kept.news()).toEqual(['ratcheted one', 'ratcheted two', 'ratcheted three']);
    trade(kept.again, 101, 300_000);
    expect(kept.news()).toEqual([]);
  });

  it('should be refused when it names an order that it does not hold', () => {
    const market = new Harness();
    market.trade(100);
    market.place('s', { type: 'STOP_MARKET', triggerPrice: 90 });
    market.cancel('s');
    const { orders: _, ...rest } = market.engine.snapshot();
    const options = { instruments: [0, 1, 2].map(testInstrument), sink: () => {} };
    expect(() => MarketEngine.restore(options, { ...rest, orders: [] })).toThrow(
      "the saved state names order 1 but doesn't hold it",
    );
  });
});

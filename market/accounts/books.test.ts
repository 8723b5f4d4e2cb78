import { describe, expect, it } from 'vitest';
import { Harness, tradeTick } from '../harness.ts';
import { CASH_SCALE, type CommandOutcome } from '../types.ts';

const CENT = CASH_SCALE / 100;

function reasonOf(outcome: CommandOutcome): string {
  return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
}

describe('commission', () => {
  it('should leave the cash and count as a realised loss, per share', () => {
    const market = new Harness({ commission: { kind: 'per_share', cashUnits: 50 } });
    market.trade(100);
    market.place('m', { type: 'MARKET', side: 'BUY', quantity: 7 });
    expect(market.events.find(({ kind }) => kind === 'execution')).toMatchObject({ commission: 350 });
    const { cash, equity, deposits, realizedPnl, unrealizedPnl } = market.engine.portfolio('a');
    expect(deposits - cash).toBe(700 * CENT + 350);
    expect([realizedPnl, unrealizedPnl, equity - deposits]).toEqual([-350, 0, -350]);
  });

  it('should be rounded half to even in basis points', () => {
    const market = new Harness({ commission: { kind: 'bp', value: 25 } });
    market.trade(101);
    market.place('m', { type: 'MARKET', quantity: 2 });
    // 20,200 units x 0.0025 is 50.5.
    expect(market.engine.portfolio('a').realizedPnl).toBe(-50);
  });
});

describe('buying power with margin', () => {
  const rules = { startingCash: 1_000 * CENT, buyingPower: { kind: 'margin', shortMarginBp: 5_000 } } as const;

  it('should be reserved by working orders and released when they end', () => {
    const market = new Harness(rules);
    market.trade(100);
    expect(reasonOf(market.place('one', { type: 'LIMIT', side: 'BUY', limitPrice: 90, quantity: 10 }))).toBe('taken');
    expect(market.engine.buyingPower('a')).toBe(100 * CENT);
    expect(reasonOf(market.place('two', { type: 'LIMIT', side: 'BUY', limitPrice: 90, quantity: 2 }))).toBe(
      'insufficient_buying_power',
    );
    market.command({ kind: 'modify', account: 'a', clientOrderId: 'one', quantity: 5 });
    expect(market.engine.buyingPower('a')).toBe(550 * CENT);
    market.cancel('one');
    expect(market.engine.buyingPower('a')).toBe(1_000 * CENT);
  });

  it('should be used up by the fill instead of the reservation, part by part', () => {
    const market = new Harness({ ...rules, fills: 'tick_size' });
    market.trade(100);
    market.place('one', { type: 'LIMIT', side: 'BUY', limitPrice: 100, quantity: 4 });
    expect(market.engine.portfolio('a').cash).toBe(900 * CENT);
    expect(market.engine.buyingPower('a')).toBe(600 * CENT);
    market.trade(80);
    expect(market.engine.buyingPower('a')).toBe((1_000 - 180 - 200) * CENT);
  });

  it('should be blocked by a short at its mark and the margin on top', () => {
    const market = new Harness(rules);
    market.trade(100);
    expect(reasonOf(market.place('big', { type: 'MARKET', quantity: 21 }))).toBe('insufficient_buying_power');
    expect(reasonOf(market.place('short', { type: 'MARKET', quantity: 20 }))).toBe('taken');
    expect(market.engine.buyingPower('a')).toBe(0);
    expect(reasonOf(market.place('cover', { type: 'MARKET', side: 'BUY', quantity: 10 }))).toBe('taken');
    expect(market.engine.buyingPower('a')).toBe(500 * CENT);
    market.trade(150);
    expect(market.engine.buyingPower('a')).toBe((1_000 + 1_000 - 10 * 150 * 1.5) * CENT);
  });

  it('should be reserved for the dearest leg of an OCO alone', () => {
    const market = new Harness(rules);
    market.trade(100);
    const leg = { kind: 'place', account: 'a', symbol: 0, side: 'BUY', quantity: 5 } as const;
    market.command({
      kind: 'list',
      account: 'a',
      contingency: 'OCO',
      orders: [
        { ...leg, clientOrderId: 'low', type: 'LIMIT', limitPrice: 90 },
        { ...leg, clientOrderId: 'high', type: 'STOP_MARKET', triggerPrice: 120 },
      ],
    });
    expect(market.engine.buyingPower('a')).toBe(400 * CENT);
    market.cancel('high');
    expect(market.engine.buyingPower('a')).toBe(550 * CENT);
    market.trade(80);
    expect(market.engine.buyingPower('a')).toBe(600 * CENT);
  });
});

describe('a position that working orders close', () => {
  const rules = { startingCash: 1_000 * CENT, buyingPower: { kind: 'margin', shortMarginBp: 20_000 } } as const;
  const FIVE = { quantity: 5 } as const;

  function holdingFive(fills: 'whole' | 'tick_size' = 'whole'): Harness {
    const market = new Harness({ ...rules, fills });
    market.tick({ ...tradeTick({ price: 100, eventTimeUs: 1 }), size: 5 });
    market.place('entry', { type: 'MARKET', side: 'BUY', ...FIVE });
    market.place('rest', { type: 'LIMIT', limitPrice: 110, ...FIVE });
    // 500 are left: short sales of two at 100 need 400.
    expect(market.engine.buyingPower('a')).toBe(500 * CENT);
    market.news();
    return market;
  }

  it('should be held for the oldest of them: what comes later opens a short and needs its margin', () => {
    const market = holdingFive();
    expect(reasonOf(market.place('all', { type: 'MARKET', ...FIVE }))).toBe('insufficient_buying_power');
    expect(reasonOf(market.place('two', { type: 'STOP_MARKET', triggerPrice: 90, quantity: 2 }))).toBe('taken');
    expect(market.engine.reserved('a')).toBe(400 * CENT);
    market.cancel('rest');
    expect(market.engine.reserved('a')).toBe(0);
  });

  it('should leave the resting one to open what another one has sold, and reserve for that', () => {
    const market = holdingFive();
    market.place('two', { type: 'MARKET', quantity: 2 });
    // Three are held, the resting five open two at 110: 440.
    expect(market.engine.reserved('a')).toBe(440 * CENT);
    expect(market.engine.buyingPower('a')).toBe((500 + 200 - 440) * CENT);
    market.news();
    market.trade(110);
    expect(market.news()).toEqual(['execution rest 5 at 110', 'filled rest']);
    expect(market.engine.positions('a')).toMatchObject([{ quantity: -2 }]);
  });

  it('should be closed as far as it goes, and the rest canceled with its reason, where a short is not covered', () => {
    const market = holdingFive();
    market.place('cut', { type: 'MARKET', reduceOnly: true, quantity: 4 });
    market.news();
    // One is held; four short at 200 need 1,600 of 900 + 800.
    market.trade(300);
    expect(market.news()).toEqual(['execution rest 1 at 300', 'partially_filled rest', 'canceled rest']);
    expect(market.engine.order('a', 'rest')).toMatchObject({
      status: 'CANCELED',
      cumulativeQuantity: 1,
      rejectReason: 'insufficient_buying_power',
    });
    expect(market.engine.positions('a')).toMatchObject([{ quantity: 0 }]);
  });

  it('should let an all-or-nothing order do nothing where only a part is covered', () => {
    const market = holdingFive();
    market.cancel('rest');
    const stop = { type: 'STOP_LIMIT', triggerPrice: 98, limitPrice: 1, timeInForce: 'FOK', ...FIVE } as const;
    market.place('stop', stop);
    market.place('buy', { type: 'LIMIT', side: 'BUY', limitPrice: 60, quantity: 6 });
    market.place('cut', { type: 'MARKET', reduceOnly: true, quantity: 4 });
    // Four short at 200 and the buy are reserved: more than there is.
    expect(market.engine.buyingPower('a')).toBe((900 - 800 - 360) * CENT);
    market.news();
    // At 98 the short needs 784. Of the buy four would then only close it: 780 are left for it.
    market.trade(98);
    expect(market.news()).toEqual(['triggered stop', 'canceled stop']);
    expect(market.engine.positions('a')).toMatchObject([{ quantity: 1 }]);
  });

  it('should let a modification that needs less pass, whatever is left', () => {
    const market = holdingFive();
    market.place('short', { type: 'STOP_MARKET', triggerPrice: 90, quantity: 2 });
    market.trade(109);
    market.place('buy', { type: 'LIMIT', side: 'BUY', limitPrice: 100, quantity: 1 });
    const modified = market.command({ kind: 'modify', account: 'a', clientOrderId: 'short', quantity: 1 });
    expect(reasonOf(modified)).toBe('taken');
    const more = market.command({ kind: 'modify', account: 'a', clientOrderId: 'rest', quantity: 9 });
    expect(reasonOf(more)).toBe('insufficient_buying_power');
  });
});

describe('corporate actions', () => {
  it('should split positions, the market and open orders, and keep the equity', () => {
    const market = new Harness();
    market.trade(1_000);
    market.place('m', { type: 'MARKET', side: 'BUY', quantity: 5 });
    market.place('stop', { type: 'STOP_LIMIT', triggerPrice: 901, limitPrice: 895, quantity: 5 });
    market.place('trail', { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: 50 }, quantity: 5 });
    market.place('buy', { type: 'STOP_MARKET', side: 'BUY', triggerPrice: 1_101 });
    const { equity } = market.engine.portfolio('a');
    market.news();
    const split = { kind: 'corporate_action', symbol: 0, numerator: 4, denominator: 1, cashPerShare: 0 } as const;
    expect(market.engine.onControl(split)).toBeUndefined();
    expect(market.news()).toEqual(['restated stop', 'restated trail', 'restated buy']);
    const views = ['stop', 'trail', 'buy'].map((id) => market.engine.order('a', id));
    expect(views).toMatchObject([
      { quantity: 20, leavesQuantity: 20, triggerPrice: 225, limitPrice: 223 },
      { quantity: 20, triggerPrice: 237, peakPrice: 250, trailingOffset: { value: 13 } },
      { quantity: 4, triggerPrice: 276 },
    ]);
    expect(market.engine.positions('a')).toMatchObject([{ quantity: 20, mark: 250 }]);
    expect(market.engine.portfolio('a').equity).toBe(equity);
    market.trade(237);
    expect(market.news()).toEqual(['triggered trail', 'execution trail 20 at 237', 'filled trail']);
  });

  it('should cancel orders of less than one lot, and pay for what is left of a position', () => {
    const market = new Harness();
    market.trade(100);
    market.place('m', { type: 'MARKET', side: 'BUY', quantity: 15 });
    market.place('small', { type: 'STOP_MARKET', triggerPrice: 90, quantity: 9 });
    market.news();
    market.engine.onControl({ kind: 'corporate_action', symbol: 0, numerator: 1, denominator: 10, cashPerShare: 0 });
    expect(market.news()).toEqual(['canceled small']);
    expect(market.engine.positions('a')).toMatchObject([{ quantity: 1, cost: 1_000 * CENT, mark: 1_000 }]);
    const { equity, deposits } = market.engine.portfolio('a');
    expect(equity).toBe(deposits);
  });

  it('should pay a dividend to the long, take it from the short, and lower what waits below the market', () => {
    const market = new Harness();
    market.trade(100);
    market.place('long', { type: 'MARKET', side: 'BUY', quantity: 3 });
    market.place('short', { type: 'MARKET', quantity: 2, account: 'b' });
    market.place('stop', { type: 'STOP_MARKET', triggerPrice: 95 });
    market.place('trail', { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: 5 } });
    market.place('above', { type: 'LIMIT', limitPrice: 110 });
    // One cent and a bit for each share: two ticks.
    market.engine.onControl({ kind: 'corporate_action', symbol: 0, numerator: 1, denominator: 1, cashPerShare: 101 });
    expect(['a', 'b'].map((account) => market.engine.portfolio(account).realizedPnl)).toEqual([303, -202]);
    const views = ['stop', 'trail', 'above'].map((id) => market.engine.order('a', id));
    expect(views).toMatchObject([{ triggerPrice: 93 }, { triggerPrice: 93, peakPrice: 98 }, { limitPrice: 110 }]);
  });
});

describe('closed orders', () => {
  it('should be remembered for their ids up to a number, and then forgotten', () => {
    const market = new Harness({ closedOrdersKept: 3 });
    market.trade(100);
    market.place('open', { type: 'LIMIT', limitPrice: 200 });
    for (let at = 0; at < 100; at++) market.place(`m${at}`, { type: 'MARKET' });
    expect(market.engine.order('a', 'm96')).toBeUndefined();
    expect(market.engine.order('a', 'm97')).toMatchObject({ status: 'FILLED' });
    expect(market.engine.order('a', 'open')).toMatchObject({ status: 'ACCEPTED' });
    expect(reasonOf(market.place('m97', { type: 'MARKET' }))).toBe('duplicate');
    expect(reasonOf(market.place('m96', { type: 'MARKET' }))).toBe('taken');
  });
});

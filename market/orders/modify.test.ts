import { describe, expect, it } from 'vitest';
import { Harness } from '../harness.ts';
import type { CommandOutcome, ModifyOrder, PlaceOrder } from '../types.ts';

const TEN_TICKS = { kind: 'ticks', value: 10 } as const;

type Terms = Pick<PlaceOrder, 'type'> & Partial<PlaceOrder>;

function reasonOf(outcome: CommandOutcome): string {
  return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
}

function modify(market: Harness, clientOrderId: string, fields: Partial<ModifyOrder>): string {
  return reasonOf(market.command({ kind: 'modify', account: 'a', clientOrderId, ...fields }));
}

describe('modify', () => {
  it('should move a stop and its quantity, and keep its age', () => {
    const market = new Harness();
    market.trade(100);
    market.place('old', { type: 'STOP_MARKET', triggerPrice: 80, quantity: 5 });
    market.place('young', { type: 'STOP_MARKET', triggerPrice: 90 });
    expect(modify(market, 'old', { triggerPrice: 90, quantity: 2 })).toBe('taken');
    market.trade(91);
    market.trade(90);
    expect(market.news()).toEqual([
      'accepted old',
      'accepted young',
      'modified old',
      'triggered old',
      'execution old 2 at 90',
      'filled old',
      'triggered young',
      'execution young 1 at 90',
      'filled young',
    ]);
  });

  it('should fill a limit at once when its new limit allows', () => {
    const market = new Harness();
    market.trade(100);
    market.place('l', { type: 'LIMIT', side: 'BUY', limitPrice: 90 });
    expect(modify(market, 'l', { limitPrice: 101 })).toBe('taken');
    expect(market.news()).toEqual(['accepted l', 'modified l', 'execution l 1 at 100', 'filled l']);
    expect(modify(market, 'l', { limitPrice: 102 })).toBe('order_not_open');
  });

  it('should give a trail another offset from the peak that it has', () => {
    const market = new Harness();
    market.trade(100);
    market.place('t', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    market.trade(120);
    market.trade(115);
    expect(modify(market, 't', { trailingOffset: { kind: 'ticks', value: 5 } })).toBe('wrong_side_of_market');
    expect(modify(market, 't', { trailingOffset: { kind: 'ticks', value: 120 } })).toBe('bad_offset');
    expect(modify(market, 't', { activationPrice: 130 })).toBe('not_modifiable');
    expect(modify(market, 't', { trailingOffset: { kind: 'ticks', value: 6 } })).toBe('taken');
    expect(market.engine.order('a', 't')).toMatchObject({ triggerPrice: 114, peakPrice: 120 });
    market.news();
    market.trade(114);
    expect(market.news()).toEqual(['triggered t', 'execution t 1 at 114', 'filled t']);
  });

  it('should move an activation that is still to come, and start the trail when the market is there', () => {
    const market = new Harness();
    market.trade(100);
    market.place('t', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, activationPrice: 120 });
    expect(modify(market, 't', { activationPrice: 110 })).toBe('taken');
    expect(modify(market, 't', { activationPrice: 99 })).toBe('taken');
    expect(market.news()).toEqual(['accepted t', 'modified t', 'modified t', 'activated t']);
    expect(market.engine.order('a', 't')).toMatchObject({ triggerPrice: 90, peakPrice: 100 });
  });

  it('should let a triggered stop-limit have another limit, but no other trigger', () => {
    const market = new Harness();
    market.trade(100);
    market.place('s', { type: 'STOP_LIMIT', triggerPrice: 95, limitPrice: 94 });
    market.trade(90);
    market.news();
    expect(modify(market, 's', { triggerPrice: 80 })).toBe('already_triggered');
    expect(modify(market, 's', { limitPrice: 92 })).toBe('taken');
    expect(market.news()).toEqual(['modified s']);
    market.trade(92);
    expect(market.news()).toEqual(['execution s 1 at 92', 'filled s']);
  });

  it('should count what is filled into the new quantity', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.trade(100);
    market.place('l', { type: 'LIMIT', side: 'BUY', limitPrice: 100, quantity: 5 });
    expect(modify(market, 'l', { quantity: 1 })).toBe('quantity_below_filled');
    expect(modify(market, 'l', { quantity: 2 })).toBe('taken');
    expect(market.engine.order('a', 'l')).toMatchObject({ quantity: 2, leavesQuantity: 1, cumulativeQuantity: 1 });
    market.news();
    market.trade(100);
    expect(market.news()).toEqual(['execution l 1 at 100', 'filled l']);
  });

  it('should change a child that waits by its form alone', () => {
    const market = new Harness();
    market.trade(100);
    market.place('p', { type: 'LIMIT', side: 'BUY', limitPrice: 90 });
    market.place('c', { type: 'STOP_MARKET', triggerPrice: 85, parentClientOrderId: 'p' });
    expect(modify(market, 'c', { triggerPrice: 0 })).toBe('bad_price');
    expect(modify(market, 'c', { triggerPrice: 105 })).toBe('taken');
    expect(market.engine.order('a', 'c')).toMatchObject({ status: 'PENDING', triggerPrice: 105 });
  });

  it('should move the end of a GTD order', () => {
    const market = new Harness();
    market.trade(100);
    const gtd = { timeInForce: 'GTD', expireTimeUs: 10_000_000 } as const;
    market.place('l', { type: 'LIMIT', side: 'BUY', limitPrice: 90, ...gtd });
    expect(modify(market, 'l', { expireTimeUs: 1 })).toBe('bad_expiry');
    expect(modify(market, 'l', { expireTimeUs: 20_000_000 })).toBe('taken');
    expect(modify(market, 'l', { quantity: 2 })).toBe('taken');
    market.engine.onControl({ kind: 'clock', timeUs: 19_999_999 });
    market.news();
    market.engine.onControl({ kind: 'clock', timeUs: 20_000_000 });
    expect(market.news()).toEqual(['expired l']);
  });

  it.each<[string, Partial<ModifyOrder>]>([
    ['nothing_to_modify', {}],
    ['not_modifiable', { limitPrice: 5 }],
    ['not_modifiable', { trailingOffset: TEN_TICKS }],
    ['not_modifiable', { activationPrice: 5 }],
    ['not_modifiable', { expireTimeUs: 9e15 }],
    ['bad_price', { triggerPrice: Number.NaN }],
    ['bad_price', { triggerPrice: -0 }],
    ['bad_price', { triggerPrice: 2 ** 53 }],
    ['bad_quantity', { quantity: Number.POSITIVE_INFINITY }],
    ['bad_quantity', { quantity: -0 }],
    ['bad_quantity', { quantity: 0.5 }],
    ['wrong_side_of_market', { triggerPrice: 100 }],
    ['unknown_order', { triggerPrice: 91, clientOrderId: 'other' }],
    ['insufficient_buying_power', { quantity: 20_000_000, clientOrderId: 'buy' }],
  ])('should refuse with %s, change nothing and tell nothing', (reason, fields) => {
    const market = new Harness();
    market.trade(100);
    market.place('s', { type: 'STOP_MARKET', triggerPrice: 90 });
    market.place('buy', { type: 'LIMIT', side: 'BUY', limitPrice: 90 });
    market.news();
    const before = market.engine.workingOrders('a');
    expect(modify(market, 's', fields)).toBe(reason);
    expect(market.engine.workingOrders('a')).toEqual(before);
    expect(market.news()).toEqual([]);
    expect(market.engine.refusedCommands.get(reason as 'bad_price')).toBe(1);
  });
});

describe('what can be modified', () => {
  const GTD = { timeInForce: 'GTD', expireTimeUs: 9e15 } as const;
  const PLACED: Readonly<Record<string, Terms>> = {
    limit: { type: 'LIMIT', limitPrice: 120 },
    stop: { type: 'STOP_MARKET', triggerPrice: 80 },
    stopLimit: { type: 'STOP_LIMIT', triggerPrice: 80, limitPrice: 79 },
    target: { type: 'TAKE_PROFIT', triggerPrice: 120 },
    trail: { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS },
    asleep: { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, activationPrice: 130 },
    gtd: { type: 'LIMIT', limitPrice: 120, ...GTD },
  };
  const CHANGES: Readonly<Record<string, Partial<ModifyOrder>>> = {
    quantity: { quantity: 3 },
    triggerPrice: { triggerPrice: 85 },
    limitPrice: { limitPrice: 118 },
    trailingOffset: { trailingOffset: { kind: 'ticks', value: 20 } },
    activationPrice: { activationPrice: 125 },
    expireTimeUs: { expireTimeUs: 8e15 },
  };

  it.each<[string, readonly string[]]>([
    ['limit', ['quantity', 'limitPrice']],
    ['stop', ['quantity', 'triggerPrice']],
    ['stopLimit', ['quantity', 'triggerPrice', 'limitPrice']],
    ['target', ['quantity', 'triggerPrice']],
    ['trail', ['quantity', 'trailingOffset']],
    ['asleep', ['quantity', 'trailingOffset', 'activationPrice']],
    ['gtd', ['quantity', 'limitPrice', 'expireTimeUs']],
  ])('should be of %s: %o', (name, fields) => {
    const taken = Object.entries(CHANGES).filter(([, change]) => {
      const market = new Harness();
      market.trade(100);
      const terms = PLACED[name];
      if (terms === undefined) throw new Error(`no order ${name}`);
      market.place('o', terms);
      // A target may not lie below the market.
      const isTarget = name === 'target' && change.triggerPrice !== undefined;
      const answer = modify(market, 'o', isTarget ? { triggerPrice: 115 } : change);
      expect(['taken', 'not_modifiable']).toContain(answer);
      return answer === 'taken';
    });
    expect(taken.map(([field]) => field)).toEqual(fields);
  });

  it.each<[Terms, Partial<ModifyOrder>, Partial<ModifyOrder>]>([
    [{ type: 'STOP_MARKET', triggerPrice: 80 }, { triggerPrice: 100 }, { triggerPrice: 99 }],
    [{ type: 'STOP_MARKET', side: 'BUY', triggerPrice: 120 }, { triggerPrice: 100 }, { triggerPrice: 101 }],
    [{ type: 'TAKE_PROFIT', triggerPrice: 120 }, { triggerPrice: 100 }, { triggerPrice: 101 }],
    [{ type: 'TAKE_PROFIT', side: 'BUY', triggerPrice: 80 }, { triggerPrice: 100 }, { triggerPrice: 99 }],
  ])('should keep a stop on its side of the market: %o', (terms, refused, taken) => {
    const market = new Harness();
    market.trade(100);
    market.place('o', terms);
    expect([modify(market, 'o', refused), modify(market, 'o', taken)]).toEqual(['wrong_side_of_market', 'taken']);
  });

  it.each([
    ['SELL', 110, 105],
    ['BUY', 90, 95],
  ] as const)('should keep a trail that runs behind the market, counted from its peak (%s)', (side, peak, now) => {
    const market = new Harness();
    market.trade(100);
    market.place('t', { type: 'TRAILING_STOP_MARKET', side, trailingOffset: TEN_TICKS });
    market.trade(peak);
    market.trade(now);
    const offset = (value: number): Partial<ModifyOrder> => ({ trailingOffset: { kind: 'ticks', value } });
    expect(modify(market, 't', offset(5))).toBe('wrong_side_of_market');
    expect(modify(market, 't', offset(6))).toBe('taken');
    expect(market.engine.order('a', 't')).toMatchObject({ peakPrice: peak });
    if (side === 'SELL') expect(modify(market, 't', offset(110))).toBe('bad_offset');
  });

  it('should be no trigger once it was reached, but still a quantity', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.trade(100);
    market.place('t', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, quantity: 3 });
    market.trade(90);
    expect(modify(market, 't', { trailingOffset: { kind: 'ticks', value: 20 } })).toBe('already_triggered');
    expect(modify(market, 't', { quantity: 2 })).toBe('taken');
    market.news();
    market.trade(95);
    expect(market.news()).toEqual(['execution t 1 at 95', 'filled t']);
  });

  it('should be the activation of a child that waits, whether it has one or not', () => {
    const market = new Harness();
    market.trade(100);
    market.place('p', { type: 'LIMIT', side: 'BUY', limitPrice: 90 });
    market.place('c', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, parentClientOrderId: 'p' });
    expect(modify(market, 'c', { activationPrice: 95 })).toBe('taken');
    market.trade(90);
    market.news();
    market.trade(94);
    expect(market.news()).toEqual([]);
    market.trade(95);
    expect(market.news()).toEqual(['activated c']);
  });
});

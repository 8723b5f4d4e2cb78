import { describe, expect, it } from 'vitest';
import { Harness, orderTerms } from '../harness.ts';
import type { CommandOutcome, PlaceOrder, PlaceOrderList } from '../types.ts';

const TEN_TICKS = { kind: 'ticks', value: 10 } as const;

type Leg = Partial<Omit<PlaceOrder, 'kind' | 'clientOrderId'>> & Pick<PlaceOrder, 'type'>;

function list(
  contingency: PlaceOrderList['contingency'],
  legs: Readonly<Record<string, Leg>>,
  fields: Partial<PlaceOrderList> = {},
): PlaceOrderList {
  const orders = Object.entries(legs).map(([id, leg]) => orderTerms(id, leg));
  return { kind: 'list', account: 'a', contingency, orders, ...fields };
}

function reasonOf(outcome: CommandOutcome): string {
  return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
}

/** A bracket around a buy at 100 lots: stop below, target above. */
function bracket(
  legs: Readonly<Record<'entry' | 'stop' | 'target', Partial<Leg>>>,
  fields: Partial<PlaceOrderList> = {},
) {
  return list(
    'BRACKET',
    {
      entry: { type: 'LIMIT', side: 'BUY', quantity: 10, limitPrice: 100, ...legs.entry },
      stop: { type: 'STOP_MARKET', quantity: 10, triggerPrice: 95, ...legs.stop },
      target: { type: 'LIMIT', quantity: 10, limitPrice: 110, ...legs.target },
    },
    fields,
  );
}

const PLAIN = { entry: {}, stop: {}, target: {} };
const ELEVEN = Object.fromEntries(
  Array.from({ length: 11 }, (_, n) => [`o${n}`, { type: 'LIMIT', limitPrice: 200 }] as const),
);

describe('OCO', () => {
  it('should cancel the other leg when one triggers, before it fills, within the same tick', () => {
    const market = new Harness();
    market.trade(100);
    market.command(
      list('OCO', { stop: { type: 'STOP_MARKET', triggerPrice: 95 }, limit: { type: 'LIMIT', limitPrice: 110 } }),
    );
    expect(market.news()).toEqual(['accepted stop', 'accepted limit']);
    market.trade(90);
    expect(market.news()).toEqual(['triggered stop', 'canceled limit', 'execution stop 1 at 90', 'filled stop']);
    market.trade(120);
    expect(market.news()).toEqual([]);
    expect(market.engine.workingOrders('a')).toEqual([]);
  });

  it('should let the older leg alone act when one tick reaches both', () => {
    const market = new Harness();
    market.trade(100);
    market.quote({ bid: 99, ask: 101 });
    const legs = {
      first: { type: 'STOP_MARKET', side: 'BUY', triggerPrice: 105 },
      second: { type: 'STOP_LIMIT', side: 'BUY', triggerPrice: 104, limitPrice: 200 },
    } as const;
    market.command(list('OCO', legs));
    market.news();
    market.trade(110);
    expect(market.news()).toEqual(['triggered first', 'canceled second', 'execution first 1 at 110', 'filled first']);
  });

  it('should cancel the others when the first can be filled as it is placed', () => {
    const market = new Harness();
    market.trade(100);
    market.command(
      list('OCO', { now: { type: 'LIMIT', limitPrice: 99 }, stop: { type: 'STOP_MARKET', triggerPrice: 95 } }),
    );
    expect(market.news()).toEqual([
      'accepted now',
      'accepted stop',
      'execution now 1 at 100',
      'filled now',
      'canceled stop',
    ]);
  });

  it('should keep the rest of a leg that filled in part working, and cancel the other', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.trade(100);
    const legs = {
      limit: { type: 'LIMIT', limitPrice: 110, quantity: 3 },
      stop: { type: 'STOP_MARKET', triggerPrice: 95, quantity: 3 },
    } as const;
    market.command(list('OCO', legs));
    market.news();
    market.trade(110);
    expect(market.news()).toEqual(['execution limit 1 at 110', 'partially_filled limit', 'canceled stop']);
    market.trade(90);
    market.trade(111);
    expect(market.news()).toEqual(['execution limit 1 at 111', 'partially_filled limit']);
    expect(market.engine.order('a', 'limit')).toMatchObject({ status: 'PARTIALLY_FILLED', leavesQuantity: 1 });
  });

  it('should leave the other leg when one is canceled', () => {
    const market = new Harness();
    market.trade(100);
    market.command(
      list('OCO', { stop: { type: 'STOP_MARKET', triggerPrice: 95 }, limit: { type: 'LIMIT', limitPrice: 110 } }),
    );
    market.cancel('stop');
    market.news();
    market.trade(110);
    expect(market.news()).toEqual(['execution limit 1 at 110', 'filled limit']);
  });
});

describe('OTO', () => {
  it('should hold children until the parent is filled whole, and test them from the next tick on', () => {
    const market = new Harness();
    market.trade(105);
    market.command(
      list('OTO', {
        parent: { type: 'LIMIT', side: 'BUY', limitPrice: 100 },
        limit: { type: 'LIMIT', limitPrice: 90 },
        market: { type: 'MARKET', side: 'BUY' },
      }),
    );
    expect(market.news()).toEqual(['accepted parent', 'pending limit', 'pending market']);
    expect(market.engine.order('a', 'limit')).toMatchObject({ status: 'PENDING', parentClientOrderId: 'parent' });
    market.trade(99);
    expect(market.news()).toEqual([
      'execution parent 1 at 99',
      'filled parent',
      'accepted limit',
      'accepted market',
      'execution market 1 at 99',
      'filled market',
    ]);
    market.trade(98);
    expect(market.news()).toEqual(['execution limit 1 at 98', 'filled limit']);
  });

  it.each(['CANCELED', 'EXPIRED'] as const)('should cancel waiting children when the parent is %s', (status) => {
    const market = new Harness();
    market.trade(105);
    const parent = {
      type: 'LIMIT',
      side: 'BUY',
      limitPrice: 100,
      timeInForce: 'GTD',
      expireTimeUs: 9_000_000,
    } as const;
    market.command(list('OTO', { parent, child: { type: 'MARKET' } }));
    market.news();
    if (status === 'CANCELED') market.cancel('parent');
    else market.engine.onControl({ kind: 'clock', timeUs: 9_000_000 });
    expect(market.news()).toEqual([`${status.toLowerCase()} parent`, 'canceled child']);
  });

  it('should take a child for a parent that is there, and know no other', () => {
    const market = new Harness();
    market.trade(105);
    const child = (id: string, fields: Partial<PlaceOrder>) =>
      reasonOf(market.place(id, { type: 'MARKET', ...fields }));
    expect(child('none', { parentClientOrderId: 'parent' })).toBe('unknown_parent');
    market.place('parent', { type: 'LIMIT', side: 'BUY', limitPrice: 100 });
    expect(child('elsewhere', { parentClientOrderId: 'parent', symbol: 1 })).toBe('unknown_parent');
    expect(child('foreign', { parentClientOrderId: 'parent', account: 'b' })).toBe('unknown_parent');
    expect(child('bad', { parentClientOrderId: 'parent', quantity: 0 })).toBe('bad_quantity');
    expect(child('child', { parentClientOrderId: 'parent' })).toBe('taken');
    expect(child('gone', { parentClientOrderId: 'parent' })).toBe('taken');
    market.cancel('gone');
    market.news();
    market.trade(100);
    expect(market.news()).toEqual([
      'execution parent 1 at 100',
      'filled parent',
      'accepted child',
      'execution child 1 at 100',
      'filled child',
    ]);
    expect(child('late', { parentClientOrderId: 'parent' })).toBe('unknown_parent');
  });

  it('should begin children at the first fill when asked, and keep them when the parent is canceled then', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.trade(105);
    const list = bracket({ ...PLAIN, entry: { quantity: 2 } }, { childrenFrom: 'first_fill' });
    market.command(list);
    market.news();
    market.trade(100);
    expect(market.news()).toEqual([
      'execution entry 1 at 100',
      'partially_filled entry',
      'accepted stop',
      'accepted target',
    ]);
    market.cancel('entry');
    expect(market.news()).toEqual(['canceled entry']);
    market.trade(90);
    expect(market.news()).toEqual([
      'triggered stop',
      'execution stop 1 at 90',
      'partially_filled stop',
      'restated target',
      'canceled stop',
    ]);
    expect(market.engine.positions('a')).toMatchObject([{ quantity: 0 }]);
  });
});

describe('OUO', () => {
  it('should take a fill off the other legs, and cancel them when nothing is left', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.trade(100);
    const legs = {
      up: { type: 'LIMIT', limitPrice: 110, quantity: 2 },
      down: { type: 'STOP_MARKET', triggerPrice: 95, quantity: 2 },
    } as const;
    market.command(list('OUO', legs));
    market.news();
    market.trade(110);
    expect(market.news()).toEqual(['execution up 1 at 110', 'partially_filled up', 'restated down']);
    expect(market.engine.order('a', 'down')).toMatchObject({ quantity: 1, leavesQuantity: 1 });
    market.trade(90);
    expect(market.news()).toEqual(['triggered down', 'execution down 1 at 90', 'filled down', 'canceled up']);
  });
});

describe('BRACKET', () => {
  it('should take a trailing stop inside, which starts at the entry and ratchets', () => {
    const market = new Harness();
    market.trade(105);
    const stop = { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS } as const;
    expect(reasonOf(market.command(bracket({ ...PLAIN, stop, target: { limitPrice: 130 } })))).toBe('taken');
    expect(market.news()).toEqual(['accepted entry', 'pending stop', 'pending target']);
    market.trade(100);
    expect(market.engine.order('a', 'stop')).toMatchObject({ triggerPrice: 90, peakPrice: 100, reduceOnly: true });
    market.trade(120);
    expect(market.engine.order('a', 'stop')).toMatchObject({ triggerPrice: 110, contingency: 'BRACKET' });
    market.news();
    market.trade(108);
    expect(market.news()).toEqual(['triggered stop', 'execution stop 10 at 108', 'filled stop', 'canceled target']);
    expect(market.engine.positions('a')).toMatchObject([{ quantity: 0 }]);
  });

  it('should let a child that the entry gapped beyond work, and trigger it on the next tick', () => {
    const market = new Harness();
    market.trade(105);
    market.command(bracket(PLAIN));
    market.news();
    market.trade(80);
    expect(market.news()).toEqual(['execution entry 10 at 80', 'filled entry', 'accepted stop', 'accepted target']);
    market.trade(81);
    expect(market.news()).toEqual(['triggered stop', 'execution stop 10 at 81', 'filled stop', 'canceled target']);
  });

  it('should shrink the stop by what the target filled in part', () => {
    const market = new Harness({ fills: 'tick_size' });
    market.trade(100);
    market.command(bracket({ entry: { quantity: 1 }, stop: { quantity: 3 }, target: { quantity: 3 } }));
    market.place('more', { type: 'MARKET', side: 'BUY', quantity: 2 });
    market.trade(101);
    market.trade(101);
    market.news();
    market.trade(110);
    expect(market.news()).toEqual(['execution target 1 at 110', 'partially_filled target', 'restated stop']);
    expect(market.engine.order('a', 'stop')).toMatchObject({ leavesQuantity: 2 });
  });

  it('should never turn the position round', () => {
    const market = new Harness();
    market.trade(100);
    market.command(bracket(PLAIN));
    market.place('part', { type: 'MARKET', quantity: 7 });
    market.news();
    market.trade(94);
    expect(market.news()).toEqual([
      'triggered stop',
      'execution stop 3 at 94',
      'partially_filled stop',
      'restated target',
      'canceled stop',
    ]);
    market.trade(110);
    expect(market.news()).toEqual(['canceled target']);
    expect(market.engine.positions('a')).toMatchObject([{ quantity: 0 }]);
  });
});

describe('lists', () => {
  it('should be taken whole or not at all, the one at fault with its reason', () => {
    const market = new Harness();
    market.trade(100);
    const legs = {
      good: { type: 'STOP_MARKET', triggerPrice: 95 },
      bad: { type: 'STOP_MARKET', triggerPrice: 105 },
    } as const;
    expect(reasonOf(market.command(list('OCO', legs)))).toBe('wrong_side_of_market');
    expect(market.news()).toEqual(['rejected good', 'rejected bad']);
    const reasons = ['good', 'bad'].map((id) => market.engine.order('a', id)?.rejectReason);
    expect(reasons).toEqual(['list_rejected', 'wrong_side_of_market']);
  });

  it('should answer a list that is known with its first order, and refuse one that takes over an id', () => {
    const market = new Harness();
    market.trade(100);
    const command = bracket(PLAIN);
    market.command(command);
    market.news();
    expect(market.command(command)).toMatchObject({ kind: 'duplicate', order: { clientOrderId: 'entry' } });
    const other = list('OCO', { fresh: { type: 'LIMIT', limitPrice: 110 }, stop: { type: 'LIMIT', limitPrice: 111 } });
    expect(reasonOf(market.command(other))).toBe('duplicate_client_order_id');
    expect(market.engine.order('a', 'fresh')).toBeUndefined();
    expect(market.news()).toEqual([]);
  });

  it('should be of ten orders at most', () => {
    const market = new Harness();
    market.trade(100);
    const { o10: _, ...ten } = ELEVEN;
    expect(reasonOf(market.command(list('OUO', ten)))).toBe('taken');
    expect(market.engine.workingOrders('a')).toHaveLength(10);
  });

  it.each<[string, PlaceOrderList]>([
    ['one order', list('OCO', { x: { type: 'MARKET' } })],
    ['two symbols', list('OCO', { x: { type: 'MARKET' }, y: { type: 'MARKET', symbol: 1 } })],
    ['two accounts', list('OCO', { x: { type: 'MARKET' }, y: { type: 'MARKET', account: 'b' } })],
    [
      'one name twice',
      { ...list('OCO', {}), orders: [orderTerms('x', { type: 'MARKET' }), orderTerms('x', { type: 'MARKET' })] },
    ],
    ['no order', list('OCO', {})],
    ['eleven orders', list('OUO', ELEVEN)],
    ['a bracket of two', list('BRACKET', { x: { type: 'MARKET' }, y: { type: 'MARKET', side: 'BUY' } })],
    [
      'a bracket of four',
      { ...bracket(PLAIN), orders: [...bracket(PLAIN).orders, orderTerms('more', { type: 'LIMIT', limitPrice: 120 })] },
    ],
    ['a child on the side of the entry', bracket({ ...PLAIN, stop: { side: 'BUY' } })],
    ['a parent of their own', list('OTO', { x: { type: 'MARKET' }, y: { type: 'MARKET', parentClientOrderId: 'z' } })],
  ])('should refuse %s', (_, command) => {
    const market = new Harness();
    market.trade(100);
    expect(reasonOf(market.command(command))).toBe('bad_list');
    expect(market.news()).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Command, Instrument, PlaceOrder, Tick } from '../../market/types.ts';
import { Oracle } from './oracle.ts';
import { stopBehind } from './prices.ts';

const INSTRUMENTS: Instrument[] = ['AAA', 'BBB'].map((symbol, index) => ({
  symbol,
  index,
  priceDecimals: 2,
  quantityDecimals: 0,
  previousClose: 0,
}));

/** Plays numbers as trades of AAA, objects as commands, and returns what happened as short lines. */
function play(steps: readonly (number | Tick | Command)[]): string[] {
  const oracle = new Oracle({ instruments: INSTRUMENTS });
  for (const [index, step] of steps.entries()) {
    if (typeof step === 'number') oracle.onTick(trade(step, index + 1));
    else if (typeof step.kind === 'number') oracle.onTick(step as Tick);
    else oracle.onCommand(step as Command);
  }
  return oracle.events.map((event) =>
    event.kind === 'execution'
      ? `${event.clientOrderId} execution ${event.lastQuantity}@${event.lastPrice} #${event.tickSeq}`
      : `${event.order.clientOrderId} ${event.order.rejectReason ?? event.reason} ${event.order.triggerPrice ?? '-'} #${event.tickSeq}`,
  );
}

function trade(price: number, eventTimeUs: number, symbol = 0): Tick {
  return { kind: 0, symbol, eventTimeUs, price, size: 1, bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
}

function quote(bid: number, ask: number, eventTimeUs: number): Tick {
  return { ...trade(0, eventTimeUs), kind: 1, size: 0, bid, ask, bidSize: 1, askSize: 1 };
}

function order(clientOrderId: string, rest: Partial<PlaceOrder>): PlaceOrder {
  return {
    kind: 'place',
    account: 'a',
    clientOrderId,
    symbol: 0,
    side: 'SELL',
    type: 'STOP_MARKET',
    quantity: 10,
    ...rest,
  };
}

function trail(clientOrderId: string, rest: Partial<PlaceOrder>): PlaceOrder {
  return order(clientOrderId, { type: 'TRAILING_STOP_MARKET', ...rest });
}

describe('Oracle', () => {
  it('should hold the vectors of trailing stops in basis points', () => {
    expect(stopBehind('SELL', 41_000, { kind: 'bp', value: 1_000 })).toBe(36_900);
    expect(stopBehind('BUY', 42_000, { kind: 'bp', value: 500 })).toBe(44_100);
  });

  it('should round a stop between ticks away from the market', () => {
    expect(stopBehind('SELL', 10_001, { kind: 'bp', value: 100 })).toBe(9_900);
    expect(stopBehind('BUY', 10_001, { kind: 'bp', value: 100 })).toBe(10_102);
  });

  it('should fill a market order whole at the last trade, and refuse it before any', () => {
    const market = { type: 'MARKET', side: 'BUY' } as const;
    expect(play([order('x', market), 100, order('y', market)])).toEqual([
      'x no_market - #0',
      'y accepted - #1',
      'y execution 10@100 #1',
      'y filled - #1',
    ]);
  });

  it('should fill a stop that is gapped through at the market', () => {
    expect(play([105, order('x', { triggerPrice: 100 }), 90])).toEqual([
      'x accepted 100 #1',
      'x triggered 100 #2',
      'x execution 10@90 #2',
      'x filled 100 #2',
    ]);
  });

  it('should trigger at the stop itself, sells at or below and buys at or above', () => {
    const buy = { side: 'BUY', triggerPrice: 101 } as const;
    const lines = play([100, order('s', { triggerPrice: 99 }), order('b', buy), 101, 99]);
    expect(lines.filter((line) => line.includes('triggered'))).toEqual(['b triggered 101 #2', 's triggered 99 #3']);
  });

  it('should refuse a stop on the wrong side of the market', () => {
    const buy = { side: 'BUY', triggerPrice: 100 } as const;
    expect(play([100, order('s', { triggerPrice: 100 }), order('b', buy)])).toEqual([
      's wrong_side_of_market 100 #1',
      'b wrong_side_of_market 100 #1',
    ]);
  });

  it('should test the old stop before a tick moves it, and never lower a sell stop', () => {
    const offset = { trailingOffset: { kind: 'ticks', value: 10 } } as const;
    expect(play([100, trail('x', offset), 120, 115, 110]).slice(1)).toEqual([
      'x ratcheted 110 #2',
      'x triggered 110 #4',
      'x execution 10@110 #4',
      'x filled 110 #4',
    ]);
  });

  it('should start a trail on the tick that reaches its activation price', () => {
    const offset = { trailingOffset: { kind: 'ticks', value: 5 }, activationPrice: 110 } as const;
    expect(play([100, trail('x', offset), 90, 111, 106]).slice(0, 3)).toEqual([
      'x accepted - #1',
      'x activated 106 #3',
      'x triggered 106 #4',
    ]);
  });

  it('should trigger the oldest first, and ratchet only what is left', () => {
    const buyTrail = { side: 'BUY', trailingOffset: { kind: 'ticks', value: 5 } } as const;
    const steps = [100, trail('t', buyTrail), order('y', { triggerPrice: 95 }), order('z', { triggerPrice: 99 }), 90];
    const lines = play(steps).filter((line) => !line.includes('accepted') && !line.includes('execution'));
    expect(lines).toEqual([
      'y triggered 95 #2',
      'y filled 95 #2',
      'z triggered 99 #2',
      'z filled 99 #2',
      't ratcheted 95 #2',
    ]);
  });

  it('should not trigger by quotes what looks at the last price, and spend no number on a tick that cannot be', () => {
    const lines = play([
      100,
      order('x', { triggerPrice: 99 }),
      quote(90, 91, 10),
      quote(92, 91, 11),
      trade(0, 12),
      trade(98, 9),
      trade(98, 13),
    ]);
    expect(lines[1]).toBe('x triggered 99 #3');
  });

  it('should ignore duplicates, other symbols, and cancels of what is not open', () => {
    const stop = order('x', { triggerPrice: 99 });
    const cancel = { kind: 'cancel', account: 'a', clientOrderId: 'x' } as const;
    expect(play([100, stop, stop, trade(50, 10, 1), cancel, cancel, trade(90, 11)])).toEqual([
      'x accepted 99 #1',
      'x canceled 99 #1',
    ]);
  });

  it('should fill a limit at once where the market allows it, else when it comes, at the market and never worse', () => {
    const buy = { type: 'LIMIT', side: 'BUY', limitPrice: 100 } as const;
    expect(play([order('early', buy), 98, order('now', buy), 101, order('rest', buy), 99])).toEqual([
      'early accepted - #0',
      'early execution 10@98 #1',
      'early filled - #1',
      'now accepted - #1',
      'now execution 10@98 #1',
      'now filled - #1',
      'rest accepted - #2',
      'rest execution 10@99 #3',
      'rest filled - #3',
    ]);
  });

  it('should cancel what may not rest: IOC and FOK limits, and stop-limits gapped past their limit', () => {
    const limit = { type: 'LIMIT', side: 'BUY', limitPrice: 99, timeInForce: 'IOC' } as const;
    const stopLimit = { type: 'STOP_LIMIT', triggerPrice: 98, limitPrice: 97, timeInForce: 'FOK' } as const;
    expect(play([100, order('x', limit), order('y', stopLimit), 96])).toEqual([
      'x accepted - #1',
      'x canceled - #1',
      'y accepted 98 #1',
      'y triggered 98 #2',
      'y canceled 98 #2',
    ]);
  });

  it('should let a stop-limit that is gapped past rest at its limit, not at its trigger', () => {
    const stopLimit = order('x', { type: 'STOP_LIMIT', triggerPrice: 98, limitPrice: 97 });
    expect(play([100, stopLimit, 90, 96, 97, 105])).toEqual([
      'x accepted 98 #1',
      'x triggered 98 #2',
      'x execution 10@97 #4',
      'x filled 98 #4',
    ]);
  });

  it('should take profit at its target or better, at the market', () => {
    const target = { type: 'TAKE_PROFIT', triggerPrice: 105 } as const;
    expect(play([100, order('x', target), order('y', { ...target, side: 'BUY' }), 104, 107])).toEqual([
      'x accepted 105 #1',
      'y wrong_side_of_market 105 #1',
      'x triggered 105 #3',
      'x execution 10@107 #3',
      'x filled 105 #3',
    ]);
  });

  it('should look at bid or ask, or at the middle, for orders that ask for it, and deal on the mark at bid or ask', () => {
    const onBid = order('bid', { triggerPrice: 95, triggerBasis: 'bid_ask' });
    const onMark = order('mark', { triggerPrice: 95, triggerBasis: 'mark' });
    const lines = play([100, onMark, quote(99, 101, 10), onBid, { ...onMark, clientOrderId: 'm' }, quote(95, 98, 11)]);
    expect(lines.filter((line) => !line.includes('accepted'))).toEqual([
      'mark no_market 95 #1',
      'bid triggered 95 #3',
      'bid execution 10@95 #3',
      'bid filled 95 #3',
    ]);
    const marked = play([quote(99, 101, 10), onMark, quote(94, 97, 11)]);
    expect(marked.slice(1)).toEqual(['mark triggered 95 #2', 'mark execution 10@94 #2', 'mark filled 95 #2']);
  });
});

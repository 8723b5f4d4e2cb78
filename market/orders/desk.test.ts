import { describe, expect, it } from 'vitest';
import { Harness, tradeTick } from '../harness.ts';
import type { CommandOutcome, PlaceOrder } from '../types.ts';

const TEN_PERCENT = { kind: 'bp', value: 1_000 } as const;
const FIVE_PERCENT = { kind: 'bp', value: 500 } as const;
const TEN_TICKS = { kind: 'ticks', value: 10 } as const;

function reasonOf(outcome: CommandOutcome): string {
  return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
}

describe('MARKET', () => {
  it('should fill whole at the last trade when it is taken', () => {
    const market = new Harness();
    market.trade(10_000);
    const outcome = market.place('m', { type: 'MARKET', side: 'BUY', quantity: 7 });
    expect(market.news()).toEqual(['accepted m', 'execution m 7 at 10000', 'filled m']);
    expect(outcome).toMatchObject({ kind: 'taken', order: { status: 'FILLED', averagePrice: 10_000 } });
  });

  it('should be rejected before any trade, and tell so', () => {
    const market = new Harness();
    market.quote({ bid: 99, ask: 101 });
    expect(reasonOf(market.place('m', { type: 'MARKET' }))).toBe('no_market');
    expect(market.news()).toEqual(['rejected m']);
    expect(market.engine.order('a', 'm')).toMatchObject({ status: 'REJECTED', rejectReason: 'no_market' });
  });
});

describe('STOP_MARKET', () => {
  it('should trigger at exactly its price and not before', () => {
    const market = new Harness();
    market.trade(10_000);
    market.place('sell', { type: 'STOP_MARKET', triggerPrice: 9_900 });
    market.place('buy', { type: 'STOP_MARKET', side: 'BUY', triggerPrice: 10_100 });
    market.news();
    market.trade(9_901);
    market.trade(10_099);
    expect(market.news()).toEqual([]);
    market.trade(9_900);
    expect(market.news()).toEqual(['triggered sell', 'execution sell 1 at 9900', 'filled sell']);
    market.trade(10_100);
    expect(market.news()).toEqual(['triggered buy', 'execution buy 1 at 10100', 'filled buy']);
  });

  it('should be filled at the market when the market gaps through it', () => {
    const market = new Harness();
    market.trade(120);
    market.place('s', { type: 'STOP_MARKET', triggerPrice: 100 });
    market.trade(90);
    expect(market.news()).toEqual(['accepted s', 'triggered s', 'execution s 1 at 90', 'filled s']);
  });

  it('should carry the seq and the time of the tick that triggered it', () => {
    const market = new Harness();
    market.trade(120);
    market.quote({ bid: 119, ask: 121 });
    market.place('s', { type: 'STOP_MARKET', triggerPrice: 100 });
    market.trade(90);
    const at = market.events.map((event) => [event.tickSeq, event.eventTimeUs]);
    expect(at).toEqual([
      [2, 3_000_000],
      [3, 4_000_000],
      [3, 4_000_000],
      [3, 4_000_000],
    ]);
  });

  it('should go oldest first among those triggered on one tick, whatever their prices and kinds', () => {
    const market = new Harness();
    market.trade(10_000);
    market.place('1', { type: 'STOP_MARKET', triggerPrice: 9_700 });
    market.place('2', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    market.place('3', { type: 'STOP_MARKET', triggerPrice: 9_900 });
    market.place('4', { type: 'STOP_MARKET', triggerPrice: 9_800 });
    market.place('5', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_PERCENT });
    market.news();
    market.trade(8_000);
    expect(market.news().filter((line) => line.startsWith('triggered'))).toEqual(
      ['1', '2', '3', '4', '5'].map((id) => `triggered ${id}`),
    );
  });

  it('should be rejected on the wrong side of the market and at it', () => {
    const market = new Harness();
    market.trade(100);
    const stop = (side: 'BUY' | 'SELL', triggerPrice: number) =>
      reasonOf(market.place(`${side}${triggerPrice}`, { type: 'STOP_MARKET', side, triggerPrice }));
    expect(stop('SELL', 101)).toBe('wrong_side_of_market');
    expect(stop('SELL', 100)).toBe('wrong_side_of_market');
    expect(stop('SELL', 99)).toBe('taken');
    expect(stop('BUY', 99)).toBe('wrong_side_of_market');
    expect(stop('BUY', 100)).toBe('wrong_side_of_market');
    expect(stop('BUY', 101)).toBe('taken');
  });

  it('should ignore quotes, unless told to watch bid and ask', () => {
    const market = new Harness();
    market.trade(100);
    market.quote({ bid: 99, ask: 101 });
    market.place('last', { type: 'STOP_MARKET', triggerPrice: 95 });
    market.place('bid', { type: 'STOP_MARKET', triggerPrice: 95, triggerBasis: 'bid_ask' });
    market.place('ask', { type: 'STOP_MARKET', side: 'BUY', triggerPrice: 105, triggerBasis: 'bid_ask' });
    market.place('mark', { type: 'STOP_MARKET', triggerPrice: 93, triggerBasis: 'mark' });
    market.news();
    market.quote({ bid: 94, ask: 104 });
    expect(market.news()).toEqual(['triggered bid', 'execution bid 1 at 94', 'filled bid']);
    market.quote({ bid: 90, ask: 97 });
    expect(market.news()).toEqual(['triggered mark', 'execution mark 1 at 90', 'filled mark']);
    market.quote({ bid: 100, ask: 106 });
    expect(market.news()).toEqual(['triggered ask', 'execution ask 1 at 106', 'filled ask']);
    market.trade(94);
    expect(market.news()).toEqual(['triggered last', 'execution last 1 at 94', 'filled last']);
  });
});

describe('TRAILING_STOP_MARKET', () => {
  it.each([
    { side: 'SELL', offset: TEN_PERCENT, start: 40_000, extreme: 41_000, quiet: 36_901, stop: 36_900 },
    { side: 'BUY', offset: FIVE_PERCENT, start: 43_000, extreme: 42_000, quiet: 44_099, stop: 44_100 },
  ] as const)(
    'should hold the vector of a $side with $offset.value bp',
    ({ side, offset, start, extreme, quiet, stop }) => {
      const market = new Harness();
      market.trade(start);
      market.place('t', { type: 'TRAILING_STOP_MARKET', side, trailingOffset: offset });
      market.trade(extreme);
      market.trade(quiet);
      expect(market.news()).toEqual(['accepted t', 'ratcheted t']);
      expect(market.engine.order('a', 't')).toMatchObject({ triggerPrice: stop, peakPrice: extreme });
      market.trade(stop);
      expect(market.news()).toEqual(['triggered t', `execution t 1 at ${stop}`, 'filled t']);
    },
  );

  it('should test a tick against the old stop, and only then ratchet', () => {
    const market = new Harness();
    market.trade(100);
    market.place('buy', { type: 'TRAILING_STOP_MARKET', side: 'BUY', trailingOffset: TEN_TICKS });
    market.place('sell', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    market.news();
    market.trade(111);
    expect(market.news()).toEqual(['triggered buy', 'execution buy 1 at 111', 'filled buy', 'ratcheted sell']);
    expect(market.engine.order('a', 'sell')).toMatchObject({ triggerPrice: 101, peakPrice: 111 });
  });

  it('should keep younger and older orders of one offset apart until a new extreme overtakes both', () => {
    const market = new Harness();
    market.trade(100);
    market.place('old', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    market.trade(95);
    market.place('young', { type: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'price', value: 10 } });
    const stops = () => ['old', 'young'].map((id) => market.engine.order('a', id)?.triggerPrice);
    expect(stops()).toEqual([90, 85]);
    market.trade(98);
    expect(stops()).toEqual([90, 88]);
    market.trade(101);
    expect(stops()).toEqual([91, 91]);
    market.news();
    market.cancel('old');
    market.trade(91);
    expect(market.news()).toEqual(['canceled old', 'triggered young', 'execution young 1 at 91', 'filled young']);
  });

  it('should ratchet on a new extreme of one tick', () => {
    const market = new Harness();
    market.trade(1_000);
    market.place('buy', { type: 'TRAILING_STOP_MARKET', side: 'BUY', trailingOffset: TEN_TICKS });
    market.trade(999);
    expect(market.engine.order('a', 'buy')).toMatchObject({ triggerPrice: 1_009, peakPrice: 999 });
    market.place('sell', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    market.trade(1_000);
    expect(market.engine.order('a', 'sell')).toMatchObject({ triggerPrice: 990, peakPrice: 1_000 });
    expect(market.news()).toEqual(['accepted buy', 'ratcheted buy', 'accepted sell', 'ratcheted sell']);
  });

  it('should begin its trail on the tick that reaches the activation price', () => {
    const market = new Harness();
    market.trade(100);
    market.place('t', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, activationPrice: 110 });
    expect(market.engine.order('a', 't')).not.toHaveProperty('triggerPrice');
    market.trade(50);
    market.trade(109);
    expect(market.news()).toEqual(['accepted t']);
    market.trade(112);
    expect(market.news()).toEqual(['activated t']);
    expect(market.engine.order('a', 't')).toMatchObject({ triggerPrice: 102, peakPrice: 112 });
    market.trade(102);
    expect(market.news()).toEqual(['triggered t', 'execution t 1 at 102', 'filled t']);
  });

  it('should begin its trail at once when the market is beyond the activation price already', () => {
    const market = new Harness();
    market.trade(100);
    const terms = { type: 'TRAILING_STOP_MARKET', side: 'BUY', trailingOffset: TEN_TICKS } as const;
    const outcome = market.place('t', { ...terms, activationPrice: 100 });
    expect(market.news()).toEqual(['accepted t', 'activated t']);
    expect(outcome).toMatchObject({ kind: 'taken', order: { triggerPrice: 110 } });
  });

  it('should tell ratchets once per order and window of event time, and the held back ones in the next', () => {
    const market = new Harness({ ratchetWindowUs: 100_000 });
    const trade = (price: number, eventTimeUs: number) => market.tick(tradeTick({ price, eventTimeUs }));
    trade(1_000, 0);
    market.place('t', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    market.news();
    trade(1_001, 10_000);
    expect(market.news()).toEqual(['ratcheted t']);
    trade(1_002, 20_000);
    trade(1_003, 99_999);
    expect(market.news()).toEqual([]);
    trade(1_000, 100_000);
    expect(market.news()).toEqual(['ratcheted t']);
    expect(market.events.at(-1)).toMatchObject({ order: { triggerPrice: 993 } });
    trade(1_000, 250_000);
    expect(market.news()).toEqual([]);
    trade(1_010, 260_000);
    trade(1_011, 270_000);
    market.place('joins', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    trade(1_005, 300_000);
    expect(market.news()).toEqual(['ratcheted t', 'accepted joins', 'ratcheted t']);
  });

  it('should refuse offsets that leave no price for the stop', () => {
    const market = new Harness();
    market.trade(100);
    const place = (id: string, fields: Partial<PlaceOrder>) =>
      reasonOf(market.place(id, { type: 'TRAILING_STOP_MARKET', ...fields }));
    expect(place('none', {})).toBe('bad_offset');
    expect(place('zero', { trailingOffset: { kind: 'ticks', value: 0 } })).toBe('bad_offset');
    expect(place('half', { trailingOffset: { kind: 'ticks', value: 0.5 } })).toBe('bad_offset');
    expect(place('all', { trailingOffset: { kind: 'price', value: 100 } })).toBe('bad_offset');
    expect(place('all bp', { trailingOffset: { kind: 'bp', value: 10_000 } })).toBe('bad_offset');
    expect(place('later', { trailingOffset: { kind: 'price', value: 100 }, activationPrice: 101 })).toBe('taken');
    expect(place('act', { trailingOffset: TEN_TICKS, activationPrice: -1 })).toBe('bad_price');
  });
});

describe('LIMIT', () => {
  it('should fill at once at the market when it may, and else rest until the market comes', () => {
    const market = new Harness();
    market.place('early', { type: 'LIMIT', side: 'BUY', limitPrice: 90 });
    market.trade(100);
    market.place('now', { type: 'LIMIT', side: 'BUY', limitPrice: 105 });
    market.place('sell', { type: 'LIMIT', limitPrice: 110 });
    expect(market.news()).toEqual([
      'accepted early',
      'accepted now',
      'execution now 1 at 100',
      'filled now',
      'accepted sell',
    ]);
    market.trade(109);
    market.trade(91);
    expect(market.news()).toEqual([]);
    market.trade(112);
    expect(market.news()).toEqual(['execution sell 1 at 112', 'filled sell']);
    market.trade(90);
    expect(market.news()).toEqual(['execution early 1 at 90', 'filled early']);
  });

  it.each(['IOC', 'FOK'] as const)(
    'should be canceled at once when it is %s and the market is beyond it',
    (timeInForce) => {
      const market = new Harness();
      market.trade(100);
      market.place('no', { type: 'LIMIT', side: 'BUY', limitPrice: 99, timeInForce });
      market.place('yes', { type: 'LIMIT', side: 'BUY', limitPrice: 100, timeInForce });
      expect(market.news()).toEqual([
        'accepted no',
        'canceled no',
        'accepted yes',
        'execution yes 1 at 100',
        'filled yes',
      ]);
      expect(market.engine.workingOrders('a')).toEqual([]);
    },
  );

  it('should be judged by its limit for buying power, and need a price', () => {
    const market = new Harness();
    market.trade(100);
    const quantity = 10_000_000;
    expect(reasonOf(market.place('dear', { type: 'LIMIT', side: 'BUY', limitPrice: 101, quantity }))).toBe(
      'insufficient_buying_power',
    );
    expect(reasonOf(market.place('cheap', { type: 'LIMIT', side: 'BUY', limitPrice: 99, quantity }))).toBe('taken');
    expect(reasonOf(market.place('none', { type: 'LIMIT' }))).toBe('bad_price');
    expect(reasonOf(market.place('half', { type: 'STOP_LIMIT', triggerPrice: 90 }))).toBe('bad_price');
  });
});

describe('STOP_LIMIT', () => {
  it('should fill at the tick that triggers it when its limit allows', () => {
    const market = new Harness();
    market.trade(100);
    market.place('s', { type: 'STOP_LIMIT', triggerPrice: 95, limitPrice: 90 });
    market.trade(92);
    expect(market.news()).toEqual(['accepted s', 'triggered s', 'execution s 1 at 92', 'filled s']);
  });

  it('should rest when the market gapped past its limit, and never be filled beyond it', () => {
    const market = new Harness();
    market.trade(100);
    market.place('s', { type: 'STOP_LIMIT', triggerPrice: 95, limitPrice: 90 });
    market.trade(80);
    market.trade(89);
    expect(market.news()).toEqual(['accepted s', 'triggered s']);
    expect(market.engine.order('a', 's')).toMatchObject({ status: 'TRIGGERED', leavesQuantity: 1 });
    market.trade(91);
    expect(market.news()).toEqual(['execution s 1 at 91', 'filled s']);
  });

  it('should work its limit on the bid when its trigger watched the mark', () => {
    const market = new Harness();
    market.quote({ bid: 99, ask: 101 });
    market.place('s', { type: 'STOP_LIMIT', triggerPrice: 95, limitPrice: 93, triggerBasis: 'mark' });
    market.quote({ bid: 90, ask: 100 });
    expect(market.news()).toEqual(['accepted s', 'triggered s']);
    market.quote({ bid: 92, ask: 110 });
    expect(market.news()).toEqual([]);
    market.quote({ bid: 93, ask: 110 });
    expect(market.news()).toEqual(['execution s 1 at 93', 'filled s']);
  });
});

describe('TAKE_PROFIT', () => {
  it('should trigger the other way round than a stop, and fill at the market', () => {
    const market = new Harness();
    market.trade(100);
    market.place('sell', { type: 'TAKE_PROFIT', triggerPrice: 110 });
    market.place('buy', { type: 'TAKE_PROFIT', side: 'BUY', triggerPrice: 90 });
    market.trade(109);
    expect(market.news()).toEqual(['accepted sell', 'accepted buy']);
    market.trade(113);
    expect(market.news()).toEqual(['triggered sell', 'execution sell 1 at 113', 'filled sell']);
    market.trade(90);
    expect(market.news()).toEqual(['triggered buy', 'execution buy 1 at 90', 'filled buy']);
    expect(reasonOf(market.place('low', { type: 'TAKE_PROFIT', triggerPrice: 90 }))).toBe('wrong_side_of_market');
    expect(reasonOf(market.place('high', { type: 'TAKE_PROFIT', side: 'BUY', triggerPrice: 90 }))).toBe(
      'wrong_side_of_market',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { Harness, tradeTick } from '../harness.ts';
import type { CommandOutcome, SessionCalendar } from '../types.ts';

const HOUR_US = 3_600_000_000;
const TEN_TICKS = { kind: 'ticks', value: 10 } as const;

/** Days of ten hours: two before the regular session, six of it, one after, one closed; on the second day it ends after three. */
const calendar: SessionCalendar = {
  spanAt: (timeUs) => {
    const day = Math.floor(timeUs / (10 * HOUR_US));
    let startUs = day * 10 * HOUR_US;
    for (const [phase, hours] of [
      ['pre', 2],
      ['regular', day === 1 ? 3 : 6],
      ['post', 1],
      ['closed', 10],
    ] as const) {
      const endUs = Math.min(startUs + hours * HOUR_US, (day + 1) * 10 * HOUR_US);
      if (timeUs < endUs) return { phase, startUs, endUs };
      startUs = endUs;
    }
    throw new Error('no phase');
  },
  nextCloseUs: (timeUs) => [8, 15, 28].map((hours) => hours * HOUR_US).find((closeUs) => closeUs > timeUs),
};

function opened() {
  const market = new Harness({ calendar });
  const at = (hours: number, price: number): string[] => {
    market.tick(tradeTick({ price, eventTimeUs: hours * HOUR_US }));
    return market.news();
  };
  return { market, at };
}

function reasonOf(outcome: CommandOutcome): string {
  return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
}

describe('sessions', () => {
  it('should let orders sleep outside the regular session, unless they are for extended hours', () => {
    const { market, at } = opened();
    at(3, 100);
    market.place('regular', { type: 'STOP_MARKET', triggerPrice: 95 });
    market.place('extended', { type: 'STOP_MARKET', triggerPrice: 95, extendedHours: true });
    market.news();
    expect(at(8, 90)).toEqual(['triggered extended', 'execution extended 1 at 90', 'filled extended']);
    expect(at(11.9, 90)).toEqual([]);
    expect(at(12, 94)).toEqual(['triggered regular', 'execution regular 1 at 94', 'filled regular']);
  });

  it('should ratchet a trailing stop in extended hours when asked for, and let the others keep their peaks', () => {
    const { market, at } = opened();
    at(3, 100);
    market.place('regular', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    market.place('extended', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS, extendedHours: true });
    market.news();
    expect(at(8.5, 120)).toEqual(['ratcheted extended']);
    market.place('late', { type: 'TRAILING_STOP_MARKET', trailingOffset: TEN_TICKS });
    const stops = () => ['regular', 'extended', 'late'].map((id) => market.engine.order('a', id)?.triggerPrice);
    expect(stops()).toEqual([90, 110, 110]);
    market.news();
    expect(at(8.6, 110)).toEqual(['triggered extended', 'execution extended 1 at 110', 'filled extended']);
    expect(at(12, 110)).toEqual(['triggered late', 'execution late 1 at 110', 'filled late', 'ratcheted regular']);
  });

  it('should refuse what must trade now, and let the rest wait for the open', () => {
    const { market, at } = opened();
    at(1, 100);
    const place = (id: string, fields: Parameters<typeof market.place>[1]) => reasonOf(market.place(id, fields));
    expect(place('m', { type: 'MARKET' })).toBe('market_closed');
    expect(place('ioc', { type: 'LIMIT', limitPrice: 90, timeInForce: 'IOC' })).toBe('market_closed');
    expect(place('x', { type: 'MARKET', extendedHours: true })).toBe('taken');
    expect(place('limit', { type: 'LIMIT', limitPrice: 90 })).toBe('taken');
    market.news();
    expect(at(1.5, 100)).toEqual([]);
    expect(at(2, 100)).toEqual(['execution limit 1 at 100', 'filled limit']);
  });
});

describe('expiry', () => {
  it('should end DAY orders at the session close, half days included, by the clock', () => {
    const { market, at } = opened();
    at(3, 100);
    const day = { type: 'LIMIT', limitPrice: 200, timeInForce: 'DAY' } as const;
    market.place('first', day);
    expect(market.engine.order('a', 'first')).toMatchObject({ expireTimeUs: 8 * HOUR_US });
    at(9, 100);
    market.place('second', day);
    market.news();
    expect(market.engine.onControl({ kind: 'clock', timeUs: 15 * HOUR_US - 1 })).toBeUndefined();
    expect(market.news()).toEqual([]);
    market.engine.onControl({ kind: 'clock', timeUs: 15 * HOUR_US });
    expect(market.news()).toEqual(['expired second']);
  });

  it('should end an order by the first tick at its time, before that tick could fill it', () => {
    const { market, at } = opened();
    at(3, 100);
    market.place('day', { type: 'LIMIT', limitPrice: 110, timeInForce: 'DAY', extendedHours: true });
    market.news();
    expect(at(8, 120)).toEqual(['expired day']);
  });

  it('should refuse times that are past, or that the time in force does not have', () => {
    const { market, at } = opened();
    at(3, 100);
    const limit = { type: 'LIMIT', limitPrice: 110 } as const;
    const ends = [
      { timeInForce: 'GTD' },
      { timeInForce: 'GTD', expireTimeUs: 3 * HOUR_US },
      { timeInForce: 'GTD', expireTimeUs: Number.NaN },
      { timeInForce: 'GTD', expireTimeUs: 2 ** 53 },
      { timeInForce: 'DAY', expireTimeUs: 4 * HOUR_US },
      { expireTimeUs: 4 * HOUR_US },
    ] as const;
    ends.forEach((end, at) => {
      expect(reasonOf(market.place(`x${at}`, { ...limit, ...end }))).toBe('bad_expiry');
    });
    expect(reasonOf(market.place('ok', { ...limit, timeInForce: 'GTD', expireTimeUs: 3 * HOUR_US + 1 }))).toBe('taken');
  });
});

describe('halts', () => {
  it('should let nothing of a halted symbol trigger, ratchet or expire late', () => {
    const market = new Harness();
    market.trade(100);
    market.trade(100, 1);
    market.place('stop', { type: 'STOP_MARKET', triggerPrice: 95 });
    market.place('trail', { type: 'TRAILING_STOP_MARKET', side: 'BUY', trailingOffset: TEN_TICKS });
    market.place('other', { type: 'STOP_MARKET', triggerPrice: 95, symbol: 1 });
    market.place('gtd', { type: 'LIMIT', limitPrice: 200, timeInForce: 'GTD', expireTimeUs: 5_000_000 });
    expect(market.engine.onControl({ kind: 'halt', symbol: 0 })).toBeUndefined();
    expect(reasonOf(market.place('m', { type: 'MARKET' }))).toBe('symbol_halted');
    market.news();
    market.trade(80);
    market.trade(80, 1);
    expect(market.news()).toEqual(['triggered other', 'execution other 1 at 80', 'filled other']);
    market.trade(80);
    expect(market.news()).toEqual(['expired gtd']);
    expect(market.engine.order('a', 'trail')).toMatchObject({ triggerPrice: 110 });
    market.engine.onControl({ kind: 'resume', symbol: 0 });
    expect(market.news()).toEqual([]);
    market.trade(85);
    expect(market.news()).toEqual(['triggered stop', 'execution stop 1 at 85', 'filled stop', 'ratcheted trail']);
  });

  it('should refuse controls that make no sense, and count them', () => {
    const market = new Harness();
    const { engine } = market;
    engine.onControl({ kind: 'clock', timeUs: 5 });
    const bad = [
      engine.onControl({ kind: 'clock', timeUs: 4 }),
      engine.onControl({ kind: 'clock', timeUs: Number.NaN }),
      engine.onControl({ kind: 'clock', timeUs: 2 ** 53 }),
      engine.onControl({ kind: 'halt', symbol: 3 }),
      engine.onControl({ kind: 'resume', symbol: -0 }),
      engine.onControl({ kind: 'corporate_action', symbol: 0, numerator: 0, denominator: 1, cashPerShare: 0 }),
      engine.onControl({ kind: 'corporate_action', symbol: 0, numerator: 1, denominator: 1, cashPerShare: -1 }),
    ];
    expect(bad).toEqual([
      'time_backwards',
      'bad_time',
      'bad_time',
      'unknown_symbol',
      'unknown_symbol',
      'bad_ratio',
      'bad_cash',
    ]);
    expect(Object.fromEntries(engine.refusedControls)).toEqual({
      time_backwards: 1,
      bad_time: 2,
      unknown_symbol: 2,
      bad_ratio: 1,
      bad_cash: 1,
    });
    expect(engine.clockUs).toBe(5);
  });
});

describe('the clock', () => {
  it.each([
    ['bad_time', -1],
    ['bad_time', -0],
    ['bad_time', 0.5],
    [undefined, 0],
  ])('should answer %s to %d', (answer, timeUs) => {
    expect(new Harness().engine.onControl({ kind: 'clock', timeUs })).toBe(answer);
  });
});

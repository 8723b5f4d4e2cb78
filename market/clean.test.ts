import { describe, expect, it } from 'vitest';
import { type CleaningRules, DEFAULT_CLEANING, TickCleaner, type TickVerdict, TradeFlag } from './clean.ts';
import { quoteTick, tradeTick } from './harness.ts';
import { TickerState } from './tickers.ts';
import type { Tick } from './types.ts';

const SECOND_US = 1_000_000;
const START_US = 1_600_000_000 * SECOND_US;

/** A cleaner whose taken ticks are applied, as its contract asks. */
function cleaner(rules: Partial<CleaningRules> = {}) {
  const tickers = new TickerState(2);
  const made = new TickCleaner(tickers, { ...DEFAULT_CLEANING, ...rules });
  const feed = (tick: Tick): TickVerdict => {
    const verdict = made.judge(tick);
    if (verdict === 'taken') tickers.apply(tick);
    return verdict;
  };
  const trade = (price: number, seconds: number, more: Partial<Tick> = {}) =>
    feed({ ...tradeTick({ price, eventTimeUs: START_US + seconds * SECOND_US }), ...more });
  const quote = (bid: number, ask: number, seconds: number) =>
    feed(quoteTick({ bid, ask, eventTimeUs: START_US + seconds * SECOND_US }));
  return { tickers, made, feed, trade, quote };
}

describe('TickCleaner', () => {
  it('should refuse what is no tick at all, by reason', () => {
    const { trade, quote, made, tickers } = cleaner();
    expect([
      trade(0, 0),
      trade(Number.NaN, 0),
      trade(-0, 0),
      trade(2 ** 31, 0),
      trade(10, 0, { size: 0 }),
      trade(10, 0, { size: Number.POSITIVE_INFINITY }),
      trade(10, 0, { symbol: 2 }),
      trade(10, 0, { symbol: 0.5 }),
      trade(10, Number.NaN),
      trade(10, 0, { eventTimeUs: 2 ** 53 }),
      quote(11, 10, 0),
    ]).toEqual([
      ...[
        'bad_price',
        'bad_price',
        'bad_price',
        'bad_price',
        'bad_size',
        'bad_size',
        'unknown_symbol',
        'unknown_symbol',
      ],
      ...['bad_time', 'bad_time', 'crossed_quote'],
    ]);
    expect(Object.fromEntries(made.refused)).toEqual({
      bad_price: 4,
      bad_size: 2,
      unknown_symbol: 2,
      bad_time: 2,
      crossed_quote: 1,
    });
    expect(tickers.seq).toEqual(new Uint32Array(2));
  });

  it('should take a locked quote', () => {
    expect(cleaner().quote(10, 10, 0)).toBe('taken');
  });

  it("should let a trade behind its symbol's time amend, a quote not", () => {
    const { trade, quote, made } = cleaner();
    trade(100, 10);
    expect([trade(100, 9), quote(99, 101, 9), trade(100, 10)]).toEqual(['amends', 'time_backwards', 'taken']);
    expect(made.amended).toBe(1);
  });

  it('should refuse what lies further behind the clock of all symbols than the lateness', () => {
    const { trade, made } = cleaner({ latenessUs: 5 * SECOND_US });
    trade(100, 20);
    expect(trade(100, 15, { symbol: 1 })).toBe('taken');
    expect(trade(100, 14, { symbol: 1 })).toBe('too_late');
    made.onClock(START_US + 30 * SECOND_US);
    expect(trade(100, 24, { symbol: 1 })).toBe('too_late');
    expect(trade(100, 25, { symbol: 1 })).toBe('taken');
  });

  it('should not let one tick from the far future make all others late', () => {
    const { trade } = cleaner({ maxAheadUs: 100 * SECOND_US });
    expect([trade(100, 0), trade(100, 101), trade(100, 100)]).toEqual(['taken', 'too_far_ahead', 'taken']);
  });

  it('should believe in a new time once enough ticks in a row have it', () => {
    const { trade } = cleaner({ maxAheadUs: 100 * SECOND_US, confirmations: 3 });
    const verdicts = [0, 1_000, 1_000, 50, 1_000, 1_001, 1_002, 1_003].map((seconds) => trade(100, seconds));
    expect(verdicts).toEqual([
      ...['taken', 'too_far_ahead', 'too_far_ahead', 'taken', 'too_far_ahead', 'too_far_ahead', 'taken', 'taken'],
    ]);
  });

  it('should refuse trades whose condition sets no last price', () => {
    const { trade, tickers } = cleaner();
    expect([trade(100, 0), trade(101, 1, { flags: TradeFlag.NOT_LAST }), trade(102, 1, { flags: 2 })]).toEqual([
      ...['taken', 'not_last', 'taken'],
    ]);
    expect(tickers.volume[0]).toBe(2);
  });

  it('should refuse a price off the band, on both sides to the tick', () => {
    const { trade } = cleaner({ bandBp: 100 });
    expect(trade(1_000, 0)).toBe('taken');
    expect(trade(1_011, 1)).toBe('off_band');
    expect(trade(1_010, 2)).toBe('taken');
    expect(trade(999, 3)).toBe('off_band');
    expect(trade(1_000, 4)).toBe('taken');
  });

  it('should take a new level that enough trades in a row confirm', () => {
    const { trade } = cleaner({ bandBp: 100, confirmations: 3 });
    const prices = [1_000, 2_000, 2_000, 1_000, 2_000, 2_010, 3_000, 2_000, 2_005, 2_010, 2_000];
    expect(prices.map((price, at) => trade(price, at))).toEqual([
      ...['taken', 'off_band', 'off_band', 'taken', 'off_band', 'off_band', 'off_band'],
      ...['off_band', 'off_band', 'taken', 'taken'],
    ]);
  });

  it('should know no band when it is 0', () => {
    const { trade } = cleaner({ bandBp: 0 });
    expect([trade(1, 0), trade(1_000_000, 1)]).toEqual(['taken', 'taken']);
  });

  it('should refuse rules that make no sense', () => {
    expect(() => cleaner({ confirmations: 0 })).toThrow('confirmations is 0: a whole number from 1 to 255');
    expect(() => cleaner({ latenessUs: Number.NaN })).toThrow('latenessUs is NaN: 0 or more');
    expect(() => cleaner({ bandBp: -1 })).toThrow('bandBp is -1: 0 or more');
    expect(() => cleaner({ maxAheadUs: 0 })).toThrow('maxAheadUs is 0: more than 0');
  });
});

import { describe, expect, it } from 'vitest';
import { NYSE } from '../calendar/calendars.ts';
import { at, build, minuteBar, oneSession, START_US } from './harness.ts';
import { emptyPiece } from './piece.ts';
import { BarFlag } from './types.ts';

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;

describe('BarBuilder', () => {
  it('should build a bar tick by tick and close it with the next tick of any symbol', () => {
    const { bars, trade, news } = build();
    trade(100, 1, { size: 2 });
    trade(103, 20);
    trade(98, 30);
    trade(101, 59.999999);
    expect(news()).toEqual([]);
    trade(500, 60, { symbol: 1 });
    expect(news()).toEqual(['closed 0 1m']);
    expect(bars.window(0, 0).bar(0)).toEqual({
      symbol: 0,
      minutes: 1,
      startUs: START_US,
      open: 100,
      high: 103,
      low: 98,
      close: 101,
      volume: 5,
      notional: 502,
      trades: 4,
      flags: 0,
    });
    expect(bars.window(0, 0).vwap(0)).toBe(502 / 5);
    expect(bars.window(1, 0).length).toBe(0);
  });

  it('should tell by symbol, then shortest time frame first, when several end at once', () => {
    const { trade, clock, news } = build();
    trade(100, 0, { symbol: 1 });
    trade(100, 1);
    clock(60 * 60);
    const told = news();
    expect(told.slice(-8)).toEqual([
      ...['gap 0 1m +59', 'gap 0 5m +55', 'gap 0 15m +45', 'closed 0 60m'],
      ...['gap 1 1m +59', 'gap 1 5m +55', 'gap 1 15m +45', 'closed 1 60m'],
    ]);
    expect(told.filter((line) => line === 'closed 0 5m')).toHaveLength(1);
  });

  it('should mark a gap, tell it as its minute ends, and make no bar of it', () => {
    const { bars, trade, clock, news } = build();
    trade(100, 1);
    trade(101, 130);
    clock(180);
    expect(news()).toEqual(['closed 0 1m', 'gap 0 1m +1', 'closed 0 1m']);
    const window = bars.window(0, 0);
    expect([window.length, window.flags(0), window.flags(1)]).toEqual([2, BarFlag.AFTER_GAP, 0]);
  });

  it('should fill a gap with the last close when asked', () => {
    const { bars, trade, clock, news } = build({ fillGaps: true });
    trade(100, 1);
    clock(120);
    expect(news()).toEqual(['closed 0 1m', 'gap 0 1m +1', 'closed 0 1m']);
    expect(bars.window(0, 0).bar(0)).toMatchObject({
      open: 100,
      high: 100,
      low: 100,
      close: 100,
      volume: 0,
      trades: 0,
    });
    expect(bars.window(0, 0).flags(0)).toBe(BarFlag.FILLED);
    expect(bars.window(1, 0).length).toBe(0);
  });

  it('should amend every closed bar that a late trade belongs to, and the open ones in silence', () => {
    const { bars, trade, clock, news } = build();
    trade(100, 240);
    trade(101, 250);
    clock(300);
    expect(news()).toEqual(['closed 0 1m', 'closed 0 5m']);
    trade(90, 245, { size: 7 });
    expect(news()).toEqual(['corrected 0 1m 0', 'corrected 0 5m 0']);
    expect(bars.window(0, 1).bar(0)).toMatchObject({ open: 100, low: 90, close: 101, volume: 9, trades: 3 });
    expect(bars.window(0, 1).flags(0)).toBe(BarFlag.CORRECTED);
    trade(102, 255);
    expect(bars.window(0, 0).close(0)).toBe(102);
    trade(99, 230);
    expect(news()).toEqual([...['corrected 0 1m 0', 'corrected 0 5m 0', 'corrected 0 1m 1', 'corrected 0 5m 0']]);
    expect(bars.window(0, 1).open(0)).toBe(99);
  });

  it('should give filled bars the close that a late trade changed', () => {
    const { bars, trade, clock, news } = build({ fillGaps: true });
    trade(100, 1);
    clock(180);
    news();
    trade(110, 30);
    expect(news()).toEqual(['corrected 0 1m 2', 'corrected 0 1m 1', 'corrected 0 1m 0']);
    expect(bars.window(0, 0).bar(0)).toMatchObject({ open: 110, close: 110, volume: 0 });
    trade(120, 90);
    expect(bars.window(0, 0).bar(1)).toMatchObject({ open: 120, volume: 1, flags: BarFlag.CORRECTED });
    expect(bars.window(0, 0).flags(0)).toBe(BarFlag.FILLED | BarFlag.CORRECTED);
  });

  it('should fill the gap behind the first bar that a late trade makes, and tell where that stands', () => {
    const { bars, trade, clock, news } = build({ fillGaps: true });
    clock(180);
    trade(110, 30);
    expect(news()[0]).toBe('corrected 0 1m 2');
    expect([0, 1, 2].map((back) => bars.window(0, 0).volume(back))).toEqual([0, 0, 1]);
    expect(bars.window(0, 0).bar(0)).toMatchObject({ open: 110, startUs: START_US + 2 * MINUTE_US });
  });

  it('should refuse what is later than the lateness or outside of all sessions, and count it', () => {
    const { bars, trade } = build({ calendar: NYSE, latenessUs: MINUTE_US });
    trade(100, 120);
    expect([trade(100, 60), trade(100, 59.999999)]).toEqual([true, false]);
    const night = { symbol: 0, price: 100, size: 1, eventTimeUs: at('2025-03-04T01:00:00Z') };
    expect(bars.onTrade(night)).toBe(false);
    expect(Object.fromEntries(bars.refused)).toEqual({ too_late: 1, outside_session: 1 });
  });

  it('should align bars to the opening and cut the last one at the close', () => {
    const { bars } = build({ calendar: NYSE });
    const half = (iso: string) => bars.onTrade({ symbol: 0, price: 100, size: 1, eventTimeUs: at(iso) });
    for (const time of ['14:29:59', '14:30:00', '15:29:59', '17:45:00', '18:00:00']) half(`2024-11-29T${time}Z`);
    bars.onClock(at('2024-11-29T19:00:00Z'));
    const window = bars.window(0, 3);
    const starts = Array.from({ length: window.length }, (_, back) =>
      new Date(window.startUs(back) / 1000).toISOString(),
    );
    expect(starts.map((iso) => iso.slice(11, 16)).reverse()).toEqual(['14:00', '14:30', '17:30', '18:00']);
    expect(window.trades(2)).toBe(2);
  });

  it('should leave trades outside the regular session alone when asked', () => {
    const { bars } = build({ calendar: NYSE, extendedHours: false });
    const taken = ['14:29:59', '14:30:00', '18:00:00'].map((time) =>
      bars.onTrade({ symbol: 0, price: 100, size: 1, eventTimeUs: at(`2024-11-29T${time}Z`) }),
    );
    expect(taken).toEqual([false, true, false]);
  });

  it("should take a provider's bar for its minute, and no trade beside it", () => {
    const { bars, trade, clock, news } = build();
    expect(bars.onBar(minuteBar())).toBe(true);
    expect(trade(100, 59)).toBe(false);
    expect(bars.onBar(minuteBar())).toBe(false);
    clock(60);
    expect(news()).toEqual(['closed 0 1m']);
    expect(bars.window(0, 0).bar(0)).toMatchObject({ open: 100, close: 105, volume: 10, flags: BarFlag.PROVIDER });
    trade(100, 61);
    expect(trade(100, 59)).toBe(false);
    expect(bars.onBar(minuteBar({ startUs: START_US + MINUTE_US }))).toBe(false);
    expect(Object.fromEntries(bars.refused)).toEqual({ minute_has_bar: 3, minute_has_trades: 1 });
  });

  it("should mark every longer bar that has a provider's minute in it", () => {
    const { bars, trade, clock } = build();
    trade(100, 1);
    bars.onBar(minuteBar({ startUs: START_US + MINUTE_US }));
    trade(100, 301);
    clock(900);
    expect([bars.window(0, 1).flags(1), bars.window(0, 1).flags(0), bars.window(0, 2).flags(0)]).toEqual([
      ...[BarFlag.PROVIDER, 0, BarFlag.PROVIDER],
    ]);
  });

  it("should take a provider's bar until the lateness is over, counted from its minute's end", () => {
    const { bars, clock } = build({ latenessUs: MINUTE_US });
    clock(120);
    expect(bars.onBar(minuteBar())).toBe(true);
    clock(120.000001);
    expect(bars.onBar(minuteBar({ symbol: 1 }))).toBe(false);
    expect(Object.fromEntries(bars.refused)).toEqual({ too_late: 1 });
  });

  it("should refuse a provider's bar that is none", () => {
    const { bars } = build();
    const bad = [
      ...[{ symbol: 2 }, { symbol: -1 }, { volume: 0 }, { high: 104 }, { low: 101 }, { open: 0 }],
      ...[{ notional: 1_106 }, { notional: 944 }, { notional: Number.NaN }, { startUs: START_US + 1 }, { trades: -1 }],
    ];
    expect(bad.map((fields) => bars.onBar(minuteBar(fields)))).toEqual(bad.map(() => false));
    expect(Object.fromEntries(bars.refused)).toEqual({ unknown_symbol: 2, empty_bar: 1, bad_bar: 8 });
    expect(bars.clockUs).toBe(Number.NEGATIVE_INFINITY);
  });

  it('should not go back in time', () => {
    const { bars, trade, clock } = build();
    trade(100, 70);
    clock(10);
    expect(bars.clockUs).toBe(START_US + 70 * SECOND_US);
    expect(bars.formingStartUs(0)).toBe(START_US + MINUTE_US);
  });

  it('should rewrite history for a split: worth stays, prices and volumes change', () => {
    const { bars, trade, clock } = build();
    trade(101, 1, { size: 10 });
    trade(103, 61, { size: 20 });
    bars.adjust({ symbol: 0, numerator: 2, denominator: 1, cashPerShare: 0 }, { priceDecimals: 2 });
    clock(120);
    expect(bars.window(0, 0).bar(1)).toMatchObject({ open: 51, volume: 20, notional: 1_010 });
    expect(bars.window(0, 0).bar(0)).toMatchObject({ open: 52, volume: 40, notional: 2_060 });
  });

  it('should lower history by the share of the close that a dividend pays', () => {
    const { bars, trade, clock } = build();
    trade(20_000, 1, { size: 3 });
    trade(10_000, 61);
    clock(120);
    // 1.00 of a close of 100.00: one percent.
    bars.adjust({ symbol: 0, numerator: 1, denominator: 1, cashPerShare: 10_000 }, { priceDecimals: 2 });
    expect(bars.window(0, 0).bar(1)).toMatchObject({ open: 19_800, close: 19_800, volume: 3, notional: 59_400 });
    expect(bars.window(0, 0).bar(0)).toMatchObject({ close: 9_900 });
  });

  it('should take a dividend off the last price that it knows: the open minute before the closed ones', () => {
    const { bars, trade } = build();
    trade(20_000, 1);
    trade(10_000, 61);
    // 1.00 of a last price of 100.00: one percent.
    bars.adjust({ symbol: 0, numerator: 1, denominator: 1, cashPerShare: 10_000 }, { priceDecimals: 2 });
    expect(bars.window(0, 0).close(0)).toBe(19_800);
    const untraded = build();
    untraded.trade(10_000, 1);
    untraded.clock(60);
    untraded.bars.adjust({ symbol: 1, numerator: 1, denominator: 1, cashPerShare: 10_000 }, { priceDecimals: 2 });
    expect(untraded.bars.window(0, 0).close(0)).toBe(10_000);
  });

  it('should show nothing of an open bar that is empty', () => {
    const { bars, trade, clock } = build();
    const piece = emptyPiece();
    expect([bars.readForming(0, 0, piece), bars.readForming(0, 1, piece), piece]).toEqual([false, false, emptyPiece()]);
    trade(100, 1);
    expect([bars.readForming(0, 0, piece), piece.close]).toEqual([true, 100]);
    clock(60);
    expect([bars.readForming(0, 0, piece), bars.readForming(0, 1, piece)]).toEqual([false, true]);
  });

  it('should end bars on the minutes since an opening at an odd time', () => {
    const openUs = at('2025-03-03T15:07:00Z');
    const { bars, trade, clock, news } = build({ calendar: oneSession(openUs) });
    trade(100, 7 * 60);
    clock(12 * 60 - 1);
    expect(news()).not.toContain('closed 0 5m');
    clock(12 * 60);
    expect(news()).toEqual(['gap 0 1m +11', 'closed 0 5m']);
    expect(bars.window(0, 1).startUs(0)).toBe(openUs);
  });

  it('should keep what it refused when it is saved', () => {
    const { bars, trade } = build({ latenessUs: MINUTE_US });
    trade(100, 180);
    trade(100, 1);
    trade(100, 2);
    const after = build({ latenessUs: MINUTE_US }).bars;
    after.restore(bars.save());
    expect([...after.refused]).toEqual([['too_late', 2]]);
  });

  it('should go on from a state that was saved before any input', () => {
    const { bars, trade, clock, news } = build();
    bars.restore(build().bars.save());
    expect([bars.clockUs, bars.formingStartUs(0)]).toEqual([Number.NEGATIVE_INFINITY, Number.NaN]);
    trade(100, 1);
    clock(60);
    expect(news()).toEqual(['closed 0 1m']);
  });

  it('should refuse options out of range', () => {
    expect(() => build({ windowBars: 49 })).toThrow('a window holds 50 to 200 bars, not 49');
    expect(() => build({ latenessUs: 101 * MINUTE_US })).toThrow(
      'latenessUs is 6060000000: from 0 to half of the window, 6000000000',
    );
    expect(() => build({ latenessUs: -1 })).toThrow('latenessUs is -1: from 0 to half of the window');
    expect(() => build({ latenessUs: Number.NaN })).toThrow('latenessUs is NaN: from 0 to half of the window');
    expect([0, 100 * MINUTE_US].map((latenessUs) => build({ latenessUs }).bars.symbols)).toEqual([2, 2]);
    expect(() => build().bars.window(2, 0)).toThrow('no symbol 2: there are 2');
    expect(() => build().bars.window(0, 0).bar(0)).toThrow('no bar 0 back: the window holds 0');
  });

  it("should refuse another builder's state and stay as it was", () => {
    const { bars } = build();
    expect(() => bars.restore(build({ windowBars: 50 }).bars.save())).toThrow("the saved state doesn't fit");
  });
});

import { describe, expect, it } from 'vitest';
import { NYSE } from '../calendar/calendars.ts';
import { at, build, minuteBar, oneSession, START_US } from './harness.ts';
import { emptyPiece } from './piece.ts';
import { BarFlag, type ProviderBar } from './types.ts';

const MINUTE_US = 60_000_000;

describe("a provider's bar beside trades", () => {
  it('should be refused by what its open minute has already', () => {
    const { bars, trade } = build();
    bars.onBar(minuteBar());
    bars.onBar(minuteBar());
    expect(Object.fromEntries(bars.refused)).toEqual({ minute_has_bar: 1 });
    trade(100, 1, { symbol: 1 });
    bars.onBar(minuteBar({ symbol: 1 }));
    expect(Object.fromEntries(bars.refused)).toEqual({ minute_has_bar: 1, minute_has_trades: 1 });
  });

  it('should be refused by what its closed minute has already, but stand for a filled one', () => {
    const { bars, trade, clock } = build({ fillGaps: true });
    trade(100, 1);
    clock(180);
    expect(bars.onBar(minuteBar())).toBe(false);
    expect(Object.fromEntries(bars.refused)).toEqual({ minute_has_trades: 1 });
    expect(bars.window(0, 0).bar(2)).toMatchObject({ volume: 1, trades: 1 });
    expect(bars.onBar(minuteBar({ startUs: START_US + MINUTE_US }))).toBe(true);
    expect(bars.window(0, 0).bar(1)).toMatchObject({ open: 100, close: 105, volume: 10 });
    expect(bars.onBar(minuteBar({ startUs: START_US + MINUTE_US }))).toBe(false);
    expect(Object.fromEntries(bars.refused)).toEqual({ minute_has_trades: 1, minute_has_bar: 1 });
  });

  it('should be refused outside of all sessions, and where no minute of the session starts', () => {
    const { bars } = build({ calendar: NYSE });
    expect(bars.onBar(minuteBar({ startUs: at('2025-03-04T02:00:00Z') }))).toBe(false);
    expect(bars.refused.get('outside_session')).toBe(1);
    const odd = build({ calendar: oneSession(START_US + 30_000_000) });
    expect(odd.bars.onBar(minuteBar({ startUs: START_US + MINUTE_US }))).toBe(false);
    expect(odd.bars.refused.get('bad_bar')).toBe(1);
  });

  it('should leave the close of a longer bar to a trade from its end on, and keep it from earlier ones', () => {
    const { bars, trade, clock } = build();
    trade(90, 10);
    bars.onBar(minuteBar({ startUs: START_US + MINUTE_US }));
    clock(120);
    trade(91, 20);
    const piece = emptyPiece();
    bars.readForming(0, 1, piece);
    expect(piece.close).toBe(105);
    trade(92, 120);
    clock(300);
    expect(bars.window(0, 1).bar(0)).toMatchObject({ open: 90, close: 92, trades: 7 });
  });

  it('should leave the close to a later minute when it comes late itself', () => {
    const { bars, trade, clock } = build();
    trade(92, 60);
    bars.onBar(minuteBar());
    clock(300);
    expect(bars.window(0, 1).bar(0)).toMatchObject({ open: 100, close: 92, volume: 11 });
  });

  it('should mark longer bars that are still open', () => {
    const { bars, trade } = build();
    bars.onBar(minuteBar());
    trade(100, 61);
    const piece = emptyPiece();
    bars.readForming(0, 1, piece);
    expect(piece.flags).toBe(BarFlag.PROVIDER);
  });

  it('should be taken with no count of trades, at the first minute of all, and with a VWAP rounded by half a tick', () => {
    const { bars } = build();
    expect(bars.onBar(minuteBar({ startUs: 0, trades: 0, notional: 945 }))).toBe(true);
    expect(bars.onBar(minuteBar({ startUs: MINUTE_US, notional: 1_105 }))).toBe(true);
  });
});

describe("what is no provider's bar", () => {
  it.each<Partial<ProviderBar>>([
    // Each of the four prices alone, all else being in order.
    { open: 95.5 },
    { close: 95.5 },
    { high: 110.5 },
    { low: 94.5 },
    { high: 2 ** 31 },
    { low: 0 },
    { volume: -10, notional: -1_020 },
    { volume: 10.5, notional: 1_071 },
    { volume: 2 ** 53, notional: 2 ** 53 * 100 },
    { trades: 1.5 },
    { startUs: -MINUTE_US },
    { startUs: 2 ** 53 * MINUTE_US },
  ])('should be refused: %o', (fields) => {
    const { bars } = build();
    expect(bars.onBar(minuteBar(fields))).toBe(false);
    expect([...bars.refused]).toEqual([['bad_bar', 1]]);
  });
});

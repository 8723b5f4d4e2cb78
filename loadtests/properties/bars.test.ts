import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BarBuilder, type BarBuilderOptions } from '../../market/bars/builder.ts';
import { emptyPiece } from '../../market/bars/piece.ts';
import { type Bar, BarFlag, type BarTrade, FRAMES, type FrameIndex } from '../../market/bars/types.ts';
import { CRYPTO, NYSE } from '../../market/calendar/calendars.ts';
import type { TradingCalendar } from '../../market/calendar/types.ts';
import { runParameters } from './arbitraries.ts';
import { barsByHand, type NaiveBar } from './barsByHand.ts';

const SYMBOLS = 2;
const MINUTE_US = 60_000_000;
const LATENESS_US = 4 * MINUTE_US;

/** A trade as it comes: `afterUs` moves the clock on, the trade's own time lies `lateUs` behind it. */
interface Arrival {
  readonly symbol: number;
  readonly price: number;
  readonly size: number;
  readonly afterUs: number;
  readonly lateUs: number;
}

/** Where a stream begins: on a half day, so that an hour or two cross the opening or the close, or at an ordinary minute. */
interface Setting {
  readonly calendar: TradingCalendar;
  readonly startUs: number;
  readonly fillGaps: boolean;
  readonly arrivals: readonly Arrival[];
}

const starts: readonly { readonly calendar: TradingCalendar; readonly startUs: number }[] = [
  { calendar: NYSE, startUs: at('2024-11-29T14:25:00Z') },
  { calendar: NYSE, startUs: at('2024-11-29T17:50:00Z') },
  { calendar: NYSE, startUs: at('2024-11-29T21:40:00Z') },
  { calendar: CRYPTO, startUs: at('2024-11-29T23:45:30Z') },
];
const afterUs = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 20_000_000 }) },
  // Whole steps, so that trades share a time.
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 }).map((steps) => steps * 10_000_000) },
  { weight: 3, arbitrary: fc.constantFrom(0, MINUTE_US, 5 * MINUTE_US) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 20 * MINUTE_US }) },
);
const lateUs = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: LATENESS_US }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 24 }).map((steps) => steps * 10_000_000) },
  { weight: 1, arbitrary: fc.integer({ min: LATENESS_US, max: LATENESS_US + MINUTE_US }) },
);
const arrivals = fc.array(
  fc.record({
    symbol: fc.nat(SYMBOLS - 1),
    price: fc.integer({ min: 90, max: 110 }),
    size: fc.integer({ min: 1, max: 50 }),
    afterUs,
    lateUs,
  }),
  { maxLength: 60, size: 'max' },
);
const settings: fc.Arbitrary<Setting> = fc
  .tuple(fc.constantFrom(...starts), fc.boolean(), arrivals)
  .map(([start, fillGaps, all]) => ({ ...start, fillGaps, arrivals: all }));

function at(iso: string): number {
  return Date.parse(iso) * 1000;
}

const noSink = { barClosed: () => {}, barCorrected: () => {}, gap: () => {} };

function builderFor(
  setting: Pick<Setting, 'calendar' | 'fillGaps'>,
  more: Partial<BarBuilderOptions> = {},
): BarBuilder {
  const { calendar, fillGaps } = setting;
  return new BarBuilder({ symbols: SYMBOLS, calendar, fillGaps, latenessUs: LATENESS_US, sink: noSink, ...more });
}

/** Feeds the arrivals, then moves the clock to the end of the last hour; returns the trades that were taken, in order of arrival. */
function feed(builder: BarBuilder, setting: Setting): { taken: BarTrade[]; clockUs: number } {
  const { taken, clockUs } = play(builder, setting);
  const endUs = clockUs + 60 * MINUTE_US;
  builder.onClock(endUs);
  return { taken, clockUs: endUs };
}

/** Feeds the arrivals. */
function play(builder: BarBuilder, setting: Setting): { taken: BarTrade[]; clockUs: number } {
  let clockUs = setting.startUs;
  const taken: BarTrade[] = [];
  for (const { afterUs: after, lateUs: late, ...rest } of setting.arrivals) {
    clockUs += after;
    builder.onClock(clockUs);
    const trade = { ...rest, eventTimeUs: clockUs - late };
    if (builder.onTrade(trade)) taken.push(trade);
  }
  return { taken, clockUs };
}

function bars(builder: BarBuilder, symbol: number, frame: FrameIndex): Bar[] {
  const window = builder.window(symbol, frame);
  return Array.from({ length: window.length }, (_, back) => window.bar(back)).reverse();
}

/** A bar without what tells how it came to be. */
function plain({ symbol: _symbol, minutes: _minutes, flags, ...rest }: Bar): NaiveBar {
  return {
    ...rest,
    isFilled: (flags & BarFlag.FILLED) !== 0,
    isAfterGap: (flags & BarFlag.AFTER_GAP) !== 0,
  };
}

function everyWindow(check: (symbol: number, frame: FrameIndex) => void): void {
  for (let symbol = 0; symbol < SYMBOLS; symbol++) for (const frame of FRAMES) check(symbol, frame);
}

describe('laws of bars', () => {
  it('should make the bars of the sorted trades, however late the trades come', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const { calendar, fillGaps } = setting;
        const builder = builderFor(setting);
        const { taken, clockUs } = feed(builder, setting);
        everyWindow((symbol, frame) => {
          const trades = taken.filter((trade) => trade.symbol === symbol);
          const expected = barsByHand({ trades, calendar, frame, clockUs, fillGaps });
          expect(bars(builder, symbol, frame).map(plain)).toEqual(expected.slice(-200));
        });
      }),
      runParameters({ name: 'bars of sorted trades', runs: 1_000 }),
    );
  });

  it('should have in its bars all the volume that it took, and count the trades that it refused', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const builder = builderFor({ ...setting, fillGaps: false });
        const { taken } = feed(builder, setting);
        const size = taken.reduce((sum, trade) => sum + trade.size, 0);
        const refused = [...builder.refused.values()].reduce((sum, count) => sum + count, 0);
        for (const frame of FRAMES) {
          const all = [0, 1].flatMap((symbol) => bars(builder, symbol, frame));
          expect(all.reduce((sum, { volume }) => sum + volume, 0)).toBe(size);
        }
        expect(taken.length + refused).toBe(setting.arrivals.length);
      }),
      runParameters({ name: 'volume of bars', runs: 300 }),
    );
  });

  it('should make every longer bar the sum of its minutes', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const builder = builderFor(setting);
        feed(builder, setting);
        everyWindow((symbol, frame) => {
          const window = bars(builder, symbol, 0);
          const minutes = window.filter(({ volume }) => volume > 0);
          // A full window has forgotten older minutes.
          const knownUs = window.length < 200 ? 0 : (window[0]?.startUs ?? 0);
          for (const bar of bars(builder, symbol, frame)) {
            if (bar.volume === 0 || bar.startUs < knownUs) continue;
            const endUs = setting.calendar.spanAt(bar.startUs).endUs;
            const untilUs = Math.min(bar.startUs + bar.minutes * MINUTE_US, endUs);
            const parts = minutes.filter(({ startUs }) => startUs >= bar.startUs && startUs < untilUs);
            expect(bar).toMatchObject({
              open: parts[0]?.open,
              high: Math.max(...parts.map(({ high }) => high)),
              low: Math.min(...parts.map(({ low }) => low)),
              close: parts.at(-1)?.close,
              volume: parts.reduce((sum, { volume }) => sum + volume, 0),
              notional: parts.reduce((sum, { notional }) => sum + notional, 0),
              trades: parts.reduce((sum, { trades }) => sum + trades, 0),
            });
          }
        });
      }),
      runParameters({ name: 'sum of minutes', runs: 300 }),
    );
  });

  it("should make of a provider's minutes the bars that it makes of the trades", () => {
    fc.assert(
      fc.property(settings, fc.boolean(), (setting, isDelayed) => {
        const own = builderFor(setting);
        const { taken, clockUs } = feed(own, setting);
        const provided = builderFor(setting);
        const minutes = [0, 1]
          .flatMap((symbol) => {
            const trades = taken.filter((trade) => trade.symbol === symbol);
            const question = { trades, calendar: setting.calendar, frame: 0 as const, clockUs, fillGaps: false };
            return barsByHand(question).map((bar) => ({ symbol, ...bar }));
          })
          .sort((a, b) => a.startUs - b.startUs);
        for (const minute of minutes) {
          // A provider tells a minute when it is over, so the clock has moved on.
          if (isDelayed) provided.onClock(minute.startUs + MINUTE_US);
          expect(provided.onBar(minute)).toBe(true);
        }
        provided.onClock(clockUs);
        everyWindow((symbol, frame) => {
          expect(bars(provided, symbol, frame).map(plain)).toEqual(bars(own, symbol, frame).map(plain));
        });
      }),
      runParameters({ name: "provider's bars", runs: 300 }),
    );
  });

  it('should go on to the same bars and effects when saved and restored anywhere', () => {
    fc.assert(
      fc.property(settings, fc.nat(60), (setting, cut) => {
        const told: [string, ...number[]][] = [];
        const sink = {
          barClosed: (...of: number[]) => void told.push(['closed', ...of]),
          barCorrected: (...of: number[]) => void told.push(['corrected', ...of]),
          gap: (...of: number[]) => void told.push(['gap', ...of]),
        };
        const whole = builderFor(setting, { sink });
        feed(whole, setting);
        const expected = told.splice(0);

        const before = builderFor(setting, { sink });
        const first = { ...setting, arrivals: setting.arrivals.slice(0, cut) };
        const goneUs = first.arrivals.reduce((sum, arrival) => sum + arrival.afterUs, 0);
        play(before, first);
        const after = builderFor(setting, { sink });
        after.restore(before.save());
        const rest = { ...setting, startUs: setting.startUs + goneUs, arrivals: setting.arrivals.slice(cut) };
        feed(after, rest);

        expect(told).toEqual(expected);
        expect(Buffer.compare(after.save(), whole.save())).toBe(0);
      }),
      runParameters({ name: 'bars saved and restored', runs: 100 }),
    );
  });

  it('should show of every open bar what it would be if it closed now', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const builder = builderFor({ ...setting, fillGaps: false });
        const piece = emptyPiece();
        const { calendar } = setting;
        let clockUs = setting.startUs;
        const taken: BarTrade[] = [];
        for (const { afterUs: after, lateUs: late, ...rest } of setting.arrivals) {
          clockUs += after;
          builder.onClock(clockUs);
          const trade = { ...rest, eventTimeUs: clockUs - late };
          if (builder.onTrade(trade)) taken.push(trade);
          const { symbol } = trade;
          const trades = taken.filter((one) => one.symbol === symbol);
          for (const frame of FRAMES) {
            const startUs = builder.formingStartUs(frame);
            const later = { trades, calendar, frame, clockUs: startUs + 60 * MINUTE_US, fillGaps: false };
            const expected = barsByHand(later).find((bar) => bar.startUs === startUs);
            expect(builder.readForming(symbol, frame, piece)).toBe(expected !== undefined);
            if (expected === undefined) continue;
            const { isFilled: _filled, isAfterGap: _gap, startUs: _start, ...values } = expected;
            expect(piece).toMatchObject(values);
          }
        }
      }),
      runParameters({ name: 'open bars', runs: 200 }),
    );
  });
});

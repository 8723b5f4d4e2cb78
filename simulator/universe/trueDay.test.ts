import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regularSession } from '../../market/calendar/session.ts';
import { TradeFlag } from '../../market/clean.ts';
import { TickKind } from '../../market/types.ts';
import { type History, loadHistory } from '../history.ts';
import { openTape } from '../tape/reader.ts';
import { inFolder } from '../tape/testTicks.ts';
import { type BuildOptions, buildTape } from './build.ts';
import type { DailyBar, DailyBars } from './daily.ts';

/** What a symbol's trades make of its day; prices in 1e-4, whatever the symbol's tick. */
interface Day {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** Flags of all its trades, those of regular ones left out. */
  flags: number[];
  firstFlag: number;
  lastFlag: number;
}

/** Rebuilds every symbol's bar from a tape's events, and lists what contradicts itself. */
function replayDays(path: string): { readonly days: ReadonlyMap<string, Day>; readonly faults: readonly string[] } {
  const tape = openTape(path);
  const { instruments, sessionOpenUs, sessionCloseUs } = tape.header;
  const days = new Map<string, Day>();
  const faults: string[] = [];
  const quotes = new Map<string, { bid: number; ask: number }>();
  const cursor = tape.cursor();
  while (cursor.next()) {
    const { tick } = cursor;
    const symbol = instruments[tick.symbol]?.symbol ?? '';
    if (tick.eventTimeUs < sessionOpenUs || tick.eventTimeUs >= sessionCloseUs) faults.push(`${symbol} out of hours`);
    if (days.get(symbol)?.lastFlag === TradeFlag.CLOSING_AUCTION) faults.push(`${symbol} after its closing auction`);
    if (tick.kind === TickKind.QUOTE) {
      if (!(tick.bid >= 1 && tick.bid < tick.ask)) faults.push(`${symbol} quotes ${tick.bid} to ${tick.ask}`);
      quotes.set(symbol, { bid: tick.bid, ask: tick.ask });
      continue;
    }
    const { size, flags } = tick;
    const quote = quotes.get(symbol);
    if (quote !== undefined && (tick.price < quote.bid || tick.price > quote.ask)) {
      faults.push(`${symbol} trades at ${tick.price}, quoted ${quote.bid} to ${quote.ask}`);
    }
    const price = tick.price * 10 ** (4 - (instruments[tick.symbol]?.priceDecimals ?? 0));
    if (!(Number.isInteger(size) && size >= 1)) faults.push(`${symbol} trades ${size}`);
    const day = days.get(symbol);
    if (day === undefined) {
      const first = { open: price, high: price, low: price, close: price, volume: size, firstFlag: flags };
      days.set(symbol, { ...first, lastFlag: flags, flags: flags === 0 ? [] : [flags] });
      continue;
    }
    day.high = Math.max(day.high, price);
    day.low = Math.min(day.low, price);
    day.close = price;
    day.volume += size;
    day.lastFlag = flags;
    if (flags !== 0) day.flags.push(flags);
  }
  tape.close();
  return { days, faults };
}

async function buildDays(options: Omit<BuildOptions, 'path'>): Promise<ReturnType<typeof replayDays>> {
  return inFolder(async (folder) => {
    const path = join(folder, 'day.tape');
    await buildTape({ ...options, path });
    return replayDays(path);
  });
}

const bothAuctions = [TradeFlag.OPENING_AUCTION, TradeFlag.CLOSING_AUCTION];
const history: History = await loadHistory();

/** Days of the history on which the calendar has a session, as all have. */
const days = fc.nat({ max: history.index.length - 1 }).map((at) => history.index[at]?.date ?? '');
const seeds = fc.nat({ max: 2 ** 32 - 1 });

/** A bar in 1e-4: extremes may be the open or the close, and all four one price; under one whole the tick is 1e-4, else a cent. */
const barTicks = fc
  .record({
    base: fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 30_000_000 })),
    steps: fc.tuple(fc.nat(4_000), fc.nat(4_000), fc.nat(4_000)),
    isUp: fc.boolean(),
    volume: fc.oneof(fc.constant(0), fc.nat(60), fc.nat(100_000_000)),
  })
  .map(({ base, steps: [below, body, above], isUp, volume }) => {
    const tick = base < 10_000 ? 1 : 100;
    const climb = (from: number, step: number): number => from + Math.min(step, Math.floor((from / tick) * 0.4)) * tick;
    const low = base < 10_000 ? base : Math.round(base / tick) * tick;
    const first = climb(low, below);
    const second = climb(first, body);
    return { low, high: climb(second, above), open: isUp ? first : second, close: isUp ? second : first, volume };
  });

function toDaily(date: string, bars: readonly Omit<DailyBar, 'symbol'>[]): DailyBars {
  return {
    date,
    bars: bars.map((bar, at) => ({
      symbol: `S${String.fromCharCode(65 + at)}`,
      open: bar.open / 1e4,
      high: bar.high / 1e4,
      low: bar.low / 1e4,
      close: bar.close / 1e4,
      volume: bar.volume,
    })),
    sources: [],
    reports: [],
  };
}

describe('a day of the index', () => {
  it('should be met exactly by the index on the tape, whatever the date and the seed', async () => {
    await fc.assert(
      fc.asyncProperty(days, seeds, async (sessionDate, seed) => {
        const bar = history.index.find(({ date }) => date === sessionDate);
        const built = await buildDays({ sessionDate, seed, symbols: 3, events: 2_000, indexSymbol: 'SPX', history });

        const cents = (price = Number.NaN): number => 100 * Math.round(price * 100);
        expect(built.faults).toEqual([]);
        expect(built.days.get('SPX')).toMatchObject({
          open: cents(bar?.open),
          high: cents(bar?.high),
          low: cents(bar?.low),
          close: cents(bar?.close),
        });
      }),
      { numRuns: 25 },
    );
  });

  it('should be the true one of 2020-03-16, told every second of a tape that is not sparse', async () => {
    const built = await buildDays({
      sessionDate: '2020-03-16',
      seed: 1,
      symbols: 40,
      events: 1_300_000,
      indexSymbol: 'SPX',
      history,
    });

    expect(built.days.get('SPX')).toMatchObject({
      open: 25_085_900,
      high: 25_629_800,
      low: 23_809_400,
      close: 23_861_300,
    });
    expect(built.days.get('SPX')?.volume).toBeGreaterThan(23_390);
  });

  it('should be short on a half day', async () => {
    const session = regularSession('2019-11-29');
    const built = await buildDays({ sessionDate: '2019-11-29', seed: 1, symbols: 5, events: 3_000, history });

    expect((session.closeUs - session.openUs) / 3.6e9).toBe(3.5);
    expect(built.faults).toEqual([]);
  });
});

describe('a known day of a symbol', () => {
  it('should be met exactly by its trades, volume included, with one auction at each end', async () => {
    await fc.assert(
      fc.asyncProperty(
        days,
        seeds,
        fc.array(barTicks, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 3 }),
        async (sessionDate, seed, bars, others) => {
          const symbols = bars.length + others;
          const daily = toDaily(sessionDate, bars);
          const built = await buildDays({ sessionDate, seed, symbols, events: symbols * 150, daily, history });

          expect(built.faults).toEqual([]);
          for (const [at, { volume, ...prices }] of bars.entries()) {
            const symbol = daily.bars[at]?.symbol ?? '';
            const day = built.days.get(symbol);
            expect({ symbol, ...day }).toMatchObject(
              volume > 3 ? { symbol, ...prices, volume } : { symbol, ...prices },
            );
            expect(day).toMatchObject({ flags: bothAuctions, firstFlag: bothAuctions[0], lastFlag: bothAuctions[1] });
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TradeFlag } from '../../market/clean.ts';
import { TickKind } from '../../market/types.ts';
import { tapeFacts } from '../facts/facts.ts';
import { loadHistory } from '../history.ts';
import { openTape } from '../tape/reader.ts';
import { inFolder } from '../tape/testTicks.ts';
import { type BuildOptions, buildTape } from './build.ts';
import { Random } from './random.ts';
import { fitStocks, sectorShareOf } from './returns.ts';
import { makeSymbols } from './symbols.ts';

const history = await loadHistory();
const SEED = 11;
const CROWD = { symbols: 120, seed: SEED, sessionDate: '2018-06-13', events: 700_000, history };

/** Log returns of the middle of the quote over stretches of so many minutes, by symbol. */
async function returnsOf(options: Omit<BuildOptions, 'path'>, minutes: number): Promise<number[][]> {
  return inFolder(async (folder) => {
    const path = join(folder, 'crowd.tape');
    await buildTape({ ...options, path });
    const tape = openTape(path);
    const { instruments, sessionOpenUs } = tape.header;
    const middles = instruments.map(() => new Array<number>(Math.floor(390 / minutes)).fill(0));
    const cursor = tape.cursor();
    while (cursor.next()) {
      if (cursor.tick.kind !== TickKind.QUOTE) continue;
      const at = Math.floor((cursor.tick.eventTimeUs - sessionOpenUs) / 60e6 / minutes);
      (middles[cursor.tick.symbol] as number[])[at] = (cursor.tick.bid + cursor.tick.ask) / 2;
    }
    tape.close();
    return middles.map((series) => series.slice(1).map((middle, at) => Math.log(middle / (series[at] as number))));
  });
}

function correlation(one: readonly number[], other: readonly number[]): number {
  const centred = [one, other].map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  }) as [number[], number[]];
  const [a, b] = centred;
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, at) => sum + value * (y[at] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('a crowd of symbols', () => {
  it('should move together, and symbols of a sector more than those of two', async () => {
    const stocks = fitStocks(history);
    const symbols = makeSymbols({
      count: CROWD.symbols,
      stocks,
      random: new Random(SEED, 'symbols'),
      sectors: new Random(SEED, 'sectors'),
    });
    const returns = await returnsOf(CROWD, 5);
    const within: number[] = [];
    const across: number[] = [];
    for (const [one, { sector }] of symbols.entries()) {
      for (let other = 0; other < one; other++) {
        const pair = correlation(returns[one] as number[], returns[other] as number[]);
        (symbols[other]?.sector === sector ? within : across).push(pair);
      }
    }

    expect(sectorShareOf(stocks)).toBeGreaterThan(0.1);
    expect(mean(across)).toBeGreaterThan(0.05);
    expect(mean(within)).toBeGreaterThan(mean(across) + 0.05);
  });

  it('should be 10,000 when that many are asked for, each with its auctions', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'many.tape');
      const header = await buildTape({
        symbols: 10_000,
        seed: 1,
        sessionDate: '2018-06-13',
        events: 60_000,
        path,
        history,
      });
      const tape = openTape(path);
      const { auctions } = tapeFacts(tape, { history });
      tape.close();

      expect(new Set(header.instruments.map(({ symbol }) => symbol)).size).toBe(10_000);
      expect(auctions).toMatchObject({ openings: 10_000, closings: 10_000 });
    }));

  it('should have no auctions on a tape that is too sparse for them', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'sparse.tape');
      const header = await buildTape({ symbols: 50, seed: 1, sessionDate: '2018-06-13', events: 240, path, history });
      const tape = openTape(path);
      const cursor = tape.cursor();
      const flags = new Set<number>();
      while (cursor.next()) flags.add(cursor.tick.flags);
      tape.close();

      expect(flags).toEqual(new Set([0]));
      expect(header.origin.description).toContain('auctions and halts are not modelled');
    }));

  it('should say how many events hold what must be met', async () => {
    const build = buildTape({ ...CROWD, events: 600, indexSymbol: 'SPX', path: 'unused.tape' });

    await expect(build).rejects.toThrow(/^600 events: at least 6\d\d hold the auctions, the known bars and the index$/);
  });

  it('should give the index no name that a stock has', async () => {
    const build = buildTape({ ...CROWD, indexSymbol: 'AAPL', path: 'unused.tape' });

    await expect(build).rejects.toThrow('AAPL: the index and a stock have this name; give the index another');
  });
});

describe('the stylised facts of a universe', () => {
  it('should be those of a market: fat tails, clusters, heavy-tailed gaps, few hot symbols, wide spreads of cheap shares', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'crowd.tape');
      await buildTape({ ...CROWD, indexSymbol: 'SPX', path });
      const tape = openTape(path);
      const facts = tapeFacts(tape, { history });
      tape.close();
      const [source, stretches, index, symbols] = facts.returns;
      const at = (gaps: number) => facts.arrivals.longer.find((point) => point.gaps === gaps);

      expect([source?.role, stretches?.role, index?.role, symbols?.role]).toEqual(['source', 'source', 'tape', 'tape']);
      expect(index?.name).toContain('index');
      expect(source?.kurtosis).toBeGreaterThan(10);
      expect(symbols?.kurtosis).toBeGreaterThan(3.3);
      expect(Math.abs(symbols?.autocorrelation[0] ?? 1)).toBeLessThan(0.1);
      expect(mean(symbols?.absoluteAutocorrelation.slice(0, 10) ?? [])).toBeGreaterThan(0.03);
      // The course of the day alone brings nine times as many.
      expect(at(10)?.share).toBeGreaterThan(25 * (at(10)?.poisson ?? 1));
      expect(facts.intraday[0]?.events).toBeGreaterThan(2);
      expect(facts.intraday.at(-1)?.events).toBeGreaterThan(1.5);
      const [hottest, , , tenth] = facts.arrivals.ranks;
      expect(hottest?.events).toBeGreaterThan(1.5 * (tenth?.events ?? 0));
      const [cheap, dear] = [facts.priceLevels[0], facts.priceLevels.at(-1)];
      expect(cheap?.quoteSize).toBeGreaterThan(1.5 * (dear?.quoteSize ?? 0));
      expect(cheap?.spreadBp).toBeGreaterThan(dear?.spreadBp ?? 0);
      expect(facts.auctions).toMatchObject({ openings: 120, closings: 120 });
      expect(facts.auctions.closingShare).toBeGreaterThan(0.03);
      expect(facts.tape.kind).toBe('derived');
      expect(facts.source.isOrigin).toBe(true);
    }));
});

it('should flag auctions with bits that leave the last price alone', () => {
  expect((TradeFlag.OPENING_AUCTION | TradeFlag.CLOSING_AUCTION) & TradeFlag.NOT_LAST).toBe(0);
});

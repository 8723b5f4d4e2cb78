import type { Instrument } from '../../market/types.ts';
import type { History } from '../history.ts';
import { type Appointment, CLOSING_ROUNDS, leastEvents, Occasion } from './arrivals.ts';
import type { DailyBars } from './daily.ts';
import { HiddenPrices } from './hiddenPrices.ts';
import { IndexPrints } from './indexPrints.ts';
import type { Intensity } from './intensity.ts';
import { makeMarketFactor, makeSectorPaths } from './market.ts';
import { Books } from './quotes.ts';
import { Random } from './random.ts';
import { dailyReturns, fitStocks, sectorShareOf } from './returns.ts';
import { makeSymbols } from './symbols.ts';
import { fitClusters } from './volatility.ts';

/** All that plays in one session. */
export interface Universe {
  /** The symbols, and the index as the last where it is one. */
  readonly instruments: readonly Instrument[];
  /** By instrument; 0 for the index. */
  readonly activities: Float64Array;
  readonly books: Books;
  readonly prints: IndexPrints | undefined;
  readonly appointments: readonly Appointment[];
  readonly hasAuctions: boolean;
  /** Whether the history holds the day. */
  readonly meetsIndex: boolean;
  /** How many symbols have a known day. */
  readonly knownBars: number;
}

interface UniverseInput {
  readonly symbols: number;
  readonly seed: number;
  readonly sessionDate: string;
  readonly events: number;
  readonly indexSymbol?: string;
  readonly daily?: DailyBars;
  readonly history: History;
  readonly intensity: Intensity;
}

/** Makes the symbols, their prices and books, and what they must do at given times. @throws RangeError when that doesn't fit */
export function makeUniverse(input: UniverseInput): Universe {
  const { seed, sessionDate, events, history, intensity, indexSymbol, daily } = input;
  const { varianceClock } = intensity;
  const returns = dailyReturns(history);
  const clusters = fitClusters(returns);
  const stocks = fitStocks(history);
  const factor = makeMarketFactor({
    sessionDate,
    index: history.index,
    returns,
    clusters,
    varianceClock,
    random: new Random(seed, 'market'),
  });
  // On a wild day stocks' own moves grow too, but less than the market's.
  const stress = Math.sqrt(factor.deviation / returns.deviation);
  const symbols = makeSymbols({
    count: input.symbols,
    stocks,
    random: new Random(seed, 'symbols'),
    sectors: new Random(seed, 'sectors'),
    ...(daily === undefined ? {} : { bars: daily.bars }),
    taken: indexSymbol === undefined ? [] : [indexSymbol],
  });
  const prices = new HiddenPrices({
    symbols,
    factor,
    sectorPaths: makeSectorPaths({ clusters, varianceClock, random: new Random(seed, 'sector paths') }),
    sectorShare: sectorShareOf(stocks),
    stress,
    clusters,
    varianceClock,
    random: new Random(seed, 'own'),
  });
  const closingSecond = secondOf(intensity, events - CLOSING_ROUNDS * symbols.length);
  const prints =
    indexSymbol === undefined
      ? undefined
      : new IndexPrints({ symbol: indexSymbol, index: symbols.length, factor, events, closingSecond });
  const knownBars = symbols.filter((symbol) => symbol.bar !== undefined).length;
  const appointments = [
    ...symbols.flatMap(({ instrument }) => extremesOf(prices, { symbol: instrument.index, closingSecond })),
    ...(prints?.appointments ?? []),
  ].sort((a, b) => a.second - b.second);
  const least = leastEvents({ symbols: symbols.length, appointments: appointments.length });
  if (events < least && appointments.length > 0) {
    throw new RangeError(`${events} events: at least ${least} hold the auctions, the known bars and the index`);
  }
  const hasAuctions = events >= least;
  const instruments = symbols.map((symbol) => symbol.instrument);
  return {
    instruments: prints === undefined ? instruments : [...instruments, prints.instrument],
    activities: Float64Array.from([...symbols.map((symbol) => symbol.activity), ...(prints === undefined ? [] : [0])]),
    books: new Books({
      symbols,
      prices,
      stress,
      seconds: varianceClock.length - 1,
      events,
      hasAuctions,
      random: new Random(seed, 'books'),
    }),
    prints,
    appointments,
    hasAuctions,
    meetsIndex: factor.knots.length > 0,
    knownBars,
  };
}

/** The quotes and trades at the extremes of a known day, before the closing auctions begin. */
function extremesOf(
  prices: HiddenPrices,
  { symbol, closingSecond }: { readonly symbol: number; readonly closingSecond: number },
): Appointment[] {
  return prices.extremesOf(symbol).flatMap(({ second, isHigh }) => {
    const at = Math.max(0, Math.min(second, closingSecond - 1));
    const occasions = isHigh ? [Occasion.HIGH_QUOTE, Occasion.HIGH_TRADE] : [Occasion.LOW_QUOTE, Occasion.LOW_TRADE];
    return occasions.map((occasion) => ({ second: at, symbol, occasion }));
  });
}

/** The second into which the event of this number falls. */
function secondOf({ counts }: Intensity, event: number): number {
  let before = 0;
  for (const [second, count] of counts.entries()) {
    before += count;
    if (before > event) return second;
  }
  return counts.length - 1;
}

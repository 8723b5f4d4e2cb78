import type { IntradayFacts, PriceLevelFacts, ReturnFacts, TapeFacts } from '../../protocol/tapeFacts.ts';
import type { History } from '../history.ts';
import type { TapeHeader, TapeReader } from '../tape/types.ts';
import { eachGap, type Observed, observe } from './observe.ts';
import { autocorrelations, kurtosis, meanOf, medianOf, sumsOf, usualCourse } from './statistics.ts';

const LAGS = 20;
/** Figures of single symbols are those of so many of the most active. */
const ACTIVE_SYMBOLS = 50;
/** Fewer events than this many a minute make a price that stands still more often than not. */
const LEAST_EVENTS_A_MINUTE = 2;
/** Fewer returns than this tell nothing of lags up to {@link LAGS}. */
const LEAST_RETURNS = 60;

/**
 * Measures the stylised facts of a tape, and those of the index beside them: autocorrelation of returns and of their size, tails,
 * course of the day, spreads by price level, gaps between events, auctions. Reads the tape once.
 */
export function tapeFacts(
  tape: TapeReader,
  { history, onProgress }: { readonly history: History; readonly onProgress?: (events: number) => void },
): TapeFacts {
  const seen = observe(tape, onProgress);
  const { header } = tape;
  const active = activeSymbols(header, seen);
  const returns = active.map((symbol) => minuteReturns(seen, symbol));
  const size = Float64Array.from({ length: seen.minutes - 1 }, (_, at) =>
    meanOf(returns.map((series) => Math.abs(series[at] as number))),
  );
  const course = usualCourse(size);
  const steady = returns.map((series) => series.map((value, at) => value / (course[at] as number)));
  const index = indexOf(header, seen);
  return {
    version: 1,
    tape: describeTape(header),
    source: describeSource(header, history),
    returns: [
      ...sourceFacts(history, seen.minutes - 1),
      ...marketFacts({ seen, steady, course, index }),
      ...symbolFacts(steady),
    ],
    intraday: intradayFacts(seen, size),
    priceLevels: priceLevels(header, seen),
    arrivals: arrivalFacts(seen),
    auctions: auctionFacts(seen),
  };
}

/** The most active symbols that are quoted and move often enough for returns by minute. */
function activeSymbols({ instruments }: TapeHeader, seen: Observed): number[] {
  return instruments
    .map(({ index }) => index)
    .filter((index) => (seen.quotes[index] as number) > 0)
    .filter((index) => (seen.events[index] as number) >= LEAST_EVENTS_A_MINUTE * seen.minutes)
    .sort((a, b) => (seen.events[b] as number) - (seen.events[a] as number))
    .slice(0, ACTIVE_SYMBOLS);
}

/** The index: an instrument that trades and is never quoted, as the universe builder's is; undefined without one. */
function indexOf({ instruments, origin }: TapeHeader, seen: Observed): number | undefined {
  if (origin.kind !== 'derived') return undefined;
  const last = instruments.length - 1;
  return seen.quotes[last] === 0 && (seen.trades[last] as number) >= seen.minutes ? last : undefined;
}

function minuteReturns({ prices, minutes }: Observed, symbol: number): Float64Array {
  return Float64Array.from({ length: minutes - 1 }, (_, at) => {
    const from = prices[symbol * minutes + at] as number;
    const to = prices[symbol * minutes + at + 1] as number;
    return from > 0 && to > 0 ? Math.log(to / from) : 0;
  });
}

/** The whole series, and stretches of it as long as the tape's: a short series shows less memory than the long one it is part of. */
function sourceFacts({ index }: History, length: number): ReturnFacts[] {
  const closes = index.map((bar) => bar.close);
  const returns = Float64Array.from(closes.slice(1), (close, at) => Math.log(close / (closes[at] as number)));
  const labels = { role: 'source', interval: 'day' } as const;
  const whole = returnFacts([returns], { name: 'the index, real, by day', ...labels });
  if (length < LEAST_RETURNS || returns.length < 2 * length) return [whole];
  const stretches = Array.from({ length: Math.floor(returns.length / length) }, (_, at) =>
    returns.subarray(at * length, (at + 1) * length),
  );
  return [whole, returnFacts(stretches, { name: `the same in stretches of ${length} days`, ...labels })];
}

function marketFacts(input: {
  readonly seen: Observed;
  readonly steady: readonly Float64Array[];
  readonly course: Float64Array;
  readonly index: number | undefined;
}): ReturnFacts[] {
  const { seen, steady, course, index } = input;
  if (seen.minutes <= LEAST_RETURNS) return [];
  if (index !== undefined) {
    const own = minuteReturns(seen, index).map((value, at) => value / (course[at] as number));
    return [returnFacts([own], { name: 'the tape’s index, by minute', role: 'tape', interval: 'minute' })];
  }
  if (steady.length < 2) return [];
  const market = Float64Array.from({ length: seen.minutes - 1 }, (_, at) =>
    meanOf(steady.map((own) => own[at] as number)),
  );
  return [returnFacts([market], { name: 'mean of the tape’s symbols, by minute', role: 'tape', interval: 'minute' })];
}

function symbolFacts(steady: readonly Float64Array[]): ReturnFacts[] {
  if (steady.length === 0 || (steady[0]?.length ?? 0) < LEAST_RETURNS) return [];
  return [returnFacts(steady, { name: 'single symbols of the tape, by minute', role: 'tape', interval: 'minute' })];
}

function returnFacts(
  series: readonly Float64Array[],
  labels: Pick<ReturnFacts, 'name' | 'role' | 'interval'>,
): ReturnFacts {
  const length = series[0]?.length ?? 0;
  const plain = series.map((values) => autocorrelations(values, LAGS));
  const absolute = series.map((values) => autocorrelations(values.map(Math.abs), LAGS));
  const meanAt = (rows: readonly (readonly number[])[]): number[] =>
    Array.from({ length: LAGS }, (_, lag) => meanOf(rows.map((row) => row[lag] as number)));
  return {
    ...labels,
    returns: length,
    series: series.length,
    kurtosis: medianOf(series.map(kurtosis)),
    kurtosisOfFive: medianOf(series.map((values) => kurtosis(sumsOf(values, 5)))),
    autocorrelation: meanAt(plain),
    absoluteAutocorrelation: meanAt(absolute),
    band: 1.96 / Math.sqrt(Math.max(1, length)),
  };
}

/** Points of the day that are shown. */
const DAY_POINTS = 78;

function intradayFacts(seen: Observed, size: Float64Array): IntradayFacts[] {
  const step = Math.max(1, Math.round(seen.minutes / DAY_POINTS));
  const events = meanOf(seen.eventsByMinute) || 1;
  const moves = meanOf(size) || 1;
  return Array.from({ length: Math.ceil(seen.minutes / step) }, (_, at) => ({
    minute: at * step,
    events: meanOf(seen.eventsByMinute.subarray(at * step, (at + 1) * step)) / events,
    absoluteReturn: meanOf(size.subarray(Math.min(at * step, size.length - 1), (at + 1) * step)) / moves,
  }));
}

const PRICE_LEVELS = [0, 5, 10, 20, 50, 100, 200, 500];

function priceLevels({ instruments }: TapeHeader, seen: Observed): PriceLevelFacts[] {
  const quoted = instruments
    .filter(({ index }) => (seen.quotes[index] as number) > 0 && (seen.trades[index] as number) > 0)
    .map(({ index, priceDecimals, quantityDecimals }) => {
      const quotes = seen.quotes[index] as number;
      const middle = (seen.middle[index] as number) / quotes;
      const spreadTicks = (seen.spreadTicks[index] as number) / quotes;
      const lot = 10 ** -quantityDecimals;
      return {
        price: middle * 10 ** -priceDecimals,
        spreadTicks,
        spreadBp: (10_000 * spreadTicks) / middle,
        quoteSize: (lot * (seen.quoteSize[index] as number)) / quotes,
        tradeSize: (lot * (seen.tradeSize[index] as number)) / (seen.trades[index] as number),
      };
    });
  return PRICE_LEVELS.flatMap((fromPrice, at) => {
    const toPrice = PRICE_LEVELS[at + 1];
    const inside = quoted.filter(({ price }) => price >= fromPrice && price < (toPrice ?? Number.POSITIVE_INFINITY));
    if (inside.length === 0) return [];
    return {
      fromPrice,
      ...(toPrice === undefined ? {} : { toPrice }),
      symbols: inside.length,
      spreadTicks: meanOf(inside.map((one) => one.spreadTicks)),
      spreadBp: meanOf(inside.map((one) => one.spreadBp)),
      quoteSize: meanOf(inside.map((one) => one.quoteSize)),
      tradeSize: meanOf(inside.map((one) => one.tradeSize)),
    };
  });
}

/** Gaps are told at these multiples of the mean gap. */
const GAP_MULTIPLES = [0.1, 0.2, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30];
/** Symbols with fewer events say little about long gaps. */
const LEAST_GAPS = 200;

function arrivalFacts(seen: Observed): TapeFacts['arrivals'] {
  const byRank = Array.from(seen.events.keys())
    .filter((symbol) => (seen.events[symbol] as number) > 0 && seen.quotes[symbol] !== 0)
    .sort((a, b) => (seen.events[b] as number) - (seen.events[a] as number));
  const told = byRank.filter((symbol) => (seen.events[symbol] as number) > LEAST_GAPS);
  const counts = new Float64Array(GAP_MULTIPLES.length);
  let gaps = 0;
  for (const symbol of told) {
    const meanUs = (seen.gapSumUs[symbol] as number) / ((seen.events[symbol] as number) - 1);
    eachGap(seen, symbol, (gapUs, count) => {
      gaps += count;
      for (const [at, multiple] of GAP_MULTIPLES.entries()) {
        if (gapUs > multiple * meanUs) counts[at] = (counts[at] as number) + count;
      }
    });
  }
  return {
    symbols: told.length,
    longer: GAP_MULTIPLES.map((multiple, at) => ({
      gaps: multiple,
      share: gaps === 0 ? 0 : (counts[at] as number) / gaps,
      poisson: Math.exp(-multiple),
    })),
    ranks: ranksShown(byRank.length).map((rank) => ({
      rank,
      events: seen.events[byRank[rank - 1] as number] as number,
    })),
  };
}

/** 1, 2, 5, 10, 20 and so on, and the last. */
function ranksShown(count: number): number[] {
  const shown: number[] = [];
  for (let decade = 1; decade <= count; decade *= 10) {
    for (const step of [1, 2, 3, 5, 7]) if (step * decade <= count) shown.push(step * decade);
  }
  if (shown.at(-1) !== count && count > 0) shown.push(count);
  return shown;
}

function auctionFacts({ auctions, tradeSize }: Observed): TapeFacts['auctions'] {
  const volume = tradeSize.reduce((sum, size) => sum + size, 0) || 1;
  return {
    openings: auctions.openings,
    closings: auctions.closings,
    openingShare: auctions.openingVolume / volume,
    closingShare: auctions.closingVolume / volume,
  };
}

function describeTape(header: TapeHeader): TapeFacts['tape'] {
  const { name, sessionDate, origin, instruments, events, trades, quotes, eventHash } = header;
  const { kind, description } = origin;
  return { name, sessionDate, kind, description, symbols: instruments.length, events, trades, quotes, eventHash };
}

function describeSource(header: TapeHeader, { index, sources }: History): TapeFacts['source'] {
  const source = sources[0];
  return {
    file: source?.file ?? '',
    days: index.length,
    firstDate: index[0]?.date ?? '',
    lastDate: index.at(-1)?.date ?? '',
    isOrigin: header.origin.sources.some(({ sha256 }) => sha256 === source?.sha256),
  };
}

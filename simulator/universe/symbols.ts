import type { Instrument } from '../../market/types.ts';
import type { DailyBar } from './daily.ts';
import { SECTORS } from './market.ts';
import type { Random } from './random.ts';
import type { StockModel } from './returns.ts';

/** A symbol's day in ticks: the first trade, the extremes and the last trade that it must have. */
export interface TickBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Shares that all trades together must have; 0: as many as come. */
  readonly volume: number;
}

/** How one symbol of the universe behaves. Index 0 is the most active. */
export interface SymbolModel {
  readonly instrument: Instrument;
  /** Share of all events is in proportion to this. */
  readonly activity: number;
  readonly beta: number;
  /** From 0 to {@link SECTORS} - 1. */
  readonly sector: number;
  /** Whose own returns it draws from. */
  readonly parent: StockModel;
  /** Standard deviation of its log return over a day beside the market's part. */
  readonly ownDeviation: number;
  /** Typical spread over price. */
  readonly relativeSpread: number;
  /** Mean of what stands at the bid and the ask, and of a trade, in hundreds of shares. */
  readonly quoteLots: number;
  readonly tradeLots: number;
  /** Present when the day is known. */
  readonly bar?: TickBar;
}

/** Activity falls as 1 / (rank + this): a few hot symbols, a long tail (Pareto, index 1). */
const HOT_RANKS = 4;
const TRADING_DAYS_A_MONTH = 21;
/** The five real stocks are the hottest, in this order; others in the history follow by their place in the file. */
const HOTTEST = ['AAPL', 'MSFT', 'AMZN', 'GOOG', 'IBM'];
/** Without vowels no ticker spells a word. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const MEDIAN_PRICE = 42;
const PRICE_SPREAD = 0.7;
const MIN_PRICE = 4;
const MAX_PRICE = 900;
/** Below it prices have four decimals (SEC, Rule 612). */
const SUB_PENNY_PRICE = 1;

/**
 * Makes the symbols: those whose day is known first, or the real stocks; then made-up ones, each the child of a real one.
 *
 * @param options.taken tickers that none of them may have
 */
export function makeSymbols(options: {
  readonly count: number;
  readonly stocks: readonly StockModel[];
  readonly random: Random;
  readonly sectors: Random;
  readonly bars?: readonly DailyBar[];
  readonly taken?: readonly string[];
}): SymbolModel[] {
  const { count, random, sectors, bars = [] } = options;
  const stocks = [...options.stocks].sort((a, b) => rankOf(a.symbol) - rankOf(b.symbol));
  const known = (bars.length > 0 ? bars : stocks).map(({ symbol }) => symbol).slice(0, count);
  const taken = options.taken ?? [];
  const twice = known.find((symbol) => taken.includes(symbol));
  if (twice !== undefined)
    throw new RangeError(`${twice}: the index and a stock have this name; give the index another`);
  const tickers = makeTickers(count, { known, taken, random });
  const activities = makeActivities(count, bars);
  return tickers.map((symbol, index) => {
    const bar = bars[index];
    const real = bar === undefined ? stocks[bars.length === 0 ? index : -1] : stockOf(symbol, stocks);
    const parent = real ?? (stocks[random.below(stocks.length)] as StockModel);
    const price = bar?.open ?? (bars.length === 0 ? real?.lastPrice : undefined) ?? drawPrice(random);
    const tail = index / Math.max(1, count - 1);
    const priceDecimals = (bar?.low ?? price) < SUB_PENNY_PRICE ? 4 : 2;
    const toTicks = (value: number): number => Math.max(1, Math.round(value * 10 ** priceDecimals));
    return {
      instrument: {
        symbol,
        index,
        priceDecimals,
        quantityDecimals: 0,
        previousClose: toTicks(bar?.previousClose ?? price),
      },
      activity: activities[index] as number,
      beta: real ? real.beta : parent.beta * (0.6 + 0.8 * random.unit()),
      sector: sectors.below(SECTORS),
      parent,
      ownDeviation: (parent.residuals.deviation / Math.sqrt(TRADING_DAYS_A_MONTH)) * (0.7 + 0.6 * random.unit()),
      relativeSpread: (1.5 + 18 * tail) * (0.7 + 0.6 * random.unit()) * 1e-4,
      ...lotsAt(price),
      ...(bar === undefined ? {} : { bar: toTickBar(bar, toTicks) }),
    };
  });
}

function toTickBar(bar: DailyBar, toTicks: (value: number) => number): TickBar {
  const { open, high, low, close, volume } = bar;
  return { open: toTicks(open), high: toTicks(high), low: toTicks(low), close: toTicks(close), volume };
}

/** The cheaper a share, the more of them stand in the book and change hands at once. */
function lotsAt(price: number): Pick<SymbolModel, 'quoteLots' | 'tradeLots'> {
  const level = MEDIAN_PRICE / price;
  return {
    quoteLots: 4 * Math.min(8, Math.max(0.3, level ** 0.6)),
    tradeLots: 1.2 * Math.min(6, Math.max(0.35, level ** 0.5)),
  };
}

/** By rank; symbols whose volume is known share what their ranks have together in proportion to it. */
function makeActivities(count: number, bars: readonly DailyBar[]): Float64Array {
  const activities = Float64Array.from({ length: count }, (_, index) => 1 / (index + HOT_RANKS));
  const known = bars.slice(0, count);
  const volume = known.reduce((sum, bar) => sum + bar.volume, 0);
  if (volume === 0) return activities;
  const theirs = known.reduce((sum, _, index) => sum + (activities[index] as number), 0);
  const least = volume / known.length / 1_000;
  const weights = known.map((bar) => Math.max(bar.volume, least));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) activities[index] = (theirs * weight) / total;
  return activities;
}

function stockOf(symbol: string, stocks: readonly StockModel[]): StockModel | undefined {
  return stocks.find((stock) => stock.symbol === symbol);
}

function rankOf(symbol: string): number {
  const rank = HOTTEST.indexOf(symbol);
  return rank === -1 ? HOTTEST.length : rank;
}

function drawPrice(random: Random): number {
  const price = MEDIAN_PRICE * Math.exp(PRICE_SPREAD * random.normal());
  return Math.min(MAX_PRICE, Math.max(MIN_PRICE, price));
}

function makeTickers(
  count: number,
  options: { readonly known: readonly string[]; readonly taken: readonly string[]; readonly random: Random },
): string[] {
  const { known, random } = options;
  const taken = new Set(options.taken);
  const tickers = new Set(known);
  while (tickers.size < count) {
    const kind = random.unit();
    const length = kind < 0.04 ? 2 : kind < 0.5 ? 3 : 4;
    let ticker = '';
    for (let at = 0; at < length; at++) ticker += LETTERS[random.below(LETTERS.length)];
    if (!taken.has(ticker)) tickers.add(ticker);
  }
  return [...tickers];
}

import type { History, StockHistory } from '../history.ts';
import type { Random } from './random.ts';

/** Real log returns with mean 0 and standard deviation 1, and what they had before. */
export interface Returns {
  readonly standardised: Float64Array;
  readonly mean: number;
  readonly deviation: number;
}

/** How a stock moved with the index, and what was its own. */
export interface StockModel {
  readonly symbol: string;
  /** Log return per log return of the index, by least squares over months. */
  readonly beta: number;
  /** What the index doesn't explain, by month. */
  readonly residuals: Returns;
  /** The month of each residual, `YYYY-MM`. */
  readonly months: readonly string[];
  readonly lastPrice: number;
}

/** Standardises returns. */
function standardise(values: Float64Array): Returns {
  const mean = average(values);
  const deviation = Math.sqrt(average(values.map((value) => (value - mean) * (value - mean))));
  return { standardised: values.map((value) => (value - mean) / deviation), mean, deviation };
}

/** The index's daily close-to-close log returns. */
export function dailyReturns(history: History): Returns {
  return standardise(logReturns(history.index.map((bar) => bar.close)));
}

/** Fits each stock's months to the index's. Stocks without two common months with the index keep a beta of 1. */
export function fitStocks(history: History): StockModel[] {
  const closes = new Map(history.index.map((bar) => [bar.date.slice(0, 7), bar.close]));
  return history.stocks.map((stock) => fitStock(stock, closes));
}

function fitStock(stock: StockHistory, closes: ReadonlyMap<string, number>): StockModel {
  const common = stock.months.flatMap(({ month, price }) => {
    const close = closes.get(month);
    return close === undefined ? [] : [{ month, price, close }];
  });
  const lastPrice = stock.months.at(-1)?.price ?? 0;
  if (common.length < 3) {
    const own = standardise(logReturns(stock.months.map((entry) => entry.price)));
    const months = stock.months.slice(1).map((entry) => entry.month);
    return { symbol: stock.symbol, beta: 1, residuals: own, months, lastPrice };
  }
  const stockReturns = logReturns(common.map((entry) => entry.price));
  const indexReturns = logReturns(common.map((entry) => entry.close));
  const stockMean = average(stockReturns);
  const indexMean = average(indexReturns);
  const covariance = average(
    stockReturns.map((value, at) => (value - stockMean) * ((indexReturns[at] as number) - indexMean)),
  );
  const variance = average(indexReturns.map((value) => (value - indexMean) * (value - indexMean)));
  const beta = covariance / variance;
  const residuals = stockReturns.map((value, at) => value - beta * (indexReturns[at] as number));
  const months = common.slice(1).map((entry) => entry.month);
  return { symbol: stock.symbol, beta, residuals: standardise(residuals), months, lastPrice };
}

/** Fewer months in common tell no correlation. */
const MIN_COMMON_MONTHS = 12;
/** Where the stocks can't tell: one alone, or stocks that have nothing in common. */
const LEAST_SECTOR_SHARE = 0.1;
const MOST_SECTOR_SHARE = 0.6;

/**
 * The share of the variance beside the market's that stocks of one sector have in common: the mean correlation of what the index
 * doesn't explain, over all pairs of stocks (those committed are of one sector).
 */
export function sectorShareOf(stocks: readonly StockModel[]): number {
  const correlations = stocks.flatMap((one, at) =>
    stocks.slice(at + 1).flatMap((other) => correlationOf(one, other) ?? []),
  );
  const mean = correlations.reduce((sum, value) => sum + value, 0) / Math.max(1, correlations.length);
  return Math.min(MOST_SECTOR_SHARE, Math.max(LEAST_SECTOR_SHARE, mean));
}

function correlationOf(one: StockModel, other: StockModel): number | undefined {
  const byMonth = new Map(other.months.map((month, at) => [month, other.residuals.standardised[at] as number]));
  const products = one.months.flatMap((month, at) => {
    const theirs = byMonth.get(month);
    return theirs === undefined ? [] : [theirs * (one.residuals.standardised[at] as number)];
  });
  return products.length < MIN_COMMON_MONTHS ? undefined : average(Float64Array.from(products));
}

function logReturns(prices: readonly number[]): Float64Array {
  const returns = new Float64Array(Math.max(0, prices.length - 1));
  for (let at = 1; at < prices.length; at++) {
    returns[at - 1] = Math.log((prices[at] as number) / (prices[at - 1] as number));
  }
  return returns;
}

function average(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * An endless series resampled from a real one in blocks, so that what follows what (calm after calm, storm after storm)
 * stays as it was. Blocks wrap around at the series' end.
 */
export class BlockBootstrap {
  readonly #values: Float64Array;
  readonly #blockLength: number;
  readonly #random: Random;
  #at = 0;
  #left = 0;

  constructor(values: Float64Array, options: { readonly blockLength: number; readonly random: Random }) {
    this.#values = values;
    this.#blockLength = options.blockLength;
    this.#random = options.random;
  }

  next(): number {
    if (this.#left === 0) {
      this.#at = this.#random.below(this.#values.length);
      this.#left = this.#blockLength;
    }
    this.#left--;
    const value = this.#values[this.#at++] as number;
    if (this.#at === this.#values.length) this.#at = 0;
    return value;
  }
}

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
    return close === undefined ? [] : [{ price, close }];
  });
  const lastPrice = stock.months.at(-1)?.price ?? 0;
  const own = standardise(logReturns(stock.months.map((entry) => entry.price)));
  if (common.length < 3) return { symbol: stock.symbol, beta: 1, residuals: own, lastPrice };
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
  return { symbol: stock.symbol, beta, residuals: standardise(residuals), lastPrice };
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

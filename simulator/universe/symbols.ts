import type { Instrument } from '../../market/types.ts';
import type { Random } from './random.ts';
import type { StockModel } from './returns.ts';

/** How one symbol of the universe behaves. Index 0 is the most active. */
export interface SymbolModel {
  readonly instrument: Instrument;
  /** Share of all events is in proportion to this. */
  readonly activity: number;
  readonly beta: number;
  /** Whose own returns it draws from. */
  readonly parent: StockModel;
  /** Standard deviation of its own log return over a day. */
  readonly ownDeviation: number;
  /** Typical spread over price. */
  readonly relativeSpread: number;
}

/** Activity falls as 1 / (rank + this): a few hot symbols, a long tail. */
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

/** Makes the symbols: the real stocks first, then made-up ones, each the child of a real one. */
export function makeSymbols(options: {
  readonly count: number;
  readonly stocks: readonly StockModel[];
  readonly random: Random;
}): SymbolModel[] {
  const { count, random } = options;
  const stocks = [...options.stocks].sort((a, b) => rankOf(a.symbol) - rankOf(b.symbol));
  const tickers = makeTickers(
    count,
    stocks.map((stock) => stock.symbol),
    random,
  );
  return tickers.map((symbol, index) => {
    const real = stocks[index];
    const parent = real ?? (stocks[random.below(stocks.length)] as StockModel);
    const price = real ? real.lastPrice : drawPrice(random);
    const tail = index / Math.max(1, count - 1);
    return {
      instrument: { symbol, index, priceDecimals: 2, quantityDecimals: 0, previousClose: Math.round(price * 100) },
      activity: 1 / (index + HOT_RANKS),
      beta: real ? real.beta : parent.beta * (0.6 + 0.8 * random.unit()),
      parent,
      ownDeviation: (parent.residuals.deviation / Math.sqrt(TRADING_DAYS_A_MONTH)) * (0.7 + 0.6 * random.unit()),
      relativeSpread: (1.5 + 18 * tail) * (0.7 + 0.6 * random.unit()) * 1e-4,
    };
  });
}

function rankOf(symbol: string): number {
  const rank = HOTTEST.indexOf(symbol);
  return rank === -1 ? HOTTEST.length : rank;
}

function drawPrice(random: Random): number {
  const price = MEDIAN_PRICE * Math.exp(PRICE_SPREAD * random.normal());
  return Math.min(MAX_PRICE, Math.max(MIN_PRICE, price));
}

function makeTickers(count: number, real: readonly string[], random: Random): string[] {
  const tickers = new Set(real.slice(0, count));
  while (tickers.size < count) {
    const kind = random.unit();
    const length = kind < 0.04 ? 2 : kind < 0.5 ? 3 : 4;
    let ticker = '';
    for (let at = 0; at < length; at++) ticker += LETTERS[random.below(LETTERS.length)];
    tickers.add(ticker);
  }
  return [...tickers];
}

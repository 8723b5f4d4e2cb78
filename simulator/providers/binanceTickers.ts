import type { BinanceMiniTicker, BinanceRestTicker, BinanceTicker } from '../../protocol/providers/binance.ts';
import type { BinanceSymbol } from './binanceNames.ts';
import type { ProviderMarket, SymbolView } from './facade.ts';
import { fixedDecimal, wholeMs } from './wireNumbers.ts';

const PLACES = 8;

/** Writes a symbol's statistics: the day of the tape stands for Binance's rolling 24 hours. */
export class BinanceTickers {
  readonly #market: ProviderMarket;

  constructor(market: ProviderMarket) {
    this.#market = market;
  }

  /** A frame of `@miniTicker`, told at a time as shown, µs. */
  mini(symbol: BinanceSymbol, eventUs: number): string {
    const { price, quantity, money } = writers(symbol);
    const view = this.#market.view(symbol.index);
    const ticker: BinanceMiniTicker = {
      e: '24hrMiniTicker',
      E: wholeMs(eventUs),
      s: symbol.name,
      c: price(view.last),
      o: price(view.open),
      h: price(view.high),
      l: price(view.low),
      v: quantity(view.volume),
      q: money(view.notional),
    };
    return JSON.stringify(ticker);
  }

  /** A frame of `@ticker`. */
  full(symbol: BinanceSymbol, eventUs: number): string {
    const rest = this.rest(symbol, eventUs);
    const ticker: BinanceTicker = {
      e: '24hrTicker',
      E: wholeMs(eventUs),
      s: symbol.name,
      p: rest.priceChange,
      P: rest.priceChangePercent,
      w: rest.weightedAvgPrice,
      x: rest.prevClosePrice,
      c: rest.lastPrice,
      Q: rest.lastQty,
      b: rest.bidPrice,
      B: rest.bidQty,
      a: rest.askPrice,
      A: rest.askQty,
      o: rest.openPrice,
      h: rest.highPrice,
      l: rest.lowPrice,
      v: rest.volume,
      q: rest.quoteVolume,
      O: rest.openTime,
      C: rest.closeTime,
      F: rest.firstId,
      L: rest.lastId,
      n: rest.count,
    };
    return JSON.stringify(ticker);
  }

  /** What GET /api/v3/ticker/24hr says of a symbol. */
  rest(symbol: BinanceSymbol, nowUs: number): BinanceRestTicker {
    const { price, quantity, money } = writers(symbol);
    const market = this.#market;
    const view = market.view(symbol.index);
    const change = view.open === 0 ? 0 : view.last - view.open;
    return {
      symbol: symbol.name,
      priceChange: price(change),
      priceChangePercent: (view.open === 0 ? 0 : (change / view.open) * 100).toFixed(3),
      weightedAvgPrice: weightedPrice(view, symbol).toFixed(PLACES),
      prevClosePrice: price(view.previousClose),
      lastPrice: price(view.last),
      lastQty: quantity(view.lastSize),
      bidPrice: price(view.bid),
      bidQty: quantity(view.bidSize),
      askPrice: price(view.ask),
      askQty: quantity(view.askSize),
      openPrice: price(view.open),
      highPrice: price(view.high),
      lowPrice: price(view.low),
      volume: quantity(view.volume),
      quoteVolume: money(view.notional),
      openTime: wholeMs(market.session().openUs),
      closeTime: wholeMs(nowUs),
      firstId: view.trades === 0 ? -1 : 1,
      lastId: view.trades === 0 ? -1 : view.trades,
      count: view.trades,
    };
  }
}

function weightedPrice({ notional, volume }: SymbolView, { instrument }: BinanceSymbol): number {
  return volume === 0 ? 0 : notional / volume / 10 ** instrument.priceDecimals;
}

function writers({ instrument: { priceDecimals, quantityDecimals } }: BinanceSymbol) {
  return {
    price: (ticks: number) => fixedDecimal(ticks, priceDecimals, PLACES),
    quantity: (lots: number) => fixedDecimal(lots, quantityDecimals, PLACES),
    money: (units: number) => fixedDecimal(units, priceDecimals + quantityDecimals, PLACES),
  };
}

import type { Tick } from '../../market/types.ts';
import {
  type BinanceSymbol,
  type BinanceSymbols,
  KLINE_INTERVALS,
  KLINE_MS,
  type KlineInterval,
  type StreamTopics,
} from './binanceNames.ts';
import { BinanceTickers } from './binanceTickers.ts';
import type { FacadeWorld, ProviderBar, SymbolView } from './facade.ts';
import { barsOf, joinBars } from './longBars.ts';
import { RecentTrades } from './recentTrades.ts';
import { fixedDecimal, wholeMs } from './wireNumbers.ts';

const PLACES = 8;
const MINUTE_US = 60_000_000;

/** Says what happens in the market on Binance's streams. */
export class BinanceEvents {
  /** The last trades of each symbol, for REST. */
  readonly recent: RecentTrades;
  readonly #world: FacadeWorld;
  readonly #symbols: BinanceSymbols;
  readonly #tickers: BinanceTickers;
  /** Updates of each symbol's book so far. */
  readonly #updates: Float64Array;

  constructor(world: FacadeWorld, symbols: BinanceSymbols) {
    const count = world.market.instruments.length;
    this.#world = world;
    this.#symbols = symbols;
    this.#tickers = new BinanceTickers(world.market);
    this.recent = new RecentTrades(count);
    this.#updates = new Float64Array(count);
  }

  /** Updates of a symbol's book so far. */
  updateId(symbol: number): number {
    return this.#updates[symbol] as number;
  }

  trade(tick: Tick, shownTimeUs: number): void {
    const view = this.#world.market.view(tick.symbol);
    const isBuyerMaker = isSellerTaker(tick.price, view);
    this.recent.add(tick, { id: view.trades, timeUs: shownTimeUs, isBuyerMaker });
    for (const symbol of this.#symbols.namesOf[tick.symbol] ?? []) {
      const isTradeWanted = this.#isWanted(symbol.trade);
      const isAggregateWanted = this.#isWanted(symbol.aggTrade);
      if (!isTradeWanted && !isAggregateWanted) continue;
      const { priceDecimals, quantityDecimals } = symbol.instrument;
      const price = fixedDecimal(tick.price, priceDecimals, PLACES);
      const quantity = fixedDecimal(tick.size, quantityDecimals, PLACES);
      const timeMs = wholeMs(shownTimeUs);
      const id = view.trades;
      const head = `"E":${timeMs},"s":"${symbol.name}"`;
      const tail = `"T":${timeMs},"m":${isBuyerMaker},"M":true}`;
      if (isTradeWanted) {
        this.#say(symbol.trade, `{"e":"trade",${head},"t":${id},"p":"${price}","q":"${quantity}",${tail}`);
      }
      // Each trade is an aggregate of its own: the tape doesn't know which came from one order.
      if (isAggregateWanted) {
        const ids = `"a":${id},"p":"${price}","q":"${quantity}","f":${id},"l":${id}`;
        this.#say(symbol.aggTrade, `{"e":"aggTrade",${head},${ids},${tail}`);
      }
    }
  }

  quote(tick: Tick): void {
    const update = (this.#updates[tick.symbol] as number) + 1;
    this.#updates[tick.symbol] = update;
    for (const symbol of this.#symbols.namesOf[tick.symbol] ?? []) {
      if (!this.#isWanted(symbol.bookTicker)) continue;
      const { priceDecimals, quantityDecimals } = symbol.instrument;
      const bid = `"b":"${fixedDecimal(tick.bid, priceDecimals, PLACES)}","B":"${fixedDecimal(tick.bidSize, quantityDecimals, PLACES)}"`;
      const ask = `"a":"${fixedDecimal(tick.ask, priceDecimals, PLACES)}","A":"${fixedDecimal(tick.askSize, quantityDecimals, PLACES)}"`;
      this.#say(symbol.bookTicker, `{"u":${update},"s":"${symbol.name}",${bid},${ask}}`);
    }
  }

  /** A second's bar brings tickers and forming klines, a minute's bar what it closes. */
  bar(bar: ProviderBar): void {
    for (const symbol of this.#symbols.namesOf[bar.symbol] ?? []) {
      if (bar.seconds === 1) {
        this.#sayTickers(symbol, bar);
        this.#sayKline(symbol, '1s', { bar, isClosed: true, eventUs: bar.endUs });
      }
      for (const interval of KLINE_INTERVALS) this.#sayLongKline(symbol, interval, bar);
    }
  }

  #sayTickers(symbol: BinanceSymbol, { endUs }: ProviderBar): void {
    if (this.#isWanted(symbol.miniTicker)) this.#say(symbol.miniTicker, this.#tickers.mini(symbol, endUs));
    if (this.#isWanted(symbol.ticker)) this.#say(symbol.ticker, this.#tickers.full(symbol, endUs));
  }

  #sayLongKline(symbol: BinanceSymbol, interval: KlineInterval, bar: ProviderBar): void {
    const topics = symbol.klines[interval];
    if (interval === '1s' || topics === undefined || !this.#isWanted(topics)) return;
    const { market } = this.#world;
    const { symbol: index, endUs } = bar;
    const isMinute = bar.seconds === 60;
    // The minute's own bar says more of the same instant.
    if (!isMinute && endUs % MINUTE_US === 0) return;
    const lengthUs = KLINE_MS[interval] * 1_000;
    const startUs = Math.floor((endUs - 1) / lengthUs) * lengthUs;
    const minutes = barsOf(market, index, { minutesPerBar: 1, fromUs: startUs, toUs: endUs });
    const joined = joinBars(minutes, { startUs, endUs: startUs + lengthUs });
    if (joined === undefined) return;
    this.#sayKline(symbol, interval, { bar: joined, isClosed: isMinute && endUs === joined.endUs, eventUs: endUs });
  }

  #sayKline(
    symbol: BinanceSymbol,
    interval: KlineInterval,
    kline: { readonly bar: ProviderBar; readonly isClosed: boolean; readonly eventUs: number },
  ): void {
    const topics = symbol.klines[interval];
    if (topics === undefined || !this.#isWanted(topics)) return;
    const { bar, isClosed, eventUs } = kline;
    const { priceDecimals, quantityDecimals } = symbol.instrument;
    const lastId = this.#world.market.view(symbol.index).trades;
    const k = {
      t: wholeMs(bar.startUs),
      T: wholeMs(bar.endUs) - 1,
      s: symbol.name,
      i: interval,
      f: lastId - bar.trades + 1,
      L: lastId,
      o: fixedDecimal(bar.open, priceDecimals, PLACES),
      c: fixedDecimal(bar.close, priceDecimals, PLACES),
      h: fixedDecimal(bar.high, priceDecimals, PLACES),
      l: fixedDecimal(bar.low, priceDecimals, PLACES),
      v: fixedDecimal(bar.volume, quantityDecimals, PLACES),
      n: bar.trades,
      x: isClosed,
      q: fixedDecimal(bar.notional, priceDecimals + quantityDecimals, PLACES),
      // What takers bought isn't known of bars.
      V: ZERO,
      Q: ZERO,
      B: '0',
    };
    this.#say(topics, JSON.stringify({ e: 'kline', E: wholeMs(eventUs), s: symbol.name, k }));
  }

  #isWanted({ stream, combined }: StreamTopics): boolean {
    const { output } = this.#world;
    return output.wants(stream) || output.wants(combined);
  }

  #say({ stream, combined }: StreamTopics, data: string): void {
    const { output } = this.#world;
    if (output.wants(stream)) output.say(stream, data);
    if (output.wants(combined)) output.say(combined, `{"stream":"${stream}","data":${data}}`);
  }
}

const ZERO = '0.00000000';

/** Whether the seller took: told from the quote, since the tape doesn't say it. */
function isSellerTaker(price: number, { bid, ask }: SymbolView): boolean {
  return price * 2 <= bid + ask;
}

import { TradeFlag } from '../../market/clean.ts';
import { type Tick, TickKind } from '../../market/types.ts';
import { Occasion } from './arrivals.ts';
import type { HiddenPrices } from './hiddenPrices.ts';
import type { Random } from './random.ts';
import { TradeSizes } from './sizes.ts';
import type { SymbolModel } from './symbols.ts';

/** More quotes than trades, as on a real feed. */
const QUOTE_SHARE = 0.55;
/** When the price has left the quote behind, most events are the quote following. */
const STALE_QUOTE_SHARE = 0.72;
const INSIDE_TRADE_SHARE = 0.08;
/** Spreads at the open are so much wider than at noon, and how fast that fades. */
const OPEN_SPREAD = 1;
const OPEN_SPREAD_FADE_S = 600;
const HIGHEST_PRICE = 2 ** 31 - 1;

export interface BookOptions {
  readonly symbols: readonly SymbolModel[];
  readonly prices: HiddenPrices;
  /** Volatility relative to that of a typical day: spreads are wider on a wild one. */
  readonly stress: number;
  readonly seconds: number;
  /** Events of the session. */
  readonly events: number;
  /** Whether a symbol's first trade is its opening auction. */
  readonly hasAuctions: boolean;
  readonly random: Random;
}

/**
 * The books of all symbols, top of book alone: turns "symbol S has an event now" into that event. A symbol's first event
 * is a quote, its second its opening auction; later ones are trades at the bid, the ask or between, or quotes that follow
 * the price. Every trade lies within the quote in force, and within the symbol's range where its day is known.
 */
export class Books {
  readonly #symbols: readonly SymbolModel[];
  readonly #prices: HiddenPrices;
  readonly #sizes: TradeSizes;
  readonly #random: Random;
  /** How wide spreads are, by second. */
  readonly #widths: Float64Array;
  readonly #relativeSpread: Float64Array;
  readonly #quoteLots: Float64Array;
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  readonly #bid: Int32Array;
  readonly #ask: Int32Array;
  /** 1 once the symbol has traded, and from the start where there are no auctions. */
  readonly #isOpen: Uint8Array;

  constructor({ symbols, prices, stress, seconds, events, hasAuctions, random }: BookOptions) {
    const count = symbols.length;
    this.#symbols = symbols;
    this.#prices = prices;
    this.#sizes = new TradeSizes({ symbols, events, random });
    this.#random = random;
    this.#widths = Float64Array.from(
      { length: seconds },
      (_, second) => 2 * Math.sqrt(stress) * (1 + OPEN_SPREAD * Math.exp(-second / OPEN_SPREAD_FADE_S)),
    );
    this.#relativeSpread = Float64Array.from(symbols, (symbol) => symbol.relativeSpread);
    this.#quoteLots = Float64Array.from(symbols, (symbol) => symbol.quoteLots);
    this.#low = Int32Array.from(symbols, ({ bar }) => bar?.low ?? 1);
    this.#high = Int32Array.from(symbols, ({ bar }) => bar?.high ?? HIGHEST_PRICE);
    this.#bid = new Int32Array(count);
    this.#ask = new Int32Array(count);
    this.#isOpen = new Uint8Array(count).fill(hasAuctions ? 0 : 1);
  }

  /** Fills `tick` with the symbol's next event, `offsetUs` after the open. */
  next(tick: Tick, symbol: number, offsetUs: number, occasion: Occasion): void {
    const price = this.#prices.at(symbol, offsetUs);
    const bid = this.#bid[symbol] as number;
    tick.symbol = symbol;
    tick.flags = 0;
    if (bid === 0) this.#quote(tick, { price: this.#symbols[symbol]?.bar?.open ?? price, offsetUs });
    else if (this.#isOpen[symbol] === 0) this.#open(tick, price);
    else if (occasion !== Occasion.PLAIN) this.#keep(tick, { price, offsetUs, occasion });
    else {
      const quoteShare = price < bid || price > (this.#ask[symbol] as number) ? STALE_QUOTE_SHARE : QUOTE_SHARE;
      if (this.#random.unit() < quoteShare || !this.#sizes.canTrade(symbol)) this.#quote(tick, { price, offsetUs });
      else this.#trade(tick, { price: this.#choosePrice(symbol, price), size: this.#sizes.trade(symbol) });
    }
  }

  /** The opening auction: one trade at the opening price. */
  #open(tick: Tick, price: number): void {
    const { symbol } = tick;
    this.#isOpen[symbol] = 1;
    const opening = this.#symbols[symbol]?.bar?.open ?? this.#withinQuote(symbol, price);
    this.#trade(tick, { price: opening, size: this.#sizes.opening(symbol) });
    tick.flags = TradeFlag.OPENING_AUCTION;
  }

  #keep(tick: Tick, { price, offsetUs, occasion }: { price: number; offsetUs: number; occasion: Occasion }): void {
    const { symbol } = tick;
    const bar = this.#symbols[symbol]?.bar;
    const high = this.#high[symbol] as number;
    const low = this.#low[symbol] as number;
    if (occasion === Occasion.HIGH_TRADE) this.#trade(tick, { price: high, size: this.#sizes.trade(symbol) });
    else if (occasion === Occasion.LOW_TRADE) this.#trade(tick, { price: low, size: this.#sizes.trade(symbol) });
    else if (occasion === Occasion.CLOSING_AUCTION) {
      const closing = bar?.close ?? this.#withinQuote(symbol, price);
      this.#trade(tick, { price: closing, size: this.#sizes.closing(symbol) });
      tick.flags = TradeFlag.CLOSING_AUCTION;
    } else if (occasion === Occasion.CLOSING_QUOTE) this.#quote(tick, { price: bar?.close ?? price, offsetUs });
    else {
      const spread = this.#spread(symbol, { price, offsetUs });
      const quoteBid = occasion === Occasion.HIGH_QUOTE ? Math.max(1, high - spread) : low;
      this.#tellQuote(tick, { bid: quoteBid, ask: occasion === Occasion.HIGH_QUOTE ? high : low + spread });
    }
  }

  /** A quote around a price, shifted where it would leave the range of the day; one wider than the range starts at its low. */
  #quote(tick: Tick, { price, offsetUs }: { price: number; offsetUs: number }): void {
    const { symbol } = tick;
    const spread = this.#spread(symbol, { price, offsetUs });
    const high = this.#high[symbol] as number;
    const low = this.#low[symbol] as number;
    const bid = Math.max(low, Math.min(high - spread, Math.round(price - spread / 2)));
    this.#tellQuote(tick, { bid, ask: bid + spread });
  }

  #tellQuote(tick: Tick, { bid, ask }: { bid: number; ask: number }): void {
    const { symbol } = tick;
    const lots = this.#quoteLots[symbol] as number;
    this.#bid[symbol] = bid;
    this.#ask[symbol] = ask;
    tick.kind = TickKind.QUOTE;
    tick.price = 0;
    tick.size = 0;
    tick.bid = bid;
    tick.ask = ask;
    tick.bidSize = this.#sizes.roundLots(lots);
    tick.askSize = this.#sizes.roundLots(lots);
  }

  #spread(symbol: number, { price, offsetUs }: { price: number; offsetUs: number }): number {
    const width = this.#widths[Math.min(Math.floor(offsetUs / 1e6), this.#widths.length - 1)] as number;
    return 1 + Math.floor(price * (this.#relativeSpread[symbol] as number) * width * this.#random.unit());
  }

  #trade(tick: Tick, { price, size }: { price: number; size: number }): void {
    tick.kind = TickKind.TRADE;
    tick.price = price;
    tick.size = size;
    tick.bid = 0;
    tick.ask = 0;
    tick.bidSize = 0;
    tick.askSize = 0;
  }

  /** The bid, the ask or the middle: the nearer the price is to a side, the likelier that one. */
  #choosePrice(symbol: number, price: number): number {
    const random = this.#random;
    const bid = this.#bid[symbol] as number;
    const ask = this.#ask[symbol] as number;
    const lean = Math.max(-0.4, Math.min(0.4, (price - (bid + ask) / 2) / (ask - bid)));
    const isBuy = random.unit() < 0.5 + lean;
    const isInside = ask - bid > 1 && random.unit() < INSIDE_TRADE_SHARE;
    const chosen = isInside ? bid + ((ask - bid) >> 1) : isBuy ? ask : bid;
    return Math.max(this.#low[symbol] as number, Math.min(this.#high[symbol] as number, chosen));
  }

  #withinQuote(symbol: number, price: number): number {
    return Math.max(this.#bid[symbol] as number, Math.min(this.#ask[symbol] as number, Math.round(price)));
  }
}

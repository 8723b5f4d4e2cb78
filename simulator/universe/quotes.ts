import { type Tick, TickKind } from '../../market/types.ts';
import type { MarketFactor } from './market.ts';
import type { Random } from './random.ts';
import { BlockBootstrap } from './returns.ts';
import type { SymbolModel } from './symbols.ts';

/** Months of a stock's own returns that stay together when resampled. */
const OWN_BLOCK_MONTHS = 6;
/** More quotes than trades, as on a real feed. */
const QUOTE_SHARE = 0.55;
/** When the price has left the quote behind, most events are the quote following. */
const STALE_QUOTE_SHARE = 0.72;
const INSIDE_TRADE_SHARE = 0.08;
const ODD_LOT_SHARE = 0.3;
const BLOCK_TRADE_SHARE = 0.004;

/**
 * The books of all symbols, top of book alone: turns "symbol S has an event now" into that event. A symbol's first event
 * is a quote; later ones are trades at the bid, the ask or between, or quotes that follow the price.
 */
export class Books {
  readonly #symbols: readonly SymbolModel[];
  readonly #factor: MarketFactor;
  readonly #varianceClock: Float64Array;
  readonly #random: Random;
  readonly #own: readonly BlockBootstrap[];
  /** Log of the own price part since the open, and the variance clock when it was last moved. */
  readonly #ownPath: Float64Array;
  readonly #ownClock: Float64Array;
  /** Deviation of the own part over the session. */
  readonly #ownDeviation: Float64Array;
  readonly #openTicks: Float64Array;
  readonly #bid: Int32Array;
  readonly #ask: Int32Array;

  constructor(options: {
    readonly symbols: readonly SymbolModel[];
    readonly factor: MarketFactor;
    /** Own volatility relative to that of a typical day. */
    readonly stress: number;
    readonly varianceClock: Float64Array;
    readonly random: Random;
  }) {
    const { symbols, factor, random, stress } = options;
    const count = symbols.length;
    this.#symbols = symbols;
    this.#factor = factor;
    this.#varianceClock = options.varianceClock;
    this.#random = random;
    this.#own = symbols.map(
      ({ parent }) => new BlockBootstrap(parent.residuals.standardised, { blockLength: OWN_BLOCK_MONTHS, random }),
    );
    this.#ownPath = new Float64Array(count);
    this.#ownClock = new Float64Array(count);
    this.#ownDeviation = Float64Array.from(symbols, (symbol) => symbol.ownDeviation * stress);
    this.#openTicks = Float64Array.from(
      symbols,
      ({ instrument, beta, ownDeviation }) =>
        instrument.previousClose * Math.exp(beta * factor.gap + 0.3 * stress * ownDeviation * random.normal()),
    );
    this.#bid = new Int32Array(count);
    this.#ask = new Int32Array(count);
  }

  /** Fills `tick` with the symbol's next event, `offsetUs` after the open. */
  next(tick: Tick, symbol: number, offsetUs: number): void {
    const price = this.#price(symbol, offsetUs);
    const random = this.#random;
    const bid = this.#bid[symbol] as number;
    const ask = this.#ask[symbol] as number;
    const quoteShare = price < bid || price > ask ? STALE_QUOTE_SHARE : QUOTE_SHARE;
    tick.symbol = symbol;
    if (bid === 0 || random.unit() < quoteShare) this.#quote(tick, symbol, price);
    else this.#trade(tick, price, bid, ask);
  }

  /** The price that nobody sees, in ticks with fractions. */
  #price(symbol: number, offsetUs: number): number {
    const second = Math.min(Math.floor(offsetUs / 1e6), this.#factor.path.length - 2);
    const within = offsetUs / 1e6 - second;
    const clock = between(this.#varianceClock, second, within);
    const passed = Math.max(0, clock - (this.#ownClock[symbol] as number));
    const draw = (this.#own[symbol] as BlockBootstrap).next();
    this.#ownClock[symbol] = clock;
    const own = (this.#ownPath[symbol] as number) + (this.#ownDeviation[symbol] as number) * Math.sqrt(passed) * draw;
    this.#ownPath[symbol] = own;
    const { beta } = this.#symbols[symbol] as SymbolModel;
    return (this.#openTicks[symbol] as number) * Math.exp(beta * between(this.#factor.path, second, within) + own);
  }

  #quote(tick: Tick, symbol: number, price: number): void {
    const random = this.#random;
    const { relativeSpread } = this.#symbols[symbol] as SymbolModel;
    const spread = 1 + Math.floor(price * relativeSpread * 2 * random.unit());
    const bid = Math.max(1, Math.round(price - spread / 2));
    const ask = bid + spread;
    this.#bid[symbol] = bid;
    this.#ask[symbol] = ask;
    tick.kind = TickKind.QUOTE;
    tick.price = 0;
    tick.size = 0;
    tick.bid = bid;
    tick.ask = ask;
    tick.bidSize = this.#roundLots(4);
    tick.askSize = this.#roundLots(4);
  }

  #trade(tick: Tick, price: number, bid: number, ask: number): void {
    const random = this.#random;
    const lean = Math.max(-0.4, Math.min(0.4, (price - (bid + ask) / 2) / (ask - bid)));
    const isBuy = random.unit() < 0.5 + lean;
    const isInside = ask - bid > 1 && random.unit() < INSIDE_TRADE_SHARE;
    tick.kind = TickKind.TRADE;
    tick.price = isInside ? bid + ((ask - bid) >> 1) : isBuy ? ask : bid;
    tick.size = this.#tradeSize();
    tick.bid = 0;
    tick.ask = 0;
    tick.bidSize = 0;
    tick.askSize = 0;
  }

  #tradeSize(): number {
    const random = this.#random;
    const kind = random.unit();
    if (kind < ODD_LOT_SHARE) return 1 + random.below(99);
    return this.#roundLots(1.2) * (kind > 1 - BLOCK_TRADE_SHARE ? 50 : 1);
  }

  /** Hundreds, geometric. */
  #roundLots(mean: number): number {
    return 100 * (1 + Math.floor(mean * this.#random.exponential()));
  }
}

function between(path: Float64Array, second: number, within: number): number {
  const from = path[second] as number;
  return from + ((path[second + 1] as number) - from) * within;
}

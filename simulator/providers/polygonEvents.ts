import type { Instrument, Tick } from '../../market/types.ts';
import type { PolygonBar, PolygonLuld } from '../../protocol/providers/polygon.ts';
import type { ProviderBar, ProviderMarket } from './facade.ts';
import { wholeMs } from './wireNumbers.ts';

/** Shares in a round lot, the unit of a quote's sizes. */
const ROUND_LOT = 100;
const MINUTE_US = 60_000_000;
/** Exchanges and tape as Polygon numbers them: Nasdaq for all, since a tape doesn't say where it was traded. */
export const EXCHANGE = 12;
export const TAPE = 3;
/** Conditions that follow from what a tape knows. */
const Condition = { FORM_T: 12, ODD_LOT: 37 } as const;
/** Indicator of a price band, as the provider's own example has it. */
const BAND_INDICATOR = 21;
/** Width of the price band, a share of the reference price: that of S&P 500 members in regular trading. */
const BAND_SHARE = 0.05;

/** Fixed parts of one symbol's texts: a text is its parts with numbers between. */
interface SymbolParts {
  readonly trade: string;
  readonly quote: string;
  readonly name: string;
  /** Ticks and lots of a whole unit. */
  readonly perUnit: number;
  readonly perShare: number;
}

const TRADE_END = `,"z":${TAPE}`;

/**
 * Writes Polygon's events. By hand, since each is written once for each tick: numbers go between parts that are made when it
 * starts.
 */
export class PolygonWriter {
  readonly #market: ProviderMarket;
  readonly #parts: readonly SymbolParts[];
  readonly #quotes: Float64Array;
  #session: ReturnType<ProviderMarket['session']> = { openUs: 0, closeUs: 0 };
  #sessionUntilUs = 0;

  constructor(market: ProviderMarket) {
    this.#market = market;
    this.#parts = market.instruments.map(partsOf);
    this.#quotes = new Float64Array(market.instruments.length);
  }

  /** A trade (T). */
  trade({ symbol, price, size }: Tick, shownUs: number): string {
    const { trade, perUnit, perShare } = this.#parts[symbol] as SymbolParts;
    const shares = size / perShare;
    const id = this.#market.view(symbol).trades;
    const condition = this.#condition(shares, shownUs);
    return `${trade}${id}","p":${price / perUnit},"s":${shares}${condition},"t":${wholeMs(shownUs)},"q":${id}${TRADE_END}}`;
  }

  /** A quote (Q). */
  quote({ symbol, bid, ask, bidSize, askSize }: Tick, shownUs: number): string {
    const { quote, perUnit, perShare } = this.#parts[symbol] as SymbolParts;
    const sequence = (this.#quotes[symbol] as number) + 1;
    this.#quotes[symbol] = sequence;
    const lots = roundLots(bidSize / perShare);
    const askLots = roundLots(askSize / perShare);
    return `${quote}${bid / perUnit},"bs":${lots},"ax":${EXCHANGE},"ap":${ask / perUnit},"as":${askLots},"c":0,"t":${wholeMs(shownUs)},"q":${sequence}${TRADE_END}}`;
  }

  /** A bar of a minute (AM) or of a second (A). */
  bar(bar: ProviderBar): string {
    const { name, perUnit, perShare } = this.#parts[bar.symbol] as SymbolParts;
    const day = this.#market.view(bar.symbol);
    const price = (ticks: number): number => ticks / perUnit;
    return JSON.stringify({
      ev: bar.seconds === 60 ? 'AM' : 'A',
      sym: name,
      v: bar.volume / perShare,
      av: day.volume / perShare,
      op: price(day.open),
      vw: averagePrice(bar, perUnit),
      o: price(bar.open),
      c: price(bar.close),
      h: price(bar.high),
      l: price(bar.low),
      a: averagePrice(day, perUnit),
      z: bar.trades === 0 ? 0 : Math.floor(bar.volume / perShare / bar.trades),
      s: wholeMs(bar.startUs),
      e: wholeMs(bar.endUs),
    } satisfies PolygonBar);
  }

  /** A symbol's price band (LULD) around a reference price in ticks. */
  band(symbol: number, at: { readonly reference: number; readonly timeUs: number; readonly sequence: number }): string {
    const { name, perUnit } = this.#parts[symbol] as SymbolParts;
    const { reference, timeUs, sequence } = at;
    return JSON.stringify({
      ev: 'LULD',
      T: name,
      h: Math.round(reference * (1 + BAND_SHARE)) / perUnit,
      l: Math.round(reference * (1 - BAND_SHARE)) / perUnit,
      i: [BAND_INDICATOR],
      z: TAPE,
      t: wholeMs(timeUs),
      q: sequence,
    } satisfies PolygonLuld);
  }

  #condition(shares: number, shownUs: number): string {
    const isOdd = shares < ROUND_LOT;
    const isExtended = this.#isExtended(shownUs);
    if (!isOdd && !isExtended) return '';
    if (!isExtended) return `,"c":[${Condition.ODD_LOT}]`;
    return isOdd ? `,"c":[${Condition.FORM_T},${Condition.ODD_LOT}]` : `,"c":[${Condition.FORM_T}]`;
  }

  /** Whether a time as shown lies outside the regular session, whose bounds are read anew each minute. */
  #isExtended(shownUs: number): boolean {
    if (shownUs >= this.#sessionUntilUs || shownUs < this.#sessionUntilUs - MINUTE_US) {
      this.#session = this.#market.session();
      this.#sessionUntilUs = shownUs + MINUTE_US;
    }
    return shownUs < this.#session.openUs || shownUs >= this.#session.closeUs;
  }
}

/** Average price by volume, in the currency, to four places as the provider gives it; 0 without volume. */
export function averagePrice(
  { volume, notional }: { readonly volume: number; readonly notional: number },
  perUnit: number,
): number {
  return volume === 0 ? 0 : Math.round((notional / volume / perUnit) * 10_000) / 10_000;
}

/** Shares as round lots: at least one of what there is. */
export function roundLots(shares: number): number {
  return shares > 0 ? Math.max(1, Math.floor(shares / ROUND_LOT)) : 0;
}

function partsOf({ symbol, priceDecimals, quantityDecimals }: Instrument): SymbolParts {
  const name = JSON.stringify(symbol);
  return {
    name: symbol,
    trade: `{"ev":"T","sym":${name},"x":${EXCHANGE},"i":"`,
    quote: `{"ev":"Q","sym":${name},"bx":${EXCHANGE},"bp":`,
    perUnit: 10 ** priceDecimals,
    perShare: 10 ** quantityDecimals,
  };
}

import type { Piece } from './piece.ts';
import type { BarTrade } from './types.ts';

/**
 * Where the values of a symbol's bar lie, from `symbol * STRIDE` on. They stay in this file: the compiler knows a constant of the
 * file that it compiles, but reads one that is imported anew on each tick.
 */
const STRIDE = 8;
const OPEN = 0;
const HIGH = 1;
const LOW = 2;
const CLOSE = 3;
const VOLUME = 4;
const NOTIONAL = 5;
const TRADES = 6;
/** Time of the trade that made the close, µs since the epoch; Infinity while there is none and in a provider's bar. */
const LAST_US = 7;

/**
 * The bars of one time frame that are still open, one for each symbol. A symbol's values share one cache line, since a tick
 * touches most of them. A bar whose open is 0 has nothing in it.
 */
export class FormingBars {
  readonly #values: Float64Array;
  /** Time of the trade that made the open, µs since the epoch. */
  readonly firstUs: Float64Array;
  readonly flags: Uint8Array;

  constructor(symbols: number) {
    this.#values = new Float64Array(symbols * STRIDE);
    this.firstUs = new Float64Array(symbols);
    this.flags = new Uint8Array(symbols);
    for (let symbol = 0; symbol < symbols; symbol++) this.clear(symbol);
  }

  /** All state, for saving. */
  columns(): ArrayBufferView[] {
    return [this.#values, this.firstUs, this.flags];
  }

  isEmpty(symbol: number): boolean {
    return this.#values[symbol * STRIDE + OPEN] === 0;
  }

  clear(symbol: number): void {
    this.#values[symbol * STRIDE + OPEN] = 0;
    this.#values[symbol * STRIDE + LAST_US] = Number.POSITIVE_INFINITY;
    this.flags[symbol] = 0;
  }

  /** The symbol's last price in ticks; meaningless in an empty bar. */
  close(symbol: number): number {
    return this.#values[symbol * STRIDE + CLOSE] as number;
  }

  /** Adds a trade that is the newest of a bar which isn't empty; false for any other, which changes nothing. */
  addNewest({ symbol, price, size, eventTimeUs }: BarTrade): boolean {
    const values = this.#values;
    const at = symbol * STRIDE;
    // An empty bar's time is Infinity, and a provider's.
    if (!(eventTimeUs >= (values[at + LAST_US] as number))) return false;
    if (price > (values[at + HIGH] as number)) values[at + HIGH] = price;
    else if (price < (values[at + LOW] as number)) values[at + LOW] = price;
    values[at + CLOSE] = price;
    values[at + VOLUME] = (values[at + VOLUME] as number) + size;
    values[at + NOTIONAL] = (values[at + NOTIONAL] as number) + price * size;
    values[at + TRADES] = (values[at + TRADES] as number) + 1;
    values[at + LAST_US] = eventTimeUs;
    return true;
  }

  /** Adds a piece wherever it belongs in time; of two at one time the one that comes later is the later. */
  merge(symbol: number, piece: Piece): void {
    const values = this.#values;
    const at = symbol * STRIDE;
    if (values[at + OPEN] === 0) {
      this.set(symbol, piece);
      return;
    }
    if (piece.high > (values[at + HIGH] as number)) values[at + HIGH] = piece.high;
    if (piece.low < (values[at + LOW] as number)) values[at + LOW] = piece.low;
    if (piece.firstUs < (this.firstUs[symbol] as number)) {
      this.firstUs[symbol] = piece.firstUs;
      values[at + OPEN] = piece.open;
    }
    if (piece.lastUs >= (values[at + LAST_US] as number)) {
      values[at + LAST_US] = piece.lastUs;
      values[at + CLOSE] = piece.close;
    }
    values[at + VOLUME] = (values[at + VOLUME] as number) + piece.volume;
    values[at + NOTIONAL] = (values[at + NOTIONAL] as number) + piece.notional;
    values[at + TRADES] = (values[at + TRADES] as number) + piece.trades;
    this.flags[symbol] = (this.flags[symbol] as number) | piece.flags;
  }

  /** Reads a symbol's bar, which isn't empty, into `piece`. */
  read(symbol: number, piece: Piece): void {
    const values = this.#values;
    const at = symbol * STRIDE;
    piece.open = values[at + OPEN] as number;
    piece.high = values[at + HIGH] as number;
    piece.low = values[at + LOW] as number;
    piece.close = values[at + CLOSE] as number;
    piece.volume = values[at + VOLUME] as number;
    piece.notional = values[at + NOTIONAL] as number;
    piece.trades = values[at + TRADES] as number;
    piece.firstUs = this.firstUs[symbol] as number;
    piece.lastUs = values[at + LAST_US] as number;
    piece.flags = this.flags[symbol] as number;
  }

  /** Makes `piece` the symbol's bar. */
  set(symbol: number, piece: Piece): void {
    const values = this.#values;
    const at = symbol * STRIDE;
    values[at + OPEN] = piece.open;
    values[at + HIGH] = piece.high;
    values[at + LOW] = piece.low;
    values[at + CLOSE] = piece.close;
    values[at + VOLUME] = piece.volume;
    values[at + NOTIONAL] = piece.notional;
    values[at + TRADES] = piece.trades;
    values[at + LAST_US] = piece.lastUs;
    this.firstUs[symbol] = piece.firstUs;
    this.flags[symbol] = piece.flags;
  }
}

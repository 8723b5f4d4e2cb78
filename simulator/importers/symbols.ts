import { MAX_PRICE, MAX_SIZE } from '../../market/tickers.ts';
import { type Instrument, TickKind } from '../../market/types.ts';
import { POWERS_OF_TEN } from './decimal.ts';
import { ImportError } from './errors.ts';
import type { RawEvent } from './rawEvent.ts';

/** What {@link SymbolTable.find} answers beside an index. */
export const LEFT_OUT = -1;
export const NO_SYMBOL = -2;

/** The most decimal places that a tape's prices and sizes have. */
export const MAX_DECIMALS = 12;
/** The most instruments of a tape. */
const MAX_SYMBOLS = 32_768;
const PLACES = MAX_DECIMALS + 1;

/** Tells whether a tape can have a symbol of this name. */
export function isSymbolName(name: string): boolean {
  return /^[!-~]{1,32}$/.test(name);
}

/** How many values of each number of decimals a symbol has, and the largest of each. */
class Decimals {
  #counts = new Float64Array(0);
  #largest = new Float64Array(0);

  note(symbol: number, decimals: number, value: number): void {
    const at = symbol * PLACES + decimals;
    if (at >= this.#counts.length) this.#grow(symbol);
    this.#counts[at] = (this.#counts[at] as number) + 1;
    if (value > (this.#largest[at] as number)) this.#largest[at] = value;
  }

  count(symbol: number): number {
    return this.#counts.subarray(symbol * PLACES, (symbol + 1) * PLACES).reduce((sum, count) => sum + count, 0);
  }

  /** The decimals with which the fewest values are lost: those that need more, and those that are too large with so many. */
  choose(symbol: number, bound: number): number {
    let best = 0;
    let bestLost = Number.POSITIVE_INFINITY;
    for (let decimals = 0; decimals < PLACES; decimals++) {
      const lost = this.#lost(symbol, decimals, bound);
      if (lost < bestLost) {
        best = decimals;
        bestLost = lost;
      }
    }
    return best;
  }

  #lost(symbol: number, decimals: number, bound: number): number {
    let lost = 0;
    for (let other = 0; other < PLACES; other++) {
      const at = symbol * PLACES + other;
      const scale = POWERS_OF_TEN[decimals - other];
      const fits = scale !== undefined && (this.#largest[at] as number) * scale <= bound;
      if (!fits) lost += this.#counts[at] as number;
    }
    return lost;
  }

  #grow(symbol: number): void {
    const length = Math.max(64, 2 * (symbol + 1)) * PLACES;
    const counts = new Float64Array(length);
    const largest = new Float64Array(length);
    counts.set(this.#counts);
    largest.set(this.#largest);
    this.#counts = counts;
    this.#largest = largest;
  }
}

/** The symbols met so far, in order of their first row, and what decimals they need. */
export class SymbolTable {
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #names: string[] = [];
  readonly #indices = new Map<string, number>();
  readonly #prices = new Decimals();
  readonly #sizes = new Decimals();
  #lastName: Buffer = Buffer.alloc(0);
  #lastIndex = NO_SYMBOL;

  /** @param wanted leaves out all others */
  constructor(wanted?: readonly string[]) {
    this.#wanted = wanted === undefined ? undefined : new Set(wanted);
  }

  /** The index of a symbol; {@link LEFT_OUT} when it isn't wanted, {@link NO_SYMBOL} when it can't be one. */
  find(bytes: Buffer, start: number, end: number): number {
    const last = this.#lastName;
    if (last.length === end - start && last.length > 0 && bytes.compare(last, 0, last.length, start, end) === 0) {
      return this.#lastIndex;
    }
    this.#lastIndex = this.findName(bytes.toString('utf8', start, end));
    this.#lastName = Buffer.from(bytes.subarray(start, end));
    return this.#lastIndex;
  }

  /** As {@link SymbolTable.find}. @throws ImportError when there are more than a tape holds */
  findName(name: string): number {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    if (!isSymbolName(name)) return NO_SYMBOL;
    const isWanted = this.#wanted === undefined || this.#wanted.has(name);
    const index = isWanted ? this.#names.length : LEFT_OUT;
    if (isWanted) this.#names.push(name);
    this.#indices.set(name, index);
    if (this.#names.length > MAX_SYMBOLS) {
      throw new ImportError('bad', `more than ${MAX_SYMBOLS} symbols; take some of them with --symbols`);
    }
    return index;
  }

  /** Takes note of the decimals that an event needs. */
  note(event: RawEvent): void {
    // In a trade the other side is that of some quote before it.
    const isQuote = event.kind === TickKind.QUOTE;
    const { symbol, price, size, priceDecimals, sizeDecimals } = event;
    this.#prices.note(symbol, priceDecimals, isQuote ? Math.max(price, event.ask) : price);
    this.#sizes.note(symbol, sizeDecimals, isQuote ? Math.max(size, event.askSize) : size);
  }

  /** The instruments that have events, by name, and where each symbol's index went to. */
  settle(): { readonly instruments: Instrument[]; readonly places: Int32Array } {
    const places = new Int32Array(this.#names.length).fill(-1);
    const used = this.#names
      .map((symbol, from) => ({ symbol, from }))
      .filter(({ from }) => this.#prices.count(from) > 0)
      .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    const instruments = used.map(({ symbol, from }, index) => {
      places[from] = index;
      const priceDecimals = this.#prices.choose(from, MAX_PRICE);
      const quantityDecimals = this.#sizes.choose(from, MAX_SIZE);
      return { symbol, index, priceDecimals, quantityDecimals, previousClose: 0 };
    });
    return { instruments, places };
  }
}

import type { Instrument } from '../../market/types.ts';

/** The highest price in ticks; prices live in 32-bit columns. */
const MAX_TICKS = 2 ** 31 - 1;
/** The highest size in lots. */
const MAX_LOTS = 1e12;
const DECIMAL = /^\d{1,15}(?:\.\d{1,12})?$/;

/** The instruments of a feed by the names that a provider has for them, and its prices and sizes in their ticks and lots. */
export class SymbolBook {
  readonly instruments: readonly Instrument[];
  readonly #priceScale: Float64Array;
  readonly #lotScale: Float64Array;
  readonly #names: readonly string[];
  readonly #index: ReadonlyMap<string, number>;

  /** @param names by our symbol, the provider's name where it is another */
  constructor(instruments: readonly Instrument[], names: ReadonlyMap<string, string> = new Map()) {
    this.instruments = instruments;
    this.#names = instruments.map(({ symbol }) => names.get(symbol) ?? symbol);
    this.#priceScale = Float64Array.from(instruments, ({ priceDecimals }) => 10 ** priceDecimals);
    this.#lotScale = Float64Array.from(instruments, ({ quantityDecimals }) => 10 ** quantityDecimals);
    this.#index = new Map(this.#names.map((name, index) => [name, index]));
  }

  get size(): number {
    return this.instruments.length;
  }

  /** The index of a name; -1 when it isn't ours. */
  indexOf(name: string): number {
    return this.#index.get(name) ?? -1;
  }

  /** The provider's name of an index. @throws RangeError when there is none */
  nameOf(symbol: number): string {
    const name = this.#names[symbol];
    if (name === undefined) throw new RangeError(`no instrument ${symbol}`);
    return name;
  }

  /** A price in ticks, to the nearest; 0 for what is none. */
  ticks(symbol: number, price: number): number {
    const ticks = Math.round(price * (this.#priceScale[symbol] as number));
    return ticks >= 1 && ticks <= MAX_TICKS ? ticks : 0;
  }

  /** A size in lots, to the nearest; 0 when it is less than half a lot, -1 for what is no size. */
  lots(symbol: number, size: number): number {
    if (!(size >= 0)) return -1;
    const lots = Math.round(size * (this.#lotScale[symbol] as number));
    return lots <= MAX_LOTS ? lots : -1;
  }
}

/** The number that a plain decimal text stands for; NaN for any other text. */
export function decimalOf(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

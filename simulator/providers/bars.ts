import type { ProviderBar } from './facade.ts';

const US_PER_S = 1_000_000;

/** Columns of a forming bar, in rows of this length. */
const Column = { OPEN: 0, HIGH: 1, LOW: 2, CLOSE: 3, VOLUME: 4, NOTIONAL: 5, TRADES: 6 } as const;
const COLUMNS = 7;

/**
 * Makes bars of one length from trades: all symbols' bars begin and end together, on whole multiples of it. Counts without
 * allocating.
 */
export class BarMaker {
  readonly #lengthUs: number;
  readonly #seconds: number;
  readonly #tell: (bar: ProviderBar) => void;
  readonly #forming: Float64Array;
  /** Symbols that traded in the forming bar, in the order of their first trades. */
  readonly #traded: Uint16Array;
  #count = 0;
  #startUs = 0;

  /** @param tell takes each bar that has ended, an object of its own */
  constructor(options: {
    readonly symbols: number;
    readonly seconds: number;
    readonly tell: (bar: ProviderBar) => void;
  }) {
    this.#seconds = options.seconds;
    this.#lengthUs = options.seconds * US_PER_S;
    this.#tell = options.tell;
    this.#forming = new Float64Array(options.symbols * COLUMNS);
    this.#traded = new Uint16Array(options.symbols);
  }

  /** End of the forming bars, µs; Infinity when there are none. */
  get endUs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#startUs + this.#lengthUs;
  }

  /** Counts a trade; one from before the forming bars counts for them, since what has been told can't be taken back. */
  trade(symbol: number, price: number, size: number): void {
    const row = this.#forming;
    const at = symbol * COLUMNS;
    if (row[at + Column.TRADES] === 0) {
      this.#traded[this.#count++] = symbol;
      row[at + Column.OPEN] = price;
      row[at + Column.HIGH] = price;
      row[at + Column.LOW] = price;
    } else if (price > (row[at + Column.HIGH] as number)) row[at + Column.HIGH] = price;
    else if (price < (row[at + Column.LOW] as number)) row[at + Column.LOW] = price;
    row[at + Column.CLOSE] = price;
    row[at + Column.VOLUME] = (row[at + Column.VOLUME] as number) + size;
    row[at + Column.NOTIONAL] = (row[at + Column.NOTIONAL] as number) + price * size;
    row[at + Column.TRADES] = (row[at + Column.TRADES] as number) + 1;
  }

  /** Tells the bars that have ended at a time, µs; what trades next belongs to the bar of that time. */
  advance(nowUs: number): void {
    if (this.#count > 0) {
      if (nowUs < this.#startUs + this.#lengthUs) return;
      const ended = this.#count;
      this.#count = 0;
      for (let at = 0; at < ended; at++) this.#end(this.#traded[at] as number);
    }
    // Never back into what has been told.
    this.#startUs = Math.max(this.#startUs, Math.floor(nowUs / this.#lengthUs) * this.#lengthUs);
  }

  /** A symbol's forming bar; undefined before its first trade. */
  forming(symbol: number): ProviderBar | undefined {
    return this.#forming[symbol * COLUMNS + Column.TRADES] === 0 ? undefined : this.#bar(symbol);
  }

  /** Takes what formed before: into the bars that are forming, or else gives it to `over`, since its bar has ended. */
  precede(earlier: BarMaker, over: (bar: ProviderBar) => void): void {
    if (this.#count === 0) this.#startUs = Math.max(this.#startUs, earlier.#startUs);
    for (let at = 0; at < earlier.#count; at++) {
      const bar = earlier.#bar(earlier.#traded[at] as number);
      if (bar.startUs === this.#startUs) this.#precede(bar);
      else over(bar);
    }
  }

  /** Forgets the forming bars. */
  clear(): void {
    this.#forming.fill(0);
    this.#count = 0;
    this.#startUs = 0;
  }

  #precede(bar: ProviderBar): void {
    const row = this.#forming;
    const at = bar.symbol * COLUMNS;
    if (row[at + Column.TRADES] === 0) this.#traded[this.#count++] = bar.symbol;
    else bar = joined(bar, this.#bar(bar.symbol));
    const { open, high, low, close, volume, notional, trades } = bar;
    row.set([open, high, low, close, volume, notional, trades], at);
  }

  #end(symbol: number): void {
    const bar = this.#bar(symbol);
    const at = symbol * COLUMNS;
    this.#forming.fill(0, at, at + COLUMNS);
    this.#tell(bar);
  }

  #bar(symbol: number): ProviderBar {
    const row = this.#forming;
    const at = symbol * COLUMNS;
    return {
      symbol,
      seconds: this.#seconds,
      startUs: this.#startUs,
      endUs: this.#startUs + this.#lengthUs,
      open: row[at + Column.OPEN] as number,
      high: row[at + Column.HIGH] as number,
      low: row[at + Column.LOW] as number,
      close: row[at + Column.CLOSE] as number,
      volume: row[at + Column.VOLUME] as number,
      notional: row[at + Column.NOTIONAL] as number,
      trades: row[at + Column.TRADES] as number,
    };
  }
}

/** One bar of two parts of it. */
function joined(first: ProviderBar, second: ProviderBar): ProviderBar {
  return {
    ...second,
    open: first.open,
    high: Math.max(first.high, second.high),
    low: Math.min(first.low, second.low),
    volume: first.volume + second.volume,
    notional: first.notional + second.notional,
    trades: first.trades + second.trades,
  };
}

const FIRST_CAPACITY = 8;
const STORED = 8;

/** The minutes of one symbol, oldest first, packed. */
class StoredBars {
  #values = new Float64Array(FIRST_CAPACITY * STORED);
  #length = 0;

  add(bar: ProviderBar): void {
    if (this.#length * STORED === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#set(bar, this.#length++);
  }

  /** Takes what was traded before all that is stored: of the first minute, or a minute of its own. */
  precede(bar: ProviderBar): void {
    if (this.#length > 0 && this.#startUs(0) === bar.startUs) {
      this.#set(joined(bar, this.#bar(bar.symbol, 0)), 0);
      return;
    }
    this.add(bar);
    this.#values.copyWithin(STORED, 0, (this.#length - 1) * STORED);
    this.#set(bar, 0);
  }

  read(symbol: number, span: { readonly fromUs: number; readonly toUs: number }): ProviderBar[] {
    const bars: ProviderBar[] = [];
    for (let at = this.#firstFrom(span.fromUs); at < this.#length; at++) {
      if (this.#startUs(at) >= span.toUs) break;
      bars.push(this.#bar(symbol, at));
    }
    return bars;
  }

  #set({ startUs, open, high, low, close, volume, notional, trades }: ProviderBar, at: number): void {
    this.#values.set([startUs, open, high, low, close, volume, notional, trades], at * STORED);
  }

  #firstFrom(fromUs: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startUs(middle) < fromUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #startUs(at: number): number {
    return this.#values[at * STORED] as number;
  }

  #bar(symbol: number, at: number): ProviderBar {
    const value = (column: number): number => this.#values[at * STORED + column] as number;
    return {
      symbol,
      seconds: 60,
      startUs: value(0),
      endUs: value(0) + 60 * US_PER_S,
      open: value(1),
      high: value(2),
      low: value(3),
      close: value(4),
      volume: value(5),
      notional: value(6),
      trades: value(7),
    };
  }
}

/** Keeps the minutes that have ended, by symbol. */
export class MinuteStore {
  readonly #symbols: (StoredBars | undefined)[];
  #earlier: MinuteStore | undefined;

  constructor(symbols: number) {
    this.#symbols = Array.from({ length: symbols }, () => undefined);
  }

  add(bar: ProviderBar): void {
    this.#barsOf(bar.symbol).add(bar);
  }

  /** Puts the minutes of another store before its own: they are read there, not copied. */
  precede(earlier: MinuteStore): void {
    this.#earlier = earlier;
  }

  /** Takes what was traded in a minute before all that is stored since. */
  precedeBar(bar: ProviderBar): void {
    this.#barsOf(bar.symbol).precede(bar);
  }

  /** Those of a symbol that start in a stretch of time (end exclusive), oldest first. */
  read(symbol: number, span: { readonly fromUs: number; readonly toUs: number }): readonly ProviderBar[] {
    const bars = this.#symbols[symbol]?.read(symbol, span) ?? [];
    return this.#earlier === undefined ? bars : [...this.#earlier.read(symbol, span), ...bars];
  }

  clear(): void {
    this.#symbols.fill(undefined);
    this.#earlier = undefined;
  }

  #barsOf(symbol: number): StoredBars {
    const bars = this.#symbols[symbol] ?? new StoredBars();
    this.#symbols[symbol] = bars;
    return bars;
  }
}

import type { StreamEntry } from './eventFeed.ts';

const FIRST_CAPACITY = 512;
/** Stands in the column of symbols for an event of class A. */
const ENTRY = -1;

/** Events that wait to be written, in the order in which they arose. Adding a ticker event allocates nothing. */
export class Outbox {
  #symbols = new Int32Array(FIRST_CAPACITY);
  #seqs = new Uint32Array(FIRST_CAPACITY);
  #createdUs = new Float64Array(FIRST_CAPACITY);
  #entries: StreamEntry[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  addTicker(symbol: number, seq: number, createdUs: number): void {
    this.#add(symbol, seq, createdUs);
  }

  addEntry(entry: StreamEntry): void {
    this.#entries.push(entry);
    this.#add(ENTRY, 0, entry.createdUs);
  }

  /** Hands out everything in order and is empty afterwards. What is added meanwhile is handed out too. */
  empty(to: {
    readonly ticker: (symbol: number, seq: number, createdUs: number) => void;
    readonly entry: (entry: StreamEntry) => void;
  }): void {
    let entries = 0;
    for (let at = 0; at < this.#count; at++) {
      const symbol = this.#symbols[at] as number;
      if (symbol === ENTRY) {
        const entry = this.#entries[entries++];
        if (entry !== undefined) to.entry(entry);
      } else {
        to.ticker(symbol, this.#seqs[at] as number, this.#createdUs[at] as number);
      }
    }
    this.#count = 0;
    if (entries > 0) this.#entries = [];
  }

  #add(symbol: number, seq: number, createdUs: number): void {
    if (this.#count === this.#symbols.length) this.#grow();
    const at = this.#count++;
    this.#symbols[at] = symbol;
    this.#seqs[at] = seq;
    this.#createdUs[at] = createdUs;
  }

  #grow(): void {
    const symbols = new Int32Array(this.#count * 2);
    const seqs = new Uint32Array(this.#count * 2);
    const createdUs = new Float64Array(this.#count * 2);
    symbols.set(this.#symbols);
    seqs.set(this.#seqs);
    createdUs.set(this.#createdUs);
    this.#symbols = symbols;
    this.#seqs = seqs;
    this.#createdUs = createdUs;
  }
}

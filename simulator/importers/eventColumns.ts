import { TickKind } from '../../market/types.ts';
import type { RawEvent } from './rawEvent.ts';

/** Bytes of an event without and with what quotes alone have. */
const TRADE_BYTES = 8 + 8 + 4 + 4 + 2 + 1 + 1 + 1;
const QUOTE_BYTES = 8 + 4;
export const EVENT_BYTES = TRADE_BYTES + QUOTE_BYTES;

/**
 * Raw events as columns in one piece of memory, so that a block is written and read at once. What quotes alone have lies at the
 * end: a block of trades is stored without it.
 */
export class EventColumns {
  length = 0;
  hasQuotes = false;
  readonly bytes: Uint8Array;
  readonly timeUs: Float64Array;
  readonly size: Float64Array;
  readonly price: Int32Array;
  /** Lines of all files are counted through; the reading knows which file a line is of. */
  readonly line: Uint32Array;
  readonly symbol: Uint16Array;
  readonly flags: Uint8Array;
  /** Decimals of the price, and 128 for a quote. */
  readonly #priceDecimals: Uint8Array;
  readonly #sizeDecimals: Uint8Array;
  readonly askSize: Float64Array;
  readonly ask: Int32Array;
  readonly #capacity: number;

  /** @param capacity a multiple of 8 */
  constructor(capacity: number) {
    const memory = new ArrayBuffer(capacity * EVENT_BYTES);
    this.#capacity = capacity;
    this.bytes = new Uint8Array(memory);
    this.timeUs = new Float64Array(memory, 0, capacity);
    this.size = new Float64Array(memory, capacity * 8, capacity);
    this.price = new Int32Array(memory, capacity * 16, capacity);
    this.line = new Uint32Array(memory, capacity * 20, capacity);
    this.symbol = new Uint16Array(memory, capacity * 24, capacity);
    this.#priceDecimals = new Uint8Array(memory, capacity * 26, capacity);
    this.#sizeDecimals = new Uint8Array(memory, capacity * 27, capacity);
    this.flags = new Uint8Array(memory, capacity * 28, capacity);
    this.askSize = new Float64Array(memory, capacity * TRADE_BYTES, capacity);
    this.ask = new Int32Array(memory, capacity * (TRADE_BYTES + 8), capacity);
  }

  get isFull(): boolean {
    return this.length === this.#capacity;
  }

  /** The bytes that have to be stored. */
  get storedBytes(): Uint8Array {
    return this.hasQuotes ? this.bytes : this.bytes.subarray(0, this.#capacity * TRADE_BYTES);
  }

  isQuote(at: number): boolean {
    return (this.#priceDecimals[at] as number) >= QUOTE_MARK;
  }

  priceDecimals(at: number): number {
    return (this.#priceDecimals[at] as number) & (QUOTE_MARK - 1);
  }

  sizeDecimals(at: number): number {
    return this.#sizeDecimals[at] as number;
  }

  push(event: RawEvent, line: number): void {
    const at = this.length++;
    const isQuote = event.kind === TickKind.QUOTE;
    this.timeUs[at] = event.timeUs;
    this.size[at] = event.size;
    this.price[at] = event.price;
    this.line[at] = line;
    this.symbol[at] = event.symbol;
    this.#priceDecimals[at] = event.priceDecimals + (isQuote ? QUOTE_MARK : 0);
    this.#sizeDecimals[at] = event.sizeDecimals;
    this.flags[at] = event.flags;
    if (!isQuote) return;
    this.hasQuotes = true;
    this.askSize[at] = event.askSize;
    this.ask[at] = event.ask;
  }

  /** Copies an event of other columns to the end. */
  copy(from: EventColumns, at: number): void {
    const to = this.length++;
    this.timeUs[to] = from.timeUs[at] as number;
    this.size[to] = from.size[at] as number;
    this.price[to] = from.price[at] as number;
    this.line[to] = from.line[at] as number;
    this.symbol[to] = from.symbol[at] as number;
    this.#priceDecimals[to] = from.#priceDecimals[at] as number;
    this.#sizeDecimals[to] = from.#sizeDecimals[at] as number;
    this.flags[to] = from.flags[at] as number;
    if (!from.isQuote(at)) return;
    this.hasQuotes = true;
    this.askSize[to] = from.askSize[at] as number;
    this.ask[to] = from.ask[at] as number;
  }

  clear(): void {
    this.length = 0;
    this.hasQuotes = false;
  }
}

const QUOTE_MARK = 128;

import { COLUMNS, FRONT_BYTES, ROUND_LOTS } from './block.ts';
import type { TickBlock } from './types.ts';
import { ColumnReader } from './varint.ts';

/** The sizes whose code is one byte. */
const SHORT_SIZES = Float64Array.from({ length: 0x80 }, (_, coded) => decodeSize(coded));

function decodeSize(coded: number): number {
  const half = Math.floor(coded / 2);
  return coded % 2 === 1 ? half * ROUND_LOTS : half;
}

/**
 * Turns bytes back into blocks, straight into the block's own arrays. Each column has a loop of its own that takes numbers of
 * one byte, by far the most, at a glance, its place in a local variable; longer ones go through {@link ColumnReader}.
 */
export class BlockDecoder {
  readonly #column = new ColumnReader();
  readonly #previous: Int32Array;
  readonly #symbols: number;
  /** The places of the block's quotes: to go by them is cheaper than to ask each event for its kind, which no processor can foresee. */
  #quotes = new Uint16Array(0);
  #quoteCount = 0;

  constructor(symbols: number) {
    this.#symbols = symbols;
    this.#previous = new Int32Array(symbols);
  }

  /** Fills `into` and answers undefined, or answers why the bytes are no block; `into` is then of no use. */
  decode(bytes: Buffer, into: TickBlock): string | undefined {
    into.length = 0;
    if (bytes.length < FRONT_BYTES) return 'is too short';
    const events = bytes.readUInt32LE(0);
    if (events < 1 || events > into.kind.length) return `claims ${events} events`;
    // One place more: the last event's is written whether it is a quote or not.
    if (this.#quotes.length <= events) this.#quotes = new Uint16Array(into.kind.length + 1);
    let end = FRONT_BYTES;
    for (let column = 0; column < COLUMNS; column++) end += bytes.readUInt32LE(4 + 4 * column);
    if (end !== bytes.length) return 'has columns of the wrong length';
    const firstUs = Number(bytes.readBigUInt64LE(4 + 4 * COLUMNS));
    const reader = this.#column;
    reader.bytes = bytes;
    reader.at = FRONT_BYTES;
    let columnEnd = FRONT_BYTES;
    for (let column = 0; column < COLUMNS; column++) {
      columnEnd += bytes.readUInt32LE(4 + 4 * column);
      const sound = this.#decodeColumn(column, { events, firstUs, columnEnd, into });
      if (!sound || reader.at !== columnEnd) return `has a bad column ${column}`;
    }
    into.length = events;
    return undefined;
  }

  #decodeColumn(
    column: number,
    part: { readonly events: number; readonly firstUs: number; readonly columnEnd: number; readonly into: TickBlock },
  ): boolean {
    const { events, into } = part;
    switch (column) {
      case 0:
        return this.#times(into.eventTimeUs, events, part.firstUs);
      case 1:
        return this.#symbolsAndKinds(into, events);
      case 2:
        return this.#prices(into, events);
      case 3:
        return this.#asks(into, events);
      case 4:
        return this.#sizes(into.size, events);
      case 5:
        return this.#askSizes(into, events);
      default:
        return this.#flags(into.flags, events, part.columnEnd);
    }
  }

  #times(times: Float64Array, events: number, firstUs: number): boolean {
    const reader = this.#column;
    const { bytes } = reader;
    // The sum lives in the column: kept in a variable, V8 allocates a number for each event.
    times[0] = firstUs + reader.varint();
    let from = reader.at;
    for (let at = 1; at < events; at++) {
      const byte = bytes[from] as number;
      if (byte < 0x80) {
        from++;
        times[at] = (times[at - 1] as number) + byte;
        continue;
      }
      reader.at = from;
      times[at] = (times[at - 1] as number) + reader.varint();
      from = reader.at;
    }
    reader.at = from;
    return Number.isSafeInteger(times[events - 1]);
  }

  #symbolsAndKinds(into: TickBlock, events: number): boolean {
    const reader = this.#column;
    const { bytes } = reader;
    const { symbol, kind } = into;
    const quotes = this.#quotes;
    const bound = 2 * this.#symbols;
    let from = reader.at;
    let quoteCount = 0;
    for (let at = 0; at < events; at++) {
      // One byte or two, without a branch: which of them no processor can foresee where symbols are many.
      const first = bytes[from] as number;
      const second = bytes[from + 1] as number;
      const hasSecond = first >>> 7;
      let coded = (first & 0x7f) | ((second & -hasSecond) << 7);
      if ((first & second) < 0x80) from += 1 + hasSecond;
      else {
        reader.at = from;
        coded = reader.varint();
        from = reader.at;
      }
      if (!(coded < bound)) return false;
      symbol[at] = coded >>> 1;
      kind[at] = coded & 1;
      quotes[quoteCount] = at;
      quoteCount += coded & 1;
    }
    reader.at = from;
    this.#quoteCount = quoteCount;
    return true;
  }

  #prices(into: TickBlock, events: number): boolean {
    const reader = this.#column;
    const { bytes } = reader;
    const { symbol: symbols, price: prices } = into;
    const previous = this.#previous.fill(0);
    let from = reader.at;
    for (let at = 0; at < events; at++) {
      const symbol = symbols[at] as number;
      const coded = bytes[from] as number;
      let price = previous[symbol] as number;
      if (coded < 0x80) {
        from++;
        price = (price + ((coded >>> 1) ^ -(coded & 1))) | 0;
      } else {
        reader.at = from;
        price = reader.delta(price);
        from = reader.at;
      }
      previous[symbol] = price;
      prices[at] = price;
    }
    reader.at = from;
    return true;
  }

  #asks(into: TickBlock, events: number): boolean {
    const reader = this.#column;
    const { bytes } = reader;
    const { price: prices, ask: asks } = into;
    const quotes = this.#quotes;
    const quoteCount = this.#quoteCount;
    let from = reader.at;
    asks.fill(0, 0, events);
    for (let quote = 0; quote < quoteCount; quote++) {
      const at = quotes[quote] as number;
      const bid = prices[at] as number;
      const coded = bytes[from] as number;
      if (coded < 0x80) {
        from++;
        asks[at] = (bid + ((coded >>> 1) ^ -(coded & 1))) | 0;
        continue;
      }
      reader.at = from;
      asks[at] = reader.delta(bid);
      from = reader.at;
    }
    reader.at = from;
    return true;
  }

  #sizes(sizes: Float64Array, events: number): boolean {
    const reader = this.#column;
    const { bytes } = reader;
    let from = reader.at;
    for (let at = 0; at < events; at++) {
      const coded = bytes[from] as number;
      if (coded < 0x80) {
        from++;
        sizes[at] = SHORT_SIZES[coded] as number;
        continue;
      }
      reader.at = from;
      sizes[at] = decodeSize(reader.varint());
      from = reader.at;
    }
    reader.at = from;
    return true;
  }

  #askSizes(into: TickBlock, events: number): boolean {
    const reader = this.#column;
    const { bytes } = reader;
    const { askSize: sizes } = into;
    const quotes = this.#quotes;
    const quoteCount = this.#quoteCount;
    let from = reader.at;
    sizes.fill(0, 0, events);
    for (let quote = 0; quote < quoteCount; quote++) {
      const at = quotes[quote] as number;
      const coded = bytes[from] as number;
      if (coded < 0x80) {
        from++;
        sizes[at] = SHORT_SIZES[coded] as number;
        continue;
      }
      reader.at = from;
      sizes[at] = decodeSize(reader.varint());
      from = reader.at;
    }
    reader.at = from;
    return true;
  }

  #flags(flags: Uint8Array, events: number, columnEnd: number): boolean {
    const reader = this.#column;
    if (reader.at === columnEnd) {
      flags.fill(0, 0, events);
      return true;
    }
    if (columnEnd - reader.at !== events) return false;
    flags.set(reader.bytes.subarray(reader.at, columnEnd));
    reader.at = columnEnd;
    return true;
  }
}

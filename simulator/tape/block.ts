import { type Tick, TickKind } from '../../market/types.ts';
import type { TickBlock } from './types.ts';
import { ColumnReader, ColumnWriter } from './varint.ts';

/** The most events that a block may hold. */
export const MAX_BLOCK_EVENTS = 65_536;

/** The largest size that a tape holds, in lots. */
export const MAX_SIZE_LOTS = 2 ** 52 - 1;

/** Sizes that are whole multiples of this many lots are stored in units of it: exchanges' round lot. */
const ROUND_LOTS = 100;

const COLUMNS = 7;
/** Event count, one length per column, then the time of the first event. */
const FRONT_BYTES = 4 + 4 * COLUMNS + 8;

/** Makes an empty block with room for `capacity` events. */
export function createTickBlock(capacity: number): TickBlock {
  return {
    length: 0,
    kind: new Uint8Array(capacity),
    symbol: new Uint16Array(capacity),
    eventTimeUs: new Float64Array(capacity),
    price: new Int32Array(capacity),
    ask: new Int32Array(capacity),
    size: new Float64Array(capacity),
    askSize: new Float64Array(capacity),
    flags: new Uint8Array(capacity),
  };
}

/** Puts a copy of the event at the block's end; the caller sees to room. */
export function pushTick(block: TickBlock, tick: Tick): void {
  const at = block.length++;
  const isTrade = tick.kind === TickKind.TRADE;
  block.kind[at] = tick.kind;
  block.symbol[at] = tick.symbol;
  block.eventTimeUs[at] = tick.eventTimeUs;
  block.price[at] = isTrade ? tick.price : tick.bid;
  block.ask[at] = isTrade ? 0 : tick.ask;
  block.size[at] = isTrade ? tick.size : tick.bidSize;
  block.askSize[at] = isTrade ? 0 : tick.askSize;
  block.flags[at] = tick.flags;
}

/**
 * Turns blocks into bytes. A block stands alone: prices are deltas against the symbol's previous price in the same block.
 *
 * Layout, little-endian: u32 events; u32 bytes of each of the columns time, symbol, price, spread, size, ask size, flags;
 * u64 time of the first event (µs); then the columns. Time: deltas. Symbol: `2 * symbol + kind`. Price (trade: price,
 * quote: bid): zigzag deltas. Spread (quotes only): zigzag `ask - bid`. Sizes: `2 * (size / 100) + 1` when that is whole,
 * else `2 * size`. Flags: a byte each, or nothing when all are 0. Numbers are varints.
 */
export class BlockEncoder {
  readonly #time = new ColumnWriter();
  readonly #symbol = new ColumnWriter();
  readonly #price = new ColumnWriter();
  readonly #spread = new ColumnWriter();
  readonly #size = new ColumnWriter();
  readonly #askSize = new ColumnWriter();
  readonly #flags = new ColumnWriter();
  readonly #columns: readonly ColumnWriter[] = [
    this.#time,
    this.#symbol,
    this.#price,
    this.#spread,
    this.#size,
    this.#askSize,
    this.#flags,
  ];
  readonly #previous: Int32Array;

  constructor(symbols: number) {
    this.#previous = new Int32Array(symbols);
  }

  /** The bytes of a block of at least one event, as a new buffer. */
  encode(block: TickBlock): Buffer {
    for (const column of this.#columns) column.clear();
    this.#fill(block);
    const bodyBytes = this.#columns.reduce((sum, column) => sum + column.length, 0);
    const bytes = Buffer.alloc(FRONT_BYTES + bodyBytes);
    bytes.writeUInt32LE(block.length, 0);
    let at = FRONT_BYTES;
    for (const [index, column] of this.#columns.entries()) {
      bytes.writeUInt32LE(column.length, 4 + 4 * index);
      bytes.set(column.bytes.subarray(0, column.length), at);
      at += column.length;
    }
    bytes.writeBigUInt64LE(BigInt(block.eventTimeUs[0] as number), 4 + 4 * COLUMNS);
    return bytes;
  }

  #fill(block: TickBlock): void {
    const previous = this.#previous.fill(0);
    let time = block.eventTimeUs[0] as number;
    let flagged = false;
    for (let at = 0; at < block.length; at++) {
      const kind = block.kind[at] as number;
      const symbol = block.symbol[at] as number;
      const price = block.price[at] as number;
      this.#time.varint((block.eventTimeUs[at] as number) - time);
      time = block.eventTimeUs[at] as number;
      this.#symbol.varint(2 * symbol + kind);
      this.#price.delta(price, previous[symbol] as number);
      previous[symbol] = price;
      this.#size.varint(codeSize(block.size[at] as number));
      if (kind === TickKind.QUOTE) {
        this.#spread.delta(block.ask[at] as number, price);
        this.#askSize.varint(codeSize(block.askSize[at] as number));
      }
      if (block.flags[at] !== 0) flagged = true;
    }
    if (flagged) for (let at = 0; at < block.length; at++) this.#flags.byte(block.flags[at] as number);
  }
}

function codeSize(size: number): number {
  return size % ROUND_LOTS === 0 ? 2 * (size / ROUND_LOTS) + 1 : 2 * size;
}

function decodeSize(coded: number): number {
  const half = Math.floor(coded / 2);
  return coded % 2 === 1 ? half * ROUND_LOTS : half;
}

/** Turns bytes back into blocks, straight into the block's own arrays. */
export class BlockDecoder {
  readonly #column = new ColumnReader();
  readonly #previous: Int32Array;
  readonly #symbols: number;

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
    // The sum lives in the column: kept in a variable, V8 allocates a number for each event.
    times[0] = firstUs + reader.varint();
    for (let at = 1; at < events; at++) times[at] = (times[at - 1] as number) + reader.varint();
    return Number.isSafeInteger(times[events - 1]);
  }

  #symbolsAndKinds(into: TickBlock, events: number): boolean {
    const reader = this.#column;
    const bound = 2 * this.#symbols;
    for (let at = 0; at < events; at++) {
      const coded = reader.varint();
      if (coded >= bound) return false;
      into.symbol[at] = coded >>> 1;
      into.kind[at] = coded & 1;
    }
    return true;
  }

  #prices(into: TickBlock, events: number): boolean {
    const reader = this.#column;
    const previous = this.#previous.fill(0);
    for (let at = 0; at < events; at++) {
      const symbol = into.symbol[at] as number;
      const price = reader.delta(previous[symbol] as number);
      previous[symbol] = price;
      into.price[at] = price;
    }
    return true;
  }

  #asks(into: TickBlock, events: number): boolean {
    const reader = this.#column;
    for (let at = 0; at < events; at++) {
      into.ask[at] = into.kind[at] === TickKind.QUOTE ? reader.delta(into.price[at] as number) : 0;
    }
    return true;
  }

  #sizes(sizes: Float64Array, events: number): boolean {
    const reader = this.#column;
    for (let at = 0; at < events; at++) sizes[at] = decodeSize(reader.varint());
    return true;
  }

  #askSizes(into: TickBlock, events: number): boolean {
    const reader = this.#column;
    for (let at = 0; at < events; at++) {
      into.askSize[at] = into.kind[at] === TickKind.QUOTE ? decodeSize(reader.varint()) : 0;
    }
    return true;
  }

  #flags(flags: Uint8Array, events: number, columnEnd: number): boolean {
    const reader = this.#column;
    if (reader.at === columnEnd) {
      flags.fill(0, 0, events);
      return true;
    }
    if (columnEnd - reader.at !== events) return false;
    for (let at = 0; at < events; at++) flags[at] = reader.bytes[reader.at++] as number;
    return true;
  }
}

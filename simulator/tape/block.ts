import { type Tick, TickKind } from '../../market/types.ts';
import type { TickBlock } from './types.ts';
import { ColumnWriter } from './varint.ts';

/** The most events that a block may hold. */
export const MAX_BLOCK_EVENTS = 65_536;

/** The largest size that a tape holds, in lots. */
export const MAX_SIZE_LOTS = 2 ** 52 - 1;

/** Sizes that are whole multiples of this many lots are stored in units of it: exchanges' round lot. */
export const ROUND_LOTS = 100;

/** Columns of a block. */
export const COLUMNS = 7;
/** Bytes of a block before its columns: event count, one length per column, then the time of the first event. */
export const FRONT_BYTES = 4 + 4 * COLUMNS + 8;

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

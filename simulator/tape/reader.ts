import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Tick, TickKind } from '../../market/types.ts';
import { BlockDecoder, createTickBlock, MAX_BLOCK_EVENTS } from './block.ts';
import { EventHash } from './eventHash.ts';
import { parseHeader } from './header.ts';
import {
  type BlockEntry,
  checksum,
  decodeIndex,
  decodePrelude,
  INDEX_ENTRY_BYTES,
  PRELUDE_BYTES,
  type Prelude,
} from './layout.ts';
import {
  type TapeCursor,
  TapeError,
  type TapeHeader,
  TapeMissingError,
  type TapeReader,
  type TickBlock,
} from './types.ts';

/**
 * Opens a tape and checks all but its blocks, which are checked as they're read.
 *
 * @throws TapeMissingError when there is no such file
 * @throws TapeError when the file is no tape, of another version, truncated or altered
 */
export function openTape(path: string): TapeReader {
  const file = openFile(path);
  try {
    return new FileTapeReader(path, file);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Reads the whole tape and compares what it holds with its header. @throws TapeError at the first thing that is wrong */
export function verifyTape(path: string, onProgress?: (doneEvents: number) => void): TapeHeader {
  const file = openFile(path);
  try {
    const reader = new FileTapeReader(path, file);
    reader.verify(onProgress);
    return reader.header;
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (isMissing(error))
      throw new TapeMissingError(`tape ${path}: no such file; build one with "tapedeck tape build"`);
    throw new TapeError(`tape ${path}: can't be opened (${error instanceof Error ? error.message : String(error)})`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

class FileTapeReader implements TapeReader {
  readonly path: string;
  readonly header: TapeHeader;
  readonly #file: number;
  readonly #blockEvents: number;
  readonly #entries: readonly BlockEntry[];
  readonly #maxBlockBytes: number;
  #isOpen = true;

  constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
    const prelude = this.#readPrelude();
    this.#entries = this.#readIndex(prelude);
    this.header = this.#readHeader(prelude);
    this.#blockEvents = prelude.blockEvents;
    this.#maxBlockBytes = this.#entries.reduce((most, entry) => Math.max(most, entry.bytes), 0);
    this.#checkCounts();
  }

  readonly cursor = (fromUs = 0): TapeCursor => {
    const cursor = new BlockCursor(this.#loader(), this.#entries, this.#blockEvents);
    cursor.seek(fromUs);
    return cursor;
  };

  readonly close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
  };

  /** Reads all blocks; `verifyTape`'s work. */
  verify(onProgress?: (doneEvents: number) => void): void {
    const sha256 = createHash('sha256');
    const eventHash = new EventHash();
    const cursor = new BlockCursor(
      this.#loader((bytes) => sha256.update(bytes)),
      this.#entries,
      this.#blockEvents,
    );
    cursor.seek(0);
    let events = 0;
    let trades = 0;
    while (cursor.next()) {
      eventHash.add(cursor.tick);
      if (cursor.tick.kind === TickKind.TRADE) trades++;
      if (++events % 500_000 === 0) onProgress?.(events);
    }
    const { header } = this;
    if (sha256.digest('hex') !== header.sha256) throw this.#error('differs from the sha256 in its header');
    if (eventHash.digest() !== header.eventHash) throw this.#error('differs from the event hash in its header');
    if (trades !== header.trades) throw this.#error(`holds ${trades} trades, its header says ${header.trades}`);
  }

  /** A function that reads block `index` into `into` through a buffer of its own, so that cursors don't disturb one another. */
  #loader(onBytes?: (bytes: Buffer) => void): (index: number, into: TickBlock) => void {
    const buffer = Buffer.alloc(this.#maxBlockBytes);
    const decoder = new BlockDecoder(this.header.instruments.length);
    return (index, into) => {
      const entry = this.#entries[index];
      if (!entry) throw new RangeError(`no block ${index}`);
      if (!this.#isOpen) throw this.#error('was closed');
      const bytes = buffer.subarray(0, entry.bytes);
      const where = `block ${index} at byte ${entry.offset}`;
      if (!readFully(this.#file, bytes, entry.offset)) throw this.#error(`ends within ${where}`);
      if (checksum(bytes) !== entry.checksum) throw this.#error(`${where} is altered (checksum)`);
      const reason = decoder.decode(bytes, into);
      if (reason !== undefined) throw this.#error(`${where} ${reason}`);
      const isAsIndexed =
        into.length === entry.events &&
        into.eventTimeUs[0] === entry.firstUs &&
        into.eventTimeUs[into.length - 1] === entry.lastUs;
      if (!isAsIndexed) throw this.#error(`${where} differs from its entry in the index`);
      onBytes?.(bytes);
    };
  }

  #readPrelude(): Prelude {
    const { size } = fstatSync(this.#file);
    const bytes = Buffer.alloc(Math.min(PRELUDE_BYTES, size));
    readFully(this.#file, bytes, 0);
    const prelude = decodePrelude(bytes);
    if (typeof prelude === 'string') throw this.#error(prelude);
    if (size < prelude.fileBytes) throw this.#error(`is truncated (${size} bytes of ${prelude.fileBytes})`);
    if (size > prelude.fileBytes) throw this.#error(`has ${size - prelude.fileBytes} bytes too many at its end`);
    const isWhole =
      prelude.blocks >= 1 &&
      prelude.blockEvents >= 1 &&
      prelude.blockEvents <= MAX_BLOCK_EVENTS &&
      prelude.indexOffset + prelude.blocks * INDEX_ENTRY_BYTES === prelude.headerOffset &&
      prelude.headerOffset + prelude.headerBytes === prelude.fileBytes;
    if (!isWhole) throw this.#error('has parts that do not fit together');
    return prelude;
  }

  #readIndex(prelude: Prelude): BlockEntry[] {
    const bytes = this.#readPart('index', prelude.indexOffset, prelude.blocks * INDEX_ENTRY_BYTES);
    if (checksum(bytes) !== prelude.indexChecksum) throw this.#error('has an altered index (checksum)');
    const entries = decodeIndex(bytes);
    let offset = PRELUDE_BYTES;
    let lastUs = 0;
    for (const [index, entry] of entries.entries()) {
      if (entry.offset !== offset || entry.events < 1) throw this.#error(`has a bad entry ${index} in its index`);
      if (entry.firstUs < lastUs || entry.lastUs < entry.firstUs)
        throw this.#error(`goes back in time at block ${index}`);
      offset += entry.bytes;
      lastUs = entry.lastUs;
    }
    if (offset !== prelude.indexOffset) throw this.#error('has blocks that do not fill the file');
    return entries;
  }

  #readHeader(prelude: Prelude): TapeHeader {
    const bytes = this.#readPart('header', prelude.headerOffset, prelude.headerBytes);
    if (checksum(bytes) !== prelude.headerChecksum) throw this.#error('has an altered header (checksum)');
    const header = parseHeader(bytes.toString('utf8'));
    if (typeof header === 'string') throw this.#error(header);
    return header;
  }

  #readPart(name: string, offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (!readFully(this.#file, bytes, offset)) throw this.#error(`ends within its ${name}`);
    return bytes;
  }

  #checkCounts(): void {
    const { header } = this;
    const events = this.#entries.reduce((sum, entry) => sum + entry.events, 0);
    const isAsSaid =
      events === header.events &&
      events === header.trades + header.quotes &&
      this.#entries[0]?.firstUs === header.firstEventUs &&
      this.#entries.at(-1)?.lastUs === header.lastEventUs;
    if (!isAsSaid) throw this.#error('has an index that differs from its header');
  }

  #error(reason: string): TapeError {
    return new TapeError(`tape ${this.path}: ${reason}; rebuild it with "tapedeck tape build --out ${this.path}"`);
  }
}

class BlockCursor implements TapeCursor {
  // A fraction at the start makes the engine keep the time as a double from the first event on.
  readonly tick: Tick = {
    kind: TickKind.TRADE,
    symbol: 0,
    eventTimeUs: 0.5,
    price: 0,
    size: 0,
    bid: 0,
    ask: 0,
    bidSize: 0,
    askSize: 0,
    flags: 0,
  };
  readonly #load: (index: number, into: TickBlock) => void;
  readonly #entries: readonly BlockEntry[];
  readonly #block: TickBlock;
  #blockIndex = -1;
  #at = 0;

  constructor(load: (index: number, into: TickBlock) => void, entries: readonly BlockEntry[], blockEvents: number) {
    this.#load = load;
    this.#entries = entries;
    this.#block = createTickBlock(blockEvents);
  }

  /** Goes to the first event at or after `fromUs`. */
  seek(fromUs: number): void {
    const entries = this.#entries;
    const index = firstAtLeast(entries.length, (at) => (entries[at]?.lastUs ?? 0) >= fromUs);
    this.#blockIndex = index;
    this.#block.length = 0;
    this.#at = 0;
    if (index === entries.length) return;
    this.#load(index, this.#block);
    const times = this.#block.eventTimeUs;
    this.#at = firstAtLeast(this.#block.length, (at) => (times[at] as number) >= fromUs);
  }

  next(): boolean {
    if (this.#at >= this.#block.length && !this.#advance()) return false;
    const { tick } = this;
    const block = this.#block;
    const at = this.#at++;
    const kind = block.kind[at] as TickKind;
    tick.kind = kind;
    tick.symbol = block.symbol[at] as number;
    tick.eventTimeUs = block.eventTimeUs[at] as number;
    tick.flags = block.flags[at] as number;
    if (kind === TickKind.TRADE) {
      tick.price = block.price[at] as number;
      tick.size = block.size[at] as number;
      tick.bid = 0;
      tick.ask = 0;
      tick.bidSize = 0;
      tick.askSize = 0;
    } else {
      tick.price = 0;
      tick.size = 0;
      tick.bid = block.price[at] as number;
      tick.ask = block.ask[at] as number;
      tick.bidSize = block.size[at] as number;
      tick.askSize = block.askSize[at] as number;
    }
    return true;
  }

  peekTimeUs(): number {
    if (this.#at < this.#block.length) return this.#block.eventTimeUs[this.#at] as number;
    return this.#entries[this.#blockIndex + 1]?.firstUs ?? Number.POSITIVE_INFINITY;
  }

  #advance(): boolean {
    if (this.#blockIndex + 1 >= this.#entries.length) return false;
    // Emptied first: when the load throws, another next() must throw again, never hand out what is left over.
    this.#block.length = 0;
    this.#at = 0;
    this.#load(this.#blockIndex + 1, this.#block);
    this.#blockIndex++;
    return true;
  }
}

/** The least number in 0..length for which `reached` holds, given that it holds from some number on. */
function firstAtLeast(length: number, reached: (at: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function readFully(file: number, into: Buffer, position: number): boolean {
  let done = 0;
  while (done < into.length) {
    const read = readSync(file, into, done, into.length - done, position + done);
    if (read === 0) return false;
    done += read;
  }
  return true;
}

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Tick, TickKind } from '../../market/types.ts';
import { BlockEncoder, createTickBlock, MAX_BLOCK_EVENTS, MAX_SIZE_LOTS, pushTick } from './block.ts';
import { EventHash } from './eventHash.ts';
import { findHaltFault } from './halts.ts';
import { type BlockEntry, checksum, encodeIndex, encodePrelude, FORMAT_VERSION, PRELUDE_BYTES } from './layout.ts';
import type { TapeHeader } from './types.ts';

/** Small enough that decoding one never holds up a paced replay for more than about a millisecond. */
const DEFAULT_BLOCK_EVENTS = 8_192;

/** What a writer can't count by itself. */
export interface TapeWriterOptions
  extends Pick<
    TapeHeader,
    'name' | 'seed' | 'origin' | 'instruments' | 'sessionDate' | 'sessionOpenUs' | 'sessionCloseUs' | 'halts'
  > {
  readonly path: string;
  /** Events per block, 1 to 65,536; fewer make finer seeks and a larger file. */
  readonly blockEvents?: number;
}

/** Writes a tape; the file appears under its name only when it's complete. */
export interface TapeWriter {
  /** Adds a copy of the event. Programmer errors assert: time going backwards, unknown symbol, values that aren't integers in range. */
  readonly append: (tick: Tick) => void;
  /** Writes what is left, syncs, gives the file its name. A tape without events is a programmer error. */
  readonly finish: () => TapeHeader;
  /** Removes what was written so far; harmless after `finish`. */
  readonly abort: () => void;
}

/** Starts a tape at `path` (its folder is made). Same options and events give the same bytes. */
export function createTapeWriter(options: TapeWriterOptions): TapeWriter {
  return new FileTapeWriter(options);
}

class FileTapeWriter implements TapeWriter {
  readonly #options: TapeWriterOptions;
  readonly #partialPath: string;
  readonly #file: number;
  readonly #block;
  readonly #blockEvents: number;
  readonly #encoder: BlockEncoder;
  readonly #entries: BlockEntry[] = [];
  readonly #sha256 = createHash('sha256');
  readonly #eventHash = new EventHash();
  #offset = PRELUDE_BYTES;
  #lastUs = 0;
  #trades = 0;
  #quotes = 0;
  #isOpen = true;

  constructor(options: TapeWriterOptions) {
    const { blockEvents = DEFAULT_BLOCK_EVENTS, halts = [], instruments, path } = options;
    assert(blockEvents >= 1 && blockEvents <= MAX_BLOCK_EVENTS, `blockEvents ${blockEvents}`);
    assert(instruments.length >= 1 && instruments.length <= 32_768, `${instruments.length} instruments`);
    const haltFault = findHaltFault(halts, instruments.length);
    assert(haltFault === undefined, `the tape ${haltFault}`);
    this.#options = options;
    this.#blockEvents = blockEvents;
    this.#block = createTickBlock(blockEvents);
    this.#encoder = new BlockEncoder(instruments.length);
    mkdirSync(dirname(path), { recursive: true });
    this.#partialPath = `${path}.${process.pid}.${nextPartial++}.partial`;
    this.#file = openSync(this.#partialPath, 'w');
    writeSync(this.#file, Buffer.alloc(PRELUDE_BYTES));
  }

  readonly append = (tick: Tick): void => {
    if (!isValid(tick, this.#options.instruments.length)) assert.fail(`no valid tick: ${JSON.stringify(tick)}`);
    if (tick.eventTimeUs < this.#lastUs) assert.fail(`time goes back from ${this.#lastUs} to ${tick.eventTimeUs}`);
    this.#lastUs = tick.eventTimeUs;
    if (tick.kind === TickKind.TRADE) this.#trades++;
    else this.#quotes++;
    this.#eventHash.add(tick);
    pushTick(this.#block, tick);
    if (this.#block.length === this.#blockEvents) this.#flush();
  };

  readonly finish = (): TapeHeader => {
    if (this.#block.length > 0) this.#flush();
    const header = this.#header();
    const index = encodeIndex(this.#entries);
    const json = Buffer.from(JSON.stringify(header));
    const indexOffset = this.#offset;
    writeFully(this.#file, index, indexOffset);
    writeFully(this.#file, json, indexOffset + index.length);
    const prelude = encodePrelude({
      blockEvents: this.#blockEvents,
      fileBytes: indexOffset + index.length + json.length,
      indexOffset,
      blocks: this.#entries.length,
      headerOffset: indexOffset + index.length,
      headerBytes: json.length,
      indexChecksum: checksum(index),
      headerChecksum: checksum(json),
    });
    writeFully(this.#file, prelude, 0);
    fsyncSync(this.#file);
    closeSync(this.#file);
    this.#isOpen = false;
    renameSync(this.#partialPath, this.#options.path);
    return header;
  };

  readonly abort = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
    rmSync(this.#partialPath, { force: true });
  };

  #flush(): void {
    const block = this.#block;
    const bytes = this.#encoder.encode(block);
    writeFully(this.#file, bytes, this.#offset);
    this.#sha256.update(bytes);
    this.#entries.push({
      offset: this.#offset,
      bytes: bytes.length,
      events: block.length,
      firstUs: block.eventTimeUs[0] as number,
      lastUs: block.eventTimeUs[block.length - 1] as number,
      checksum: checksum(bytes),
    });
    this.#offset += bytes.length;
    block.length = 0;
  }

  #header(): TapeHeader {
    const { name, seed, origin, instruments, sessionDate, sessionOpenUs, sessionCloseUs, halts = [] } = this.#options;
    const first = this.#entries[0];
    assert(first, 'a tape needs at least one event');
    return {
      version: FORMAT_VERSION,
      name,
      seed,
      origin,
      instruments,
      sessionDate,
      sessionOpenUs,
      sessionCloseUs,
      ...(halts.length === 0 ? {} : { halts }),
      firstEventUs: first.firstUs,
      lastEventUs: this.#lastUs,
      events: this.#trades + this.#quotes,
      trades: this.#trades,
      quotes: this.#quotes,
      sha256: this.#sha256.digest('hex'),
      eventHash: this.#eventHash.digest(),
    };
  }
}

/** Two writers of one process may build the same tape: each has a file of its own. */
let nextPartial = 0;

function writeFully(file: number, bytes: Buffer, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

function isValid(tick: Tick, symbols: number): boolean {
  const isTrade = tick.kind === TickKind.TRADE;
  return (
    (isTrade || tick.kind === TickKind.QUOTE) &&
    Number.isInteger(tick.symbol) &&
    tick.symbol >= 0 &&
    tick.symbol < symbols &&
    Number.isSafeInteger(tick.eventTimeUs) &&
    tick.eventTimeUs >= 0 &&
    tick.flags === (tick.flags & 0xff) &&
    (isTrade
      ? isPrice(tick.price) && isSize(tick.size)
      : isPrice(tick.bid) && isPrice(tick.ask) && isSize(tick.bidSize) && isSize(tick.askSize))
  );
}

function isPrice(price: number): boolean {
  return price === (price | 0);
}

function isSize(size: number): boolean {
  return Number.isInteger(size) && size >= 0 && size <= MAX_SIZE_LOTS;
}

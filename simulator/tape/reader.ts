import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { TickKind } from '../../market/types.ts';
import { BlockDecoder } from './blockDecoder.ts';
import { BlockCursor, firstAtLeast, type LoadBlock } from './cursor.ts';
import { EventHash } from './eventHash.ts';
import { damaged, readFront, readFully, type TapeFront } from './front.ts';
import { checksum } from './layout.ts';
import { type TapeCursor, TapeError, type TapeHeader, TapeMissingError, type TapeReader } from './types.ts';

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
  readonly #front: TapeFront;
  readonly #maxBlockBytes: number;
  #isOpen = true;

  constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
    this.#front = readFront(path, file);
    this.header = this.#front.header;
    this.#maxBlockBytes = this.#front.entries.reduce((most, entry) => Math.max(most, entry.bytes), 0);
  }

  readonly cursor = (fromUs = 0): TapeCursor => this.#cursor(this.#loader(), fromUs);

  readonly timeBefore = (timeUs: number, events: number): number => {
    const { entries } = this.#front;
    let at = firstAtLeast(entries.length, (index) => (entries[index]?.lastUs ?? 0) >= timeUs);
    for (let left = events; at > 0 && left > 0; left -= entries[at]?.events ?? 0) at--;
    return Math.min(timeUs, entries[at]?.firstUs ?? timeUs);
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
    const cursor = this.#cursor(
      this.#loader((bytes) => sha256.update(bytes)),
      0,
    );
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

  #cursor(load: LoadBlock, fromUs: number): BlockCursor {
    const cursor = new BlockCursor(load, this.#front.entries, this.#front.blockEvents);
    cursor.seek(fromUs);
    return cursor;
  }

  /** Reads through a buffer of its own, so that cursors don't disturb one another. */
  #loader(onBytes?: (bytes: Buffer) => void): LoadBlock {
    const buffer = Buffer.alloc(this.#maxBlockBytes);
    const decoder = new BlockDecoder(this.header.instruments.length);
    return (index, into) => {
      const entry = this.#front.entries[index];
      if (!entry) throw new RangeError(`no block ${index}`);
      if (!this.#isOpen) throw new TypeError(`tape ${this.path} was closed and is read`);
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

  #error(reason: string): TapeError {
    return damaged({ path: this.path, reason, header: this.header });
  }
}

import { fstatSync, readSync } from 'node:fs';
import { MAX_BLOCK_EVENTS } from './block.ts';
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
import { TapeError, type TapeHeader } from './types.ts';

/** All of a tape but its events. */
export interface TapeFront {
  readonly blockEvents: number;
  readonly entries: readonly BlockEntry[];
  readonly header: TapeHeader;
}

/** Reads prelude, index and header and checks them, alone and against one another. @throws TapeError */
export function readFront(path: string, file: number): TapeFront {
  const prelude = readPrelude(path, file);
  const entries = readIndex(path, file, prelude);
  const header = readHeader(path, file, prelude);
  const events = entries.reduce((sum, entry) => sum + entry.events, 0);
  const isAsSaid =
    events === header.events &&
    events === header.trades + header.quotes &&
    entries[0]?.firstUs === header.firstEventUs &&
    entries.at(-1)?.lastUs === header.lastEventUs;
  if (!isAsSaid) throw damaged({ path, reason: 'has an index that differs from its header', header });
  return { blockEvents: prelude.blockEvents, entries, header };
}

/** An error about what surely was a tape, with the command that makes it anew. */
export function damaged(fault: {
  readonly path: string;
  readonly reason: string;
  /** When known, the command makes the same tape, or says what it was made from. */
  readonly header?: TapeHeader;
}): TapeError {
  const { path, reason, header } = fault;
  return new TapeError(`tape ${path}: ${reason}; ${wayOut(path, header)}`);
}

function wayOut(path: string, header: TapeHeader | undefined): string {
  if (header === undefined) return `make it anew, with "tapedeck tape build --out ${path}" or as it was made`;
  const { origin } = header;
  if (origin.edited === true) return 'cut, merge or speed it anew from the tapes that it was made of';
  if (origin.kind === 'recorded') return `import its sources anew with "tapedeck tape import ... --out ${path}"`;
  if (origin.buildOptions !== undefined) {
    return `rebuild it with "tapedeck tape build ${origin.buildOptions} --out ${path}"`;
  }
  const [first] = origin.sources;
  const others = origin.sources.length - 1;
  const from = first === undefined ? '' : ` from ${first.file}${others === 0 ? '' : ` and ${others} more`}`;
  return `rebuild it as it was made${from}, with "tapedeck tape build ... --out ${path}"`;
}

/** Fills the buffer from a place in the file; false when the file ends before. */
export function readFully(file: number, into: Buffer, position: number): boolean {
  let done = 0;
  while (done < into.length) {
    const read = readSync(file, into, done, into.length - done, position + done);
    if (read === 0) return false;
    done += read;
  }
  return true;
}

/** An error about a file that may be anything: nobody is told to write over it. */
function notATape(path: string, reason: string): TapeError {
  return new TapeError(`tape ${path}: ${reason}; name a file made by "tapedeck tape build" or "tape import"`);
}

function readPrelude(path: string, file: number): Prelude {
  const found = fstatSync(file);
  if (!found.isFile()) throw notATape(path, 'is no file');
  const { size } = found;
  const bytes = Buffer.alloc(Math.min(PRELUDE_BYTES, size));
  readFully(file, bytes, 0);
  const prelude = decodePrelude(bytes);
  if (typeof prelude === 'string') throw notATape(path, prelude);
  if (size < prelude.fileBytes) throw damaged({ path, reason: `is truncated (${size} bytes of ${prelude.fileBytes})` });
  if (size > prelude.fileBytes) {
    throw damaged({ path, reason: `has ${size - prelude.fileBytes} bytes too many at its end` });
  }
  const isWhole =
    prelude.blocks >= 1 &&
    prelude.blockEvents >= 1 &&
    prelude.blockEvents <= MAX_BLOCK_EVENTS &&
    prelude.indexOffset + prelude.blocks * INDEX_ENTRY_BYTES === prelude.headerOffset &&
    prelude.headerOffset + prelude.headerBytes === prelude.fileBytes;
  if (!isWhole) throw damaged({ path, reason: 'has parts that do not fit together' });
  return prelude;
}

function readIndex(path: string, file: number, prelude: Prelude): BlockEntry[] {
  const bytes = Buffer.alloc(prelude.blocks * INDEX_ENTRY_BYTES);
  if (!readFully(file, bytes, prelude.indexOffset)) throw damaged({ path, reason: 'ends within its index' });
  if (checksum(bytes) !== prelude.indexChecksum) throw damaged({ path, reason: 'has an altered index (checksum)' });
  const entries = decodeIndex(bytes);
  let offset = PRELUDE_BYTES;
  let lastUs = 0;
  for (const [index, entry] of entries.entries()) {
    if (entry.offset !== offset || entry.events < 1) {
      throw damaged({ path, reason: `has a bad entry ${index} in its index` });
    }
    if (entry.firstUs < lastUs || entry.lastUs < entry.firstUs) {
      throw damaged({ path, reason: `goes back in time at block ${index}` });
    }
    offset += entry.bytes;
    lastUs = entry.lastUs;
  }
  if (offset !== prelude.indexOffset) throw damaged({ path, reason: 'has blocks that do not fill the file' });
  return entries;
}

function readHeader(path: string, file: number, prelude: Prelude): TapeHeader {
  const bytes = Buffer.alloc(prelude.headerBytes);
  if (!readFully(file, bytes, prelude.headerOffset)) throw damaged({ path, reason: 'ends within its header' });
  if (checksum(bytes) !== prelude.headerChecksum) throw damaged({ path, reason: 'has an altered header (checksum)' });
  const header = parseHeader(bytes.toString('utf8'));
  if (typeof header === 'string') throw damaged({ path, reason: header });
  return header;
}

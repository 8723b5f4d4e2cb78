import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { ImportError } from './errors.ts';

/** Also says that it's deflated, as all gzip is. */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
const READ_BYTES = 1024 * 1024;
/** Enough of a file to tell its format. */
const SAMPLE_BYTES = 64 * 1024;

/** A text inside a file, opened: the file itself, what is in it when it's gzip, or one entry of a zip. */
export interface ArchiveText {
  /** The file as named by the user, with its entry behind a slash. */
  readonly name: string;
  /** The text's beginning, up to 64 KB. */
  readonly head: Buffer;
  /** Whether `head` is all there is. */
  readonly isWhole: boolean;
  /** The whole text, in pieces. To be gone through before the next text is asked for. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** What is told of a file while its texts are read. */
export interface ArchiveWatch {
  /** More of the file as stored was read. */
  readonly onBytes: (bytes: number) => void;
  /** The file was read to its end; its SHA-256, hex. */
  readonly onHash: (sha256: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the texts of a file one after another, plain, gzip or zip: told by its first bytes, whatever its name.
 *
 * @throws ImportError when the file is missing, unreadable, or damaged as an archive
 */
export async function* openArchive(path: string, watch: ArchiveWatch): AsyncGenerator<ArchiveText> {
  try {
    const first = await firstBytes(path);
    if (first.length === 0) throw new ImportError('bad', `${path}: is empty`);
    if (isZip(first)) yield* openZip(path, watch);
    else yield* openText(path, watched(path, watch));
  } catch (error) {
    throw asImportError(path, error);
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  for await (const chunk of createReadStream(path, { end: 7 })) return bufferOf(chunk);
  return Buffer.alloc(0);
}

function isZip(bytes: Buffer): boolean {
  const magic = bytes.toString('latin1', 0, 4);
  return magic === 'PK\u0003\u0004' || magic === 'PK\u0005\u0006';
}

/** Reads a file as it is stored, counts its bytes and hashes them. */
async function* watched(path: string, watch: ArchiveWatch): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    watch.signal?.throwIfAborted();
    const bytes = bufferOf(chunk);
    hash.update(bytes);
    watch.onBytes(bytes.length);
    yield bytes;
  }
  watch.onHash(hash.digest('hex'));
}

async function* openZip(path: string, watch: ArchiveWatch): AsyncGenerator<ArchiveText> {
  // An archive's entries lie anywhere in it: its hash is taken in a pass of its own.
  for await (const _ of watched(path, { ...watch, onBytes: () => undefined }));
  const zip = await openPromise(path, { autoClose: false });
  try {
    let entries = 0;
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      entries++;
      yield* openText(`${path}/${entry.fileName}`, unzipped(zip, entry, watch));
      watch.onBytes(entry.compressedSize);
    }
    if (entries === 0) throw new ImportError('bad', `${path}: is a zip archive without files`);
  } finally {
    zip.close();
  }
}

async function* unzipped(zip: ZipFile, entry: Entry, watch: ArchiveWatch): AsyncGenerator<Buffer> {
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    watch.signal?.throwIfAborted();
    yield bufferOf(chunk);
  }
}

/** Opens a text, unpacked if it's gzip, and looks at its beginning. */
async function* openText(name: string, stored: AsyncGenerator<Buffer>): AsyncGenerator<ArchiveText> {
  try {
    const raw = await peek(stored, GZIP_MAGIC.length);
    const isGzip = raw.head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
    const { head, isWhole, chunks } = await peek(isGzip ? gunzipped(raw.chunks) : raw.chunks, SAMPLE_BYTES);
    if (head.length === 0) throw new ImportError('bad', `${name}: is empty`);
    const fault = noTextFault(head.subarray(0, SAMPLE_BYTES));
    if (fault !== undefined) throw new ImportError('bad', `${name}: ${fault}`);
    yield { name, head: head.subarray(0, SAMPLE_BYTES), isWhole: isWhole && head.length <= SAMPLE_BYTES, chunks };
  } catch (error) {
    throw asImportError(name, error);
  } finally {
    await stored.return(undefined);
  }
}

/** Says what bytes are that are no text of rows; undefined when nothing speaks against it. */
function noTextFault(head: Buffer): string | undefined {
  if (head.toString('latin1', 0, 8) === 'TAPEDECK') return 'is a tape already; "tapedeck tape merge" joins tapes';
  if (isZip(head) || head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) {
    return 'is an archive inside an archive; unpack the outer one first';
  }
  const mark = head.toString('latin1', 0, 2);
  if (mark === '\u00ff\u00fe' || mark === '\u00fe\u00ff') {
    return 'is UTF-16 text; make it UTF-8 first, with "iconv -f UTF-16 -t UTF-8"';
  }
  if (head.includes(0)) return 'is no text of rows: it has bytes of 0 (UTF-16, or no text at all)';
  return undefined;
}

/** Reads ahead until `bytes` are there; `chunks` begins with them again. */
async function peek(
  source: AsyncGenerator<Buffer>,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly isWhole: boolean; readonly chunks: AsyncGenerator<Buffer> }> {
  const pieces: Buffer[] = [];
  let length = 0;
  let isWhole = false;
  while (length < bytes && !isWhole) {
    const next = await source.next();
    if (next.done === true) isWhole = true;
    else {
      pieces.push(next.value);
      length += next.value.length;
    }
  }
  const head = Buffer.concat(pieces);
  return { head, isWhole, chunks: joined(head, source) };
}

async function* joined(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* gunzipped(stored: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  // A fault of the source ends the unpacking, and is thrown by its iterator.
  pipeline(Readable.from(stored, { objectMode: true }), gunzip, () => undefined);
  for await (const chunk of gunzip) yield bufferOf(chunk);
}

function bufferOf(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  throw new TypeError('a stream of bytes gave something else');
}

function asImportError(name: string, error: unknown): unknown {
  if (error instanceof ImportError || !(error instanceof Error)) return error;
  if ('code' in error && error.code === 'ENOENT') return new ImportError('missing', `${name}: no such file`);
  if ('syscall' in error && 'code' in error) return new ImportError('bad', `${name}: can't be read (${error.code})`);
  const isUnpacking = 'code' in error && String(error.code).startsWith('Z_');
  if (isUnpacking) return new ImportError('bad', `${name}: is damaged gzip data (${error.message})`);
  // yauzl's errors have no code of their own.
  if (error.constructor === Error)
    return new ImportError('bad', `${name}: is a damaged zip archive (${error.message})`);
  return error;
}

import { close, closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Disk, disk as realDisk } from './disk.ts';
import { JournalError, reasonOf } from './errors.ts';
import {
  frameRecord,
  HEADER_BYTES,
  MAX_RECORD_BYTES,
  RECORD_FRAME_BYTES,
  RECORD_HEAD_BYTES,
  writeHeader,
} from './format.ts';
import { type JournalPlace, segmentName, syncPath } from './segments.ts';

/** Size that a segment is given when it is begun: writing into what is there already spares the file system's own journal. */
export const SEGMENT_BYTES = 16 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 256 * 1024;
/** A buffer that one burst made larger than this is given back. */
const KEPT_BUFFER_BYTES = 4 * 1024 * 1024;

/** How the journal does. `failed` is for ever: after a failed flush nobody knows what the disk holds. */
export type JournalHealth =
  | { readonly status: 'ok' }
  | { readonly status: 'failed' /** One line: what failed and the way out. */; readonly reason: string };

export interface JournalOptions {
  /** Exists. */
  readonly folder: string;
  /** Where it goes on. */
  readonly end: JournalPlace;
  /** 16 hexadecimal digits. */
  readonly epoch: string;
  readonly disk?: Disk;
  /** Default {@link SEGMENT_BYTES}. */
  readonly segmentBytes?: number;
  /** Told once when a flush has failed. */
  readonly onFailure?: (reason: string) => void;
}

interface Waiter {
  readonly ticket: number;
  readonly done: () => void;
}

/** A segment that is open for writing. */
interface OpenSegment {
  readonly number: number;
  readonly file: number;
}

/** Records that are being written, or gather while others are. */
class Group {
  bytes = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  /** Room for a segment's header is kept free at the front. */
  length = HEADER_BYTES;
  records = 0;

  reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  empty(): void {
    this.length = HEADER_BYTES;
    this.records = 0;
    if (this.bytes.length > KEPT_BUFFER_BYTES) this.bytes = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  }
}

/**
 * The append-only journal. Records gather while the disk is busy and go to it together: one write and one fdatasync at a
 * time, the next as soon as the last is done, so that load makes groups larger and no timer delays a lone record. Always
 * begins a new segment: what an earlier run wrote is never written to again.
 */
export class Journal {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #segmentBytes: number;
  readonly #epoch: string;
  readonly #onFailure: (reason: string) => void;
  #segment: OpenSegment;
  #next: OpenSegment | undefined = undefined;
  #preparing: Promise<void> | undefined = undefined;
  /** Where in the segment the next group goes. */
  #offset = 0;
  #end: JournalPlace;
  #crc: number;
  #gathering = new Group();
  #writing = new Group();
  #appended = 0;
  #flushed = 0;
  #isBusy = false;
  #isAsked = false;
  #isClosed = false;
  #health: JournalHealth = { status: 'ok' };
  #waiters: Waiter[] = [];
  #waitersFrom = 0;
  #idle: (() => void)[] = [];

  /** @throws JournalError when the first segment can't be made */
  constructor(options: JournalOptions) {
    const { folder, end, epoch } = options;
    this.#folder = folder;
    this.#disk = options.disk ?? realDisk;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#epoch = epoch;
    this.#onFailure = options.onFailure ?? (() => undefined);
    this.#end = end;
    this.#crc = end.crc;
    this.#segment = this.#begin(end.segment + 1);
  }

  get health(): JournalHealth {
    return this.#health;
  }

  /** Ticket of the last record that is safe; 0 for none of this run. */
  get flushed(): number {
    return this.#flushed;
  }

  /** Ticket of the last record; 0 for none of this run. */
  get appended(): number {
    return this.#appended;
  }

  /** Behind the last safe record. */
  get end(): JournalPlace {
    return this.#end;
  }

  /** Takes a record and sees to it that it is flushed soon. Returns its ticket; they count from 1. @throws JournalError for a payload over 64 MiB */
  append(kind: number, payload: Buffer): number {
    if (payload.length + 2 > MAX_RECORD_BYTES)
      throw new JournalError(`a record of ${payload.length} bytes is too long`);
    if (this.#isClosed) throw new Error('the journal is closed');
    const ticket = ++this.#appended;
    if (this.#health.status === 'failed') return ticket;
    const group = this.#gathering;
    group.reserve(payload.length + RECORD_FRAME_BYTES);
    const at = group.length;
    payload.copy(group.bytes, at + RECORD_HEAD_BYTES + 1);
    this.#crc = frameRecord(group.bytes, { at, kind, payloadBytes: payload.length, previousCrc: this.#crc });
    group.length += payload.length + RECORD_FRAME_BYTES;
    group.records++;
    this.#ask();
    return ticket;
  }

  /** Calls back once the record with that ticket is safe, at once when it is; never when the flush fails. Callbacks come in the order of tickets. */
  whenFlushed(ticket: number, done: () => void): void {
    if (ticket <= this.#flushed) done();
    else this.#waiters.push({ ticket, done });
  }

  /** Flushes what is left and gives the file back; resolves after a failure as well. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isBusy || this.#isAsked) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    await this.#preparing;
    if (this.#offset > 0 && this.#health.status === 'ok') ftruncateSync(this.#segment.file, this.#offset);
    closeSync(this.#segment.file);
    if (this.#next === undefined) return;
    closeSync(this.#next.file);
    unlinkSync(join(this.#folder, segmentName(this.#next.number)));
  }

  /** All that one turn of the loop appends goes into one group. */
  #ask(): void {
    if (this.#isBusy || this.#isAsked) return;
    this.#isAsked = true;
    process.nextTick(() => {
      this.#isAsked = false;
      this.#flush();
    });
  }

  #flush(): void {
    const group = this.#gathering;
    if (this.#health.status === 'failed' || group.records === 0) {
      this.#rest();
      return;
    }
    this.#isBusy = true;
    this.#gathering = this.#writing;
    this.#writing = group;
    if (this.#offset >= this.#segmentBytes && this.#next !== undefined) this.#roll(this.#next);
    const crc = this.#crc;
    const ticket = this.#appended;
    const isFirst = this.#offset === 0;
    if (isFirst) {
      const { number: segment } = this.#segment;
      const chain = { recordsBefore: this.#end.records, previousCrc: this.#end.crc };
      writeHeader(group.bytes, { segment, epoch: this.#epoch, ...chain });
    }
    const bytes = isFirst ? group.bytes : group.bytes.subarray(HEADER_BYTES);
    const length = isFirst ? group.length : group.length - HEADER_BYTES;
    const { file } = this.#segment;
    this.#disk.write(file, { bytes, length, position: this.#offset }, (error) => {
      if (error !== null) this.#fail(reasonOf(error));
      else
        this.#disk.sync(file, (failure) => {
          if (failure !== null) this.#fail(reasonOf(failure));
          else this.#onSafe({ length, ticket, crc });
        });
    });
  }

  #onSafe(safe: { readonly length: number; readonly ticket: number; readonly crc: number }): void {
    if (this.#health.status === 'failed') return;
    this.#offset += safe.length;
    const records = this.#end.records + this.#writing.records;
    this.#end = { segment: this.#segment.number, offset: this.#offset, records, crc: safe.crc };
    this.#flushed = safe.ticket;
    this.#writing.empty();
    this.#isBusy = false;
    this.#prepare();
    // The next group is on its way before anyone is told of this one.
    this.#flush();
    this.#tell();
  }

  #tell(): void {
    const waiters = this.#waiters;
    while (this.#waitersFrom < waiters.length) {
      const waiter = waiters[this.#waitersFrom];
      if (waiter === undefined || waiter.ticket > this.#flushed) break;
      this.#waitersFrom++;
      waiter.done();
    }
    if (this.#waitersFrom * 2 < waiters.length) return;
    this.#waiters = waiters.slice(this.#waitersFrom);
    this.#waitersFrom = 0;
  }

  #fail(code: string): void {
    if (this.#health.status === 'failed') return;
    const name = join(this.#folder, segmentName(this.#segment.number));
    const reason = `${name}: the journal can't be written (${code}); nothing is acknowledged any more: make room or mend the disk, then start again`;
    this.#health = { status: 'failed', reason };
    this.#waiters = [];
    this.#waitersFrom = 0;
    this.#isBusy = false;
    this.#onFailure(reason);
    this.#rest();
  }

  #rest(): void {
    const idle = this.#idle;
    this.#idle = [];
    for (const done of idle) done();
  }

  #roll(next: OpenSegment): void {
    close(this.#segment.file, () => undefined);
    this.#segment = next;
    this.#next = undefined;
    this.#offset = 0;
  }

  /** Until the next segment is there, groups go on behind the end of this one. */
  #prepare(): void {
    if (this.#preparing !== undefined || this.#next !== undefined || this.#offset < this.#segmentBytes / 2) return;
    const number = this.#segment.number + 1;
    this.#preparing = makeSegment(join(this.#folder, segmentName(number)), this.#segmentBytes)
      .then((file) => {
        this.#next = { number, file };
      })
      .catch((error: unknown) => this.#fail(reasonOf(error)))
      .finally(() => {
        this.#preparing = undefined;
      });
  }

  /** The first segment, before anything else runs. */
  #begin(number: number): OpenSegment {
    const path = join(this.#folder, segmentName(number));
    try {
      const file = openSync(path, 'w');
      for (const at of steps(this.#segmentBytes)) writeSync(file, ZEROS, 0, ZEROS.length, at);
      syncPath(path);
      syncPath(this.#folder);
      return { number, file };
    } catch (error) {
      throw new JournalError(`${path}: can't be written (${reasonOf(error)})`);
    }
  }
}

const ZEROS = Buffer.alloc(64 * 1024);

function steps(bytes: number): number[] {
  return Array.from({ length: Math.ceil(bytes / ZEROS.length) }, (_, at) => at * ZEROS.length);
}

/** Makes a segment of zeros beside the running journal; resolves with its descriptor when it is safe. */
async function makeSegment(path: string, bytes: number): Promise<number> {
  const handle = await open(path, 'w');
  try {
    for (const at of steps(bytes)) await handle.write(ZEROS, 0, ZEROS.length, at);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
  return openSync(path, 'r+');
}

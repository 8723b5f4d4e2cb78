import { crc32c } from '@node-rs/crc32';

/**
 * The journal's bytes, little-endian. A segment begins with a header of 64 bytes; records follow one another; what is
 * still unused is zeros. A record is `length u32, crc u32, previousCrc u32, kind u8, payload, end mark u8`: `length` counts
 * kind, payload and end mark; `crc` is the CRC32C of all behind it, begun with `length`; `previousCrc` is the `crc` of the
 * record before, across segments, so that none can be missing, doubled or moved.
 */
const MAGIC = Buffer.from('TAPEJRNL');
const VERSION = 2;
export const HEADER_BYTES = 64;
/** What of a record stands before its kind. */
export const RECORD_HEAD_BYTES = 12;
/** A record's bytes beside its payload. */
export const RECORD_FRAME_BYTES = RECORD_HEAD_BYTES + 2;
/** Ends every record, so that zeros behind a torn one are never taken for its own. */
const END_MARK = 0xa5;
/** A longer record isn't written, and a longer length isn't believed. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;
/** The chain's value before the first record. */
export const CHAIN_START = 0;

/** What a segment says of itself. */
export interface SegmentHeader {
  /** From 1 on, without gaps. */
  readonly segment: number;
  /** Epoch of the state's sequence numbers, 16 hexadecimal digits. */
  readonly epoch: string;
  /** Records in all segments before. */
  readonly recordsBefore: number;
  /** `crc` of the last record before. */
  readonly previousCrc: number;
}

/** Writes a header into the first 64 bytes of `target`. */
export function writeHeader(target: Buffer, header: SegmentHeader): void {
  target.fill(0, 0, HEADER_BYTES);
  MAGIC.copy(target, 0);
  target.writeUInt32LE(VERSION, 8);
  target.writeUInt32LE(header.segment, 12);
  target.write(header.epoch, 16, 16, 'latin1');
  target.writeDoubleLE(header.recordsBefore, 32);
  target.writeUInt32LE(header.previousCrc, 40);
  target.writeUInt32LE(crc32c(target.subarray(0, 60)), 60);
}

/** Reads a header of at least 64 bytes; a text says what is wrong with it. */
export function readHeader(source: Buffer): SegmentHeader | string {
  if (!source.subarray(0, 8).equals(MAGIC)) return "it doesn't begin as a journal does";
  if (crc32c(source.subarray(0, 60)) !== source.readUInt32LE(60)) return "the header's checksum is wrong";
  const version = source.readUInt32LE(8);
  if (version !== VERSION) return `it has version ${version}, this server reads ${VERSION}`;
  return {
    segment: source.readUInt32LE(12),
    epoch: source.toString('latin1', 16, 32),
    recordsBefore: source.readDoubleLE(32),
    previousCrc: source.readUInt32LE(40),
  };
}

/** Frames the `payloadBytes` that already lie at `at + 13` in `target` as a record at `at`. Returns its `crc`. */
export function frameRecord(
  target: Buffer,
  record: { readonly at: number; readonly kind: number; readonly payloadBytes: number; readonly previousCrc: number },
): number {
  const { at, kind, payloadBytes, previousCrc } = record;
  const length = payloadBytes + 2;
  const end = at + RECORD_HEAD_BYTES + length;
  target.writeUInt32LE(length, at);
  target.writeUInt32LE(previousCrc, at + 8);
  target[at + RECORD_HEAD_BYTES] = kind;
  target[end - 1] = END_MARK;
  const crc = crc32c(target.subarray(at + 8, end), length);
  target.writeUInt32LE(crc, at + 4);
  return crc;
}

/** A record in a buffer. */
export interface RecordPlace {
  readonly kind: number;
  readonly payloadAt: number;
  readonly payloadEnd: number;
  /** Where the next one begins. */
  readonly end: number;
  readonly crc: number;
}

/** Why no record is read at a place. `end`: nothing but zeros follow; `torn`: its last part was never written. */
export type NoRecord =
  | { readonly kind: 'end' }
  | { readonly kind: 'torn' }
  | { readonly kind: 'damaged'; readonly what: string };

/** Reads the record at `at`, whose predecessor's `crc` is `previousCrc`. `source` ends where the file ends. */
export function readRecord(source: Buffer, at: number, previousCrc: number): RecordPlace | NoRecord {
  const rest = source.length - at;
  if (rest < RECORD_HEAD_BYTES) return isZero(source, at) ? { kind: 'end' } : { kind: 'torn' };
  const length = source.readUInt32LE(at);
  if (length === 0) {
    return isZero(source, at) ? { kind: 'end' } : { kind: 'damaged', what: 'a record without a length' };
  }
  const end = at + RECORD_HEAD_BYTES + length;
  if (length > MAX_RECORD_BYTES || end > source.length) return judgeOverlong(source, at, length);
  if (length < 2 || crc32c(source.subarray(at + 8, end), length) !== source.readUInt32LE(at + 4)) {
    return judgeUnsound(source, at, end);
  }
  if (source.readUInt32LE(at + 8) !== previousCrc) {
    return { kind: 'damaged', what: "a record that doesn't follow the one before it" };
  }
  const crc = source.readUInt32LE(at + 4);
  const payloadAt = at + RECORD_HEAD_BYTES + 1;
  return { kind: source[at + RECORD_HEAD_BYTES] as number, payloadAt, payloadEnd: end - 1, end, crc };
}

/** A torn write leaves the true length before too few bytes; a flipped bit of the length hides a record that is there. */
function judgeOverlong(source: Buffer, at: number, length: number): NoRecord {
  for (let bit = 0; bit < 32; bit++) {
    const other = (length ^ (1 << bit)) >>> 0;
    const end = at + RECORD_HEAD_BYTES + other;
    if (other < 2 || end > source.length) continue;
    if (crc32c(source.subarray(at + 8, end), other) === source.readUInt32LE(at + 4)) {
      return { kind: 'damaged', what: "a flipped bit in a record's length" };
    }
  }
  if (length > MAX_RECORD_BYTES) return { kind: 'damaged', what: `a record of ${length} bytes` };
  return { kind: 'torn' };
}

/** A write that was torn left zeros from some byte of the record to the end of the file: its end mark isn't there. */
function judgeUnsound(source: Buffer, at: number, end: number): NoRecord {
  if (source[end - 1] === 0 && isZero(source, end)) return { kind: 'torn' };
  return { kind: 'damaged', what: `a record whose checksum is wrong (${end - at} bytes)` };
}

/** Whether `bytes` holds nothing but zeros from `at` on. */
export function isZero(bytes: Buffer, at: number): boolean {
  const { length } = bytes;
  while (at < length) {
    const end = Math.min(length, at + ZEROS.length);
    if (bytes.compare(ZEROS, 0, end - at, at, end) !== 0) return false;
    at = end;
  }
  return true;
}

const ZEROS = Buffer.alloc(64 * 1024);

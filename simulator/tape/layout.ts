import { createHash } from 'node:crypto';

/**
 * The bytes around the blocks. A tape file is: prelude (fixed length), blocks, index, header (JSON). Prelude and
 * header are written last, so an unfinished file can't be taken for a whole one. Everything is little-endian.
 */
export const FORMAT_VERSION = 1;
export const PRELUDE_BYTES = 72;
/** u64 offset, u64 first and last event time, u32 bytes, u32 events, checksum. */
export const INDEX_ENTRY_BYTES = 40;
const MAGIC = 'TAPEDECK';
const CHECKSUM_BYTES = 8;

/** Where a block lies and what it holds. */
export interface BlockEntry {
  readonly offset: number;
  readonly bytes: number;
  readonly events: number;
  readonly firstUs: number;
  readonly lastUs: number;
  /** {@link checksum} of the block as stored. */
  readonly checksum: string;
}

/** Where the parts of the file lie, with their checksums. */
export interface Prelude {
  readonly blockEvents: number;
  readonly fileBytes: number;
  readonly indexOffset: number;
  readonly blocks: number;
  readonly headerOffset: number;
  readonly headerBytes: number;
  readonly indexChecksum: string;
  readonly headerChecksum: string;
}

/** The first 8 bytes of a SHA-256, as hex. */
export function checksum(bytes: Uint8Array): string {
  return createHash('sha256')
    .update(bytes)
    .digest('hex')
    .slice(0, 2 * CHECKSUM_BYTES);
}

export function encodePrelude(prelude: Prelude): Buffer {
  const bytes = Buffer.alloc(PRELUDE_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(prelude.blockEvents, 12);
  bytes.writeBigUInt64LE(BigInt(prelude.fileBytes), 16);
  bytes.writeBigUInt64LE(BigInt(prelude.indexOffset), 24);
  bytes.writeUInt32LE(prelude.blocks, 32);
  bytes.writeUInt32LE(prelude.headerBytes, 36);
  bytes.writeBigUInt64LE(BigInt(prelude.headerOffset), 40);
  bytes.write(prelude.indexChecksum, 48, 'hex');
  bytes.write(prelude.headerChecksum, 56, 'hex');
  bytes.write(checksum(bytes.subarray(0, 64)), 64, 'hex');
  return bytes;
}

/** Reads a prelude, or answers why the bytes are none. */
export function decodePrelude(bytes: Buffer): Prelude | string {
  const isTape = bytes.length >= MAGIC.length && bytes.toString('latin1', 0, MAGIC.length) === MAGIC;
  if (!isTape) return 'is no tape (it does not start with TAPEDECK)';
  if (bytes.length < PRELUDE_BYTES) return 'is truncated (within its first bytes)';
  const version = bytes.readUInt32LE(8);
  if (version !== FORMAT_VERSION) return `has format version ${version}, this program reads ${FORMAT_VERSION}`;
  if (bytes.toString('hex', 64, PRELUDE_BYTES) !== checksum(bytes.subarray(0, 64))) {
    return 'is altered at its start (checksum)';
  }
  return {
    blockEvents: bytes.readUInt32LE(12),
    fileBytes: Number(bytes.readBigUInt64LE(16)),
    indexOffset: Number(bytes.readBigUInt64LE(24)),
    blocks: bytes.readUInt32LE(32),
    headerBytes: bytes.readUInt32LE(36),
    headerOffset: Number(bytes.readBigUInt64LE(40)),
    indexChecksum: bytes.toString('hex', 48, 56),
    headerChecksum: bytes.toString('hex', 56, 64),
  };
}

export function encodeIndex(entries: readonly BlockEntry[]): Buffer {
  const bytes = Buffer.alloc(entries.length * INDEX_ENTRY_BYTES);
  for (const [index, entry] of entries.entries()) {
    const at = index * INDEX_ENTRY_BYTES;
    bytes.writeBigUInt64LE(BigInt(entry.offset), at);
    bytes.writeBigUInt64LE(BigInt(entry.firstUs), at + 8);
    bytes.writeBigUInt64LE(BigInt(entry.lastUs), at + 16);
    bytes.writeUInt32LE(entry.bytes, at + 24);
    bytes.writeUInt32LE(entry.events, at + 28);
    bytes.write(entry.checksum, at + 32, 'hex');
  }
  return bytes;
}

export function decodeIndex(bytes: Buffer): BlockEntry[] {
  const entries: BlockEntry[] = [];
  for (let at = 0; at < bytes.length; at += INDEX_ENTRY_BYTES) {
    entries.push({
      offset: Number(bytes.readBigUInt64LE(at)),
      firstUs: Number(bytes.readBigUInt64LE(at + 8)),
      lastUs: Number(bytes.readBigUInt64LE(at + 16)),
      bytes: bytes.readUInt32LE(at + 24),
      events: bytes.readUInt32LE(at + 28),
      checksum: bytes.toString('hex', at + 32, at + 40),
    });
  }
  return entries;
}

import {
  closeSync,
  copyFileSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { ExitCode } from '../../protocol/codes.ts';
import { JournalError, reasonOf } from './errors.ts';
import {
  CHAIN_START,
  HEADER_BYTES,
  isZero,
  type NoRecord,
  type RecordPlace,
  readHeader,
  readRecord,
  type SegmentHeader,
} from './format.ts';

const NAME = /^(\d{8})\.journal$/;

/** File name of a segment. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.journal`;
}

/** A place in the journal: between records. */
export interface JournalPlace {
  readonly segment: number;
  /** Bytes from the segment's beginning. */
  readonly offset: number;
  /** Records before it, from the journal's beginning. */
  readonly records: number;
  /** `crc` of the record before it. */
  readonly crc: number;
}

/** Reads a place as the refusal of a damaged journal writes it, `00000003.journal:4711`; undefined when it isn't one. */
export function parsePlace(text: string): { readonly segment: number; readonly offset: number } | undefined {
  const match = /^(\d{8})\.journal:(\d{1,12})$/.exec(text);
  return match === null ? undefined : { segment: Number(match[1]), offset: Number(match[2]) };
}

/** Gets every record in order; `payload` is valid only during the call. */
export type RecordReader = (record: {
  readonly kind: number;
  readonly payload: Buffer;
  readonly file: string;
  readonly offset: number;
}) => void;

/** What reading a journal found. */
export interface Scan {
  /** Behind the last whole record. */
  readonly end: JournalPlace;
  /** Epoch of the last segment that was used; undefined when none was. */
  readonly epoch: string | undefined;
  /** Bytes of a torn last write; 0 for none. */
  readonly tornBytes: number;
}

/** Where a journal begins. */
const BEGINNING: JournalPlace = { segment: 0, offset: 0, records: 0, crc: CHAIN_START };

/** Numbers of the segments in the folder, ascending. @throws JournalError when one between is missing */
export function listSegments(folder: string): number[] {
  const found = readdirSync(folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  const segments = found.map(Number).sort((a, b) => a - b);
  segments.forEach((segment, at) => {
    const expected = (segments[0] ?? 1) + at;
    if (segment === expected) return;
    throw new JournalError(
      `${join(folder, segmentName(expected))}: the segment is missing; bring it back, or start with another folder`,
    );
  });
  if (segments.length > 0 && segments[0] !== 1) {
    throw new JournalError(
      `${join(folder, segmentName(1))}: the segment is missing; bring it back, or start with another folder`,
    );
  }
  return segments;
}

/** A place as people write it. */
interface Cut {
  readonly segment: number;
  readonly offset: number;
}

interface ScanOptions {
  readonly folder: string;
  /** Absent: the beginning. */
  readonly from?: JournalPlace | undefined;
  /** Stop there: nothing behind it is looked at. */
  readonly to?: Cut;
  readonly onRecord: RecordReader;
}

/**
 * Reads the journal, checks every record and hands it to `onRecord`.
 *
 * @throws JournalError when anything but the last write's end is wrong, with file, offset and the way out
 */
export function scanJournal(options: ScanOptions): Scan {
  const { folder, from = BEGINNING, to } = options;
  const segments = listSegments(folder);
  const lastUsed = segments.findLast(
    (segment) => !isUnused(readSegment(join(folder, segmentName(segment)), undefined)),
  );
  if (from.segment > (segments.at(-1) ?? 0)) throw lostTail(folder, from);
  let scan: Scan = { end: from, epoch: undefined, tornBytes: 0 };
  for (const segment of segments) {
    if (segment < from.segment || (to !== undefined && segment > to.segment)) continue;
    scan = scanSegment(options, { segment, isLast: segment >= (to?.segment ?? lastUsed ?? 0), before: scan });
  }
  return scan;
}

function scanSegment(
  { folder, to, onRecord }: ScanOptions,
  here: { readonly segment: number; readonly isLast: boolean; readonly before: Scan },
): Scan {
  const { segment, isLast, before } = here;
  const name = segmentName(segment);
  const file = join(folder, name);
  const bytes = readSegment(file, to?.segment === segment ? to.offset : undefined);
  const isBegun = before.end.segment === segment;
  const refuse = (offset: number, what: string): JournalError =>
    damaged({ folder, name, offset, what, before: isBegun ? undefined : before.end });

  if (isLast && !isBegun && isUnused(bytes)) return { ...before, tornBytes: before.tornBytes + usedBytes(bytes) };
  const header = bytes.length < HEADER_BYTES ? 'it is shorter than its header' : readHeader(bytes);
  if (typeof header === 'string') throw refuse(0, header);
  const fault = headerFault({ header, segment, before: isBegun ? undefined : before.end });
  if (fault !== undefined) throw refuse(0, fault);
  const { epoch } = header;
  let { records, crc } = before.end;
  let at = isBegun ? before.end.offset : HEADER_BYTES;
  if (at > bytes.length) throw lostTail(folder, before.end);

  for (;;) {
    const record = readRecord(bytes, at, crc);
    if (!isRecord(record)) {
      const end = { segment, offset: at, records, crc };
      if (record.kind === 'end') return { end, epoch, tornBytes: 0 };
      if (record.kind === 'torn' && isLast) return { end, epoch, tornBytes: usedBytes(bytes) - at };
      throw refuse(at, record.kind === 'torn' ? 'a record that is cut short before the next segment' : record.what);
    }
    onRecord({ kind: record.kind, payload: bytes.subarray(record.payloadAt, record.payloadEnd), file, offset: at });
    at = record.end;
    crc = record.crc;
    records++;
  }
}

function isRecord(found: RecordPlace | NoRecord): found is RecordPlace {
  return 'payloadAt' in found;
}

/** A header is written together with the first records: without any, nothing here was ever acknowledged. */
function isUnused(bytes: Buffer): boolean {
  return isZero(bytes, Math.min(bytes.length, HEADER_BYTES));
}

function headerFault(parts: {
  readonly header: SegmentHeader;
  readonly segment: number;
  /** The end of the segment before; undefined when it isn't known. */
  readonly before: JournalPlace | undefined;
}): string | undefined {
  const { header, segment, before } = parts;
  if (header.segment !== segment) return `it is segment ${header.segment}, moved here`;
  if (before === undefined) return undefined;
  if (header.previousCrc === before.crc && header.recordsBefore === before.records) return undefined;
  return "it doesn't follow the segment before it";
}

function usedBytes(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

function readSegment(file: string, end: number | undefined): Buffer {
  try {
    const bytes = readFileSync(file);
    return bytes.subarray(0, end);
  } catch (error) {
    throw new JournalError(`${file}: can't be read (${reasonOf(error)})`);
  }
}

function damaged(parts: {
  readonly folder: string;
  readonly name: string;
  readonly offset: number;
  readonly what: string;
  /** The end of the segment before; undefined when it isn't known. */
  readonly before: JournalPlace | undefined;
}): JournalError {
  const { folder, name, offset, what, before } = parts;
  // A segment whose header is wrong goes as a whole: the last sound place is the end of the one before.
  const cut =
    offset <= HEADER_BYTES && before !== undefined
      ? `${segmentName(before.segment)}:${before.offset}`
      : `${name}:${offset}`;
  return new JournalError(
    `${join(folder, name)}: damaged at offset ${offset}: ${what}; restore the file from a copy, or start with --recover-to ${cut}, which keeps what lies before that place and sets a copy of the rest aside`,
  );
}

function lostTail(folder: string, place: JournalPlace): JournalError {
  const name = segmentName(place.segment);
  return new JournalError(
    `${join(folder, name)}: ends before offset ${place.offset}, up to which it was flushed once; restore the file from a copy, or start with --recover-to and a place before its end`,
  );
}

/** Cuts a torn write off behind `end`: what was never acknowledged. */
export function cutTorn(folder: string, end: JournalPlace): void {
  for (const segment of listSegments(folder)) {
    const file = join(folder, segmentName(segment));
    if (segment > end.segment) unlinkSync(file);
    if (segment !== end.segment) continue;
    truncateSync(file, end.offset);
    syncPath(file);
  }
  syncPath(folder);
}

/**
 * Cuts the journal at a place between two records; every file that this touches is copied to a new folder beside it first.
 *
 * @returns the folder with the copies
 * @throws JournalError when the place isn't between two records
 */
export function recoverTo(folder: string, to: Cut): string {
  const { end } = scanJournal({ folder, to, onRecord: () => undefined });
  if (end.segment !== to.segment || end.offset !== to.offset) {
    throw new JournalError(
      `--recover-to ${segmentName(to.segment)}:${to.offset}: no record ends there; the nearest place before it is ${segmentName(end.segment)}:${end.offset}`,
      ExitCode.USAGE,
    );
  }
  const aside = freeFolder(folder);
  mkdirSync(aside);
  for (const segment of listSegments(folder)) {
    if (segment >= to.segment) copyFileSync(join(folder, segmentName(segment)), join(aside, segmentName(segment)));
  }
  syncPath(aside);
  cutTorn(folder, end);
  return aside;
}

function freeFolder(folder: string): string {
  for (let at = 1; ; at++) {
    const aside = join(folder, `aside-${at}`);
    if (!existsSync(aside)) return aside;
  }
}

/** Makes a file, or a folder's list of names, safe from a power cut. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    if (path.endsWith('.journal')) fdatasyncSync(file);
    else fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

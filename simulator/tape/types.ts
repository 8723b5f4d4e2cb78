import type { Instrument, Tick } from '../../market/types.ts';

/** Where a tape's prices come from. */
export interface TapeOrigin {
  /** `derived`: made from real returns by the universe builder; `recorded`: an archive played as it is. */
  readonly kind: 'derived' | 'recorded';
  /** One sentence for reports: what it was made from, and how. */
  readonly description: string;
  /** File, size, sha256 and licence of each source. */
  readonly sources: readonly { readonly file: string; readonly sha256: string; readonly licence: string }[];
  /** Options of `tape build` that make the same tape; absent when files of the user's went into it. */
  readonly buildOptions?: string;
  /** Cut, merged or sped up since, as the description says: the header's parameters don't make this tape again. */
  readonly edited?: true;
}

/** A stretch in which one symbol does not trade. Its trades and quotes, if any, are on the tape all the same. */
export interface TapeHalt {
  /** Index into the symbol table. */
  readonly symbol: number;
  /** The first instant of the halt, µs since the epoch. */
  readonly haltUs: number;
  /** The first instant after it, later than `haltUs`; absent when the symbol stays halted to the tape's end. */
  readonly resumeUs?: number;
  /** One line for people: "LULD pause", "news pending". */
  readonly reason: string;
}

/** The header of a tape: everything known without reading an event. */
export interface TapeHeader {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  readonly origin: TapeOrigin;
  readonly instruments: readonly Instrument[];
  /** The session played, µs since the epoch. */
  readonly sessionDate: string;
  readonly sessionOpenUs: number;
  readonly sessionCloseUs: number;
  /** By `haltUs`, those of one symbol apart from each other; absent when there are none. */
  readonly halts?: readonly TapeHalt[];
  readonly firstEventUs: number;
  readonly lastEventUs: number;
  readonly events: number;
  readonly trades: number;
  readonly quotes: number;
  /** SHA-256 over all blocks as stored, hex. */
  readonly sha256: string;
  /** {@link EventHash} over all events, hex: what `replay --hash` prints for the whole tape. */
  readonly eventHash: string;
}

/** A block of events as columns; arrays are reused by the reader from block to block, only the first `length` entries count. */
export interface TickBlock {
  length: number;
  readonly kind: Uint8Array;
  readonly symbol: Uint16Array;
  readonly eventTimeUs: Float64Array;
  /** Trade: price in ticks. Quote: bid in ticks. */
  readonly price: Int32Array;
  /** Quote: ask in ticks. Trade: 0. */
  readonly ask: Int32Array;
  /** Trade: size in lots. Quote: bid size in lots. */
  readonly size: Float64Array;
  /** Quote: ask size in lots. Trade: 0. */
  readonly askSize: Float64Array;
  readonly flags: Uint8Array;
}

/** A tape that can't be used, with the reason in one line. */
export class TapeError extends Error {
  override readonly name = 'TapeError';
}

/** There is no tape under that name. */
export class TapeMissingError extends TapeError {}

/** A stretch of a tape, of all its symbols or some. */
export interface TapePart {
  /** The first instant, µs since the epoch; default: the first event. */
  readonly fromUs?: number;
  /** The first instant after it; default: after the last event. */
  readonly toUs?: number;
  /** By name; default: all. */
  readonly symbols?: readonly string[];
}

/** Events in time order through one reused object. */
export type TickSource = Pick<TapeCursor, 'tick' | 'next'>;

/** What long work on a tape takes and tells. */
export interface TapeWork {
  /** Stops the work; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Called now and then. */
  readonly onProgress?: (doneEvents: number) => void;
}

/** Reads a tape by blocks, from anywhere. */
export interface TapeReader {
  readonly header: TapeHeader;
  readonly path: string;
  /** A cursor at the first event at or after `fromUs` (default: the first event). */
  readonly cursor: (fromUs?: number) => TapeCursor;
  /** The event time, at or before `timeUs`, from which on `events` events come up to `timeUs`: fewer at the tape's start, else up to two blocks more. */
  readonly timeBefore: (timeUs: number, events: number) => number;
  readonly close: () => void;
}

/** A place in a tape. Allocates nothing per event: `tick` is one reused object. */
export interface TapeCursor {
  /** The event under the cursor; meaningful after `next()` returned true. */
  readonly tick: Tick;
  /** Moves to the next event; false at the end. @throws TapeError when a block fails its checksum */
  readonly next: () => boolean;
  /** Event time of the event that `next()` would move to, µs; Infinity at the end. */
  readonly peekTimeUs: () => number;
}

import type { Books } from './books.ts';
import type { Truth } from './truth.ts';

/** A frame and when it goes out, µs since the epoch; releases of one connection keep their order. */
export interface Release {
  readonly text: string;
  readonly atUs: number;
  /** It keeps no order: others go by it, and it by others. */
  readonly isAside?: boolean;
}

/** One connection's filter over the frames that a sound server sends. */
export interface FaultFilter {
  readonly onFrame: (text: string, nowUs: number) => readonly Release[];
}

/** What a planted fault is, and what must come of it. */
export interface Fault {
  readonly description: string;
  readonly verdict: 'pass' | 'fail';
  /** Rows of which one must be named by the verdict; empty where no row is. */
  readonly rows: readonly string[];
  /** What the verdict's sentence must hold where it names no row. */
  readonly why?: string;
  /** Numbers that the report must show, within the larger of 5 % and 1 ms of what was planted (10 ms for k6). */
  readonly truths: readonly Truth[];
  /** Makes a connection's filter; what it plants goes into the run's books. */
  readonly filter: (books: Books) => FaultFilter;
  /** The process ends so long after the tape's start, µs; absent: it lives on. */
  readonly diesAfterUs?: number;
  /** Bytes that the process keeps more each second from the tape's start on; absent: none. */
  readonly leakBytesPerS?: number;
}

/** A frame to be sent at a time. */
export const send = (text: string, atUs: number): Release => ({ text, atUs });

/** The filter of a sound server. */
export const pass = (): FaultFilter => ({ onFrame: (text, nowUs) => [send(text, nowUs)] });

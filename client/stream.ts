import type { SnapshotFrame, StreamFrame, TickerFrame } from '../protocol/messages.ts';
import {
  type Numbering,
  numberingOf,
  type ReadableChannel,
  type StreamEvent,
  type SubscribeOptions,
} from './events.ts';
import type { Sink } from './reader.ts';

/** One reader's or listener's interest in some streams. */
export interface Opening {
  readonly sink: Sink;
  readonly streams: Set<Stream>;
}

/** Before the first snapshot. */
const NO_SEQ = -1;

/** One stream of the server as the client follows it: where it stands, and who is told. */
export class Stream {
  readonly channel: ReadableChannel;
  readonly options: SubscribeOptions;
  /** Only these symbols of a channel that is one stream, such as `news`. */
  readonly only: readonly string[] | undefined;
  readonly numbering: Numbering;
  readonly openings = new Set<Opening>();
  /** Those of them that haven't had a snapshot yet. */
  readonly fresh = new Set<Opening>();
  /** Symbol or account; empty for one's own account until it is known. */
  key: string;
  epoch = '';
  seq = NO_SEQ;
  /** The last event of a `ticker`. */
  latest: TickerFrame | SnapshotFrame | undefined = undefined;
  /** Whether the server has confirmed the subscription on the present connection. */
  isLive = false;
  /** Whether its numbers are of another epoch than the connection's. */
  isStale = false;
  /** Whether what is missing has been asked for. */
  isAsking = false;
  /** The number after which something was missing last. */
  #lastGap = NO_SEQ;

  constructor(parts: {
    readonly channel: ReadableChannel;
    readonly key: string;
    readonly options: SubscribeOptions;
    readonly only: readonly string[] | undefined;
  }) {
    this.channel = parts.channel;
    this.key = parts.key;
    this.options = parts.options;
    this.only = parts.only;
    const { minConfidence, patternTypes, timeFrames } = parts.options;
    const filters = [minConfidence, patternTypes, timeFrames, parts.only];
    this.numbering = numberingOf(parts.channel, !filters.every((filter) => filter === undefined));
  }

  /** Whether there is a number to go on from. */
  get hasCursor(): boolean {
    return this.seq !== NO_SEQ && this.numbering !== 'none' && this.channel !== 'trade';
  }

  /** Begins at a number that is known from before. */
  seed(epoch: string, seq: number): void {
    this.epoch = epoch;
    this.seq = seq;
    this.fresh.clear();
  }

  /** The connection is gone. */
  disconnect(): void {
    this.isLive = false;
    this.isAsking = false;
    this.#lastGap = NO_SEQ;
  }

  /** Forgets where it stands: what comes next is a snapshot. */
  reset(): void {
    this.epoch = '';
    this.seq = NO_SEQ;
    this.latest = undefined;
  }

  /** Takes an event. `gap`: something before it is missing, and it was not taken. */
  offer(event: StreamFrame): 'taken' | 'repeat' | 'early' | 'gap' {
    if (this.numbering === 'none') {
      this.fresh.clear();
      this.#tell(event);
      return 'taken';
    }
    if (this.seq === NO_SEQ || this.isStale) return 'early';
    // A frame without a number is a passing state; it must never become the cursor.
    if ('seq' in event && event.seq !== undefined) {
      const { seq } = event;
      if (seq <= this.seq) return 'repeat';
      const first = 'seqFrom' in event ? (event.seqFrom ?? seq) : seq;
      if (this.numbering === 'gapless' && first > this.seq + 1) return 'gap';
      this.seq = seq;
      if (event.type === 'ticker') this.latest = event;
    }
    this.#tell(event);
    return 'taken';
  }

  /** Takes a snapshot; true when readers lost something by it: it doesn't go on where they stood. */
  restart(snapshot: SnapshotFrame): boolean {
    const isFirst = this.seq === NO_SEQ;
    const isSame = !isFirst && snapshot.epoch === this.epoch && snapshot.seq === this.seq;
    this.epoch = snapshot.epoch;
    this.seq = snapshot.seq;
    this.isStale = false;
    this.isAsking = false;
    if (this.channel === 'ticker') this.latest = snapshot;
    const told = isSame && this.numbering !== 'none' ? [...this.fresh] : [...this.openings];
    this.fresh.clear();
    for (const opening of told) opening.sink.push(snapshot);
    return !isFirst && !isSame && this.numbering === 'gapless';
  }

  /** Notes a gap; false when what was missing here has been asked for once already: then only a snapshot helps. */
  noteGap(): boolean {
    const isNew = this.#lastGap !== this.seq;
    this.#lastGap = this.seq;
    return isNew;
  }

  #tell(event: StreamEvent): void {
    for (const opening of this.openings) if (!this.fresh.has(opening)) opening.sink.push(event);
  }
}

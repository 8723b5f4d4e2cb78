import type { Cursor } from '../../protocol/messages.ts';

/** What a stream still remembers. Its events are numbered from 1 without gaps. */
export interface Span {
  readonly epoch: string;
  /** Number of the last event; 0 before the first. */
  readonly head: number;
  /** Number of the oldest event that can still be given; `head + 1` when there is none. */
  readonly oldest: number;
}

/** Bounds of a stream's memory. */
export interface HistoryLimits {
  readonly maxEvents: number;
  readonly maxAgeUs: number;
}

/**
 * How many events follow `cursor` for the stream `key`; undefined when they can't all be given, so that a snapshot must
 * stand for them: another epoch, a cursor ahead of the stream, no cursor, or history that no longer reaches back.
 */
export function eventsAfter(span: Span, cursor: Cursor, key: string): number | undefined {
  if (cursor.epoch !== span.epoch || !Object.hasOwn(cursor.seq, key)) return undefined;
  const seq = cursor.seq[key];
  if (seq === undefined || seq > span.head || seq + 1 < span.oldest) return undefined;
  return span.head - seq;
}

/** A numbered stream of whole events, with a history bounded by count and age. */
export class EventStream<T> {
  readonly #epoch: string;
  readonly #limits: HistoryLimits;
  readonly #events: { readonly event: T; readonly atUs: number }[] = [];
  #head = 0;

  constructor(epoch: string, limits: HistoryLimits) {
    this.#epoch = epoch;
    this.#limits = limits;
  }

  /** Number of the last event; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** Adds the event that `make` builds from its number, and returns it. */
  append(make: (seq: number) => T, nowUs: number): T {
    this.#head++;
    const event = make(this.#head);
    this.#events.push({ event, atUs: nowUs });
    if (this.#events.length > this.#limits.maxEvents) this.#events.shift();
    this.expire(nowUs);
    return event;
  }

  /** Forgets what is too old to be given at `nowUs`: a stream that is told of seldom would keep it till its next event. */
  expire(nowUs: number): void {
    const earliestUs = nowUs - this.#limits.maxAgeUs;
    while ((this.#events[0]?.atUs ?? nowUs) < earliestUs) this.#events.shift();
  }

  /** Goes on from saved events, oldest first and without gaps; `head` is the last one's number. */
  restore(head: number, events: readonly { readonly event: T; readonly atUs: number }[]): void {
    this.#head = head;
    this.#events.splice(0, this.#events.length, ...events);
  }

  /** What can be given at `nowUs`. */
  span(nowUs: number): Span {
    const earliestUs = nowUs - this.#limits.maxAgeUs;
    const young = this.#events.findIndex(({ atUs }) => atUs >= earliestUs);
    const kept = young < 0 ? 0 : this.#events.length - young;
    return { epoch: this.#epoch, head: this.#head, oldest: this.#head - kept + 1 };
  }

  /** The last `count` events, oldest first; `count` at most what {@link span} offers. */
  last(count: number): T[] {
    return this.#events.slice(this.#events.length - count).map(({ event }) => event);
  }
}

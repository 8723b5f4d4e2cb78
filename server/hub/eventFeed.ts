import type { LosslessChannel, ServerFrame, TimeFrame } from '../../protocol/messages.ts';
import { type Durability, RestoredEntry, streamPlace } from '../store/durability.ts';
import type { EventLog } from '../store/eventLog.ts';
import { EventStream, type HistoryLimits } from './stream.ts';
import type { Subscriber } from './subscriber.ts';

/** One event of class A, or a ratchet, as it is kept and handed out. */
export interface StreamEntry {
  readonly channel: LosslessChannel;
  readonly key: string;
  /** When it arose, µs since the epoch. */
  readonly createdUs: number;
  /** Makes the frame as it is written at that time, µs since the epoch. */
  readonly frame: (sentTimeUs: number) => ServerFrame;
  /** What filters look at. */
  readonly pattern?:
    | { readonly confidence: number; readonly patternType: string; readonly timeFrame: TimeFrame }
    | undefined;
  readonly symbols?: readonly string[] | undefined;
  /** Set for a ratchet, which has no number and may be conflated: its order. */
  readonly ratchetOf?: string;
  /** The order whose untold ratchet this event makes void. */
  readonly orderId?: string | undefined;
}

/** What a reader wants of a stream; what is left out lets everything pass. */
export interface EventFilter {
  readonly minConfidence?: number;
  readonly patternTypes?: ReadonlySet<string>;
  readonly timeFrames?: ReadonlySet<TimeFrame>;
  /** Events that name no symbol pass as well. */
  readonly symbols?: ReadonlySet<string>;
}

/** Whether a reader with this filter gets the event. */
export function passes(
  { pattern, symbols }: Pick<StreamEntry, 'pattern' | 'symbols'>,
  filter: EventFilter | undefined,
): boolean {
  if (filter === undefined) return true;
  if (pattern !== undefined) {
    if (pattern.confidence < (filter.minConfidence ?? 0)) return false;
    if (filter.patternTypes?.has(pattern.patternType) === false) return false;
    if (filter.timeFrames?.has(pattern.timeFrame) === false) return false;
  }
  const wanted = filter.symbols;
  return (
    wanted === undefined || symbols === undefined || symbols.length === 0 || symbols.some((one) => wanted.has(one))
  );
}

interface KeyedStream {
  readonly events: EventStream<StreamEntry>;
  /** Number of the last event that was given out; others may be held until the journal has them. */
  told: number;
  /** Number of the last event that was written to its readers: others may wait for their turn. */
  sent: number;
  readonly readers: Map<Subscriber, EventFilter | undefined>;
}

/** All streams of class A by channel and key, and who reads them. A stream begins with its first event or reader and stays. */
export class EventFeed {
  readonly #epoch: string;
  readonly #durability: Durability | undefined;
  readonly #limits: HistoryLimits;
  readonly #channels = new Map<LosslessChannel, Map<string, KeyedStream>>();

  constructor(epoch: string, limits: HistoryLimits, durability?: Durability) {
    this.#epoch = epoch;
    this.#limits = limits;
    this.#durability = durability;
  }

  /** Numbers an event and keeps it; `make` builds it from its number. */
  append(place: StreamPlace, make: (seq: number) => StreamEntry, nowUs: number): StreamEntry {
    const { events } = this.#stream(place);
    const entry = events.append(make, nowUs);
    this.#durability?.appended(entry, { seq: events.head, atUs: nowUs });
    return entry;
  }

  /** Takes streams as the journal had them. @throws JournalError for a channel that this version doesn't know */
  restore(streams: ReadonlyMap<string, EventLog>): void {
    for (const [name, log] of streams) {
      const place = streamPlace(name);
      const stream = this.#stream(place);
      const events = [...log.events()].map((logged) => ({
        event: new RestoredEntry(place, logged),
        atUs: logged.atUs,
      }));
      stream.events.restore(log.head, events);
      stream.told = log.head;
      stream.sent = log.head;
    }
  }

  /** Forgets the events of all streams that are too old to be given at `nowUs`. */
  expire(nowUs: number): void {
    for (const keys of this.#channels.values()) for (const { events } of keys.values()) events.expire(nowUs);
  }

  /** Notes that an event which was held is given out. */
  tell(entry: StreamEntry): void {
    if (entry.ratchetOf === undefined) this.#stream(entry).told++;
  }

  /** The events of a stream. */
  events(place: StreamPlace): EventStream<StreamEntry> {
    return this.#stream(place).events;
  }

  /** Number of the last event of a stream that was given out, or waits for nothing but the next flush; 0 before the first. */
  head({ channel, key }: StreamPlace): number {
    const stream = this.#channels.get(channel)?.get(key);
    if (stream === undefined) return 0;
    return this.#durability === undefined ? stream.events.head : stream.told;
  }

  /** Number of the last event of a stream that was written to its readers; 0 before the first. */
  sent({ channel, key }: StreamPlace): number {
    return this.#channels.get(channel)?.get(key)?.sent ?? 0;
  }

  /** Notes that an event is being written, and returns who reads it. */
  write(entry: StreamEntry): ReadonlyMap<Subscriber, EventFilter | undefined> {
    const stream = this.#stream(entry);
    if (entry.ratchetOf === undefined) stream.sent++;
    return stream.readers;
  }

  /** Adds a reader, or gives it another filter. */
  join(subscriber: Subscriber, place: StreamPlace, filter: EventFilter | undefined): void {
    this.#stream(place).readers.set(subscriber, filter);
    const keys = subscriber.streams.get(place.channel);
    if (keys === undefined) subscriber.streams.set(place.channel, new Set([place.key]));
    else keys.add(place.key);
  }

  leave(subscriber: Subscriber, { channel, key }: StreamPlace): void {
    this.#channels.get(channel)?.get(key)?.readers.delete(subscriber);
    const keys = subscriber.streams.get(channel);
    keys?.delete(key);
    if (keys?.size === 0) subscriber.streams.delete(channel);
  }

  /** Forgets a closed socket. */
  remove(subscriber: Subscriber): void {
    for (const [channel, keys] of subscriber.streams) {
      for (const key of keys) this.#channels.get(channel)?.get(key)?.readers.delete(subscriber);
    }
    subscriber.streams.clear();
  }

  #stream({ channel, key }: StreamPlace): KeyedStream {
    let keys = this.#channels.get(channel);
    if (keys === undefined) {
      keys = new Map();
      this.#channels.set(channel, keys);
    }
    let stream = keys.get(key);
    if (stream === undefined) {
      stream = { events: new EventStream(this.#epoch, this.#limits), told: 0, sent: 0, readers: new Map() };
      keys.set(key, stream);
    }
    return stream;
  }
}

/** Names one stream. */
export interface StreamPlace {
  readonly channel: LosslessChannel;
  readonly key: string;
}

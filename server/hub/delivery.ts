import type { Clock } from '../../protocol/clock.ts';
import type { Message } from '../../transport/types.ts';
import type { Voice } from '../dialects/dialect.ts';
import { type EventFeed, passes, type StreamEntry } from './eventFeed.ts';
import { Outbox } from './outbox.ts';
import type { Subscriber } from './subscriber.ts';
import type { TickerFanout } from './tickerFanout.ts';
import type { WriteTimer } from './writeTimer.ts';

/** Events that may wait for one flush, see {@link Delivery.isFull}. */
export const MAX_WAITING = 256;
/** Bars and patterns are written for so long in one turn, µs: a minute's end brings thousands of them at once. */
const BULK_SLICE_US = 3_000;

export interface DeliveryParts {
  readonly feed: EventFeed;
  readonly fanout: TickerFanout;
  readonly writes: WriteTimer;
  readonly subscribers: ReadonlySet<Subscriber>;
  readonly clock: Clock;
  /** Calls back when what was gathered is to be written. */
  readonly later: (flush: () => void) => void;
  /** Calls back after the loop's next input and output. */
  readonly soon: (callback: () => void) => void;
}

/** Gathers what one loop turn brings, and writes it to all who read it in the order in which it arose. */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #outbox = new Outbox();
  /** Bars and patterns that wait to be written, and the place of the next. */
  #bulk: StreamEntry[] = [];
  #bulkAt = 0;
  #isFlushAsked = false;
  #isFlushing = false;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Whether so much waits that {@link flush} must be called before the next tick. */
  get isFull(): boolean {
    return this.#outbox.count >= MAX_WAITING;
  }

  /** Takes a symbol's event, which arose at `createdUs`. Allocates nothing. */
  addTicker(symbol: number, seq: number, createdUs: number): void {
    this.#outbox.addTicker(symbol, seq, createdUs);
    this.#askFlush();
  }

  /** Lets an event go that may be told. */
  add(entry: StreamEntry): void {
    if (isBulk(entry)) {
      if (this.#bulk.length === 0) this.#parts.soon(this.#onBulk);
      this.#bulk.push(entry);
      return;
    }
    this.#outbox.addEntry(entry);
    this.#askFlush();
  }

  /** Writes an event to one socket. */
  send(subscriber: Subscriber, entry: StreamEntry): void {
    const text = this.#write(subscriber.voice, entry);
    if (text !== undefined) subscriber.send(text);
  }

  readonly #onBulk = (): void => {
    const endUs = this.#parts.clock.nowUs() + BULK_SLICE_US;
    while (this.#bulkAt < this.#bulk.length) {
      if (this.#parts.clock.nowUs() >= endUs) {
        this.#parts.soon(this.#onBulk);
        return;
      }
      this.#deliverBulk();
    }
    this.#bulk = [];
    this.#bulkAt = 0;
  };

  /** Writes all that waits, bars and patterns too. */
  flushAll(): void {
    this.flush();
    while (this.#bulkAt < this.#bulk.length) this.#deliverBulk();
  }

  #deliverBulk(): void {
    const entry = this.#bulk[this.#bulkAt++];
    if (entry !== undefined) this.#deliver(entry);
  }

  #askFlush(): void {
    if (this.#isFlushAsked) return;
    this.#isFlushAsked = true;
    this.#parts.later(this.#onFlush);
  }

  readonly #onFlush = (): void => {
    this.#isFlushAsked = false;
    this.flush();
  };

  readonly #writers = {
    ticker: (symbol: number, seq: number, createdUs: number): void => {
      if (this.#parts.fanout.publish(symbol, seq)) this.#parts.writes.add(createdUs);
    },
    entry: (entry: StreamEntry): void => this.#deliver(entry),
  };

  /** Writes an event once for each voice, and sends it to all who read it; notices of the system go to everyone. */
  #deliver(entry: StreamEntry): void {
    const readers = this.#parts.feed.write(entry);
    if (entry.channel === 'system') {
      const texts = new Map<Voice, Message | undefined>();
      for (const subscriber of this.#parts.subscribers) this.#deliverTo(subscriber, entry, texts);
      return;
    }
    if (readers.size === 0) return;
    const texts = new Map<Voice, Message | undefined>();
    for (const [subscriber, filter] of readers) {
      if (passes(entry, filter)) this.#deliverTo(subscriber, entry, texts);
    }
    this.#parts.writes.add(entry.createdUs);
  }

  #deliverTo(subscriber: Subscriber, entry: StreamEntry, texts: Map<Voice, Message | undefined>): void {
    const { voice, isSlow, ratchets } = subscriber;
    if (isSlow && entry.ratchetOf !== undefined) {
      ratchets.set(entry.ratchetOf, entry);
      return;
    }
    if (isSlow && entry.orderId !== undefined) ratchets.delete(entry.orderId);
    if (!texts.has(voice)) texts.set(voice, this.#write(voice, entry));
    const text = texts.get(voice);
    if (text !== undefined) subscriber.send(text);
  }

  #write(voice: Voice, entry: StreamEntry): Message | undefined {
    const nowUs = this.#parts.clock.nowUs();
    return voice.write(entry.frame(nowUs), nowUs);
  }

  /** Writes all that waits, but for bars and patterns: they have streams of their own and are written in slices. */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#outbox.empty(this.#writers);
    this.#isFlushing = false;
  }
}

/** Whether an event has a stream of its own that is written in slices. */
function isBulk({ channel }: StreamEntry): boolean {
  return channel === 'pattern' || channel.startsWith('bar.');
}

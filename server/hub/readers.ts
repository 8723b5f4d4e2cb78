import type { Instrument } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Channel, Cursor, HeartbeatFrame, LosslessChannel } from '../../protocol/messages.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { BarEvents } from './barEvents.ts';
import type { Delivery } from './delivery.ts';
import { type EventFeed, type EventFilter, passes } from './eventFeed.ts';
import type { LatestFeed } from './latestFeed.ts';
import type { Presence } from './presence.ts';
import { lastUpTo, missedEvents, spanUpTo } from './resume.ts';
import type { Span } from './stream.ts';
import type { ReadingKind, Subscriber } from './subscriber.ts';
import type { TickerFanout } from './tickerFanout.ts';
import type { TickerLog, TickerView } from './tickerLog.ts';

/** What a frame takes at most, roughly: bounds what one resume may send. */
const FRAME_BYTES = 400;
const PATTERN_BYTES = 2_000;

/** A subscription to symbols' tickers or trades. */
export interface SymbolWish {
  readonly kind: ReadingKind;
  readonly symbols: readonly number[];
  readonly since: Cursor | undefined;
  /** At most one frame of a symbol in this time; absent or 0: one for each event. */
  readonly throttleMs?: number | undefined;
}

/** A subscription to streams of class A. */
export interface EventWish {
  readonly channel: LosslessChannel;
  readonly keys: readonly string[];
  readonly since: Cursor | undefined;
  readonly filter?: EventFilter | undefined;
}

/** A subscription to latest values. */
export interface ValueWish {
  readonly channel: Channel;
  readonly keys: Iterable<string>;
  readonly throttleMs?: number | undefined;
}

export interface ReadersParts {
  readonly bars: BarEvents;
  readonly epoch: string;
  readonly instruments: readonly Instrument[];
  readonly log: TickerLog;
  readonly fanout: TickerFanout;
  readonly feed: EventFeed;
  readonly latest: LatestFeed;
  readonly presence: Presence;
  readonly delivery: Delivery;
  readonly subscribers: Set<Subscriber>;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly metrics: ServerMetrics;
}

/** Who reads what: takes subscriptions, answers resumes from history, and looks after sockets that fall behind. */
export class Readers {
  readonly #parts: ReadersParts;

  constructor(parts: ReadersParts) {
    this.#parts = parts;
  }

  /** Takes a socket whose user is known; it gets the notices of the system from now on. */
  add(subscriber: Subscriber): void {
    this.#parts.subscribers.add(subscriber);
  }

  /** Forgets a closed socket. */
  remove(subscriber: Subscriber): void {
    this.#parts.subscribers.delete(subscriber);
    this.#parts.fanout.remove(subscriber);
    this.#parts.feed.remove(subscriber);
    this.#parts.latest.remove(subscriber);
    for (const channel of subscriber.channels) this.#parts.presence.leave(channel, subscriber.user);
    subscriber.channels.clear();
  }

  /**
   * Subscribes to symbols' tickers or trades. After `answer(recovered)` the subscriber gets either every event since its
   * cursor or `snapshot(view)` for each, then what comes. Symbols for which the cursor has no number get a snapshot either way.
   */
  subscribeSymbols(
    subscriber: Subscriber,
    wish: SymbolWish,
    answer: { readonly subscribed: (recovered: boolean) => void; readonly snapshot: (view: TickerView) => void },
  ): void {
    const { kind, symbols, since } = wish;
    // History and topics then meet exactly at the last published event.
    this.#parts.delivery.flush();
    const nowUs = this.#parts.clock.nowUs();
    const keys = symbols.map((symbol) => this.#instrument(symbol).symbol);
    const missed = this.#missed(
      { keys, since, span: (at) => this.#parts.log.span(symbols[at] ?? -1, nowUs) },
      FRAME_BYTES,
    );
    answer.subscribed(missed !== undefined);
    for (const [at, symbol] of symbols.entries()) {
      const count = missed?.[at];
      if (count === undefined) answer.snapshot(this.#parts.log.read(symbol, this.#parts.fanout.published(symbol)));
      else this.#sendEvents(subscriber, kind, { symbol, count });
    }
    this.#parts.fanout.join(subscriber, wish);
    this.#arrive(subscriber, kind);
    this.#parts.fanout.check(subscriber);
  }

  unsubscribeSymbols(subscriber: Subscriber, kind: ReadingKind, symbols: Iterable<number>): void {
    this.#parts.fanout.leave(subscriber, kind, symbols);
    this.#depart(subscriber, kind);
  }

  /** Subscribes to streams of class A, by the rules of {@link subscribeSymbols}; `snapshot` sends a stream's state. */
  subscribeEvents(
    subscriber: Subscriber,
    wish: EventWish,
    answer: {
      readonly subscribed: (recovered: boolean) => void;
      readonly snapshot: (key: string, head: number) => void;
    },
  ): void {
    const { channel, keys, since, filter } = wish;
    this.#parts.bars.settle();
    this.#parts.delivery.flushAll();
    const nowUs = this.#parts.clock.nowUs();
    const streams = keys.map((key) => this.#parts.feed.events({ channel, key }));
    // What the journal doesn't have yet comes once it does: to everyone, and to this one as well.
    const heads = keys.map((key) => this.#parts.feed.head({ channel, key }));
    const nothing = { epoch: this.#parts.epoch, head: 0, oldest: 1 };
    const span = (at: number): Span => spanUpTo(streams[at]?.span(nowUs) ?? nothing, heads[at] ?? 0);
    const missed = this.#missed({ keys, since, span }, channel === 'pattern' ? PATTERN_BYTES : FRAME_BYTES);
    answer.subscribed(missed !== undefined);
    for (const [at, key] of keys.entries()) {
      const count = missed?.[at];
      const head = heads[at] ?? 0;
      const events = streams[at];
      if (count === undefined) answer.snapshot(key, head);
      for (const entry of events === undefined ? [] : lastUpTo(events, { head, count: count ?? 0 }))
        if (passes(entry, filter)) this.#parts.delivery.send(subscriber, entry);
      this.#parts.feed.join(subscriber, { channel, key }, filter);
    }
    this.#arrive(subscriber, channel);
    this.#parts.fanout.check(subscriber);
  }

  unsubscribeEvents(subscriber: Subscriber, channel: LosslessChannel, keys: Iterable<string>): void {
    for (const key of keys) this.#parts.feed.leave(subscriber, { channel, key });
    this.#depart(subscriber, channel);
  }

  /** Subscribes without an answer to a stream of class A, to what comes from now on. */
  joinStream(subscriber: Subscriber, channel: LosslessChannel, key: string): void {
    this.#parts.feed.join(subscriber, { channel, key }, undefined);
  }

  /** Subscribes to latest values: all of them, or with `throttleMs` at most one of each in that time. */
  subscribeValues(subscriber: Subscriber, wish: ValueWish): void {
    const { channel, keys, throttleMs } = wish;
    for (const key of keys) this.#parts.latest.join(subscriber, { channel, key }, throttleMs);
    this.#arrive(subscriber, channel);
  }

  unsubscribeValues(subscriber: Subscriber, channel: Channel, keys: Iterable<string>): void {
    for (const key of keys) this.#parts.latest.leave(subscriber, { channel, key });
    this.#depart(subscriber, channel);
  }

  /** How often sockets subscribe to the symbol's prices. */
  followers(symbol: number): number {
    return this.#parts.fanout.followers(symbol);
  }

  /** By channel and key, the number of the last event that the subscriber has been sent. */
  heads(subscriber: Subscriber): HeartbeatFrame['heads'] {
    const heads: Partial<Record<Channel, Record<string, number>>> = {};
    for (const kind of ['ticker', 'trade'] as const) {
      const { symbols } = subscriber.reading[kind];
      if (symbols.size === 0) continue;
      const numbers: Record<string, number> = {};
      for (const symbol of symbols) {
        numbers[this.#instrument(symbol).symbol] = this.#parts.fanout.sentTo(subscriber, kind, symbol);
      }
      heads[kind] = numbers;
    }
    for (const [channel, keys] of subscriber.streams) {
      const numbers: Record<string, number> = {};
      for (const key of keys) numbers[key] = this.#parts.feed.sent({ channel, key });
      heads[channel] = numbers;
    }
    return heads;
  }

  /** Sends a slow socket what it lacks, as far as it has room. */
  catchUp(subscriber: Subscriber): void {
    if (!this.#parts.fanout.catchUp(subscriber)) return;
    for (const ratchet of subscriber.ratchets.values()) this.#parts.delivery.send(subscriber, ratchet);
    subscriber.ratchets.clear();
    this.#parts.latest.catchUp(subscriber);
  }

  /** Serves sockets that fell behind, and closes those over the hard limit for too long. */
  sweep(nowUs: number): void {
    this.#parts.fanout.scan();
    for (const subscriber of this.#parts.subscribers) {
      if (subscriber.isSlow || subscriber.waiting.size > 0) this.catchUp(subscriber);
      this.#judgeBuffer(subscriber, nowUs);
    }
  }

  #judgeBuffer(subscriber: Subscriber, nowUs: number): void {
    const { hardBufferedBytes, hardBufferedMs } = this.#parts.limits;
    if (subscriber.outlet.bufferedBytes() <= hardBufferedBytes) {
      subscriber.overHardSinceUs = 0;
      return;
    }
    if (subscriber.overHardSinceUs === 0) subscriber.overHardSinceUs = nowUs;
    if (nowUs - subscriber.overHardSinceUs >= hardBufferedMs * 1000) subscriber.close();
  }

  #missed(
    wish: {
      readonly keys: readonly string[];
      readonly since: Cursor | undefined;
      readonly span: (at: number) => Span;
    },
    frameBytes: number,
  ): (number | undefined)[] | undefined {
    const { since } = wish;
    if (since === undefined) return undefined;
    const { limits, metrics } = this.#parts;
    const missed = missedEvents({ ...wish, since, maxEvents: Math.floor(limits.hardBufferedBytes / frameBytes) });
    if (missed === undefined) metrics.resumesSnapshot++;
    else metrics.resumesRecovered++;
    return missed;
  }

  #sendEvents(
    subscriber: Subscriber,
    kind: ReadingKind,
    { symbol, count }: { readonly symbol: number; readonly count: number },
  ): void {
    const head = this.#parts.fanout.published(symbol);
    for (let seq = head - count + 1; seq <= head; seq++) {
      const text = subscriber.dialect[kind](this.#parts.log.read(symbol, seq), this.#parts.clock.nowUs());
      if (text !== undefined && !subscriber.send(text)) return;
    }
  }

  #arrive(subscriber: Subscriber, channel: Channel): void {
    if (subscriber.channels.has(channel)) return;
    subscriber.channels.add(channel);
    this.#parts.presence.join(channel, subscriber.user);
  }

  #depart(subscriber: Subscriber, channel: Channel): void {
    const { streams, values, reading, channels } = subscriber;
    const isThere =
      (channel === 'ticker' || channel === 'trade'
        ? reading[channel].symbols.size > 0
        : [...streams.keys()].some((one) => one === channel)) || values.has(channel);
    if (isThere || !channels.delete(channel)) return;
    this.#parts.presence.leave(channel, subscriber.user);
  }

  #instrument(symbol: number): Instrument {
    const instrument = this.#parts.instruments[symbol];
    if (instrument === undefined) throw new RangeError(`no instrument ${symbol}`);
    return instrument;
  }
}

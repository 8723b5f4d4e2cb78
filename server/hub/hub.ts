import type { Phase, TradingCalendar } from '../../market/calendar/types.ts';
import type { PatternEvent } from '../../market/patterns/types.ts';
import type { TickerState } from '../../market/tickers.ts';
import { type Instrument, type MarketEvent, type PositionView, type Tick, TickKind } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Limits } from '../../protocol/limits.ts';
import {
  type Channel,
  type Cursor,
  type HeartbeatFrame,
  type LosslessChannel,
  type NewsData,
  type SystemFrame,
  WHOLE_STREAM,
} from '../../protocol/messages.ts';
import type { Message } from '../../transport/types.ts';
import type { Dialect, Voice } from '../dialects/dialect.ts';
import { alertData } from '../marketWire.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Durability } from '../store/durability.ts';
import type { StoredStream } from '../store/durableState.ts';
import { AlertBook } from './alerts.ts';
import { BarEvents, type MarketSource, type ToldBar } from './barEvents.ts';
import { EventFeed, type EventFilter, passes, type StreamEntry, type StreamPlace } from './eventFeed.ts';
import type { InputTimes } from './inputTimes.ts';
import { LatestFeed, type ValuePlace } from './latestFeed.ts';
import { OrderEvents } from './orderEvents.ts';
import { Outbox } from './outbox.ts';
import { Pacer } from './pacer.ts';
import { Presence } from './presence.ts';
import { RatchetGate } from './ratchetGate.ts';
import { RecentPatterns } from './recentPatterns.ts';
import { missedEvents } from './resume.ts';
import { eventsAfter, type HistoryLimits, type Span } from './stream.ts';
import type { ReadingKind, Subscriber } from './subscriber.ts';
import { TickerFanout } from './tickerFanout.ts';
import { TickerLog, type TickerView } from './tickerLog.ts';
import { WriteTimer } from './writeTimer.ts';

/** Events that may wait for one flush; the owner flushes when {@link Hub.isFull}. */
const MAX_WAITING = 256;
/** What a frame takes at most, roughly: bounds what one resume may send. */
const FRAME_BYTES = 400;
const PATTERN_BYTES = 2_000;
/** Bars and patterns are written for so long in one turn, µs: a minute's end brings thousands of them at once. */
const BULK_SLICE_US = 3_000;
/** The last events that a snapshot of `news` or `system` brings, at most. */
const SHOWN_NOTICES = 20;

export interface HubOptions {
  readonly epoch: string;
  readonly instruments: readonly Instrument[];
  /** When they trade; absent: always. */
  readonly calendar?: TradingCalendar | undefined;
  readonly dialects: readonly Dialect[];
  readonly clock: Clock;
  readonly limits: Limits;
  readonly metrics: ServerMetrics;
  /** Holds events of class A until they are safe; absent: they go out at once. */
  readonly durability?: Durability | undefined;
  /** Sends a message to all sockets in a topic. */
  readonly publish: (topic: string, message: Message) => void;
  /** Calls back when what was gathered is to be written. */
  readonly later: (flush: () => void) => void;
  /** Calls back after the loop's next input and output. */
  readonly soon: (callback: () => void) => void;
  /** Calls back after a delay. */
  readonly after: (delayMs: number, callback: () => void) => void;
}

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

/**
 * Where the engine's events become streams: numbers and remembers them, gathers what one loop turn brings, writes it to
 * all who subscribe in the order in which it arose, and answers resumes from history.
 */
export class Hub {
  readonly epoch: string;
  readonly alerts: AlertBook;
  /** Values of class B that have no numbers. */
  readonly latest: LatestFeed;
  readonly presence = new Presence();
  readonly patterns: RecentPatterns;
  readonly bars: BarEvents;
  readonly #options: HubOptions;
  readonly #log: TickerLog;
  readonly #fanout: TickerFanout;
  readonly #feed: EventFeed;
  readonly #orders: OrderEvents;
  readonly #ratchets: RatchetGate;
  readonly #outbox = new Outbox();
  /** Bars and patterns that wait to be written, and the place of the next. */
  #bulk: StreamEntry[] = [];
  #bulkAt = 0;
  readonly #writes: WriteTimer;
  readonly #subscribers = new Set<Subscriber>();
  /** The market's time, µs since the epoch; 0 before its first sign. */
  #marketUs = 0;
  #toldPhase: Phase | undefined = undefined;
  #isFlushAsked = false;
  #isFlushing = false;

  constructor(options: HubOptions) {
    const { epoch, instruments, limits, clock, metrics } = options;
    const history: HistoryLimits = { maxEvents: limits.historyEvents, maxAgeUs: limits.historyAgeMs * 1000 };
    this.epoch = epoch;
    this.#options = options;
    this.#log = new TickerLog({ epoch, instruments, limits: history, leastKept: MAX_WAITING + 1 });
    const pacer = new Pacer({ nowUs: () => clock.nowUs(), after: options.after });
    this.#fanout = new TickerFanout({ ...options, pacer, log: this.#log, symbols: instruments.length });
    this.#feed = new EventFeed(epoch, history, options.durability);
    this.#ratchets = new RatchetGate(limits.ratchetWindowMs * 1000);
    this.#orders = new OrderEvents({ feed: this.#feed, ratchets: this.#ratchets, instruments });
    this.#writes = new WriteTimer({ clock, metrics, soon: options.soon });
    const watch = (place: ValuePlace, isRead: boolean): void => this.bars.watchForming(place, isRead);
    this.latest = new LatestFeed({ softBufferedBytes: limits.softBufferedBytes, pacer, watch });
    this.bars = new BarEvents({ feed: this.#feed, latest: this.latest, instruments });
    this.alerts = new AlertBook(instruments.length);
    this.patterns = new RecentPatterns(instruments.length);
  }

  /** What part of its day the market is in: by the calendar at the market's own time, `closed` before its first sign. */
  get phase(): Phase {
    const { calendar } = this.#options;
    return calendar === undefined ? 'regular' : calendar.sessionAt(this.#marketUs);
  }

  /** Whether so much waits that {@link flush} must be called before the next tick. */
  get isFull(): boolean {
    return this.#outbox.count >= MAX_WAITING;
  }

  /** Names the engine whose events these are; before its first input. */
  connect(source: MarketSource): void {
    this.bars.connect(source);
  }

  /** Takes a tick that the engine has applied. Allocates nothing where it meets no alert. */
  onTick(tick: Tick, tickers: TickerState, times: InputTimes): void {
    const { symbol } = tick;
    this.#marketUs = tick.eventTimeUs;
    this.#log.append(tick, tickers, times);
    this.#outbox.addTicker(symbol, tickers.seq[symbol] as number, times.receivedTimeUs);
    if (tick.kind === TickKind.TRADE) {
      this.bars.onTrade(symbol);
      if (this.alerts.isMet(symbol, tick.price)) this.#tellAlerts(tick, tickers.seq[symbol] as number, times);
    }
    this.#askFlush();
  }

  /** Takes the market's clock, µs since the epoch. */
  onClock(timeUs: number): void {
    if (timeUs > this.#marketUs) this.#marketUs = timeUs;
  }

  /** Takes an event of an order; `position` is what a fill has made of the account's position. */
  onMarketEvent(event: MarketEvent, times: InputTimes, position?: PositionView): void {
    const entry = this.#orders.entryOf(event, times);
    if (entry !== undefined) this.#add(entry);
    if (position !== undefined) this.#add(this.#orders.positionEntry(position, event, times));
  }

  /** Takes a bar that has closed, or was amended. */
  onBar(told: ToldBar, times: InputTimes): void {
    this.#add(this.bars.barEntry(told, times));
  }

  /** Takes a pattern that a closed bar completed. */
  onPattern(event: PatternEvent, times: InputTimes): void {
    this.patterns.add(event);
    this.#add(this.bars.patternEntry(event, times));
  }

  /** Publishes news to all who read it; returns its number. */
  publishNews(data: Omit<NewsData, 'newsId'>): number {
    const nowUs = this.#options.clock.nowUs();
    const place = { channel: 'news', key: WHOLE_STREAM } as const;
    const make = (seq: number): StreamEntry => {
      const frame = {
        type: 'news',
        seq,
        data: { newsId: `${this.epoch}-${seq}`, ...data },
        eventTimeUs: nowUs,
      } as const;
      return { ...place, createdUs: nowUs, symbols: data.symbols, frame: () => frame };
    };
    this.#add(this.#feed.append(place, make, nowUs));
    this.#options.durability?.commit();
    return this.#feed.events(place).head;
  }

  /** Tells a notice to every client; returns its number. */
  publishSystem(notice: Pick<SystemFrame, 'code' | 'message' | 'phase'>): number {
    const nowUs = this.#options.clock.nowUs();
    const place = { channel: 'system', key: WHOLE_STREAM } as const;
    const make = (seq: number): StreamEntry => {
      const frame = { type: 'system', seq, ...notice, serverTimeUs: nowUs } as const;
      return { ...place, createdUs: nowUs, frame: () => frame };
    };
    this.#add(this.#feed.append(place, make, nowUs));
    this.#options.durability?.commit();
    return this.#feed.events(place).head;
  }

  /**
   * Takes streams and tickers as the journal had them; before the first input.
   *
   * @throws JournalError for events of a form that this version doesn't know
   */
  restore(streams: ReadonlyMap<string, StoredStream>, tickers: TickerState): void {
    this.#feed.restore(streams);
    const times = { receivedTimeUs: 0, dueTimeUs: 0 };
    for (const { index: symbol } of this.#options.instruments) {
      const seq = tickers.seq[symbol] as number;
      if (seq === 0) continue;
      this.#log.append({ symbol, kind: TickKind.TRADE, flags: 0 }, tickers, times);
      this.#fanout.publish(symbol, seq);
    }
  }

  /** Gives out events that were held until they were safe. */
  release(entries: readonly StreamEntry[]): void {
    for (const entry of entries) {
      this.#feed.tell(entry);
      this.#give(entry);
    }
  }

  /** Writes all that waits, but for bars and patterns: they have streams of their own and are written in slices. */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#outbox.empty(this.#writers);
    this.#isFlushing = false;
  }

  /** Adds a socket; what everyone was to be told before it came is told to the others first. */
  add(subscriber: Subscriber): void {
    this.#watchPhase();
    this.flush();
    this.#subscribers.add(subscriber);
  }

  /** Forgets a closed socket. */
  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    this.#fanout.remove(subscriber);
    this.#feed.remove(subscriber);
    this.latest.remove(subscriber);
    for (const channel of subscriber.channels) this.presence.leave(channel, subscriber.user);
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
    this.flush();
    const nowUs = this.#options.clock.nowUs();
    const keys = symbols.map((symbol) => this.#instrument(symbol).symbol);
    const missed = this.#missed({ keys, since, span: (at) => this.#log.span(symbols[at] ?? -1, nowUs) }, FRAME_BYTES);
    answer.subscribed(missed !== undefined);
    for (const [at, symbol] of symbols.entries()) {
      const count = missed?.[at];
      if (count === undefined) answer.snapshot(this.#log.read(symbol, this.#fanout.published(symbol)));
      else this.#sendEvents(subscriber, kind, { symbol, count });
    }
    this.#fanout.join(subscriber, wish);
    this.#arrive(subscriber, kind);
    this.#fanout.check(subscriber);
  }

  unsubscribeSymbols(subscriber: Subscriber, kind: ReadingKind, symbols: Iterable<number>): void {
    this.#fanout.leave(subscriber, kind, symbols);
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
    this.#flushAll();
    const nowUs = this.#options.clock.nowUs();
    const streams = keys.map((key) => this.#feed.events({ channel, key }));
    const nothing = { epoch: this.epoch, head: 0, oldest: 1 };
    const span = (at: number): Span => streams[at]?.span(nowUs) ?? nothing;
    const missed = this.#missed({ keys, since, span }, channel === 'pattern' ? PATTERN_BYTES : FRAME_BYTES);
    answer.subscribed(missed !== undefined);
    for (const [at, key] of keys.entries()) {
      const count = missed?.[at];
      if (count === undefined) answer.snapshot(key, streams[at]?.head ?? 0);
      for (const entry of streams[at]?.last(count ?? 0) ?? []) if (passes(entry, filter)) this.#send(subscriber, entry);
      this.#feed.join(subscriber, { channel, key }, filter);
    }
    this.#arrive(subscriber, channel);
    this.#fanout.check(subscriber);
  }

  unsubscribeEvents(subscriber: Subscriber, channel: LosslessChannel, keys: Iterable<string>): void {
    for (const key of keys) this.#feed.leave(subscriber, { channel, key });
    this.#depart(subscriber, channel);
  }

  /** Subscribes without an answer to a stream of class A, to what comes from now on. */
  joinStream(subscriber: Subscriber, channel: LosslessChannel, key: string): void {
    this.#feed.join(subscriber, { channel, key }, undefined);
  }

  /** Subscribes to latest values: all of them, or with `throttleMs` at most one of each in that time. */
  subscribeValues(subscriber: Subscriber, wish: ValueWish): void {
    const { channel, keys, throttleMs } = wish;
    for (const key of keys) this.latest.join(subscriber, { channel, key }, throttleMs);
    this.#arrive(subscriber, channel);
  }

  unsubscribeValues(subscriber: Subscriber, channel: Channel, keys: Iterable<string>): void {
    for (const key of keys) this.latest.leave(subscriber, { channel, key });
    this.#depart(subscriber, channel);
  }

  /** How often sockets subscribe to the symbol's prices. */
  followers(symbol: number): number {
    return this.#fanout.followers(symbol);
  }

  /** The last events of a stream that is there once, oldest first. */
  lastNotices(channel: 'news' | 'system', count = SHOWN_NOTICES): StreamEntry[] {
    const events = this.#feed.events({ channel, key: WHOLE_STREAM });
    const { head, oldest } = events.span(this.#options.clock.nowUs());
    return events.last(Math.min(count, head - oldest + 1));
  }

  /** Number of a stream's last event, and the events after a place, oldest first: undefined when they can't all be given and a snapshot must stand for them. */
  eventsSince(
    place: StreamPlace,
    cursor: Cursor,
  ): { readonly head: number; readonly missed: readonly StreamEntry[] | undefined } {
    const events = this.#feed.events(place);
    const count = eventsAfter(events.span(this.#options.clock.nowUs()), cursor, place.key);
    return { head: events.head, missed: count === undefined ? undefined : events.last(count) };
  }

  /** Number of a stream's last event that may be told; 0 before the first. */
  head(place: StreamPlace): number {
    return this.#feed.head(place);
  }

  /** What of a symbol's ticker events can be given. */
  tickerSpan(symbol: number): Span {
    return this.#log.span(symbol, this.#options.clock.nowUs());
  }

  /** The symbol's state after its event `seq`, standing for `seqFrom`..`seq`. The object is reused by the next call. */
  tickerAt(symbol: number, seq: number, seqFrom = seq): TickerView {
    return this.#log.read(symbol, seq, seqFrom);
  }

  /** The symbol's state as it was last given out. The object is reused by the next call. */
  view(symbol: number): TickerView {
    return this.#log.read(symbol, this.#fanout.published(symbol));
  }

  /** By channel and key, the number of the last event that the subscriber has been sent. */
  heads(subscriber: Subscriber): HeartbeatFrame['heads'] {
    const heads: Partial<Record<Channel, Record<string, number>>> = {};
    for (const kind of ['ticker', 'trade'] as const) {
      const { symbols } = subscriber.reading[kind];
      if (symbols.size === 0) continue;
      const numbers: Record<string, number> = {};
      for (const symbol of symbols) {
        numbers[this.#instrument(symbol).symbol] = this.#fanout.sentTo(subscriber, kind, symbol);
      }
      heads[kind] = numbers;
    }
    for (const [channel, keys] of subscriber.streams) {
      const numbers: Record<string, number> = {};
      for (const key of keys) numbers[key] = this.#feed.head({ channel, key });
      heads[channel] = numbers;
    }
    return heads;
  }

  /** Sends a slow socket what it lacks, as far as it has room. */
  catchUp(subscriber: Subscriber): void {
    if (!this.#fanout.catchUp(subscriber)) return;
    for (const ratchet of subscriber.ratchets.values()) this.#send(subscriber, ratchet);
    subscriber.ratchets.clear();
    this.latest.catchUp(subscriber);
  }

  /** To be called some times a second: tells a change of the session, held-back ratchets and values, serves slow sockets, closes those over the hard limit for too long. */
  sweep(nowUs: number): void {
    for (const ratchet of this.#ratchets.due(nowUs)) this.#add(ratchet);
    this.#watchPhase();
    this.#options.durability?.commit();
    // Heartbeats follow, whose heads must not be ahead of what was written.
    this.#flushAll();
    this.bars.tellForming(nowUs);
    for (const channel of this.presence.takeChanged()) {
      const users = this.presence.users(channel);
      const frame = { type: 'presence', channel, users, serverTimeUs: nowUs } as const;
      this.latest.tell({ channel: 'presence', key: channel }, frame, nowUs);
    }
    this.#fanout.scan();
    for (const subscriber of this.#subscribers) {
      if (subscriber.isSlow || subscriber.waiting.size > 0) this.catchUp(subscriber);
      this.#judgeBuffer(subscriber, nowUs);
    }
  }

  /** Tells everyone once when the market has gone into another part of its day. */
  #watchPhase(): void {
    if (this.#options.calendar === undefined || this.#marketUs === 0) return;
    const { phase } = this;
    if (phase === this.#toldPhase) return;
    this.#toldPhase = phase;
    this.publishSystem({ code: 'session', phase, message: PHASE_MESSAGES[phase] });
  }

  #judgeBuffer(subscriber: Subscriber, nowUs: number): void {
    const { hardBufferedBytes, hardBufferedMs } = this.#options.limits;
    if (subscriber.outlet.bufferedBytes() <= hardBufferedBytes) {
      subscriber.overHardSinceUs = 0;
      return;
    }
    if (subscriber.overHardSinceUs === 0) subscriber.overHardSinceUs = nowUs;
    if (nowUs - subscriber.overHardSinceUs >= hardBufferedMs * 1000) subscriber.close();
  }

  #add(entry: StreamEntry): void {
    const { durability } = this.#options;
    if (durability === undefined) this.#give(entry);
    else durability.hold(entry);
  }

  /** Lets an event go that may be told. */
  #give(entry: StreamEntry): void {
    if (isBulk(entry)) {
      if (this.#bulk.length === 0) this.#options.soon(this.#onBulk);
      this.#bulk.push(entry);
      return;
    }
    this.#outbox.addEntry(entry);
    this.#askFlush();
  }

  readonly #onBulk = (): void => {
    const endUs = this.#options.clock.nowUs() + BULK_SLICE_US;
    while (this.#bulkAt < this.#bulk.length) {
      if (this.#options.clock.nowUs() >= endUs) {
        this.#options.soon(this.#onBulk);
        return;
      }
      this.#deliverBulk();
    }
    this.#bulk = [];
    this.#bulkAt = 0;
  };

  #flushAll(): void {
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
    this.#options.later(this.#onFlush);
  }

  readonly #onFlush = (): void => {
    this.#isFlushAsked = false;
    this.flush();
  };

  readonly #writers = {
    ticker: (symbol: number, seq: number, createdUs: number): void => {
      if (this.#fanout.publish(symbol, seq)) this.#writes.add(createdUs);
    },
    entry: (entry: StreamEntry): void => this.#deliver(entry),
  };

  /** Writes an event once for each voice, and sends it to all who read it; notices of the system go to everyone. */
  #deliver(entry: StreamEntry): void {
    const texts = new Map<Voice, Message | undefined>();
    if (entry.channel === 'system') {
      for (const subscriber of this.#subscribers) this.#deliverTo(subscriber, entry, texts);
      return;
    }
    const readers = this.#feed.readers(entry);
    if (readers === undefined || readers.size === 0) return;
    for (const [subscriber, filter] of readers) {
      if (passes(entry, filter)) this.#deliverTo(subscriber, entry, texts);
    }
    this.#writes.add(entry.createdUs);
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

  #send(subscriber: Subscriber, entry: StreamEntry): void {
    const text = this.#write(subscriber.voice, entry);
    if (text !== undefined) subscriber.send(text);
  }

  #write(voice: Voice, entry: StreamEntry): Message | undefined {
    const nowUs = this.#options.clock.nowUs();
    return voice.write(entry.frame(nowUs), nowUs);
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
    const { limits, metrics } = this.#options;
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
    const head = this.#fanout.published(symbol);
    for (let seq = head - count + 1; seq <= head; seq++) {
      const text = subscriber.dialect[kind](this.#log.read(symbol, seq), this.#options.clock.nowUs());
      if (text !== undefined && !subscriber.send(text)) return;
    }
  }

  #tellAlerts(tick: Tick, tickSeq: number, times: InputTimes): void {
    const { eventTimeUs, price, symbol } = tick;
    const { receivedTimeUs, dueTimeUs } = times;
    for (const alert of this.alerts.take(symbol, price)) {
      const { account } = alert;
      const data = alertData(alert, this.#instrument(symbol), price);
      const due = dueTimeUs === 0 ? {} : { dueTimeUs };
      const place = { channel: 'alert', key: account } as const;
      const make = (seq: number): StreamEntry => {
        const unsent = { type: 'alert', account, seq, tickSeq, data, eventTimeUs, ...due, receivedTimeUs } as const;
        return { ...place, createdUs: receivedTimeUs, frame: (sentTimeUs) => ({ ...unsent, sentTimeUs }) };
      };
      this.#add(this.#feed.append(place, make, receivedTimeUs));
    }
  }

  #arrive(subscriber: Subscriber, channel: Channel): void {
    if (subscriber.channels.has(channel)) return;
    subscriber.channels.add(channel);
    this.presence.join(channel, subscriber.user);
  }

  #depart(subscriber: Subscriber, channel: Channel): void {
    const { streams, values, reading, channels } = subscriber;
    const isThere =
      (channel === 'ticker' || channel === 'trade'
        ? reading[channel].symbols.size > 0
        : [...streams.keys()].some((one) => one === channel)) || values.has(channel);
    if (isThere || !channels.delete(channel)) return;
    this.presence.leave(channel, subscriber.user);
  }

  #instrument(symbol: number): Instrument {
    const instrument = this.#options.instruments[symbol];
    if (instrument === undefined) throw new RangeError(`no instrument ${symbol}`);
    return instrument;
  }
}

const PHASE_MESSAGES: Readonly<Record<Phase, string>> = {
  pre: 'pre-market trading has begun',
  regular: 'the regular session has begun',
  post: 'the regular session has ended; after-hours trading goes on',
  closed: 'the market is closed',
};

/** Whether an event has a stream of its own that is written in slices. */
function isBulk({ channel }: StreamEntry): boolean {
  return channel === 'pattern' || channel.startsWith('bar.');
}

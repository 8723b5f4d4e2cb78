import type { Phase, TradingCalendar } from '../../market/calendar/types.ts';
import type { PatternEvent } from '../../market/patterns/types.ts';
import type { TickerState } from '../../market/tickers.ts';
import { type Instrument, type MarketEvent, type PositionView, type Tick, TickKind } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Limits } from '../../protocol/limits.ts';
import { type Cursor, type NewsData, type SystemFrame, WHOLE_STREAM } from '../../protocol/messages.ts';
import type { Message } from '../../transport/types.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { alertData } from '../marketWire.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Durability } from '../store/durability.ts';
import type { DurableState } from '../store/durableState.ts';
import { AlertBook } from './alerts.ts';
import { BarEvents, type MarketSource, type ToldBar } from './barEvents.ts';
import { Delivery, MAX_WAITING } from './delivery.ts';
import { EventFeed, type StreamEntry, type StreamPlace } from './eventFeed.ts';
import type { InputTimes } from './inputTimes.ts';
import { LatestFeed, type ValuePlace } from './latestFeed.ts';
import { OrderEvents } from './orderEvents.ts';
import { Pacer } from './pacer.ts';
import { Presence } from './presence.ts';
import { RatchetGate } from './ratchetGate.ts';
import { Readers } from './readers.ts';
import { RecentPatterns } from './recentPatterns.ts';
import { lastUpTo, spanUpTo } from './resume.ts';
import { eventsAfter, type HistoryLimits, type Span } from './stream.ts';
import type { Subscriber } from './subscriber.ts';
import { TickerFanout } from './tickerFanout.ts';
import { TickerLog, type TickerView } from './tickerLog.ts';
import { WriteTimer } from './writeTimer.ts';

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
  /** The age of a symbol's price when nobody vouches for it any more, ms; undefined while it is fresh. Absent: of no live feed. */
  readonly staleMs?: ((symbol: number) => number | undefined) | undefined;
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

/** Histories are looked through so often for what is too old to be given. */
const EXPIRE_EVERY_US = 30_000_000;

/**
 * Where the engine's events become streams: numbers and remembers them, and hands them to those who write them to all
 * who read them, and answer resumes from history.
 */
export class Hub {
  readonly epoch: string;
  readonly alerts: AlertBook;
  /** Values of class B that have no numbers. */
  readonly latest: LatestFeed;
  readonly presence = new Presence();
  readonly patterns: RecentPatterns;
  readonly bars: BarEvents;
  /** Who reads what. */
  readonly readers: Readers;
  readonly #options: HubOptions;
  readonly #log: TickerLog;
  readonly #fanout: TickerFanout;
  readonly #feed: EventFeed;
  #nextExpiryUs = 0;
  readonly #orders: OrderEvents;
  readonly #ratchets: RatchetGate;
  readonly #delivery: Delivery;
  /** The market's time, µs since the epoch; 0 before its first sign. */
  #marketUs = 0;
  #toldPhase: Phase | undefined = undefined;

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
    const subscribers = new Set<Subscriber>();
    const shared = { feed: this.#feed, fanout: this.#fanout, subscribers, clock };
    const writes = new WriteTimer({ clock, metrics, soon: options.soon });
    this.#delivery = new Delivery({ ...shared, writes, later: options.later, soon: options.soon });
    const watch = (place: ValuePlace, isRead: boolean): void => this.bars.watchForming(place, isRead);
    this.latest = new LatestFeed({ softBufferedBytes: limits.softBufferedBytes, pacer, watch });
    this.bars = new BarEvents({ feed: this.#feed, latest: this.latest, instruments, clock });
    this.alerts = new AlertBook(instruments.length, (change) => options.durability?.alertChanged(change));
    this.patterns = new RecentPatterns(instruments.length);
    this.readers = new Readers({
      ...shared,
      bars: this.bars,
      epoch,
      instruments,
      log: this.#log,
      latest: this.latest,
      presence: this.presence,
      delivery: this.#delivery,
      limits,
      metrics,
    });
  }

  /** What part of its day the market is in: by the calendar at the market's own time, `closed` before its first sign. */
  get phase(): Phase {
    const { calendar } = this.#options;
    return calendar === undefined ? 'regular' : calendar.sessionAt(this.#marketUs);
  }

  /** Whether so much waits that {@link flush} must be called before the next tick. */
  get isFull(): boolean {
    return this.#delivery.isFull;
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
    this.#delivery.addTicker(symbol, tickers.seq[symbol] as number, times.receivedTimeUs);
    if (tick.kind === TickKind.TRADE) {
      this.bars.onTrade(symbol);
      if (this.alerts.isMet(symbol, tick.price)) this.#tellAlerts(tick, tickers.seq[symbol] as number, times);
    }
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
  publishSystem(notice: Pick<SystemFrame, 'code' | 'message' | 'phase' | 'symbols'>): number {
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
   * Takes streams, alerts and tickers as the journal had them; before the first input.
   *
   * @throws JournalError for a channel that this version doesn't know
   */
  restore({ streams, alerts }: Pick<DurableState, 'streams' | 'alerts'>, tickers: TickerState): void {
    this.#feed.restore(streams);
    for (const own of alerts.values()) this.alerts.restore(own.values());
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
      this.#delivery.add(entry);
    }
  }

  /** Writes all that waits, but for bars and patterns: they have streams of their own and are written in slices. */
  flush(): void {
    this.#delivery.flush();
  }

  /** Writes all that waits, bars and patterns too. */
  flushAll(): void {
    this.#delivery.flushAll();
  }

  /** Tells everyone what is to be told, so that a socket that comes now isn't told what was before it. */
  settle(): void {
    this.#watchPhase();
    this.flush();
  }

  /** The last events of a stream that is there once, oldest first. */
  lastNotices(channel: 'news' | 'system', count = SHOWN_NOTICES): StreamEntry[] {
    const place = { channel, key: WHOLE_STREAM } as const;
    const events = this.#feed.events(place);
    const { head, oldest } = spanUpTo(events.span(this.#options.clock.nowUs()), this.#feed.head(place));
    return lastUpTo(events, { head, count: Math.min(count, head - oldest + 1) });
  }

  /** Number of a stream's last event, and the events after a place, oldest first: undefined when they can't all be given and a snapshot must stand for them. */
  eventsSince(
    place: StreamPlace,
    cursor: Cursor,
  ): { readonly head: number; readonly missed: readonly StreamEntry[] | undefined } {
    this.bars.settle();
    const events = this.#feed.events(place);
    const span = spanUpTo(events.span(this.#options.clock.nowUs()), this.#feed.head(place));
    const count = eventsAfter(span, cursor, place.key);
    const { head } = span;
    return { head, missed: count === undefined ? undefined : lastUpTo(events, { head, count }) };
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

  /** Of a live feed: how old the price is that is shown, when nobody vouches for it any more, at least 1 ms; 0 while somebody does. Undefined without one. */
  staleMs({ index, last, bid }: Pick<TickerView, 'index' | 'last' | 'bid'>): number | undefined {
    const { staleMs } = this.#options;
    if (staleMs === undefined) return undefined;
    const ageMs = last === 0 && bid === 0 ? undefined : staleMs(index);
    return ageMs === undefined ? 0 : Math.max(1, ageMs);
  }

  /** Adds a socket; what everyone was to be told before it came is told to the others first. */
  add(subscriber: Subscriber): void {
    this.#watchPhase();
    this.flush();
    this.readers.add(subscriber);
  }

  /** To be called some times a second: tells a change of the session, held-back ratchets and values, serves slow sockets, closes those over the hard limit for too long. */
  sweep(nowUs: number): void {
    for (const ratchet of this.#ratchets.due(nowUs)) this.#add(ratchet);
    this.#watchPhase();
    this.#options.durability?.commit();
    // Heartbeats follow, whose heads must not be ahead of what was written.
    this.#delivery.flushAll();
    this.bars.tellForming(nowUs);
    for (const channel of this.presence.takeChanged()) {
      const users = this.presence.users(channel);
      const frame = { type: 'presence', channel, users, serverTimeUs: nowUs } as const;
      this.latest.tell({ channel: 'presence', key: channel }, frame, nowUs);
    }
    this.readers.sweep(nowUs);
    if (nowUs < this.#nextExpiryUs) return;
    this.#nextExpiryUs = nowUs + EXPIRE_EVERY_US;
    this.#feed.expire(nowUs);
  }

  /** Tells everyone once when the market has gone into another part of its day. */
  #watchPhase(): void {
    if (this.#options.calendar === undefined || this.#marketUs === 0) return;
    const { phase } = this;
    if (phase === this.#toldPhase) return;
    this.#toldPhase = phase;
    this.publishSystem({ code: 'session', phase, message: PHASE_MESSAGES[phase] });
  }

  #add(entry: StreamEntry): void {
    const { durability } = this.#options;
    if (durability === undefined) this.#delivery.add(entry);
    else durability.hold(entry);
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

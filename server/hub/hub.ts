import type { TickerState } from '../../market/tickers.ts';
import type { Instrument, MarketEvent } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import { decimalText } from '../../protocol/codecs/json.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Cursor } from '../../protocol/messages.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { ServerMetrics } from '../metrics.ts';
import { orderData } from '../wire.ts';
import { type AccountChannel, type AccountEntry, AccountFeed } from './accountFeed.ts';
import { Outbox } from './outbox.ts';
import { RatchetGate } from './ratchetGate.ts';
import { eventsAfter, type HistoryLimits, type Span } from './stream.ts';
import type { Subscriber } from './subscriber.ts';
import { TickerFanout } from './tickerFanout.ts';
import { TickerLog } from './tickerLog.ts';
import { WriteTimer } from './writeTimer.ts';

/** Events that may wait for one flush; the owner flushes when {@link Hub.isFull}. */
const MAX_WAITING = 256;
/** What a frame takes at most, roughly: bounds what one resume may send. */
const FRAME_BYTES = 400;

/** When an input reached the engine and when it was due, µs; `dueTimeUs` 0 for commands and feeds without a schedule. */
export interface InputTimes {
  readonly receivedTimeUs: number;
  readonly dueTimeUs: number;
}

export interface HubOptions {
  readonly epoch: string;
  readonly instruments: readonly Instrument[];
  readonly dialects: readonly Dialect[];
  readonly clock: Clock;
  readonly limits: Limits;
  readonly metrics: ServerMetrics;
  /** Sends a text to all sockets in a topic. */
  readonly publish: (topic: string, text: string) => void;
  /** Calls back when what was gathered is to be written. */
  readonly later: (flush: () => void) => void;
  /** Calls back after the loop's next input and output. */
  readonly soon: (callback: () => void) => void;
}

/**
 * Where the engine's events become streams: numbers and remembers them, gathers what one loop turn brings, writes it to
 * all who subscribe in the order in which it arose, and answers resumes from history.
 */
export class Hub {
  readonly epoch: string;
  readonly #options: HubOptions;
  readonly #log: TickerLog;
  readonly #fanout: TickerFanout;
  readonly #accounts: AccountFeed;
  readonly #ratchets: RatchetGate;
  readonly #outbox = new Outbox();
  readonly #writes: WriteTimer;
  readonly #subscribers = new Set<Subscriber>();
  #isFlushAsked = false;
  #isFlushing = false;

  constructor(options: HubOptions) {
    const { epoch, instruments, limits, clock, metrics } = options;
    const history: HistoryLimits = { maxEvents: limits.historyEvents, maxAgeUs: limits.historyAgeMs * 1000 };
    this.epoch = epoch;
    this.#options = options;
    this.#log = new TickerLog({ epoch, instruments, limits: history, leastKept: MAX_WAITING + 1 });
    this.#fanout = new TickerFanout({ ...options, log: this.#log, symbols: instruments.length });
    this.#accounts = new AccountFeed(epoch, history);
    this.#ratchets = new RatchetGate(limits.ratchetWindowMs * 1000);
    this.#writes = new WriteTimer({ clock, metrics, soon: options.soon });
  }

  /** Whether so much waits that {@link flush} must be called before the next tick. */
  get isFull(): boolean {
    return this.#outbox.count >= MAX_WAITING;
  }

  /** Takes a tick that the engine has applied. Allocates nothing. */
  onTick(tick: { readonly symbol: number; readonly kind: number }, tickers: TickerState, times: InputTimes): void {
    this.#log.append(tick, tickers, times);
    this.#outbox.addTicker(tick.symbol, tickers.seq[tick.symbol] as number, times.receivedTimeUs);
    this.#askFlush();
  }

  /** Takes an event of an order. */
  onMarketEvent(event: MarketEvent, times: InputTimes): void {
    const entry = this.#entryOf(event, times);
    if (entry === undefined) return;
    this.#outbox.addEntry(entry);
    this.#askFlush();
  }

  /** Writes all that waits. */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#outbox.empty(this.#writers);
    this.#isFlushing = false;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  /** Forgets a closed socket. */
  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    this.#fanout.remove(subscriber);
    this.#accounts.remove(subscriber);
  }

  /**
   * Subscribes to symbols' tickers. After `answer(recovered)` the subscriber gets either every event since its cursor or
   * snapshots, then what comes. Symbols for which the cursor has no number get a snapshot either way.
   */
  subscribeTickers(
    subscriber: Subscriber,
    wish: { readonly symbols: readonly number[]; readonly since: Cursor | undefined },
    answer: (recovered: boolean) => void,
  ): void {
    // History and topics then meet exactly at the last published event.
    this.flush();
    const nowUs = this.#options.clock.nowUs();
    const names = wish.symbols.map((symbol) => this.#instrument(symbol).symbol);
    const missed = this.#missed(names, wish.since, (at) => this.#log.span(wish.symbols[at] ?? -1, nowUs));
    answer(missed !== undefined);
    for (const [at, symbol] of wish.symbols.entries()) {
      const count = missed?.[at];
      if (count === undefined) this.#sendTickerSnapshot(subscriber, symbol);
      else this.#sendTickers(subscriber, symbol, count);
    }
    this.#fanout.join(subscriber, wish.symbols);
    this.#fanout.check(subscriber);
  }

  unsubscribeTickers(subscriber: Subscriber, symbols: Iterable<number>): void {
    this.#fanout.leave(subscriber, symbols);
  }

  /** Subscribes to accounts' streams, by the rules of {@link subscribeTickers}; `snapshot` sends an account's state. */
  subscribeAccounts(
    subscriber: Subscriber,
    wish: {
      readonly channel: AccountChannel;
      readonly accounts: readonly string[];
      readonly since: Cursor | undefined;
    },
    answer: {
      readonly subscribed: (recovered: boolean) => void;
      readonly snapshot: (account: string, head: number) => void;
    },
  ): void {
    const { channel, accounts, since } = wish;
    this.flush();
    const nowUs = this.#options.clock.nowUs();
    const streams = accounts.map((account) => this.#accounts.streams(account)[channel]);
    const missed = this.#missed(accounts, since, (at) => streams[at]?.span(nowUs));
    answer.subscribed(missed !== undefined);
    for (const [at, account] of accounts.entries()) {
      const count = missed?.[at];
      if (count === undefined) answer.snapshot(account, streams[at]?.head ?? 0);
      else for (const entry of streams[at]?.last(count) ?? []) this.#send(subscriber, entry);
      this.#accounts.join(subscriber, channel, account);
    }
    this.#fanout.check(subscriber);
  }

  /** Subscribes without an answer, to what comes from now on. */
  joinAccount(subscriber: Subscriber, channel: AccountChannel, account: string): void {
    this.#accounts.join(subscriber, channel, account);
  }

  unsubscribeAccount(subscriber: Subscriber, channel: AccountChannel, account: string): void {
    this.#accounts.leave(subscriber, channel, account);
  }

  /** Number of the last ticker event of the symbol that the subscriber has been sent. */
  tickerHead(subscriber: Subscriber, symbol: number): number {
    return this.#fanout.sentTo(subscriber, symbol);
  }

  /** Number of the last written event of the account's stream. */
  accountHead(channel: AccountChannel, account: string): number {
    return this.#accounts.streams(account)[channel].head;
  }

  /** Sends a slow socket what it lacks, as far as it has room. */
  catchUp(subscriber: Subscriber): void {
    if (!this.#fanout.catchUp(subscriber)) return;
    for (const frame of subscriber.ratchets.values()) this.#send(subscriber, frame);
    subscriber.ratchets.clear();
  }

  /** To be called some times a second: tells held-back ratchets, serves slow sockets, closes those over the hard limit for too long. */
  sweep(nowUs: number): void {
    for (const frame of this.#ratchets.due(nowUs)) this.#outbox.addEntry(frame);
    this.flush();
    this.#fanout.scan();
    for (const subscriber of this.#subscribers) {
      if (subscriber.isSlow) this.catchUp(subscriber);
      this.#judgeBuffer(subscriber, nowUs);
    }
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
    entry: (entry: AccountEntry): void => {
      const readers = this.#accounts.readers(entry.account, entry.type);
      if (readers === undefined || readers.size === 0) return;
      for (const subscriber of readers) this.#deliver(subscriber, entry);
      this.#writes.add(entry.receivedTimeUs);
    },
  };

  #deliver(subscriber: Subscriber, entry: AccountEntry): void {
    if (subscriber.isSlow && entry.type === 'order') {
      if (entry.reason === 'ratcheted') {
        subscriber.ratchets.set(entry.data.orderId, entry);
        return;
      }
      subscriber.ratchets.delete(entry.data.orderId);
    }
    this.#send(subscriber, entry);
  }

  #send(subscriber: Subscriber, entry: AccountEntry): void {
    const text = subscriber.dialect.write({ ...entry, sentTimeUs: this.#options.clock.nowUs() });
    if (text !== undefined) subscriber.send(text);
  }

  /**
   * How many events the reader lacks of each stream, undefined for one that its cursor doesn't name; undefined in all
   * when it can't have every event of the others, or they are too much to send at once.
   */
  #missed(
    keys: readonly string[],
    since: Cursor | undefined,
    span: (at: number) => Span | undefined,
  ): (number | undefined)[] | undefined {
    if (since === undefined) return undefined;
    const { limits, metrics } = this.#options;
    const missed: (number | undefined)[] = [];
    let total = 0;
    let isRecovered = false;
    for (const [at, key] of keys.entries()) {
      const reach = Object.hasOwn(since.seq, key) ? span(at) : undefined;
      const count = reach === undefined ? undefined : eventsAfter(reach, since, key);
      isRecovered = count !== undefined || (isRecovered && reach === undefined);
      missed.push(count);
      total += count ?? 0;
      if (reach !== undefined && count === undefined) break;
    }
    isRecovered &&= total * FRAME_BYTES <= limits.hardBufferedBytes;
    if (isRecovered) metrics.resumesRecovered++;
    else metrics.resumesSnapshot++;
    return isRecovered ? missed : undefined;
  }

  #sendTickerSnapshot(subscriber: Subscriber, symbol: number): void {
    const view = this.#log.read(symbol, this.#fanout.published(symbol));
    const text = subscriber.dialect.tickerSnapshot(view, this.epoch);
    if (text !== undefined) subscriber.send(text);
  }

  #sendTickers(subscriber: Subscriber, symbol: number, count: number): void {
    const head = this.#fanout.published(symbol);
    for (let seq = head - count + 1; seq <= head; seq++) {
      const text = subscriber.dialect.ticker(this.#log.read(symbol, seq), this.#options.clock.nowUs());
      if (text !== undefined && !subscriber.send(text)) return;
    }
  }

  #entryOf(event: MarketEvent, times: InputTimes): AccountEntry | undefined {
    const { receivedTimeUs, dueTimeUs } = times;
    const { tickSeq, eventTimeUs } = event;
    const common = { tickSeq, eventTimeUs, ...(dueTimeUs !== 0 && { dueTimeUs }), receivedTimeUs };
    if (event.kind === 'execution') {
      const { symbol, priceDecimals, quantityDecimals } = this.#instrument(event.symbol);
      const data = {
        executionId: String(event.executionId),
        orderId: String(event.orderId),
        clientOrderId: event.clientOrderId,
        symbol,
        side: event.side,
        lastPrice: decimalText(event.lastPrice, priceDecimals),
        lastQuantity: decimalText(event.lastQuantity, quantityDecimals),
        leavesQuantity: decimalText(event.leavesQuantity, quantityDecimals),
      };
      return this.#accounts.appendExecution(
        { type: 'execution', account: event.account, ...common, data },
        receivedTimeUs,
      );
    }
    const { account, symbol } = event.order;
    const data = orderData(event.order, this.#instrument(symbol));
    const frame = { type: 'order', account, reason: event.reason, ...common, data } as const;
    if (event.reason === 'ratcheted') return this.#ratchets.pass(frame, receivedTimeUs) ? frame : undefined;
    this.#ratchets.forget(data.orderId);
    return this.#accounts.appendOrder(frame, receivedTimeUs);
  }

  #instrument(symbol: number): Instrument {
    const instrument = this.#options.instruments[symbol];
    if (instrument === undefined) throw new RangeError(`no instrument ${symbol}`);
    return instrument;
  }
}

import type { Clock } from '../../protocol/clock.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Message } from '../../transport/types.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { ServerMetrics } from '../metrics.ts';
import { type PacedReader, PacedTickers } from './pacedTickers.ts';
import type { Pacer } from './pacer.ts';
import type { ReadingKind, Subscriber } from './subscriber.ts';
import type { TickerLog } from './tickerLog.ts';

/**
 * After this many published bytes all buffers are looked at. No socket can have got more in between, so that one on the
 * fast path never comes near the transport's own limit, where publishing loses in silence.
 */
const SCAN_AFTER_BYTES = 64 * 1024;
const KINDS = ['ticker', 'trade'] as const satisfies readonly ReadingKind[];

/** What a symbol's readers of one kind and dialect share. */
interface Lane {
  readonly kind: ReadingKind;
  readonly dialect: Dialect;
  /** By symbol index. */
  readonly topics: readonly string[];
  /** Sockets in each topic, by symbol index. */
  readonly readers: Uint32Array;
}

export interface TickerFanoutOptions {
  readonly log: TickerLog;
  readonly symbols: number;
  readonly dialects: readonly Dialect[];
  readonly publish: (topic: string, message: Message) => void;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'softBufferedBytes'>;
  readonly metrics: ServerMetrics;
}

/**
 * Brings ticker events to sockets. Those that keep up share one text and one publish per event; a socket over the soft
 * limit leaves the topics and gets, whenever it has room, the latest state of each symbol with the numbers that it
 * stands for, until it has caught up.
 */
export class TickerFanout {
  readonly #options: TickerFanoutOptions;
  readonly #lanes: readonly Lane[];
  /** Last event given out, by symbol index. */
  readonly #published: Uint32Array;
  /** Subscriptions, by symbol index. */
  readonly #followers: Uint32Array;
  readonly #subscribers = new Set<Subscriber>();
  readonly #paced: PacedTickers;
  #unscannedBytes = 0;

  constructor(options: TickerFanoutOptions) {
    this.#options = options;
    this.#published = new Uint32Array(options.symbols);
    this.#followers = new Uint32Array(options.symbols);
    const sendNew = (reader: PacedReader, sent: number): number | 'no_room' => this.#sendNew(reader, sent);
    this.#paced = new PacedTickers({ pacer: options.pacer, sendNew });
    this.#lanes = KINDS.flatMap((kind) =>
      options.dialects.map((dialect, lane) => ({
        kind,
        dialect,
        topics: Array.from({ length: options.symbols }, (_, symbol) => `${kind}/${lane}/${symbol}`),
        readers: new Uint32Array(options.symbols),
      })),
    );
  }

  /** Number of the last event of the symbol that was given out. */
  published(symbol: number): number {
    return this.#published[symbol] as number;
  }

  /** How often sockets subscribe to the symbol, as tickers and as trades. */
  followers(symbol: number): number {
    return this.#followers[symbol] as number;
  }

  /** What the subscriber has been sent of the symbol, or will get from the fast path before anything sent from now on. */
  sentTo(subscriber: Subscriber, kind: ReadingKind, symbol: number): number {
    const { behind, paced } = subscriber.reading[kind];
    return paced.get(symbol)?.sent ?? behind.get(symbol) ?? this.#head(kind, symbol);
  }

  /** Gives out the symbol's event `seq`; true when it was published to anyone. */
  publish(symbol: number, seq: number): boolean {
    this.#published[symbol] = seq;
    const { log, clock, metrics } = this.#options;
    let isPublished = false;
    for (const { kind, dialect, topics, readers } of this.#lanes) {
      const count = readers[symbol] as number;
      if (count === 0) continue;
      const text = dialect[kind](log.read(symbol, seq), clock.nowUs());
      if (text === undefined) continue;
      this.#options.publish(topics[symbol] as string, text);
      metrics.framesOut += count;
      metrics.bytesOut += count * text.length;
      this.#unscannedBytes += text.length;
      isPublished = true;
    }
    this.#paced.offer(symbol);
    if (this.#unscannedBytes >= SCAN_AFTER_BYTES) this.scan();
    return isPublished;
  }

  /** Adds symbols to what the subscriber gets from the next event on: each event, or with `throttleMs` at most one in that time. */
  join(
    subscriber: Subscriber,
    wish: { readonly kind: ReadingKind; readonly symbols: readonly number[]; readonly throttleMs?: number | undefined },
  ): void {
    const { kind, throttleMs = 0 } = wish;
    const { symbols, behind, paced } = subscriber.reading[kind];
    if (throttleMs > 0) this.leave(subscriber, kind, wish.symbols);
    else if (paced.size > 0)
      this.leave(
        subscriber,
        kind,
        wish.symbols.filter((symbol) => paced.has(symbol)),
      );
    this.#subscribers.add(subscriber);
    for (const symbol of wish.symbols) {
      if (throttleMs > 0) this.#paced.join({ subscriber, kind, symbol }, { throttleMs, sent: this.published(symbol) });
      else if (subscriber.isSlow) behind.set(symbol, this.published(symbol));
      else if (!symbols.has(symbol)) this.#enter(subscriber, kind, symbol);
      this.#note(symbols, symbol);
    }
  }

  /** Takes symbols away from what the subscriber gets. */
  leave(subscriber: Subscriber, kind: ReadingKind, left: Iterable<number>): void {
    const { symbols, behind } = subscriber.reading[kind];
    for (const symbol of left) {
      if (!symbols.delete(symbol)) continue;
      this.#followers[symbol] = (this.#followers[symbol] as number) - 1;
      if (this.#paced.leave({ subscriber, kind, symbol })) continue;
      if (subscriber.isSlow) behind.delete(symbol);
      else this.#exit(subscriber, kind, symbol);
    }
    if (KINDS.every((one) => subscriber.reading[one].symbols.size === 0)) this.#subscribers.delete(subscriber);
  }

  #note(symbols: Set<number>, symbol: number): void {
    if (symbols.has(symbol)) return;
    symbols.add(symbol);
    this.#followers[symbol] = (this.#followers[symbol] as number) + 1;
  }

  /** Forgets a closed socket. */
  remove(subscriber: Subscriber): void {
    for (const kind of KINDS) this.leave(subscriber, kind, [...subscriber.reading[kind].symbols]);
    if (subscriber.isSlow) this.#options.metrics.slowSockets--;
    subscriber.isSlow = false;
  }

  /** Takes every socket over the soft limit off the fast path. */
  scan(): void {
    this.#unscannedBytes = 0;
    let buffered = 0;
    for (const subscriber of this.#subscribers) {
      const bytes = subscriber.outlet.bufferedBytes();
      buffered += bytes;
      if (bytes > this.#options.limits.softBufferedBytes) this.#slowDown(subscriber);
    }
    this.#options.metrics.bufferedBytes = buffered;
  }

  /** Looks at one socket after something large was sent to it. */
  check(subscriber: Subscriber): void {
    if (subscriber.outlet.bufferedBytes() > this.#options.limits.softBufferedBytes) this.#slowDown(subscriber);
  }

  /** Sends a slow socket what it lacks as far as it has room; with nothing lacking it is back on the fast path, and true is returned. */
  catchUp(subscriber: Subscriber): boolean {
    if (!subscriber.isSlow) return true;
    const roomBytes = this.#options.limits.softBufferedBytes / 2;
    // Oldest entries first; what is sent moves to the end, so that no symbol is kept waiting by the others.
    for (const kind of KINDS) {
      for (const [symbol, sent] of [...subscriber.reading[kind].behind]) {
        if (subscriber.outlet.bufferedBytes() > roomBytes) return false;
        if (this.#head(kind, symbol) <= sent) continue;
        if (!this.#sendConflated(subscriber, kind, { symbol, sent })) return false;
        subscriber.reading[kind].behind.delete(symbol);
        subscriber.reading[kind].behind.set(symbol, this.published(symbol));
      }
    }
    if (subscriber.outlet.bufferedBytes() > roomBytes) return false;
    this.#speedUp(subscriber);
    return true;
  }

  #sendConflated(
    subscriber: Subscriber,
    kind: ReadingKind,
    { symbol, sent }: { readonly symbol: number; readonly sent: number },
  ): boolean {
    const { log, clock, metrics } = this.#options;
    const seq = this.published(symbol);
    const message = subscriber.dialect[kind](log.read(symbol, seq, sent + 1), clock.nowUs());
    if (message !== undefined && !subscriber.send(message)) return false;
    metrics.conflated += seq - sent - 1;
    return true;
  }

  #sendNew({ subscriber, kind, symbol }: PacedReader, sent: number): number | 'no_room' {
    if (this.#head(kind, symbol) <= sent) return sent;
    if (subscriber.outlet.bufferedBytes() > this.#options.limits.softBufferedBytes) return 'no_room';
    return this.#sendConflated(subscriber, kind, { symbol, sent }) ? this.published(symbol) : sent;
  }

  #slowDown(subscriber: Subscriber): void {
    if (subscriber.isSlow) return;
    subscriber.isSlow = true;
    this.#options.metrics.slowSockets++;
    for (const kind of KINDS) {
      const { symbols, behind, paced } = subscriber.reading[kind];
      for (const symbol of symbols) {
        if (paced.has(symbol)) continue;
        this.#exit(subscriber, kind, symbol);
        behind.set(symbol, this.published(symbol));
      }
    }
  }

  #speedUp(subscriber: Subscriber): void {
    subscriber.isSlow = false;
    this.#options.metrics.slowSockets--;
    for (const kind of KINDS) {
      const { symbols, behind, paced } = subscriber.reading[kind];
      behind.clear();
      for (const symbol of symbols) if (!paced.has(symbol)) this.#enter(subscriber, kind, symbol);
    }
  }

  /** Number of the last event of a kind that was given out. */
  #head(kind: ReadingKind, symbol: number): number {
    const published = this.published(symbol);
    return kind === 'ticker' ? published : Math.min(published, this.#options.log.tradeHead(symbol));
  }

  #enter(subscriber: Subscriber, kind: ReadingKind, symbol: number): void {
    const lane = this.#laneOf(subscriber, kind);
    lane.readers[symbol] = (lane.readers[symbol] as number) + 1;
    subscriber.outlet.join(lane.topics[symbol] as string);
  }

  #exit(subscriber: Subscriber, kind: ReadingKind, symbol: number): void {
    const lane = this.#laneOf(subscriber, kind);
    lane.readers[symbol] = (lane.readers[symbol] as number) - 1;
    subscriber.outlet.leave(lane.topics[symbol] as string);
  }

  #laneOf(subscriber: Subscriber, kind: ReadingKind): Lane {
    const lane = this.#lanes.find((one) => one.dialect === subscriber.dialect && one.kind === kind);
    if (lane === undefined) throw new RangeError(`no lane for dialect ${subscriber.dialect.name}`);
    return lane;
  }
}

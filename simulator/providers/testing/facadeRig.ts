import type { Tick } from '../../../market/types.ts';
import { calendarOf } from '../../tapeCalendar.ts';
import { VirtualTime } from '../../virtualTime.ts';
import type { Facade, FacadeSession, FacadeSocket, ProviderAnswer, ProviderKind } from '../facade.ts';
import { FanOut, type Reader } from '../fanOut.ts';
import { MarketBook } from '../marketBook.ts';
import { CLOSE_US, OPEN_US, quoteAt, SYMBOLS, tradeAt } from './testHost.ts';

export interface RigOptions {
  readonly plan?: string;
  readonly keys?: readonly string[];
  readonly symbols?: readonly string[];
  /** Where its time starts, ms after the open. Default 0. */
  readonly startMs?: number;
}

/** A façade over a market of its own, without a transport: what it answers is there at once, and its time is a virtual one. */
export class FacadeRig {
  readonly time: VirtualTime;
  readonly market: MarketBook;
  readonly facade: Facade;
  readonly #fanOut: FanOut;
  readonly #kind: ProviderKind;
  /** What a scenario would say of the link. */
  link = { refusesAuth: false, isRateLimited: false };

  constructor(kind: ProviderKind, options: RigOptions = {}) {
    const { symbols = SYMBOLS, startMs = 0 } = options;
    this.time = new VirtualTime(OPEN_US + startMs * 1_000);
    const instruments = symbols.map((symbol, index) => ({
      symbol,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: 9_900,
    }));
    const header = {
      version: 1,
      name: 'rig',
      seed: 1,
      origin: { kind: 'recorded', description: 'made by a test', sources: [] },
      instruments,
      sessionDate: '2020-03-16',
      sessionOpenUs: OPEN_US,
      sessionCloseUs: CLOSE_US,
      firstEventUs: OPEN_US,
      lastEventUs: CLOSE_US,
      events: 0,
      trades: 0,
      quotes: 0,
      sha256: '',
      eventHash: '',
    } as const;
    this.market = new MarketBook({
      header,
      time: { marketNowUs: this.time.nowUs, shownUs: (eventTimeUs) => eventTimeUs },
      calendar: calendarOf(header),
      bar: (bar) => this.facade.bar?.(bar),
    });
    this.#fanOut = new FanOut(this.time.timers);
    this.#kind = kind;
    let drawn = 0;
    this.facade = kind.create({
      market: this.market,
      output: this.#fanOut,
      nowUs: this.time.nowUs,
      plan: options.plan ?? Object.keys(kind.plans)[0] ?? '',
      keys: options.keys,
      link: () => this.link,
      isLenient: false,
      random: () => (++drawn * 0.618_033_988_75) % 1,
    });
  }

  /** A trade of 100 at 100.00, `ms` after the open; the clock goes there. */
  trade(ms: number, values: Partial<Tick> = {}): void {
    this.#play(tradeAt(ms, values));
  }

  /** A quote of 99.99 to 100.01. */
  quote(ms: number, values: Partial<Tick> = {}): void {
    this.#play(quoteAt(ms, values));
  }

  /** Lets time pass up to `ms` after the open: bars end, and what is owed is sent. */
  passTo(ms: number): void {
    this.time.runTo(OPEN_US + ms * 1_000);
    this.market.hasSeconds = this.facade.wantsSeconds?.() ?? false;
    this.market.advance(this.time.nowUs());
    this.time.runTo(this.time.nowUs());
  }

  /** Opens a socket at a path with its query. @throws Error when it is refused, with the status */
  connect(target: string): RigSocket {
    const { path, query } = parse(target);
    const request = { method: 'GET', path, query, headers: {}, body: '', remoteAddress: '127.0.0.1' };
    const refusal = this.facade.refuse?.(request);
    if (refusal !== undefined) throw new Error(`refused with ${refusal.status}: ${refusal.body}`);
    return new RigSocket({ path, query, time: this.time, fanOut: this.#fanOut, facade: this.facade });
  }

  /** Asks by HTTP. @throws Error when there is no such route */
  ask(
    target: string,
    options: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    } = {},
  ): ProviderAnswer & { readonly json: unknown } {
    const answer = this.tryAsk(target, options);
    if (answer === undefined) throw new Error(`${this.#kind.name} has no ${target}`);
    const isJson = answer.contentType === undefined;
    return { ...answer, json: isJson ? JSON.parse(answer.body) : undefined };
  }

  tryAsk(
    target: string,
    options: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    } = {},
  ): ProviderAnswer | undefined {
    const { method = 'GET', headers = {}, body = '' } = options;
    return this.facade.request?.({ ...parse(target), method, headers, body, remoteAddress: '127.0.0.1' });
  }

  #play(tick: Tick): void {
    this.passTo((tick.eventTimeUs - OPEN_US) / 1_000);
    const { eventTimeUs } = tick;
    this.market.tick(tick, eventTimeUs, eventTimeUs);
    this.facade.tick?.(tick, { eventTimeUs, dueTimeUs: eventTimeUs, shownTimeUs: eventTimeUs });
    this.time.runTo(eventTimeUs);
  }
}

interface RigSocketOptions {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly time: VirtualTime;
  readonly fanOut: FanOut;
  readonly facade: Facade;
}

/** A client's end of a rig's connection: what was sent to it, and how it ended. */
export class RigSocket implements FacadeSocket, Reader {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers = {};
  readonly remoteAddress = '127.0.0.1';
  readonly pending: string[] = [];
  pendingMark = 0;
  /** Frames, oldest first. */
  readonly frames: string[] = [];
  /** Pings of the façade so far. */
  pinged = 0;
  /** Whether the client is one that answers them. */
  answersPings = true;
  /** The close code and its reason; code 1006 without a close frame. */
  ended: { readonly code: number; readonly reason: string } | undefined;
  readonly #options: RigSocketOptions;
  readonly #topics = new Set<string>();
  readonly #callOffs: (() => void)[] = [];
  readonly #controls: (() => void)[] = [];
  readonly #session: FacadeSession | undefined;

  constructor(options: RigSocketOptions) {
    this.#options = options;
    this.path = options.path;
    this.query = options.query;
    this.#session = options.facade.connect?.(this);
  }

  /** All frames so far, parsed. */
  get heard(): unknown[] {
    return this.frames.map((text) => JSON.parse(text));
  }

  /** The client sends a frame; returns what came back at once, parsed. */
  says(frame: unknown): unknown[] {
    const before = this.frames.length;
    if (this.ended === undefined) this.#session?.message(typeof frame === 'string' ? frame : JSON.stringify(frame));
    return this.heard.slice(before);
  }

  /** The client sends a ping or a pong. */
  pings(): void {
    for (const callback of this.#controls) callback();
  }

  /** The client goes. */
  leaves(): void {
    this.#finish(1006, '');
  }

  readonly send = (text: string): void => {
    this.flush();
    if (this.ended === undefined) this.frames.push(text);
  };
  readonly subscribe = (topic: string): void => {
    this.#topics.add(topic);
    this.#options.fanOut.join(topic, this);
  };
  readonly unsubscribe = (topic: string): void => {
    this.#topics.delete(topic);
    this.#options.fanOut.leave(topic, this);
  };
  readonly isSubscribed = (topic: string): boolean => this.#topics.has(topic);
  readonly topics = (): Iterable<string> => this.#topics;
  readonly end = (code: number, reason: string): void => {
    this.flush();
    this.#finish(code, reason);
  };
  readonly terminate = (): void => this.#finish(1006, '');
  readonly ping = (): void => {
    this.pinged++;
    if (this.answersPings) this.pings();
  };
  readonly after = (delayMs: number, callback: () => void): (() => void) => {
    const callOff = this.#options.time.timers.after(delayMs, callback);
    this.#callOffs.push(callOff);
    return callOff;
  };
  readonly onControl = (callback: () => void): void => {
    this.#controls.push(callback);
  };
  readonly flush = (): void => {
    if (this.pending.length === 0) return;
    const { batch, frames } = this.#options.facade;
    if (frames !== undefined) this.frames.push(...frames(this.pending, this));
    else if (batch !== undefined) this.frames.push(batch(this.pending));
    else this.frames.push(...this.pending);
    this.pending.length = 0;
  };

  #finish(code: number, reason: string): void {
    if (this.ended !== undefined) return;
    this.ended = { code, reason };
    for (const topic of [...this.#topics]) this.unsubscribe(topic);
    for (const callOff of this.#callOffs) callOff();
    this.#session?.closed();
  }
}

function parse(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  return { path, query: new URLSearchParams(at < 0 ? '' : target.slice(at + 1)) };
}

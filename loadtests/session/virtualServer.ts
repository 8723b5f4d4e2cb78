import type { PatternEvent } from '../../market/patterns/types.ts';
import type { Command, CommandOutcome, Instrument, MarketEvent, Tick } from '../../market/types.ts';
import type { PlacingFrame } from '../../protocol/generatorPlan.ts';
import type { ClientFrame, ServerFrame, SubscribeFrame } from '../../protocol/messages.ts';
import type { PollAnswer, PollCursors } from '../../protocol/poll.ts';
import { dueTimeUs, type Schedule } from '../../protocol/run.ts';
import type { VirtualTime } from '../../simulator/virtualTime.ts';
import { Books } from '../faulty/books.ts';
import { plant } from '../faulty/plant.ts';
import type { Fault, FaultFilter } from '../faulty/types.ts';
import { MINUTE_US } from '../oracle/bars.ts';
import { type ModelBar, ModelFrames } from './modelFrames.ts';
import type { Connection, ConnectRequest } from './ports.ts';

/** What the model server needs of an engine; tests hand in the real one. */
export interface ModelEngine {
  readonly onTick: (tick: Tick) => boolean;
  readonly onCommand: (command: Command) => CommandOutcome;
  /** Moves the market's clock on: minutes that end until then close. */
  readonly onClock: (timeUs: number) => void;
}

/** What the model server hears of its engine. */
export interface ModelSinks {
  readonly event: (event: MarketEvent) => void;
  readonly pattern: (event: PatternEvent) => void;
  readonly bar: (bar: ModelBar) => void;
}

export interface VirtualServerOptions {
  readonly time: VirtualTime;
  readonly instruments: readonly Instrument[];
  readonly ticks: readonly Tick[];
  readonly schedule: Schedule;
  readonly fault: Pick<Fault, 'filter' | 'diesAfterUs'>;
  /** Takes what the fault plants; absent: nobody asks. */
  readonly books?: Books;
  /** What a resume is answered with: the history (default), or a snapshot in its place. */
  readonly resumesBy?: 'history' | 'snapshot';
  /** Time that it takes for whatever it sends or gets, µs (default {@link DEFAULT_SERVICE_US}). */
  readonly serviceUs?: number;
  readonly engine: (sinks: ModelSinks) => ModelEngine;
}

export const DEFAULT_SERVICE_US = 800;
const EPOCH = 'e1';
const BY_SYMBOL: ReadonlySet<string> = new Set(['ticker', 'pattern', 'bar.1m']);
/** Channels whose values come at a beat, and the beat, µs. */
const BEATS = [
  ['position.value', 1_000_000],
  ['portfolio', 2_000_000],
] as const;

interface Session {
  readonly request: ConnectRequest;
  readonly filter: FaultFilter;
  /** Streams that it hears: `ticker:AAPL`, `order:acct-1`. */
  readonly streams: Set<string>;
  account: string;
  open: boolean;
  busyUntilUs: number;
  /** What its client doesn't read, while it doesn't. */
  unread: (() => void)[] | undefined;
}

interface Stream {
  readonly frames: { readonly seq: number; readonly text: string }[];
}

/**
 * A sound native server on a virtual clock with whole histories, and a fault between it and its clients: what the real
 * front does to the real server, in no time and always alike.
 */
export class VirtualServer {
  readonly #options: VirtualServerOptions;
  readonly #engine: ModelEngine;
  readonly #frames: ModelFrames;
  readonly #serviceUs: number;
  readonly #books: Books;
  readonly #sessions = new Set<Session>();
  readonly #streams = new Map<string, Stream>();
  readonly #bySymbol: number[];
  #at = 0;
  #isDead = false;

  constructor(options: VirtualServerOptions) {
    this.#options = options;
    this.#serviceUs = options.serviceUs ?? DEFAULT_SERVICE_US;
    this.#books = options.books ?? new Books(options.schedule.startUs);
    this.#frames = new ModelFrames(options);
    this.#engine = options.engine({
      event: (event) => this.#onEvent(event),
      pattern: (event) => this.#onPattern(event),
      bar: (bar) => this.#onBar(bar),
    });
    this.#bySymbol = options.instruments.map(() => 0);
    this.#armTick();
    this.#armMinute(options.schedule.fromEventUs - (options.schedule.fromEventUs % MINUTE_US) + MINUTE_US);
    this.#armHeartbeat();
    for (const [channel, beatUs] of BEATS) this.#armValue(channel, beatUs);
    const { fault, schedule } = options;
    if (fault.diesAfterUs !== undefined) options.time.at(schedule.startUs + fault.diesAfterUs, () => this.#die());
  }

  /** Opens a connection as a client's port does. */
  connect(request: ConnectRequest): Connection {
    const { fault } = this.#options;
    const session: Session = {
      request,
      filter: plant(fault, this.#books),
      streams: new Set(),
      account: '',
      open: true,
      busyUntilUs: 0,
      unread: undefined,
    };
    if (this.#isDead) {
      this.#after(this.#serviceUs, () => request.handlers.onClose(1006, this.#nowUs));
      return { send: () => undefined, close: () => undefined, abort: () => undefined };
    }
    this.#sessions.add(session);
    this.#after(this.#serviceUs, () => session.open && request.handlers.onOpen(this.#nowUs));
    const leave = (): void => {
      session.open = false;
      this.#sessions.delete(session);
    };
    return {
      send: (text) => this.#after(this.#serviceUs, () => session.open && this.#onFrame(session, JSON.parse(text))),
      close: leave,
      abort: () => {
        leave();
        this.#after(this.#serviceUs, () => request.handlers.onClose(1006, this.#nowUs));
      },
      pause: () => {
        session.unread ??= [];
      },
      resume: () => {
        const unread = session.unread ?? [];
        session.unread = undefined;
        for (const read of unread) read();
      },
    };
  }

  /** Resets every connection of the accounts named. */
  cut(accounts: readonly string[]): void {
    this.#reset((session) => accounts.includes(session.account));
  }

  #die(): void {
    this.#isDead = true;
    this.#reset(() => true);
  }

  #reset(isMeant: (session: Session) => boolean): void {
    for (const session of [...this.#sessions]) {
      if (!isMeant(session)) continue;
      session.open = false;
      this.#sessions.delete(session);
      session.request.handlers.onClose(1006, this.#nowUs);
    }
  }

  get #nowUs(): number {
    return this.#options.time.clock.nowUs();
  }

  #after(us: number, action: () => void): void {
    this.#options.time.at(this.#nowUs + us, action);
  }

  #armTick(): void {
    const { ticks, schedule } = this.#options;
    const tick = ticks[this.#at];
    if (tick === undefined) return;
    // What is overdue stays in the order in which it was due: the time left may be negative.
    this.#after(dueTimeUs(schedule, tick.eventTimeUs) - this.#nowUs, () => {
      this.#at += 1;
      this.#bySymbol[tick.symbol] = (this.#bySymbol[tick.symbol] ?? 0) + 1;
      const symbol = this.#frames.symbol(tick.symbol);
      this.#engine.onTick(tick);
      const seq = this.#bySymbol[tick.symbol] ?? 0;
      this.#publish(`ticker:${symbol}`, { seq, text: this.#frames.ticker(tick, seq) });
      this.#armTick();
    });
  }

  /** Minutes close when they are over, also for symbols that have no further tick. */
  #armMinute(endUs: number): void {
    const { schedule } = this.#options;
    if (endUs > schedule.toEventUs) return;
    this.#after(dueTimeUs(schedule, endUs) - this.#nowUs, () => {
      this.#engine.onClock(endUs);
      this.#armMinute(endUs + MINUTE_US);
    });
  }

  #armValue(channel: 'position.value' | 'portfolio', beatUs: number): void {
    this.#after(beatUs, () => {
      for (const session of this.#sessions) {
        const { account } = session;
        if (!session.streams.has(`${channel}:${account}`)) continue;
        const data = channel === 'portfolio' ? { account } : [];
        this.#send(session, JSON.stringify({ type: channel, account, asOfUs: this.#nowUs, computeUs: 40, data }));
      }
      if (this.#isBusy) this.#armValue(channel, beatUs);
    });
  }

  /** Timers go on while there is somebody to serve, or a tick to come. */
  get #isBusy(): boolean {
    return this.#at < this.#options.ticks.length || this.#sessions.size > 0;
  }

  #armHeartbeat(): void {
    this.#after(1_000_000, () => {
      for (const session of this.#sessions) {
        if (session.account === '') continue;
        const heads: Record<string, Record<string, number>> = {};
        for (const name of session.streams) {
          const [channel = '', key = ''] = name.split(':');
          heads[channel] = { ...heads[channel], [key]: this.#head(name) };
        }
        this.#send(session, JSON.stringify({ type: 'heartbeat', serverTimeUs: this.#nowUs, epoch: EPOCH, heads }));
      }
      if (this.#isBusy) this.#armHeartbeat();
    });
  }

  #onFrame(session: Session, frame: ClientFrame): void {
    switch (frame.type) {
      case 'auth':
        session.account = frame.token ?? '';
        this.#send(
          session,
          JSON.stringify({
            type: 'welcome',
            id: frame.id,
            session: 's',
            user: frame.token,
            account: frame.token,
            scopes: [],
            serverTimeUs: this.#nowUs,
            heartbeatMs: 1000,
            limits: {},
            epoch: EPOCH,
          }),
        );
        return;
      case 'ping':
        this.#send(session, JSON.stringify({ type: 'pong', id: frame.id, serverTimeUs: this.#nowUs }));
        return;
      case 'subscribe':
        this.#subscribe(session, frame);
        return;
      case 'unsubscribe':
        for (const key of frame.symbols ?? []) session.streams.delete(`${frame.channel}:${key}`);
        this.#send(session, JSON.stringify({ ...frame, type: 'unsubscribed' }));
        return;
      case 'order.place':
      case 'order.placeList':
        this.#answer(session, this.place(session.account, frame));
        return;
    }
  }

  #subscribe(session: Session, frame: SubscribeFrame): void {
    const keys: string[] = BY_SYMBOL.has(frame.channel) ? [...(frame.symbols ?? [])] : [session.account];
    for (const key of keys) session.streams.add(`${frame.channel}:${key}`);
    const recovered = frame.since !== undefined && this.#options.resumesBy !== 'snapshot';
    this.#send(
      session,
      JSON.stringify({ type: 'subscribed', id: frame.id, channel: frame.channel, symbols: keys, recovered }),
    );
    for (const key of keys) {
      const stream = this.#stream(`${frame.channel}:${key}`);
      const head = this.#head(`${frame.channel}:${key}`);
      if (!recovered) {
        const data = frame.channel === 'order' ? [] : null;
        this.#send(
          session,
          JSON.stringify({ type: 'snapshot', channel: frame.channel, symbol: key, epoch: EPOCH, seq: head, data }),
        );
        continue;
      }
      const from: number = frame.since?.seq[key] ?? 0;
      for (const old of stream.frames) if (old.seq > from) this.#send(session, old.text);
    }
  }

  /** Takes an order or a list, its events first, and returns the answer's frame; undefined for a symbol that isn't there. */
  place(account: string, frame: PlacingFrame): string | undefined {
    const command = this.#frames.command(account, frame);
    return command === undefined ? undefined : this.#frames.answer(frame, this.#engine.onCommand(command));
  }

  /** Answers `/api/poll`: all that came after the numbers given. */
  poll(since: PollCursors): PollAnswer {
    const channels: Record<string, Record<string, ServerFrame[]>> = {};
    for (const [channel, cursor] of Object.entries(since)) {
      for (const [key, seq] of Object.entries(cursor.seq)) {
        const later = this.#stream(`${channel}:${key}`).frames.filter((frame) => frame.seq > seq);
        if (later.length > 0)
          channels[channel] = { ...channels[channel], [key]: later.map((frame) => JSON.parse(frame.text)) };
      }
    }
    return { epoch: EPOCH, channels, cursor: since, more: false };
  }

  #answer(session: Session, text: string | undefined): void {
    if (text !== undefined) this.#send(session, text);
  }

  #onEvent(event: MarketEvent): void {
    const account = event.kind === 'order' ? event.order.account : event.account;
    const isRatchet = event.kind === 'order' && event.reason === 'ratcheted';
    const name = `${event.kind}:${account}`;
    const seq = this.#head(name) + 1;
    this.#publish(name, { seq, text: this.#frames.event(event, isRatchet ? undefined : seq) }, !isRatchet);
  }

  #onPattern(event: PatternEvent): void {
    const name = `pattern:${this.#frames.symbol(event.symbol)}`;
    const seq = this.#head(name) + 1;
    this.#publish(name, { seq, text: this.#frames.pattern(event, seq) });
  }

  #onBar(bar: ModelBar): void {
    const name = `bar.1m:${this.#frames.symbol(bar.symbol)}`;
    const seq = this.#head(name) + 1;
    this.#publish(name, { seq, text: this.#frames.bar(bar, seq) });
  }

  /** Keeps an event in its stream's history, unless it has no number, and sends it to those who hear the stream. */
  #publish(name: string, frame: { readonly seq: number; readonly text: string }, isKept = true): void {
    if (isKept) this.#stream(name).frames.push(frame);
    for (const session of this.#sessions) if (session.streams.has(name)) this.#send(session, frame.text);
  }

  #stream(name: string): Stream {
    const known = this.#streams.get(name) ?? { frames: [] };
    this.#streams.set(name, known);
    return known;
  }

  #head(name: string): number {
    return this.#stream(name).frames.at(-1)?.seq ?? 0;
  }

  /** Through the fault, each frame at its time, in order unless the fault says otherwise. */
  #send(session: Session, text: string): void {
    const nowUs = this.#nowUs;
    for (const release of session.filter.onFrame(text, nowUs)) {
      const readyUs = release.atUs + this.#serviceUs;
      const atUs = release.isAside === true ? readyUs : Math.max(readyUs, session.busyUntilUs);
      if (release.isAside !== true) session.busyUntilUs = atUs;
      this.#after(atUs - nowUs, () => {
        const read = (): void => {
          if (session.open) session.request.handlers.onMessage(release.text, this.#nowUs);
        };
        if (session.unread === undefined) read();
        else session.unread.push(read);
      });
    }
  }
}

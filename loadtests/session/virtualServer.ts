import type { PatternEvent } from '../../market/patterns/types.ts';
import type { Command, CommandOutcome, Instrument, MarketEvent, OrderView, Tick } from '../../market/types.ts';
import type { ClientFrame, OrderPlaceFrame, SubscribeFrame } from '../../protocol/messages.ts';
import { dueTimeUs, type Schedule } from '../../protocol/run.ts';
import type { VirtualTime } from '../../simulator/virtualTime.ts';
import type { Fault, FaultFilter } from '../faulty/faults.ts';
import { TRADE } from '../gate/part.ts';
import { MINUTE_US } from '../oracle/bars.ts';
import { decimalFromUnits, unitsFromDecimal } from '../oracle/decimal.ts';
import type { Connection, ConnectRequest } from './ports.ts';

/** What the model server needs of an engine; tests hand in the real one. */
export interface ModelEngine {
  readonly onTick: (tick: Tick) => boolean;
  readonly onCommand: (command: Command) => CommandOutcome;
  /** Moves the market's clock on: minutes that end until then close. */
  readonly onClock: (timeUs: number) => void;
}

/** A one-minute bar that has closed: prices in ticks, volume in lots. */
export interface ModelBar {
  readonly symbol: number;
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
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
  readonly fault: Pick<Fault, 'filter'>;
  /** What a resume is answered with: the history (default), or a snapshot in its place. */
  readonly resumesBy?: 'history' | 'snapshot';
  /** Time that it takes for whatever it sends or gets, µs (default 800). */
  readonly serviceUs?: number;
  readonly engine: (sinks: ModelSinks) => ModelEngine;
}

const EPOCH = 'e1';
const BY_SYMBOL: ReadonlySet<string> = new Set(['ticker', 'pattern', 'bar.1m']);
const FRAME_NAMES = ['1m', '5m', '15m', '1h'] as const;
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
  readonly #serviceUs: number;
  readonly #sessions = new Set<Session>();
  readonly #streams = new Map<string, Stream>();
  readonly #bySymbol: readonly number[];
  #at = 0;

  constructor(options: VirtualServerOptions) {
    this.#options = options;
    this.#serviceUs = options.serviceUs ?? 800;
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
  }

  /** Opens a connection as a client's port does. */
  connect(request: ConnectRequest): Connection {
    const { fault, schedule } = this.#options;
    const session: Session = {
      request,
      filter: fault.filter(schedule.startUs),
      streams: new Set(),
      account: '',
      open: true,
      busyUntilUs: 0,
    };
    this.#sessions.add(session);
    this.#after(this.#serviceUs, () => request.handlers.onOpen(this.#nowUs));
    const leave = (): void => {
      session.open = false;
      this.#sessions.delete(session);
    };
    return {
      send: (text) => this.#after(this.#serviceUs, () => session.open && this.#onFrame(session, JSON.parse(text))),
      close: leave,
      abort: leave,
    };
  }

  /** Resets every connection of the accounts named. */
  cut(accounts: readonly string[]): void {
    for (const session of [...this.#sessions]) {
      if (!accounts.includes(session.account)) continue;
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
    const { ticks, schedule, instruments } = this.#options;
    const tick = ticks[this.#at];
    if (tick === undefined) return;
    // What is overdue stays in the order in which it was due: the time left may be negative.
    this.#after(dueTimeUs(schedule, tick.eventTimeUs) - this.#nowUs, () => {
      this.#at += 1;
      (this.#bySymbol as number[])[tick.symbol] = (this.#bySymbol[tick.symbol] ?? 0) + 1;
      const symbol = instruments[tick.symbol]?.symbol ?? '';
      this.#engine.onTick(tick);
      const seq = this.#bySymbol[tick.symbol] ?? 0;
      const data = { last: tick.kind === TRADE ? tick.price : null };
      const text = JSON.stringify({ type: 'ticker', symbol, seq, data, ...this.#times(tick.eventTimeUs) });
      this.#publish(`ticker:${symbol}`, { seq, text });
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
      case 'order.place':
        this.#place(session, frame);
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

  #place(session: Session, frame: OrderPlaceFrame): void {
    const instrument = this.#options.instruments.find((one) => one.symbol === frame.symbol);
    if (instrument === undefined) return;
    const price = (text: string): number => unitsFromDecimal(text, instrument.priceDecimals) ?? Number.NaN;
    const offset = frame.trailingOffset;
    const outcome = this.#engine.onCommand({
      kind: 'place',
      account: session.account,
      clientOrderId: frame.clientOrderId,
      symbol: instrument.index,
      side: frame.side,
      type: frame.orderType,
      quantity: Number(frame.quantity),
      ...(frame.triggerPrice === undefined ? {} : { triggerPrice: price(frame.triggerPrice) }),
      ...(offset === undefined
        ? {}
        : {
            trailingOffset: {
              kind: offset.kind,
              value: offset.kind === 'price' ? price(offset.value) : Number(offset.value),
            },
          }),
    });
    if (outcome.kind === 'rejected') {
      this.#send(
        session,
        JSON.stringify({
          type: 'error',
          id: frame.id,
          code: 'order_rejected',
          message: outcome.reason,
          retryable: false,
          retryAfterMs: 0,
          reason: outcome.reason,
          clientOrderId: frame.clientOrderId,
        }),
      );
      return;
    }
    this.#send(
      session,
      JSON.stringify({
        type: 'order.accepted',
        id: frame.id,
        data: this.#orderData(outcome.order),
        duplicate: outcome.kind === 'duplicate',
      }),
    );
  }

  #onEvent(event: MarketEvent): void {
    const account = event.kind === 'order' ? event.order.account : event.account;
    const isRatchet = event.kind === 'order' && event.reason === 'ratcheted';
    const stream = this.#stream(`${event.kind}:${account}`);
    const seq = stream.frames.length + 1;
    const common = {
      account,
      ...(isRatchet ? {} : { seq }),
      tickSeq: event.tickSeq,
      ...this.#times(event.eventTimeUs),
    };
    const frame =
      event.kind === 'order'
        ? { type: 'order', ...common, reason: event.reason, data: this.#orderData(event.order) }
        : {
            type: 'execution',
            ...common,
            data: {
              executionId: String(event.executionId),
              orderId: String(event.orderId),
              clientOrderId: event.clientOrderId,
              symbol: this.#symbol(event.symbol),
              side: event.side,
              lastPrice: this.#price(event.symbol, event.lastPrice),
              lastQuantity: String(event.lastQuantity),
              leavesQuantity: String(event.leavesQuantity),
            },
          };
    this.#publish(`${event.kind}:${account}`, { seq, text: JSON.stringify(frame) }, !isRatchet);
  }

  #onPattern(event: PatternEvent): void {
    const symbol = this.#symbol(event.symbol);
    const seq = this.#head(`pattern:${symbol}`) + 1;
    const { fromUs, toUs, barCount } = event.formation;
    const timeFrame = FRAME_NAMES[event.frame];
    const data = { patternType: event.type, timeFrame, confidence: event.confidence, fromUs, toUs, barCount };
    const times = this.#times(toUs + event.minutes * MINUTE_US);
    this.#publish(`pattern:${symbol}`, { seq, text: JSON.stringify({ type: 'pattern', symbol, seq, data, ...times }) });
  }

  #onBar(bar: ModelBar): void {
    const symbol = this.#symbol(bar.symbol);
    const seq = this.#head(`bar.1m:${symbol}`) + 1;
    const number = (units: number): number => Number(this.#price(bar.symbol, units));
    const { startUs, open, high, low, close, volume } = bar;
    const prices = { open: number(open), high: number(high), low: number(low), close: number(close) };
    const data = { startUs, ...prices, volume, isClosed: true, isCorrection: false };
    const times = this.#times(startUs + MINUTE_US);
    const text = JSON.stringify({ type: 'bar', channel: 'bar.1m', symbol, seq, data, ...times });
    this.#publish(`bar.1m:${symbol}`, { seq, text });
  }

  /** Keeps an event in its stream's history, unless it has no number, and sends it to those who hear the stream. */
  #publish(name: string, frame: { readonly seq: number; readonly text: string }, isKept = true): void {
    if (isKept) this.#stream(name).frames.push(frame);
    for (const session of this.#sessions) if (session.streams.has(name)) this.#send(session, frame.text);
  }

  #orderData(order: OrderView) {
    return {
      account: order.account,
      orderId: String(order.orderId),
      clientOrderId: order.clientOrderId,
      symbol: this.#symbol(order.symbol),
      side: order.side,
      orderType: order.type,
      status: order.status,
      quantity: String(order.quantity),
      leavesQuantity: String(order.leavesQuantity),
      cumulativeQuantity: String(order.cumulativeQuantity),
      ...(order.triggerPrice === undefined ? {} : { triggerPrice: this.#price(order.symbol, order.triggerPrice) }),
      ...(order.rejectReason === undefined ? {} : { rejectReason: order.rejectReason }),
    };
  }

  #times(eventTimeUs: number) {
    const nowUs = this.#nowUs;
    return {
      eventTimeUs,
      dueTimeUs: Math.round(dueTimeUs(this.#options.schedule, eventTimeUs)),
      receivedTimeUs: nowUs,
      sentTimeUs: nowUs,
    };
  }

  #symbol(index: number): string {
    return this.#options.instruments[index]?.symbol ?? '';
  }

  #price(index: number, units: number): string {
    return decimalFromUnits(units, this.#options.instruments[index]?.priceDecimals ?? 0);
  }

  #stream(name: string): Stream {
    const known = this.#streams.get(name) ?? { frames: [] };
    this.#streams.set(name, known);
    return known;
  }

  #head(name: string): number {
    return this.#stream(name).frames.at(-1)?.seq ?? 0;
  }

  /** Through the fault, in order, each frame at its time. */
  #send(session: Session, text: string): void {
    const nowUs = this.#nowUs;
    for (const release of session.filter.onFrame(text, nowUs)) {
      const atUs = Math.max(release.atUs + this.#serviceUs, session.busyUntilUs);
      session.busyUntilUs = atUs;
      this.#after(atUs - nowUs, () => {
        if (session.open) session.request.handlers.onMessage(release.text, this.#nowUs);
      });
    }
  }
}

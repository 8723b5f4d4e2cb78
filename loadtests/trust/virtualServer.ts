import type { Command, CommandOutcome, Instrument, MarketEvent, OrderView, Tick } from '../../market/types.ts';
import type { ClientFrame, OrderPlaceFrame, SubscribeFrame } from '../../protocol/messages.ts';
import { dueTimeUs, type Schedule } from '../../protocol/run.ts';
import type { VirtualTime } from '../../simulator/virtualTime.ts';
import type { Fault, FaultFilter } from '../faulty/faults.ts';
import { TRADE } from '../gate/part.ts';
import { decimalFromUnits, unitsFromDecimal } from '../oracle/decimal.ts';
import type { Connection, ConnectRequest } from '../session/ports.ts';

/** What the model server needs of an engine; tests hand in the real one. */
export interface ModelEngine {
  readonly onTick: (tick: Tick) => boolean;
  readonly onCommand: (command: Command) => CommandOutcome;
}

export interface VirtualServerOptions {
  readonly time: VirtualTime;
  readonly instruments: readonly Instrument[];
  readonly ticks: readonly Tick[];
  readonly schedule: Schedule;
  readonly fault: Fault;
  readonly engine: (sink: (event: MarketEvent) => void) => ModelEngine;
}

/** Time that the model server takes for whatever it sends, µs. */
const SERVICE_US = 800;
const EPOCH = 'e1';

interface Session {
  readonly request: ConnectRequest;
  readonly filter: FaultFilter;
  readonly tickers: Set<string>;
  readonly channels: Set<string>;
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
  readonly #sessions = new Set<Session>();
  readonly #streams = new Map<string, Stream>();
  readonly #bySymbol: readonly number[];
  #at = 0;

  constructor(options: VirtualServerOptions) {
    this.#options = options;
    this.#engine = options.engine((event) => this.#onEvent(event));
    this.#bySymbol = options.instruments.map(() => 0);
    this.#armTick();
    this.#armHeartbeat();
  }

  /** Opens a connection as a client's port does. */
  connect(request: ConnectRequest): Connection {
    const { fault, schedule } = this.#options;
    const session: Session = {
      request,
      filter: fault.filter(schedule.startUs),
      tickers: new Set(),
      channels: new Set(),
      account: '',
      open: true,
      busyUntilUs: 0,
    };
    this.#sessions.add(session);
    this.#after(SERVICE_US, () => request.handlers.onOpen(this.#nowUs));
    const leave = (): void => {
      session.open = false;
      this.#sessions.delete(session);
    };
    return {
      send: (text) => this.#after(SERVICE_US, () => session.open && this.#onFrame(session, JSON.parse(text))),
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
    this.#options.time.timers.after(us / 1000, action);
  }

  #armTick(): void {
    const { ticks, schedule, instruments } = this.#options;
    const tick = ticks[this.#at];
    if (tick === undefined) return;
    this.#after(Math.max(0, dueTimeUs(schedule, tick.eventTimeUs) - this.#nowUs), () => {
      this.#at += 1;
      (this.#bySymbol as number[])[tick.symbol] = (this.#bySymbol[tick.symbol] ?? 0) + 1;
      const symbol = instruments[tick.symbol]?.symbol ?? '';
      this.#engine.onTick(tick);
      const seq = this.#bySymbol[tick.symbol] ?? 0;
      const data = { last: tick.kind === TRADE ? tick.price : null };
      const text = JSON.stringify({ type: 'ticker', symbol, seq, data, ...this.#times(tick.eventTimeUs) });
      this.#stream(`ticker:${symbol}`).frames.push({ seq, text });
      for (const session of this.#sessions) if (session.tickers.has(symbol)) this.#send(session, text);
      this.#armTick();
    });
  }

  #armHeartbeat(): void {
    this.#after(1_000_000, () => {
      for (const session of this.#sessions) {
        if (session.account === '') continue;
        const ticker = Object.fromEntries(
          [...session.tickers].map((symbol) => [symbol, this.#head(`ticker:${symbol}`)]),
        );
        const account = session.account;
        const heads = {
          ticker,
          order: { [account]: this.#head(`order:${account}`) },
          execution: { [account]: this.#head(`execution:${account}`) },
        };
        this.#send(session, JSON.stringify({ type: 'heartbeat', serverTimeUs: this.#nowUs, epoch: EPOCH, heads }));
      }
      if (this.#at < this.#options.ticks.length || this.#sessions.size > 0) this.#armHeartbeat();
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
    const keys: string[] = frame.channel === 'ticker' ? [...(frame.symbols ?? [])] : [session.account];
    if (frame.channel === 'ticker') for (const symbol of keys) session.tickers.add(symbol);
    session.channels.add(frame.channel);
    const recovered = frame.since !== undefined;
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
    const text = JSON.stringify(frame);
    if (!isRatchet) stream.frames.push({ seq, text });
    for (const session of this.#sessions) {
      if (session.account === account && session.channels.has(event.kind)) this.#send(session, text);
    }
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
      const atUs = Math.max(release.atUs + SERVICE_US, session.busyUntilUs);
      session.busyUntilUs = atUs;
      this.#after(atUs - nowUs, () => {
        if (session.open) session.request.handlers.onMessage(release.text, this.#nowUs);
      });
    }
  }
}

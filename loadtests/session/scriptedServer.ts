import type { ExecutionFrame, OrderFrame, OrderPlaceFrame, TickerFrame } from '../../protocol/messages.ts';
import { dueTimeUs, type Schedule } from '../../protocol/run.ts';
import type { VirtualTime } from '../../simulator/virtualTime.ts';
import type { Connection, ConnectRequest } from './ports.ts';

/** What is wrong with a scripted server. */
export interface ServerFaults {
  /** Every frame leaves so much later. */
  readonly delayUs?: number;
  /** It does nothing for `forUs` at the end of every `everyUs`. */
  readonly stall?: { readonly everyUs: number; readonly forUs: number };
  /** Every n-th ticker frame of a connection is left out, sent twice, or sent after its stream's next one. */
  readonly dropEvery?: number;
  readonly doubleEvery?: number;
  readonly swapEvery?: number;
  /** Leaves out the first event of every history that it sends after a resume, or sends the last one known once more. */
  readonly resume?: 'hole' | 'repeat' | 'snapshot';
  /** Its schedule falls behind by this share of the time; the frames' `dueTimeUs` follow it. */
  readonly slipShare?: number;
  /** Sends every event so long before it is due. */
  readonly earlyUs?: number;
  /** Never answers: connections, subscriptions, orders. */
  readonly silent?: 'welcome' | 'subscribe' | 'orders' | 'heartbeat';
  /** Sends nothing more of this symbol from its n-th event on, while heartbeats tell its head. */
  readonly loseTail?: { readonly symbol: string; readonly fromSeq: number };
  /** Orders trigger so many ticks of their symbol later than they must. */
  readonly triggerLateTicks?: number;
  /** Answers orders with this error. */
  readonly orderError?: string;
}

/** One event of a scripted tape. */
export interface ScriptedEvent {
  readonly symbol: string;
  readonly eventTimeUs: number;
}

type Sequenced = (OrderFrame | ExecutionFrame) & { readonly seq: number };

interface Link {
  readonly request: ConnectRequest;
  open: boolean;
  account: string;
  readonly channels: Set<string>;
  readonly symbols: Set<string>;
  tickers: number;
  readonly held: Map<string, string>;
}

interface WorkingOrder {
  readonly account: string;
  readonly frame: OrderPlaceFrame;
  ticksLeft: number;
}

const NETWORK_US = 100;
/** A stop triggers on so many ticks of its symbol after it was taken. */
export const TRIGGERS_AFTER_TICKS = 5;

/**
 * A small server of the native stream on a virtual clock, sound or with one known fault, to prove by that the clients
 * see what is there. A client's account is its token.
 */
export class ScriptedServer {
  readonly #time: VirtualTime;
  readonly #schedule: Schedule;
  readonly #faults: ServerFaults;
  readonly #links = new Set<Link>();
  readonly #tickers = new Map<string, Omit<TickerFrame, 'sentTimeUs'>[]>();
  readonly #accounts = { order: new Map<string, Sequenced[]>(), execution: new Map<string, Sequenced[]>() };
  #working: WorkingOrder[] = [];
  /** What came in a stall, in order. */
  readonly #backlog: (() => void)[] = [];
  readonly #epoch = 'epoch-1';

  constructor(options: {
    readonly time: VirtualTime;
    readonly schedule: Schedule;
    readonly events: readonly ScriptedEvent[];
    readonly faults?: ServerFaults;
  }) {
    this.#time = options.time;
    this.#schedule = options.schedule;
    this.#faults = options.faults ?? {};
    for (const event of options.events) {
      this.#tickers.set(event.symbol, []);
      const dueUs = dueTimeUs(options.schedule, event.eventTimeUs);
      const slipUs = (dueUs - options.schedule.startUs) * (this.#faults.slipShare ?? 0);
      this.#time.at(dueUs + slipUs - (this.#faults.earlyUs ?? 0), () => this.#work(() => this.#tick(event)));
    }
    this.#heartbeat();
  }

  /** The `connect` of the clients' ports. */
  readonly connect = (request: ConnectRequest): Connection => {
    const link: Link = {
      request,
      open: true,
      account: '',
      channels: new Set(),
      symbols: new Set(),
      tickers: 0,
      held: new Map(),
    };
    this.#links.add(link);
    this.#time.at(this.#time.nowUs() + NETWORK_US, () => {
      if (link.open) request.handlers.onOpen(this.#time.nowUs());
    });
    return {
      send: (text) => {
        this.#time.at(this.#time.nowUs() + NETWORK_US, () => this.#work(() => this.#command(link, JSON.parse(text))));
      },
      close: () => this.#drop(link, 1000),
      abort: () => this.#drop(link, 1006),
    };
  };

  /** Ends every connection with `code`; 1006 is a reset. */
  cut(code = 1006): void {
    for (const link of [...this.#links]) this.#drop(link, code);
  }

  #drop(link: Link, code: number): void {
    if (!link.open) return;
    link.open = false;
    this.#links.delete(link);
    this.#time.at(this.#time.nowUs() + NETWORK_US, () => link.request.handlers.onClose(code, this.#time.nowUs()));
  }

  /** Does a piece of work now, or when the stall is over. */
  #work(action: () => void): void {
    const { stall } = this.#faults;
    const nowUs = this.#time.nowUs();
    const phaseUs = stall === undefined ? 0 : (nowUs - this.#schedule.startUs) % stall.everyUs;
    const isStalled = stall !== undefined && phaseUs >= stall.everyUs - stall.forUs;
    if (!isStalled && this.#backlog.length === 0) {
      action();
      return;
    }
    this.#backlog.push(action);
    if (stall === undefined || this.#backlog.length > 1) return;
    this.#time.at(nowUs + stall.everyUs - phaseUs, () => {
      for (const held of this.#backlog.splice(0)) held();
    });
  }

  #send(link: Link, frame: object): void {
    this.#sendText(link, JSON.stringify(frame));
  }

  #sendText(link: Link, text: string): void {
    this.#time.at(this.#time.nowUs() + NETWORK_US + (this.#faults.delayUs ?? 0), () => {
      if (link.open) link.request.handlers.onMessage(text, this.#time.nowUs());
    });
  }

  #tick(event: ScriptedEvent): void {
    const history = this.#tickers.get(event.symbol) ?? [];
    const nowUs = this.#time.nowUs();
    const dueUs = this.#faults.slipShare === undefined ? dueTimeUs(this.#schedule, event.eventTimeUs) : nowUs;
    const seq = history.length + 1;
    const price = 100 + (seq % 7);
    const data = { last: price, lastSize: 1, bid: null, ask: null, bidSize: null, askSize: null, volume: seq };
    history.push({
      type: 'ticker',
      symbol: event.symbol,
      seq,
      data: { ...data, previousClose: null },
      eventTimeUs: event.eventTimeUs,
      dueTimeUs: Math.floor(dueUs),
      receivedTimeUs: nowUs,
    });
    for (const link of this.#links) if (link.symbols.has(event.symbol)) this.#sendTicker(link, event.symbol, seq);
    this.#trigger(event, seq);
  }

  #sendTicker(link: Link, symbol: string, seq: number): void {
    const { dropEvery = 0, doubleEvery = 0, swapEvery = 0, loseTail } = this.#faults;
    if (loseTail !== undefined && loseTail.symbol === symbol && seq >= loseTail.fromSeq) return;
    const text = this.#tickerText(symbol, seq);
    link.tickers += 1;
    if (dropEvery > 0 && link.tickers % dropEvery === 0) return;
    const held = link.held.get(symbol);
    if (swapEvery > 0 && link.tickers % swapEvery === 0 && held === undefined) {
      link.held.set(symbol, text);
      return;
    }
    this.#sendText(link, text);
    if (doubleEvery > 0 && link.tickers % doubleEvery === 0) this.#sendText(link, text);
    if (held !== undefined) this.#sendText(link, held);
    link.held.delete(symbol);
  }

  #tickerText(symbol: string, seq: number): string {
    return JSON.stringify({ ...this.#tickers.get(symbol)?.[seq - 1], sentTimeUs: this.#time.nowUs() });
  }

  #trigger(event: ScriptedEvent, tickSeq: number): void {
    for (const order of this.#working) {
      if (order.frame.symbol !== event.symbol) continue;
      order.ticksLeft -= 1;
      if (order.ticksLeft > 0) continue;
      this.#orderEvent(order, { reason: 'triggered', status: 'TRIGGERED', tickSeq, eventTimeUs: event.eventTimeUs });
      this.#execution(order, { tickSeq, eventTimeUs: event.eventTimeUs });
      this.#orderEvent(order, { reason: 'filled', status: 'FILLED', tickSeq, eventTimeUs: event.eventTimeUs });
    }
    this.#working = this.#working.filter((order) => order.ticksLeft > 0);
  }

  #orderEvent(
    order: WorkingOrder,
    what: { readonly reason: string; readonly status: string; readonly tickSeq: number; readonly eventTimeUs: number },
  ): void {
    const { reason, status, tickSeq, eventTimeUs } = what;
    this.#append('order', order.account, {
      type: 'order',
      reason,
      tickSeq,
      eventTimeUs,
      data: { clientOrderId: order.frame.clientOrderId, status, triggerPrice: order.frame.triggerPrice },
    });
  }

  #execution(order: WorkingOrder, what: { readonly tickSeq: number; readonly eventTimeUs: number }): void {
    const { clientOrderId, quantity } = order.frame;
    const data = { clientOrderId, lastPrice: String(100 + (what.tickSeq % 7)), lastQuantity: quantity };
    this.#append('execution', order.account, { type: 'execution', ...what, data });
  }

  #append(channel: 'order' | 'execution', account: string, frame: object): void {
    const history = this.#history(channel, account);
    const nowUs = this.#time.nowUs();
    const made = { ...frame, account, seq: history.length + 1, receivedTimeUs: nowUs, sentTimeUs: nowUs } as Sequenced;
    history.push(made);
    for (const link of this.#links) {
      if (link.account === account && link.channels.has(channel)) this.#send(link, made);
    }
  }

  #history(channel: 'order' | 'execution', account: string): Sequenced[] {
    const known = this.#accounts[channel].get(account) ?? [];
    this.#accounts[channel].set(account, known);
    return known;
  }

  #command(link: Link, command: Readonly<Record<string, unknown>>): void {
    if (!link.open) return;
    const { type, id } = command;
    if (type === 'auth' && this.#faults.silent !== 'welcome') {
      link.account = String(command['token']);
      this.#send(link, { type: 'welcome', id, account: link.account, epoch: this.#epoch, heartbeatMs: 1000 });
    } else if (type === 'ping') this.#send(link, { type: 'pong', id, serverTimeUs: this.#time.nowUs() });
    else if (type === 'subscribe' && this.#faults.silent !== 'subscribe') this.#subscribe(link, command);
    else if (type === 'order.place' && this.#faults.silent !== 'orders') this.#place(link, command);
  }

  #subscribe(link: Link, command: Readonly<Record<string, unknown>>): void {
    const { id, channel, symbols, since } = command as {
      id: number;
      channel: 'ticker' | 'order' | 'execution';
      symbols?: string[];
      since?: { seq: Record<string, number> };
    };
    const keys = symbols ?? [link.account];
    const recovered = since !== undefined && this.#faults.resume !== 'snapshot';
    link.channels.add(channel);
    this.#send(link, { type: 'subscribed', id, channel, symbols: keys, recovered });
    for (const key of keys) {
      if (channel === 'ticker') link.symbols.add(key);
      const head = this.#head(channel, key);
      if (!recovered) {
        this.#send(link, { type: 'snapshot', channel, symbol: key, epoch: this.#epoch, seq: head, data: null });
        continue;
      }
      const last = since.seq[key] ?? 0;
      const shift = this.#faults.resume === 'hole' ? 1 : this.#faults.resume === 'repeat' && last > 0 ? -1 : 0;
      for (let seq = last + 1 + shift; seq <= head; seq++) {
        if (channel === 'ticker') this.#sendText(link, this.#tickerText(key, seq));
        else this.#send(link, this.#history(channel, key)[seq - 1] as Sequenced);
      }
    }
  }

  #head(channel: string, key: string): number {
    if (channel === 'ticker') return this.#tickers.get(key)?.length ?? 0;
    return channel === 'order' || channel === 'execution' ? this.#history(channel, key).length : 0;
  }

  #place(link: Link, command: Readonly<Record<string, unknown>>): void {
    const { id, ...rest } = command;
    const frame = rest as unknown as OrderPlaceFrame;
    const { clientOrderId } = frame;
    if (this.#faults.orderError !== undefined) {
      this.#send(link, { type: 'error', id, code: this.#faults.orderError, message: 'scripted', clientOrderId });
      return;
    }
    const known = this.#history('order', link.account).some(({ data }) => data.clientOrderId === clientOrderId);
    this.#send(link, { type: 'order.accepted', id, data: { clientOrderId, status: 'ACCEPTED' }, duplicate: known });
    if (known) return;
    const ticksLeft = TRIGGERS_AFTER_TICKS + (this.#faults.triggerLateTicks ?? 0);
    const order: WorkingOrder = { account: link.account, frame, ticksLeft };
    const history = this.#tickers.get(frame.symbol) ?? [];
    const eventTimeUs = history.at(-1)?.eventTimeUs ?? 0;
    this.#orderEvent(order, { reason: 'accepted', status: 'ACCEPTED', tickSeq: history.length, eventTimeUs });
    this.#working.push(order);
  }

  #heartbeat(): void {
    this.#time.at(this.#time.nowUs() + 1_000_000, () => {
      this.#work(() => {
        for (const link of this.#links) if (link.channels.size > 0) this.#sendHeartbeat(link);
      });
      this.#heartbeat();
    });
  }

  #sendHeartbeat(link: Link): void {
    if (this.#faults.silent === 'heartbeat') return;
    const heads: Record<string, Record<string, number>> = { ticker: {} };
    for (const symbol of link.symbols) heads['ticker'] = { ...heads['ticker'], [symbol]: this.#head('ticker', symbol) };
    for (const channel of ['order', 'execution']) {
      if (link.channels.has(channel)) heads[channel] = { [link.account]: this.#head(channel, link.account) };
    }
    this.#send(link, { type: 'heartbeat', serverTimeUs: this.#time.nowUs(), epoch: this.#epoch, heads });
  }
}

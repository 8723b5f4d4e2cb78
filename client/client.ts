import type {
  AcceptedFrame,
  AlertSetFrame,
  Cursor,
  ErrorFrame,
  GetFrame,
  OrderModifyFrame,
  OrderPlaceFrame,
  OrderPlaceListFrame,
  ResultFrame,
  ServerFrame,
  SystemFrame,
  TickerFrame,
  TimeFrame,
  WelcomeFrame,
} from '../protocol/messages.ts';
import type { PollCursors } from '../protocol/poll.ts';
import { type ClientCodec, jsonCodec } from './codec.ts';
import { type Answer, type Command, Commands } from './commands.ts';
import { Connection, type Status } from './connection.ts';
import { CommandError, ConnectionClosedError } from './errors.ts';
import {
  type ChannelEvents,
  isEventOf,
  type ReadableChannel,
  type StreamEvent,
  type SubscribeOptions,
} from './events.ts';
import type { Notice } from './notices.ts';
import { callSafely, type Observable, Signal, Value } from './observable.ts';
import { fullJitter, type ReconnectPolicy } from './policy.ts';
import { poll } from './polling.ts';
import { type ClientPorts, completePorts } from './ports.ts';
import { DEFAULT_BUFFER, QueueReader, type Reader } from './reader.ts';
import { Streams } from './streams.ts';
import { type TokenOption, TokenSource } from './tokenSource.ts';

/** How a client is made. Every part of {@link ClientPorts} can be given too; `WebSocket` must be where there is no global one. */
export interface ClientOptions extends Partial<ClientPorts> {
  /** Address of the native stream, such as `ws://127.0.0.1:8000/v1/stream`. */
  readonly url: string;
  /** The JWT, or a function that gets one: called at the first connection, and again before and after a token has ended. */
  readonly token?: TokenOption;
  /** Default JSON. */
  readonly codec?: ClientCodec;
  /** Default {@link fullJitter}. */
  readonly policy?: ReconnectPolicy;
  /** Address that is polled when the policy says so; default `/api/poll` on the same host. */
  readonly pollUrl?: string;
  /** Commands that may wait for an answer at once, those of an outage included; default 100. */
  readonly maxCommands?: number;
  /** After this long a command without an answer is given up, ms; default 30,000. */
  readonly commandTimeoutMs?: number;
  /** Interval of the pings that measure {@link TapedeckClient.latency}, ms; default 10,000, 0 for none. */
  readonly pingMs?: number;
}

/** What a reader may ask for beside its channel and keys. */
export interface ReadOptions extends SubscribeOptions {
  /** Events that the reader holds at most when it is slower than the market; default 1,024. */
  readonly buffer?: number;
  /** Where to go on, from before this client was made: see {@link TapedeckClient.cursors}. */
  readonly since?: Cursor;
}

/** An order as the user gives it: without a `clientOrderId` it gets one. */
export type OrderRequest = Omit<OrderPlaceFrame, 'type' | 'id' | 'clientOrderId'> & { readonly clientOrderId?: string };

/** A symbol's last known state. */
export interface LastTicker {
  readonly symbol: string;
  readonly seq: number;
  readonly data: TickerFrame['data'];
  /** False when it may have changed since: the connection is down, or something is missing. */
  readonly isLive: boolean;
}

/** A connection to a tapedeck server that mends itself: what is read from it has no gap and no repeat, what is sent arrives once. */
export class TapedeckClient {
  readonly #ports: ClientPorts;
  readonly #tokens: TokenSource;
  readonly #connection: Connection;
  readonly #streams: Streams;
  readonly #commands: Commands;
  readonly #notices = new Signal<Notice>();
  readonly #latency = new Value<number | undefined>(undefined);
  readonly #pingMs: number;
  readonly #pollUrl: string;
  #cancelPing: () => void = () => undefined;
  #poll: AbortController | undefined = undefined;
  #presence: string | undefined = undefined;
  #lastId = 0;

  /**
   * Makes a client and begins to connect.
   *
   * @throws Error when the address is no WebSocket's, or there is no WebSocket to connect with
   */
  constructor(options: ClientOptions) {
    const ports = completePorts(options);
    const { maxCommands: limit = 100, commandTimeoutMs: timeoutMs = 30_000, pingMs = 10_000 } = options;
    this.#ports = ports;
    this.#pingMs = pingMs;
    this.#pollUrl = options.pollUrl ?? pollUrlOf(options.url);
    this.#tokens = new TokenSource(options.token);
    const shared = {
      send: (frame: Parameters<Connection['send']>[0]) => this.#connection.send(frame),
      after: ports.after,
      nextId: () => ++this.#lastId,
      notice: (notice: Notice) => this.#notices.tell(notice),
    };
    this.#streams = new Streams(shared);
    this.#commands = new Commands({ ...shared, limit, timeoutMs });
    this.#connection = new Connection({
      url: options.url,
      codec: options.codec ?? jsonCodec,
      policy: options.policy ?? fullJitter,
      ports,
      tokens: this.#tokens,
      notice: shared.notice,
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onFrame: (frame) => this.#onFrame(frame),
      onDown: () => this.#onDown(),
      onPoll: () => void this.#pollOnce(),
      onEnd: (code, reason) => this.#onEnd(code, reason),
    });
    this.#connection.connect();
  }

  /** Where the connection stands. */
  get status(): Observable<Status> {
    return this.#connection.status;
  }

  /** The last ping's round trip, ms; undefined before the first. */
  get latency(): Observable<number | undefined> {
    return this.#latency;
  }

  /** Calls `listener` with what happens beside the streams; the function that it returns ends that. */
  onNotice(listener: (notice: Notice) => void): () => void {
    return this.#notices.subscribe(listener);
  }

  /**
   * Reads a channel event by event: first a snapshot of each key, then what comes, without gap or repeat over all
   * reconnections. Where the server no longer has what was missed, a snapshot stands in its place.
   *
   * @param keys symbols; accounts, none for one's own; for `news` none for everything
   * @throws Error when it is open already with other options, or the client is closed; the loop itself throws a
   *   SubscriptionError when the server refuses, a ReaderBehindError, or a ConnectionClosedError
   */
  read<C extends ReadableChannel>(
    channel: C,
    keys: readonly string[] = [],
    options: ReadOptions = {},
  ): Reader<ChannelEvents[C] & StreamEvent> {
    const { buffer = DEFAULT_BUFFER, since, ...rest } = options;
    let close = (): void => undefined;
    const reader = new QueueReader({
      channel,
      limit: buffer,
      accepts: (event): event is ChannelEvents[C] & StreamEvent => isEventOf(channel, event),
      onClose: () => close(),
    });
    this.#checkOpen();
    close = this.#streams.open({ channel, keys, options: rest, since, sink: reader });
    return reader;
  }

  /**
   * Calls `listener` with each event of a channel, as {@link read} gives them, at once; the function that it returns ends that.
   *
   * @throws as {@link read}
   */
  listen<C extends ReadableChannel>(
    channel: C,
    keys: readonly string[],
    listener: (event: ChannelEvents[C]) => void,
    options: Omit<ReadOptions, 'buffer'> & { readonly onError?: (error: Error) => void } = {},
  ): () => void {
    const { since, onError, ...rest } = options;
    this.#checkOpen();
    const push = (event: StreamEvent): void => {
      if (isEventOf(channel, event)) callSafely(() => listener(event));
    };
    const fail = (error: Error): void => callSafely(() => onError?.(error));
    return this.#streams.open({ channel, keys, options: rest, since, sink: { push, fail, end: () => undefined } });
  }

  /** Reads the tickers of symbols. */
  ticker(...symbols: string[]): Reader<ChannelEvents['ticker']> {
    return this.read('ticker', symbols);
  }

  /** Reads the trades of symbols. */
  trades(...symbols: string[]): Reader<ChannelEvents['trade']> {
    return this.read('trade', symbols);
  }

  /** Reads the bars of symbols. */
  bars(timeFrame: TimeFrame, symbols: readonly string[], options?: ReadOptions): Reader<ChannelEvents['bar.1m']> {
    return this.read(`bar.${timeFrame}`, symbols, options);
  }

  /** Reads the patterns of symbols. */
  patterns(symbols: readonly string[], options?: ReadOptions): Reader<ChannelEvents['pattern']> {
    return this.read('pattern', symbols, options);
  }

  /** Reads what happens to the orders of one's own account. */
  orders(): Reader<ChannelEvents['order']> {
    return this.read('order');
  }

  /** Reads the fills of one's own account. */
  executions(): Reader<ChannelEvents['execution']> {
    return this.read('execution');
  }

  /** The last known ticker of a symbol that is being read; undefined before the first. */
  last(symbol: string): LastTicker | undefined {
    const last = this.#streams.last(symbol);
    if (last === undefined || !isEventOf('ticker', last.event)) return undefined;
    const { seq, data } = last.event;
    return { symbol, seq, data, isLive: last.isLive };
  }

  /** By channel where the streams stand: kept over a restart of the program and given to {@link read} as `since`, nothing is missed. */
  cursors(): PollCursors {
    return this.#streams.cursors();
  }

  /** Places an order; while the connection is down it waits for the next. Rejects with a {@link CommandError}. */
  placeOrder(order: OrderRequest): Promise<AcceptedFrame> {
    const { clientOrderId = this.#newOrderId(), ...terms } = order;
    return this.#run({ type: 'order.place', clientOrderId, ...terms }, 'order.accepted');
  }

  /** Places orders that are taken together or not at all. Rejects with a {@link CommandError}. */
  placeOrders(list: Omit<OrderPlaceListFrame, 'type' | 'id'>): Promise<AcceptedFrame> {
    return this.#run({ type: 'order.placeList', ...list }, 'order.accepted');
  }

  /** Gives an order new terms. Rejects with a {@link CommandError}. */
  modifyOrder(change: Omit<OrderModifyFrame, 'type' | 'id'>): Promise<AcceptedFrame> {
    return this.#run({ type: 'order.modify', ...change }, 'order.accepted');
  }

  /** Cancels an order. Rejects with a {@link CommandError}. */
  cancelOrder(clientOrderId: string, account?: string): Promise<AcceptedFrame> {
    const of = account === undefined ? {} : { account };
    return this.#run({ type: 'order.cancel', clientOrderId, ...of }, 'order.accepted');
  }

  /** Asks for something once. Rejects with a {@link CommandError}. */
  get(question: Omit<GetFrame, 'type' | 'id'>): Promise<ResultFrame> {
    return this.#run({ type: 'get', ...question }, 'result');
  }

  /** Sets an alert. Rejects with a {@link CommandError}. */
  async setAlert(alert: Omit<AlertSetFrame, 'type' | 'id'>): Promise<void> {
    await this.#run({ type: 'alert.set', ...alert }, 'alert.accepted');
  }

  /** Takes an alert back. Rejects with a {@link CommandError}. */
  async clearAlert(alertId: string): Promise<void> {
    await this.#run({ type: 'alert.clear', alertId }, 'alert.cleared');
  }

  /** Says how one is there, on this connection and the next ones. Rejects with a {@link CommandError}. */
  async setPresence(state: string): Promise<void> {
    this.#presence = state;
    await this.#run({ type: 'presence.set', state }, 'presence.accepted');
  }

  /** Measures the round trip to the server, ms. Rejects with a {@link CommandError} when there is no connection. */
  async ping(): Promise<number> {
    if (this.status.current.state !== 'open') throw new CommandError('not_sent', 'ping: there is no connection');
    const sentMs = this.#ports.nowMs();
    await this.#run({ type: 'ping' }, 'pong');
    const roundTripMs = this.#ports.nowMs() - sentMs;
    this.#latency.set(roundTripMs);
    return roundTripMs;
  }

  /** Tries to connect now instead of when the policy would: for a page that knows that the network is back. */
  reconnect(): void {
    this.#connection.connect();
  }

  /** Closes the connection, ends all readers in good order and refuses all commands; nothing of the client goes on. */
  close(): void {
    this.#connection.close();
  }

  #checkOpen(): void {
    if (this.status.current.state === 'closed') throw new Error('the client is closed; make a new one');
  }

  async #run<T extends Answer['type']>(command: Command, type: T): Promise<Extract<Answer, { type: T }>> {
    if (this.status.current.state === 'closed')
      throw new CommandError('closed', `${command.type}: the client is closed`);
    const answer = await this.#commands.run(command);
    if (!isOfType(answer, type)) throw new CommandError('internal', `${command.type} was answered by ${answer.type}`);
    return answer;
  }

  #onWelcome(welcome: WelcomeFrame): void {
    this.#poll?.abort();
    this.#streams.onWelcome(welcome);
    if (this.#presence !== undefined) this.#connection.send({ type: 'presence.set', state: this.#presence });
    this.#commands.onWelcome();
    if (this.#pingMs > 0) this.#pingLater(0);
  }

  #onDown(): void {
    this.#cancelPing();
    this.#streams.onDown();
    this.#commands.onDown();
  }

  #onEnd(code: number, reason: string): void {
    const isOwn = code === 1_000;
    this.#poll?.abort();
    this.#streams.endAll(isOwn ? undefined : new ConnectionClosedError(code, `the connection has ended: ${reason}`));
    this.#commands.endAll(`not answered: ${reason}`);
    this.#notices.clear();
    this.#latency.clear();
  }

  #onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case 'error':
        this.#onError(frame);
        break;
      case 'subscribed':
        this.#streams.onSubscribed(frame);
        break;
      case 'unsubscribed':
        this.#streams.onUnsubscribed(frame);
        break;
      case 'heartbeat':
        this.#streams.onHeads(frame.epoch, frame.heads);
        break;
      case 'system':
        this.#onSystem(frame);
        break;
      default:
        if (isStreamEvent(frame)) this.#streams.onEvent(frame);
        else this.#commands.onAnswer(frame);
    }
  }

  #onError(frame: ErrorFrame): void {
    const isKnown = this.#streams.onError(frame) || this.#commands.onError(frame);
    if (!isKnown) this.#notices.tell({ kind: 'error', frame });
  }

  #onSystem(frame: SystemFrame): void {
    this.#streams.onEvent(frame);
    this.#notices.tell({ kind: 'system', frame });
    if (frame.code === 'token_expiring') void this.#renewToken();
  }

  async #renewToken(): Promise<void> {
    try {
      const token = await this.#tokens.renew();
      if (token !== undefined) await this.#run({ type: 'refresh', token }, 'refreshed');
    } catch (error) {
      // The server closes with 4401 when the old one ends, and the next connection takes a new one.
      this.#notices.tell({ kind: 'token-failed', message: error instanceof Error ? error.message : String(error) });
    }
  }

  #pingLater(delayMs: number): void {
    this.#cancelPing = this.#ports.after(delayMs, () => {
      // A ping that gets no answer fails with its connection.
      this.ping().catch(() => undefined);
      this.#pingLater(this.#pingMs);
    });
  }

  async #pollOnce(): Promise<void> {
    this.#poll?.abort();
    const abort = new AbortController();
    this.#poll = abort;
    const since = this.#streams.cursors();
    if (Object.keys(since).length === 0) return;
    try {
      const token = await this.#tokens.get();
      const { fetch } = this.#ports;
      const { epoch, frames, heads } = await poll({ fetch, url: this.#pollUrl, since, token, signal: abort.signal });
      // The socket is back: it tells the rest itself.
      if (abort.signal.aborted) return;
      for (const frame of frames) if (isStreamEvent(frame)) this.#streams.onEvent(frame);
      this.#streams.onHeads(epoch, heads);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#notices.tell({ kind: 'poll-failed', message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** 96 random bits as hexadecimal digits. */
  #newOrderId(): string {
    const part = (): string =>
      Math.floor(this.#ports.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return `${part()}${part()}${part()}`;
  }
}

function pollUrlOf(url: string): string {
  const address = new URL(url);
  if (!/^wss?:$/.test(address.protocol))
    throw new Error(`"${url}" is no address of a WebSocket: it begins with ws: or wss:`);
  return `${address.protocol === 'wss:' ? 'https' : 'http'}://${address.host}/api/poll`;
}

function isOfType<T extends Answer['type']>(answer: Answer, type: T): answer is Extract<Answer, { type: T }> {
  return answer.type === type;
}

const STREAM_TYPES: ReadonlySet<string> = new Set([
  'snapshot',
  'ticker',
  'trade',
  'bar',
  'pattern',
  'order',
  'execution',
  'position',
  'position.value',
  'portfolio',
  'alert',
  'news',
  'system',
  'presence',
] satisfies StreamEvent['type'][]);

function isStreamEvent(frame: ServerFrame): frame is StreamEvent {
  return STREAM_TYPES.has(frame.type);
}

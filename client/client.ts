import type {
  AcceptedFrame,
  AlertSetFrame,
  Cursor,
  GetFrame,
  OrderModifyFrame,
  OrderPlaceFrame,
  OrderPlaceListFrame,
  ResultFrame,
  TickerFrame,
  TimeFrame,
} from '../protocol/messages.ts';
import type { PollCursors } from '../protocol/poll.ts';
import type { Status } from './connection.ts';
import { type ClientOptions, Core } from './core.ts';
import { CommandError } from './errors.ts';
import {
  type ChannelEvents,
  isEventOf,
  type ReadableChannel,
  type StreamEvent,
  type SubscribeOptions,
} from './events.ts';
import type { Notice } from './notices.ts';
import { callSafely, type Observable } from './observable.ts';
import { DEFAULT_BUFFER, QueueReader, type Reader } from './reader.ts';

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
  readonly #core: Core;

  /**
   * Makes a client and begins to connect.
   *
   * @throws Error when the address is no WebSocket's, or there is no WebSocket to connect with
   */
  constructor(options: ClientOptions) {
    this.#core = new Core(options);
    this.#core.connect();
  }

  /** Where the connection stands. */
  get status(): Observable<Status> {
    return this.#core.status;
  }

  /** The last ping's round trip, ms; undefined before the first. */
  get latency(): Observable<number | undefined> {
    return this.#core.latency;
  }

  /** Calls `listener` with what happens beside the streams; the function that it returns ends that. */
  onNotice(listener: (notice: Notice) => void): () => void {
    return this.#core.notices.subscribe(listener);
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
    close = this.#core.streams.open({ channel, keys, options: rest, since, sink: reader });
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
    return this.#core.streams.open({ channel, keys, options: rest, since, sink: { push, fail, end: () => undefined } });
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
    const last = this.#core.streams.last(symbol);
    if (last === undefined || !isEventOf('ticker', last.event)) return undefined;
    const { seq, data } = last.event;
    return { symbol, seq, data, isLive: last.isLive };
  }

  /** By channel where the streams stand: kept over a restart of the program and given to {@link read} as `since`, nothing is missed. */
  cursors(): PollCursors {
    return this.#core.streams.cursors();
  }

  /** Places an order; while the connection is down it waits for the next. Rejects with a {@link CommandError}. */
  placeOrder(order: OrderRequest): Promise<AcceptedFrame> {
    const { clientOrderId = this.#newOrderId(), ...terms } = order;
    return this.#place({ type: 'order.place', clientOrderId, ...terms });
  }

  /** Places orders that are taken together or not at all. Rejects with a {@link CommandError}. */
  placeOrders(list: Omit<OrderPlaceListFrame, 'type' | 'id'>): Promise<AcceptedFrame> {
    return this.#place({ type: 'order.placeList', ...list });
  }

  /** Gives an order new terms. Rejects with a {@link CommandError}. */
  modifyOrder(change: Omit<OrderModifyFrame, 'type' | 'id'>): Promise<AcceptedFrame> {
    return this.#core.run({ type: 'order.modify', ...change }, 'order.accepted');
  }

  /** Cancels an order. Rejects with a {@link CommandError}. */
  cancelOrder(clientOrderId: string, account?: string): Promise<AcceptedFrame> {
    const of = account === undefined ? {} : { account };
    return this.#core.run({ type: 'order.cancel', clientOrderId, ...of }, 'order.accepted');
  }

  /** Asks for something once. Rejects with a {@link CommandError}. */
  get(question: Omit<GetFrame, 'type' | 'id'>): Promise<ResultFrame> {
    return this.#core.run({ type: 'get', ...question }, 'result');
  }

  /** Sets an alert. Rejects with a {@link CommandError}. */
  async setAlert(alert: Omit<AlertSetFrame, 'type' | 'id'>): Promise<void> {
    await this.#core.run({ type: 'alert.set', ...alert }, 'alert.accepted');
  }

  /** Takes an alert back. Rejects with a {@link CommandError}. */
  async clearAlert(alertId: string): Promise<void> {
    await this.#core.run({ type: 'alert.clear', alertId }, 'alert.cleared');
  }

  /** Says how one is there, on this connection and the next ones. Rejects with a {@link CommandError}. */
  async setPresence(state: string): Promise<void> {
    await this.#core.setPresence(state);
  }

  /** Measures the round trip to the server, ms. Rejects with a {@link CommandError} when there is no connection. */
  ping(): Promise<number> {
    return this.#core.ping();
  }

  /** Tries to connect now instead of when the policy would: for a page that knows that the network is back. */
  reconnect(): void {
    this.#core.connect();
  }

  /** Closes the connection, ends all readers in good order and refuses all commands; nothing of the client goes on. */
  close(): void {
    this.#core.close();
  }

  async #place(command: OrderPlaceFrame | OrderPlaceListFrame): Promise<AcceptedFrame> {
    const answer = await this.#core.run(command, 'order.accepted');
    const { status, rejectReason: reason, clientOrderId } = answer.data;
    // The refusal was lost in a cut, and sending again brought the refused order's state: the user sees one outcome.
    if (status !== 'REJECTED') return answer;
    throw new CommandError('order_rejected', `order ${clientOrderId} was rejected`, { reason, clientOrderId });
  }

  #checkOpen(): void {
    if (this.status.current.state === 'closed') throw new Error('the client is closed; make a new one');
  }

  /** 96 random bits as hexadecimal digits. */
  #newOrderId(): string {
    const part = (): string =>
      Math.floor(this.#core.ports.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return `${part()}${part()}${part()}`;
  }
}

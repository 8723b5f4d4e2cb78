import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { WebSocket } from 'ws';
import type { Channel, OrderTerms, ServerFrame, SystemFrame, TickerFrame } from '../../protocol/messages.ts';
import { SERVER_FRAME_SCHEMAS } from '../../protocol/schemas/serverFrames.ts';
import { StreamLog } from './streamLog.ts';

/** What a ticker frame told, with when it was read, µs since the epoch. */
export interface HeardTicker {
  readonly seq: number;
  readonly seqFrom: number;
  readonly eventTimeUs: number;
  readonly data: TickerFrame['data'];
  readonly readUs: number;
}

type AnswerFrame = Extract<ServerFrame, { readonly id?: number }>;
type OrderFrame = Extract<ServerFrame, { readonly type: 'order' }>;
type ExecutionFrame = Extract<ServerFrame, { readonly type: 'execution' }>;
type BarFrame = Extract<ServerFrame, { readonly type: 'bar' }>;

export interface WitnessOptions {
  readonly url: string;
  readonly token: string;
  readonly symbols: readonly string[];
  readonly nowUs: () => number;
  readonly reconnect: { readonly firstDelayMs: number; readonly capMs: number };
  readonly random: () => number;
}

const CHANNELS: readonly Channel[] = ['ticker', 'bar.1m'];
const OWN_CHANNELS: readonly Channel[] = ['order', 'execution'];

/** A client on raw frames that keeps what it hears and judges nothing: unlike a client library it hides no fault of the server. */
export class Witness {
  readonly tickers = new Map<string, HeardTicker[]>();
  readonly bars: BarFrame[] = [];
  readonly orders: OrderFrame[] = [];
  readonly executions: ExecutionFrame[] = [];
  readonly notices: { readonly frame: SystemFrame; readonly readUs: number }[] = [];
  /** By channel and key. */
  readonly streams = new Map<string, StreamLog>();
  readonly closes: { readonly code: number; readonly atUs: number }[] = [];
  /** When it was welcomed, the first time and after each cut, µs since the epoch. */
  readonly welcomes: number[] = [];
  /** Frames that aren't as their schema says. */
  readonly badFrames: string[] = [];
  readonly #options: WitnessOptions;
  readonly #answers = new Map<number, (frame: AnswerFrame | undefined) => void>();
  #listeners: ((frame: ServerFrame) => void)[] = [];
  #socket: WebSocket | undefined = undefined;
  #epoch = '';
  #nextId = 1;
  #attempts = 0;
  #isDone = false;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  get symbols(): readonly string[] {
    return this.#options.symbols;
  }

  /** Connects, authenticates and subscribes; resolves when all snapshots are asked for. */
  async open(): Promise<void> {
    const socket = new WebSocket(this.#options.url, { perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
    this.#socket = socket;
    socket.on('message', (data) => this.#onText(String(data)));
    socket.on('error', () => undefined);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on('open', () => resolve(true));
      socket.on('close', (code) => {
        resolve(false);
        this.#onClose(code);
      });
    });
    if (!isOpen) return;
    const welcome = await this.ask({ type: 'auth', token: this.#options.token });
    if (welcome === undefined) return;
    if (welcome.type !== 'welcome') throw new Error(`scenario: authentication was answered ${JSON.stringify(welcome)}`);
    const isSame = welcome.epoch === this.#epoch;
    this.#epoch = welcome.epoch;
    const { symbols } = this.#options;
    await Promise.all([
      ...CHANNELS.map((channel) => this.ask({ type: 'subscribe', channel, symbols, ...this.#since(channel, isSame) })),
      ...OWN_CHANNELS.map((channel) => this.ask({ type: 'subscribe', channel, ...this.#since(channel, isSame) })),
    ]);
    if (socket.readyState !== WebSocket.OPEN) return;
    this.#attempts = 0;
    this.welcomes.push(this.#options.nowUs());
  }

  /** Sends a command and waits for its answer; undefined when the connection ends before it comes. */
  ask(command: Readonly<Record<string, unknown>>): Promise<AnswerFrame | undefined> {
    const id = this.#nextId++;
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      socket.send(JSON.stringify({ ...command, id }));
    });
  }

  place(terms: OrderTerms): Promise<AnswerFrame | undefined> {
    return this.ask({ type: 'order.place', ...terms });
  }

  /** The first frame that matches from now on. */
  next(matches: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    return new Promise((resolve) => {
      const listener = (frame: ServerFrame): void => {
        if (!matches(frame)) return;
        this.#listeners = this.#listeners.filter((other) => other !== listener);
        resolve(frame);
      };
      this.#listeners.push(listener);
    });
  }

  /** Resolves with the first notice of a code, heard already or to come. */
  async notice(code: SystemFrame['code'], symbol?: string): Promise<void> {
    const isIt = (frame: ServerFrame): boolean =>
      frame.type === 'system' &&
      frame.code === code &&
      (symbol === undefined || frame.symbols?.includes(symbol) === true);
    if (!this.notices.some(({ frame }) => isIt(frame))) await this.next(isIt);
  }

  /** Stops reading from the network. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Cuts its own connection without a word; it comes back by itself. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** Ends it for good. */
  close(): void {
    this.#isDone = true;
    this.#socket?.terminate();
  }

  #onClose(code: number): void {
    if (this.#isDone) return;
    const { nowUs, reconnect, random } = this.#options;
    this.closes.push({ code, atUs: nowUs() });
    for (const resolve of this.#answers.values()) resolve(undefined);
    this.#answers.clear();
    const longestMs = Math.min(reconnect.capMs, reconnect.firstDelayMs * 2 ** this.#attempts++);
    setTimeout(() => void (this.#isDone ? undefined : this.open()), random() * longestMs);
  }

  #since(channel: Channel, isSameEpoch: boolean): object {
    const seq: Record<string, number> = {};
    for (const [key, { head }] of this.streams) {
      const [of = '', name = ''] = key.split('/');
      if (of === channel && head >= 0) seq[name] = head;
    }
    return isSameEpoch && Object.keys(seq).length > 0 ? { since: { epoch: this.#epoch, seq } } : {};
  }

  #onText(text: string): void {
    const readUs = this.#options.nowUs();
    const frame = parseFrame(text);
    if (frame === undefined) {
      this.badFrames.push(text.slice(0, 200));
      return;
    }
    this.#keep(frame, readUs);
    if ('id' in frame && frame.id !== undefined) {
      this.#answers.get(frame.id)?.(frame);
      this.#answers.delete(frame.id);
    }
    for (const listener of this.#listeners) listener(frame);
  }

  #keep(frame: ServerFrame, readUs: number): void {
    switch (frame.type) {
      case 'snapshot':
        this.stream(frame.channel, frame.symbol).know(frame.seq);
        return;
      case 'ticker': {
        const { symbol, seq, seqFrom = seq, eventTimeUs, data } = frame;
        this.stream('ticker', symbol).hear(seq, seqFrom);
        const heard = this.tickers.get(symbol) ?? [];
        this.tickers.set(symbol, heard);
        heard.push({ seq, seqFrom, eventTimeUs, data, readUs });
        return;
      }
      case 'bar':
        if (frame.seq !== undefined) this.stream('bar.1m', frame.symbol).hear(frame.seq);
        this.bars.push(frame);
        return;
      case 'order':
        if (frame.seq !== undefined) this.stream('order', frame.account).hear(frame.seq);
        this.orders.push(frame);
        return;
      case 'execution':
        this.stream('execution', frame.account).hear(frame.seq);
        this.executions.push(frame);
        return;
      case 'system':
        this.notices.push({ frame, readUs });
        return;
      default:
        return;
    }
  }

  /** What was heard of a stream. */
  stream(channel: Channel, key: string): StreamLog {
    const name = `${channel}/${key}`;
    const log = this.streams.get(name) ?? new StreamLog();
    this.streams.set(name, log);
    return log;
  }
}

/** Compiled by type: a frame is held against its own schema alone. */
const checks = new Map(
  Object.entries(SERVER_FRAME_SCHEMAS).map(([type, schema]) => [
    type,
    TypeCompiler.Compile(Type.Unsafe<ServerFrame>(schema)),
  ]),
);
const TypedSchema = TypeCompiler.Compile(Type.Object({ type: Type.String() }));

function parseFrame(text: string): ServerFrame | undefined {
  const value: unknown = JSON.parse(text);
  if (!TypedSchema.Check(value)) return undefined;
  const given: unknown = value;
  return checks.get(value.type)?.Check(given) === true ? given : undefined;
}

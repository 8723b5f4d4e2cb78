import type { ErrorFrame, ServerFrame, SystemFrame, WelcomeFrame } from '../protocol/messages.ts';
import { type ClientCodec, jsonCodec } from './codec.ts';
import { type Answer, type Command, Commands } from './commands.ts';
import { Connection, type Status } from './connection.ts';
import { CommandError, ConnectionClosedError } from './errors.ts';
import type { StreamEvent } from './events.ts';
import type { Notice } from './notices.ts';
import { type Observable, Signal, Value } from './observable.ts';
import { fullJitter, type ReconnectPolicy } from './policy.ts';
import { poll } from './polling.ts';
import { type ClientPorts, completePorts } from './ports.ts';
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
  /** Interval of the pings that measure the latency, ms; default 10,000, 0 for none. */
  readonly pingMs?: number;
}

/** Wires connection, streams and commands to one another: each frame goes to the one whom it concerns. */
export class Core {
  readonly ports: ClientPorts;
  readonly streams: Streams;
  readonly notices = new Signal<Notice>();
  readonly #connection: Connection;
  readonly #commands: Commands;
  readonly #tokens: TokenSource;
  readonly #latency = new Value<number | undefined>(undefined);
  readonly #pingMs: number;
  readonly #pollUrl: string;
  #cancelPing: () => void = () => undefined;
  #poll: AbortController | undefined = undefined;
  #presence: string | undefined = undefined;
  #lastId = 0;

  constructor(options: ClientOptions) {
    const ports = completePorts(options);
    const { maxCommands: limit = 100, commandTimeoutMs: timeoutMs = 30_000, pingMs = 10_000 } = options;
    this.ports = ports;
    this.#pingMs = pingMs;
    this.#pollUrl = options.pollUrl ?? pollUrlOf(options.url);
    this.#tokens = new TokenSource(options.token);
    const shared = {
      send: (frame: Parameters<Connection['send']>[0]) => this.#connection.send(frame),
      after: ports.after,
      nextId: () => ++this.#lastId,
      notice: (notice: Notice) => this.notices.tell(notice),
    };
    this.streams = new Streams(shared);
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
      onPoll: () => void this.#pollAll(),
      onEnd: (code, reason) => this.#onEnd(code, reason),
    });
    this.#connection.connect();
  }

  get status(): Observable<Status> {
    return this.#connection.status;
  }

  get latency(): Observable<number | undefined> {
    return this.#latency;
  }

  connect(): void {
    this.#connection.connect();
  }

  close(): void {
    this.#connection.close();
  }

  /** Runs a command; its answer is of `type`. Rejects with a {@link CommandError}. */
  async run<T extends Answer['type']>(command: Command, type: T): Promise<Extract<Answer, { type: T }>> {
    if (this.status.current.state === 'closed')
      throw new CommandError('closed', `${command.type}: the client is closed`);
    const answer = await this.#commands.run(command);
    if (!isOfType(answer, type)) throw new CommandError('internal', `${command.type} was answered by ${answer.type}`);
    return answer;
  }

  /** Says how one is there, now and on each later connection. */
  async setPresence(state: string): Promise<void> {
    this.#presence = state;
    await this.run({ type: 'presence.set', state }, 'presence.accepted');
  }

  async ping(): Promise<number> {
    if (this.status.current.state !== 'open') throw new CommandError('not_sent', 'ping: there is no connection');
    const sentMs = this.ports.nowMs();
    await this.run({ type: 'ping' }, 'pong');
    const roundTripMs = this.ports.nowMs() - sentMs;
    this.#latency.set(roundTripMs);
    return roundTripMs;
  }

  #onWelcome(welcome: WelcomeFrame): void {
    this.#poll?.abort();
    this.streams.onWelcome(welcome);
    if (this.#presence !== undefined) this.#connection.send({ type: 'presence.set', state: this.#presence });
    this.#commands.onWelcome();
    if (this.#pingMs > 0) this.#pingLater(0);
  }

  #onDown(): void {
    this.#cancelPing();
    this.streams.onDown();
    this.#commands.onDown();
  }

  #onEnd(code: number, reason: string): void {
    const isOwn = code === 1_000;
    this.#poll?.abort();
    this.streams.endAll(isOwn ? undefined : new ConnectionClosedError(code, `the connection has ended: ${reason}`));
    this.#commands.endAll(`not answered: ${reason}`);
    this.notices.clear();
    this.#latency.clear();
  }

  #onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case 'error':
        this.#onError(frame);
        break;
      case 'subscribed':
        this.streams.onSubscribed(frame);
        break;
      case 'unsubscribed':
        this.streams.onUnsubscribed(frame);
        break;
      case 'heartbeat':
        this.streams.onHeads(frame.epoch, frame.heads);
        break;
      case 'system':
        this.#onSystem(frame);
        break;
      default:
        if (isStreamEvent(frame)) this.streams.onEvent(frame);
        else this.#commands.onAnswer(frame);
    }
  }

  #onError(frame: ErrorFrame): void {
    const isKnown = this.streams.onError(frame) || this.#commands.onError(frame);
    if (!isKnown) this.notices.tell({ kind: 'error', frame });
  }

  #onSystem(frame: SystemFrame): void {
    this.streams.onEvent(frame);
    this.notices.tell({ kind: 'system', frame });
    if (frame.code === 'token_expiring') void this.#renewToken();
  }

  async #renewToken(): Promise<void> {
    try {
      const token = await this.#tokens.renew();
      if (token !== undefined) await this.run({ type: 'refresh', token }, 'refreshed');
    } catch (error) {
      // The server closes with 4401 when the old one ends, and the next connection takes a new one.
      this.notices.tell({ kind: 'token-failed', message: error instanceof Error ? error.message : String(error) });
    }
  }

  #pingLater(delayMs: number): void {
    this.#cancelPing = this.ports.after(delayMs, () => {
      // A ping that gets no answer fails with its connection.
      this.ping().catch(() => undefined);
      this.#pingLater(this.#pingMs);
    });
  }

  async #pollAll(): Promise<void> {
    this.#poll?.abort();
    const abort = new AbortController();
    this.#poll = abort;
    try {
      while (await this.#pollOnce(abort.signal)) {
        // Each answer moves the cursors on, until there is no more.
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      this.notices.tell({ kind: 'poll-failed', message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Asks once for what came after the streams' places; true when more waits. */
  async #pollOnce(signal: AbortSignal): Promise<boolean> {
    const since = this.streams.cursors();
    if (Object.keys(since).length === 0) return false;
    const token = await this.#tokens.get();
    const { fetch } = this.ports;
    const { epoch, frames, heads, isMore } = await poll({ fetch, url: this.#pollUrl, since, token, signal });
    // The socket is back: it tells the rest itself.
    if (signal.aborted) return false;
    for (const frame of frames) if (isStreamEvent(frame)) this.streams.onEvent(frame);
    this.streams.onHeads(epoch, heads);
    return isMore && frames.length > 0;
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

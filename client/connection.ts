import { CloseCode, reconnectAdvice } from '../protocol/codes.ts';
import type { ClientFrame, ServerFrame, SystemFrame, WelcomeFrame } from '../protocol/messages.ts';
import type { ClientCodec } from './codec.ts';
import { readFrame } from './frames.ts';
import type { Notice } from './notices.ts';
import { Value } from './observable.ts';
import type { ReconnectPolicy } from './policy.ts';
import type { ClientPorts, SocketLike } from './ports.ts';
import type { TokenSource } from './tokenSource.ts';

/** Where the connection stands. */
export type Status =
  | { readonly state: 'connecting' }
  | { readonly state: 'open'; readonly welcome: WelcomeFrame }
  /** Down; the next try comes `retryInMs` after this status. */
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly reason: string }
  /** Down for longer; the streams are polled every `everyMs`, and the socket is tried as often. */
  | { readonly state: 'polling'; readonly everyMs: number; readonly reason: string }
  /** For good. `code` is the close code, 1000 for the user's own `close()`. */
  | { readonly state: 'closed'; readonly code: number; readonly reason: string };

/** An attempt that has no `welcome` by then is given up, ms. */
const ATTEMPT_MS = 10_000;
/** A connection that lasted this long was a good one, ms: the next failure is the first again. */
const STABLE_MS = 1_000;
/** Heartbeats that may be missing before the connection counts as dead. */
const SILENT_HEARTBEATS = 5;
const NORMAL_CLOSURE = 1_000;
const ABNORMAL_CLOSURE = 1_006;
const SOCKET_OPEN = 1;
const SOCKET_CLOSING = 2;

/** What the owner of a connection is told. */
export interface ConnectionEvents {
  readonly onWelcome: (welcome: WelcomeFrame) => void;
  readonly onFrame: (frame: ServerFrame) => void;
  /** The connection is gone; called once for each welcome. */
  readonly onDown: () => void;
  /** Polling is due. */
  readonly onPoll: () => void;
  /** Never again. */
  readonly onEnd: (code: number, reason: string) => void;
  readonly notice: (notice: Notice) => void;
}

export interface ConnectionParts extends ConnectionEvents {
  readonly url: string;
  readonly codec: ClientCodec;
  readonly policy: ReconnectPolicy;
  readonly ports: ClientPorts;
  readonly tokens: TokenSource;
}

/** One attempt's socket; whatever comes from another one than the present is not heard. */
interface Link {
  readonly socket: SocketLike;
  /** When it was welcomed; undefined before. */
  welcomedMs: number | undefined;
  /** The server's last word on why it wouldn't. */
  refusal: string | undefined;
}

/** Keeps one connection to a server, from one socket to the next. At no time are there two. */
export class Connection {
  readonly status = new Value<Status>({ state: 'connecting' });
  readonly #parts: ConnectionParts;
  /** Counts attempts, so that what belongs to an earlier one is known. */
  #attemptNumber = 0;
  #link: Link | undefined = undefined;
  #isAttempting = false;
  #failures = 0;
  #isPolling = false;
  #pollTickMs = 0;
  #shutdownMs = 0;
  #isEnded = false;
  #lastReadMs = 0;
  #cancelRetry: () => void = () => undefined;
  #cancelAttempt: () => void = () => undefined;
  #cancelWatch: () => void = () => undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** Makes an attempt now, instead of the one that waits; nothing while one is being made or the connection is open. */
  connect(): void {
    if (this.#isEnded || this.#isAttempting || this.#link !== undefined) return;
    this.#cancelRetry();
    void this.#attempt();
  }

  /** Sends a frame; false when there is no connection. */
  send(frame: ClientFrame): boolean {
    const link = this.#link;
    if (link?.welcomedMs === undefined || link.socket.readyState !== SOCKET_OPEN) return false;
    link.socket.send(this.#parts.codec.encode(frame));
    return true;
  }

  /** Ends the connection for good. */
  close(): void {
    this.#end(NORMAL_CLOSURE, 'closed by the client');
  }

  async #attempt(): Promise<void> {
    const { ports, tokens, url, codec, notice } = this.#parts;
    const attempt = ++this.#attemptNumber;
    this.#isAttempting = true;
    if (!this.#isPolling) this.status.set({ state: 'connecting' });
    // It covers the token as well: one that never comes must not hold the next attempt up.
    this.#cancelAttempt = ports.after(ATTEMPT_MS, () => this.#fail(ABNORMAL_CLOSURE, 'no answer in time'));
    let token: string | undefined;
    try {
      token = await tokens.get();
    } catch (error) {
      if (attempt !== this.#attemptNumber) return;
      const message = error instanceof Error ? error.message : String(error);
      notice({ kind: 'token-failed', message });
      this.#fail(ABNORMAL_CLOSURE, `no token: ${message}`);
      return;
    }
    if (attempt !== this.#attemptNumber) return;
    try {
      this.#listen(
        { socket: new ports.WebSocket(url, [codec.subprotocol]), welcomedMs: undefined, refusal: undefined },
        token,
      );
    } catch (error) {
      this.#end(ABNORMAL_CLOSURE, `${url} can't be opened: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #listen(link: Link, token: string | undefined): void {
    const { socket } = link;
    this.#link = link;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      if (this.#link !== link) return;
      socket.send(this.#parts.codec.encode({ type: 'auth', ...(token !== undefined && { token }) }));
    });
    socket.addEventListener('message', ({ data }) => {
      if (this.#link === link) this.#onMessage(link, data);
    });
    // 'close' follows and says what there is to say; without a listener `ws` would throw.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code }) => {
      if (this.#link === link) this.#fail(code, link.refusal ?? `closed with ${code}`);
    });
  }

  #onMessage(link: Link, data: unknown): void {
    const { ports, notice } = this.#parts;
    this.#lastReadMs = ports.nowMs();
    const frame = this.#read(data);
    if (frame === 'unknown') return;
    if (frame.type === 'bad') notice({ kind: 'bad-frame', message: frame.why });
    else if (frame.type === 'welcome') this.#onWelcome(link, frame);
    else {
      if (frame.type === 'system') this.#noteShutdown(frame);
      if (link.welcomedMs !== undefined) this.#parts.onFrame(frame);
      else if (frame.type === 'error') link.refusal = frame.message;
    }
  }

  #read(data: unknown): ReturnType<typeof readFrame> {
    const { codec } = this.#parts;
    try {
      if (typeof data === 'string') return readFrame(codec.decode(data));
      if (data instanceof ArrayBuffer) return readFrame(codec.decode(new Uint8Array(data)));
      return { type: 'bad', why: 'a message that is neither text nor an ArrayBuffer' };
    } catch (error) {
      return { type: 'bad', why: `a message that can't be read: ${error instanceof Error ? error.message : error}` };
    }
  }

  #onWelcome(link: Link, welcome: WelcomeFrame): void {
    if (link.welcomedMs !== undefined) return;
    const { ports, tokens, notice, onWelcome } = this.#parts;
    this.#cancelAttempt();
    this.#isAttempting = false;
    link.welcomedMs = ports.nowMs();
    this.#shutdownMs = 0;
    tokens.accepted();
    this.#watch(welcome.heartbeatMs);
    if (this.#isPolling) notice({ kind: 'polling-ended' });
    this.#isPolling = false;
    onWelcome(welcome);
    if (this.#link === link) this.status.set({ state: 'open', welcome });
  }

  /** Counts a connection as dead that has said nothing for some heartbeats. */
  #watch(heartbeatMs: number): void {
    if (heartbeatMs === 0) return;
    const { ports } = this.#parts;
    const armedMs = ports.nowMs();
    this.#cancelWatch = ports.after(heartbeatMs, () => {
      const nowMs = ports.nowMs();
      // A process that stood still itself hasn't read yet what came meanwhile.
      if (nowMs - armedMs > 2 * heartbeatMs) this.#lastReadMs = nowMs;
      if (nowMs - this.#lastReadMs > SILENT_HEARTBEATS * heartbeatMs)
        this.#fail(ABNORMAL_CLOSURE, 'the server is silent');
      else this.#watch(heartbeatMs);
    });
  }

  #noteShutdown(frame: SystemFrame): void {
    if (frame.code === 'shutdown') this.#shutdownMs = frame.retryAfterMs ?? 0;
  }

  /** The present attempt or connection is over; what follows is up to the code and the policy. */
  #fail(code: number, reason: string): void {
    const { ports, policy, tokens, onPoll, notice } = this.#parts;
    const welcomedMs = this.#drop(code);
    if (this.#isEnded) return;
    const isExpired = code === CloseCode.TOKEN_EXPIRED && tokens.refused();
    const advice = isExpired ? 'resume' : reconnectAdvice(code);
    if (advice === 'stop') {
      this.#end(code, reason);
      return;
    }
    if (welcomedMs !== undefined && ports.nowMs() - welcomedMs >= STABLE_MS) this.#failures = 0;
    const next = policy({ attempt: this.#failures, isBackOff: advice === 'back-off', random: ports.random });
    this.#failures++;
    if (!next.isPolling) {
      const retryInMs = Math.max(next.delayMs, this.#shutdownMs);
      this.status.set({ state: 'waiting', retryInMs, reason });
      if (!this.#isEnded) this.#retryIn(retryInMs);
      return;
    }
    if (!this.#isPolling) {
      this.#isPolling = true;
      this.#pollTickMs = ports.nowMs();
      this.status.set({ state: 'polling', everyMs: next.delayMs, reason });
      notice({ kind: 'polling', everyMs: next.delayMs });
      onPoll();
    }
    if (!this.#isEnded) this.#retryIn(Math.max(0, this.#pollTickMs + next.delayMs - ports.nowMs()));
  }

  #retryIn(delayMs: number): void {
    const { ports, onPoll } = this.#parts;
    this.#cancelRetry();
    this.#cancelRetry = ports.after(delayMs, () => {
      this.#pollTickMs = ports.nowMs();
      if (this.#isPolling) onPoll();
      this.connect();
    });
  }

  /** Lets go of the present socket and all that waits for it; answers when it had been welcomed. */
  #drop(code: number): number | undefined {
    const link = this.#link;
    this.#attemptNumber++;
    this.#link = undefined;
    this.#isAttempting = false;
    this.#cancelAttempt();
    this.#cancelWatch();
    this.#cancelRetry();
    if (link === undefined) return undefined;
    if (link.socket.readyState < SOCKET_CLOSING) {
      if (code === NORMAL_CLOSURE || link.socket.terminate === undefined) link.socket.close(NORMAL_CLOSURE);
      else link.socket.terminate();
    }
    if (link.welcomedMs !== undefined) this.#parts.onDown();
    return link.welcomedMs;
  }

  #end(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#drop(code);
    this.#parts.onEnd(code, reason);
    this.status.set({ state: 'closed', code, reason });
    this.status.clear();
  }
}

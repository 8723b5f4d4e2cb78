import { randomUUID } from 'node:crypto';
import type { Clock } from '../protocol/clock.ts';
import type { Refusal } from '../protocol/codecs/json.ts';
import { CloseCode, ERROR_CODES, type ErrorCode } from '../protocol/codes.ts';
import type { Limits } from '../protocol/limits.ts';
import type { TransportSocket } from '../transport/types.ts';
import type { AccountBook } from './accountBook.ts';
import { type CommandContext, runCommand } from './commands.ts';
import type { ClientRequest, Dialect, ServerEvent, Voice } from './dialects/dialect.ts';
import type { Entry } from './dialects/entry.ts';
import type { EngineLoop } from './engineLoop.ts';
import type { Hub } from './hub/hub.ts';
import { Subscriber } from './hub/subscriber.ts';
import type { Claims, Identity } from './identity.ts';
import type { ServerMetrics } from './metrics.ts';
import { forbiddenSubscriptions } from './permissions.ts';
import { TokenBucket } from './rateLimit.ts';
import { SessionIdentity } from './sessionIdentity.ts';

/** What every session of a server shares. */
export interface SessionServices {
  readonly hub: Hub;
  readonly loop: EngineLoop;
  readonly book: AccountBook;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly metrics: ServerMetrics;
  /** Counts a socket for its user; false when the user has too many. */
  readonly admit: (user: string) => boolean;
}

/** One socket from opening to close: who it speaks for, what it may send, what is due to it. */
export class Session {
  readonly subscriber: Subscriber;
  readonly #socket: TransportSocket;
  readonly #dialect: Dialect;
  readonly #voice: Voice;
  readonly #services: SessionServices;
  readonly #bucket: TokenBucket;
  readonly #keys: TokenBucket;
  readonly #openedUs: number;
  readonly #speaker: SessionIdentity;
  #controls: TokenBucket | undefined = undefined;
  #context: CommandContext | undefined = undefined;
  #isEnded = false;
  #refusedInARow = 0;
  #nextHeartbeatUs = Number.POSITIVE_INFINITY;

  constructor(
    socket: TransportSocket,
    spoken: { readonly dialect: Dialect; readonly entry: Entry },
    services: SessionServices,
  ) {
    const { clock, limits, metrics } = services;
    const { dialect, entry } = spoken;
    const voice = dialect.voiceOf(entry);
    this.#socket = socket;
    this.#dialect = dialect;
    this.#voice = voice;
    this.#services = services;
    this.#openedUs = clock.nowUs();
    this.#bucket = new TokenBucket({
      perSecond: limits.commandsPerSecond,
      burst: limits.commandBurst,
      nowUs: this.#openedUs,
    });
    this.#keys = new TokenBucket({
      perSecond: limits.subscriptionsPerSecond,
      burst: limits.subscriptionBurst,
      nowUs: this.#openedUs,
    });
    this.#speaker = new SessionIdentity({
      identity: services.identity,
      clock,
      session: this,
      cork: (write) => socket.cork(write),
      onRenewed: (claims) => this.#endForbidden(claims),
    });
    const closeSlow = (): void => this.endSlow();
    const mostBufferedBytes = mostBuffered(limits);
    this.subscriber = new Subscriber({ outlet: socket, dialect, voice, metrics, mostBufferedBytes, closeSlow });
  }

  /** Whether it is known who it speaks for; from then on it gets what the server has to tell. */
  get isWelcome(): boolean {
    return this.#speaker.claims !== undefined;
  }

  get claims(): Claims | undefined {
    return this.#speaker.claims;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** Takes a whole message; `bytes` is valid only during the call. */
  onMessage(bytes: Uint8Array, isBinary: boolean): void {
    const { limits, metrics, clock } = this.#services;
    if (this.#isEnded) return;
    metrics.framesIn++;
    metrics.bytesIn += bytes.byteLength;
    if (bytes.byteLength > limits.maxFrameBytes) {
      this.end(CloseCode.TOO_LARGE, `frames are at most ${limits.maxFrameBytes} bytes`);
      return;
    }
    const waitMs = this.#bucket.take(clock.nowUs());
    if (waitMs > 0) {
      this.#refuseForRate(waitMs);
      return;
    }
    this.#refusedInARow = 0;
    const request = this.#read(bytes, isBinary);
    if (request !== undefined) this.onRequest(request);
  }

  /** Takes a WebSocket ping or pong: free up to the rate of commands, since it makes us work as well. */
  onControl(): void {
    const { limits, clock } = this.#services;
    if (this.#isEnded) return;
    this.#controls ??= new TokenBucket({
      perSecond: limits.commandsPerSecond,
      burst: limits.commandBurst,
      nowUs: this.#openedUs,
    });
    if (this.#controls.take(clock.nowUs()) > 0) this.end(CloseCode.RATE_LIMITED, 'too many pings');
  }

  /** Takes a request that has been read. */
  onRequest(request: ClientRequest): void {
    if (request.type === 'refusal') {
      this.refuse(request);
      if (UNREADABLE.has(request.code)) this.end(CloseCode.BAD_FRAME, request.message);
      return;
    }
    const { metrics } = this.#services;
    const isKnown = this.#speaker.claims !== undefined && !this.#speaker.isVerifying;
    if (isKnown && request.type !== 'auth') metrics.commands++;
    const command = this.#speaker.take(request);
    const { claims } = this.#speaker;
    if (command === undefined || claims === undefined) return;
    if (this.#isTooManyKeys(command)) return;
    runCommand(this.#contextOf(claims), command);
  }

  /** Takes the identity that the upgrade request carried. */
  welcome(claims: Claims, id?: number): void {
    const { clock, limits, hub, admit } = this.#services;
    if (!admit(claims.user)) {
      this.refuse({ type: 'refusal', code: 'rate_limited', message: 'this user has too many sockets', ...idOf(id) });
      this.end(CloseCode.RATE_LIMITED, 'too many sockets');
      return;
    }
    this.#speaker.claims = claims;
    this.subscriber.user = claims.user;
    hub.settle();
    hub.add(this.subscriber);
    for (const channel of this.#dialect.standing.streams)
      hub.readers.joinStream(this.subscriber, channel, claims.account);
    this.#nextHeartbeatUs = clock.nowUs() + this.#heartbeatMs * 1000;
    const { maxFrameBytes, maxSymbolsPerSocket, commandsPerSecond, commandBurst } = limits;
    this.tell({
      type: 'welcome',
      ...idOf(id),
      session: randomUUID(),
      user: claims.user,
      account: claims.account,
      scopes: claims.scopes,
      serverTimeUs: clock.nowUs(),
      heartbeatMs: this.#heartbeatMs,
      limits: { maxFrameBytes, maxSymbolsPerSocket, commandsPerSecond, commandBurst },
      epoch: hub.epoch,
    });
    this.#speaker.watchExpiry(clock.nowUs());
  }

  /** Does what is due at `nowUs`: heartbeat, time-out of authentication, a token's end. */
  onSweep(nowUs: number): void {
    if (this.#isEnded) return;
    if (this.#speaker.claims === undefined) {
      const { authTimeoutMs } = this.#services.limits;
      if (nowUs - this.#openedUs >= authTimeoutMs * 1000) {
        this.end(CloseCode.AUTH_TIMEOUT, `no valid auth within ${authTimeoutMs} ms`);
      }
      return;
    }
    this.#speaker.watchExpiry(nowUs);
    if (nowUs >= this.#nextHeartbeatUs) this.#heartbeat(nowUs);
  }

  onDrain(): void {
    if (this.subscriber.isSlow) this.#services.hub.readers.catchUp(this.subscriber);
  }

  onClose(): void {
    this.#isEnded = true;
    this.#speaker.forget();
    this.#services.hub.readers.remove(this.subscriber);
  }

  /** Whether the socket is closed, or will be. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Tells something in the client's own language, if that has words for it. */
  tell(event: ServerEvent): void {
    const text = this.#voice.write(event, this.#services.clock.nowUs());
    if (text !== undefined) this.subscriber.send(text);
  }

  /** Answers with an error. */
  refuse(
    refusal: Refusal,
    more: { readonly retryAfterMs?: number; readonly reason?: string; readonly clientOrderId?: string } = {},
  ): void {
    const { code, message, id } = refusal;
    this.#services.metrics.countError(code);
    const { retryAfterMs = 0, ...rest } = more;
    const { retryable } = ERROR_CODES[code];
    this.tell({ type: 'error', ...idOf(id), code, message, retryable, retryAfterMs, ...rest });
  }

  /** Closes the socket with a code. */
  end(code: CloseCode, reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#socket.end(code, reason);
  }

  /** Closes a socket that can't be given what it must get. */
  endSlow(): void {
    if (this.#isEnded) return;
    this.#services.metrics.slowCloses++;
    this.end(CloseCode.TOO_SLOW, 'reads too slowly; reconnect and resume');
  }

  #read(bytes: Uint8Array, isBinary: boolean): ClientRequest | undefined {
    const { limits } = this.#services;
    const { read, readBinary } = this.#voice;
    if (!isBinary) return read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), limits);
    if (readBinary !== undefined) return readBinary(bytes, limits);
    return { type: 'refusal', code: 'bad_json', message: 'expected text, not binary' };
  }

  get #heartbeatMs(): number {
    return this.#services.limits.heartbeatMs * this.#dialect.standing.heartbeatFactor;
  }

  #refuseForRate(retryAfterMs: number): void {
    const { commandsPerSecond, commandBurst } = this.#services.limits;
    this.#refusedInARow++;
    this.refuse(
      { type: 'refusal', code: 'rate_limited', message: `at most ${commandsPerSecond} commands a second` },
      { retryAfterMs },
    );
    if (this.#refusedInARow > commandBurst) this.end(CloseCode.RATE_LIMITED, 'too many commands');
  }

  /** Whether the request was refused since the socket subscribes to more keys, or leaves more, than its rate allows. */
  #isTooManyKeys(request: ClientRequest): boolean {
    if (request.type !== 'subscribe' && request.type !== 'unsubscribe') return false;
    const { clock, limits } = this.#services;
    const retryAfterMs = this.#keys.take(clock.nowUs(), Math.max(1, request.symbols?.length ?? 1));
    if (retryAfterMs === 0) return false;
    const message = `at most ${limits.subscriptionsPerSecond} keys a second may be subscribed to or left`;
    this.refuse({ type: 'refusal', ...idOf(request.id), code: 'rate_limited', message }, { retryAfterMs });
    return true;
  }

  /** One object for each identity: a command needs it, and there are many. */
  #contextOf(claims: Claims): CommandContext {
    if (this.#context?.claims !== claims) this.#context = { ...this.#services, session: this, claims };
    return this.#context;
  }

  /** Ends what the identity may not have any more; the notice is an `unsubscribed` that nobody asked for. */
  #endForbidden(claims: Claims): void {
    for (const { channel, symbols } of forbiddenSubscriptions(this.subscriber, claims, this.#services.book)) {
      runCommand(this.#contextOf(claims), { type: 'unsubscribe', channel, symbols });
    }
  }

  #heartbeat(nowUs: number): void {
    const { hub } = this.#services;
    const intervalUs = this.#heartbeatMs * 1000;
    const nextUs = this.#nextHeartbeatUs + intervalUs;
    this.#nextHeartbeatUs = nextUs > nowUs ? nextUs : nowUs + intervalUs;
    this.tell({ type: 'heartbeat', serverTimeUs: nowUs, epoch: hub.epoch, heads: hub.readers.heads(this.subscriber) });
  }
}

/** Unsent bytes over which a socket is given nothing more: the hard limit, and what may come on top before that is enforced. */
export function mostBuffered({ hardBufferedBytes }: Pick<Limits, 'hardBufferedBytes'>): number {
  return 2 * hardBufferedBytes;
}

/** Refusals of what isn't even a message: the peer doesn't speak the language. */
const UNREADABLE: ReadonlySet<ErrorCode> = new Set(['bad_json', 'too_deep']);

function idOf(id: number | undefined): { readonly id?: number } {
  return id === undefined ? {} : { id };
}

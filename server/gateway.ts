import { CloseCode } from '../protocol/codes.ts';
import type { Limits } from '../protocol/limits.ts';
import type {
  SocketHandlers,
  Transport,
  TransportRequest,
  TransportResponse,
  UpgradeAnswer,
} from '../transport/types.ts';
import { AddressLimits } from './addressLimits.ts';
import type { ServerConfig } from './config.ts';
import type { Dialect } from './dialects/dialect.ts';
import { type Entry, readEntry } from './dialects/entry.ts';
import { HttpProblem, problemOf } from './http/problem.ts';
import type { SocketEndpoint } from './http/status.ts';
import { isOriginAllowed, tokenOf, withTimeout } from './identity/request.ts';
import { type Claims, developmentClaims, isName, type Verification } from './identity.ts';
import { isLoopback } from './listen.ts';
import { mostBuffered, Session, type SessionServices } from './session.ts';

/** The transport pings by itself in this time of silence and cuts a socket that doesn't answer. */
const IDLE_TIMEOUT_S = 120;
/** How often quiet addresses are forgotten, µs. */
const FORGET_EVERY_US = 10_000_000;
/** What a client is told to wait before it comes back, at most beyond the drain itself, ms. */
const RETRY_SPREAD_MS = 2_000;

export interface GatewayOptions {
  readonly transport: Transport;
  readonly dialects: readonly Dialect[];
  readonly config: Pick<ServerConfig, 'allowedOrigins' | 'compression'>;
  readonly services: Omit<SessionServices, 'admit'>;
}

/** The door: decides which upgrade requests become sessions, and keeps the sessions. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #services: SessionServices;
  readonly #sessions = new Set<Session>();
  readonly #addresses: AddressLimits;
  readonly #socketsByUser = new Map<string, number>();
  #isDraining = false;
  #nextForgetUs = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#services = { ...options.services, admit: (user) => this.#admit(user) };
    const { limits, clock } = options.services;
    this.#addresses = new AddressLimits(limits, (address) => this.#isDevelopment && isLoopback(address));
    options.transport.admit((address) => this.#mayConnect(address, clock.nowUs()));
    for (const [path, dialects] of byPath(options.dialects)) this.#serve(path, dialects);
  }

  /** Open sockets. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Does what is due at `nowUs` on every socket. */
  sweep(nowUs: number): void {
    for (const session of this.#sessions) session.onSweep(nowUs);
    this.#services.metrics.pendingConnections = this.#options.transport.pendingConnections;
    if (nowUs < this.#nextForgetUs) return;
    this.#nextForgetUs = nowUs + FORGET_EVERY_US;
    this.#addresses.sweep(nowUs);
  }

  /** Sessions of a dialect that are known by name, in the order of their opening. */
  *welcomed(dialect: Dialect): Iterable<Session> {
    for (const session of this.#sessions) if (session.isWelcome && session.dialect === dialect) yield session;
  }

  /** The endpoints, and how many clients each has. */
  get endpoints(): readonly SocketEndpoint[] {
    return this.#options.dialects.map((dialect) => ({
      dialect: dialect.name,
      paths: [dialect.path, ...(dialect.morePaths ?? [])],
      subprotocols: dialect.subprotocols,
      clients: [...this.welcomed(dialect)].length,
    }));
  }

  /** Counts an HTTP request of an address, as a handshake; 0, or ms after which it may ask again. */
  requestWaitMs(address: string, nowUs: number): number {
    return this.#addresses.handshake(address, nowUs);
  }

  /** Takes nobody in any more and tells every client to come back, each at another time. */
  startDraining(nowUs: number): void {
    this.#isDraining = true;
    for (const session of this.#sessions) {
      if (!session.isWelcome) continue;
      session.tell({
        type: 'system',
        code: 'shutdown',
        message: 'the server is shutting down; reconnect and resume',
        retryAfterMs: Math.ceil(Math.random() * RETRY_SPREAD_MS),
        serverTimeUs: nowUs,
      });
    }
  }

  /** Closes with 4001 the sockets that have read everything, or all of them; true when none is left. */
  endDrained(all: boolean): boolean {
    for (const session of [...this.#sessions]) {
      if (all || session.subscriber.outlet.bufferedBytes() === 0) session.end(CloseCode.SHUTDOWN, 'shutting down');
    }
    return this.#sessions.size === 0;
  }

  #serve(path: string, dialects: readonly [Dialect, ...Dialect[]]): void {
    const { transport, config, services } = this.#options;
    const { limits } = services;
    transport.ws({
      path,
      maxPayloadBytes: limits.maxTransportFrameBytes,
      maxBackpressureBytes: transportBufferBytes(limits),
      idleTimeoutS: IDLE_TIMEOUT_S,
      compression: config.compression ?? false,
      upgrade: (request) => {
        const spoken = chooseDialect(dialects, request.headers['sec-websocket-protocol']);
        return this.#upgrade(spoken, readEntry(path, request), request);
      },
    });
  }

  #mayConnect(address: string, nowUs: number): boolean {
    const { metrics, limits } = this.#services;
    const isFull = this.#options.transport.pendingConnections > limits.maxPendingConnections;
    if (isFull) metrics.countRefusedConnection('pending');
    else if (this.#addresses.mayConnect(address, nowUs)) return true;
    else metrics.countRefusedConnection('connection_rate');
    return false;
  }

  async #upgrade({ dialect, protocol }: Spoken, entry: Entry, request: TransportRequest): Promise<UpgradeAnswer> {
    const { remoteAddress } = request;
    const { clock } = this.#services;
    const refusal = this.#refuseRequest(request, clock.nowUs());
    if (refusal !== undefined) return this.#refuse(refusal);
    // Counted before the first await, so that a burst can't pass the limit while tokens are checked.
    if (!this.#addresses.open(remoteAddress, clock.nowUs())) return this.#refuse(this.#tooManySockets());
    const verification = await this.#verifyRequest(dialect, entry, request);
    if (verification?.ok === false) {
      this.#addresses.close(remoteAddress);
      const { code, message } = verification;
      return this.#refuse({ reason: code, response: problemOf(new HttpProblem(code, message)) });
    }
    return {
      accept: true,
      ...(protocol !== undefined && { protocol }),
      open: (socket) => {
        const session = new Session(socket, { dialect, entry }, this.#services);
        return this.#open(session, { remoteAddress, entry, claims: verification?.claims });
      },
      gone: () => this.#addresses.close(remoteAddress),
    };
  }

  #refuse(refusal: RequestRefusal): UpgradeAnswer {
    this.#services.metrics.countRefusedConnection(refusal.reason);
    return { accept: false, response: refusal.response };
  }

  #open(
    session: Session,
    opening: { readonly remoteAddress: string; readonly entry: Entry; readonly claims: Claims | undefined },
  ): SocketHandlers {
    const { metrics } = this.#services;
    const { remoteAddress, entry, claims } = opening;
    this.#sessions.add(session);
    metrics.opened++;
    metrics.connections++;
    if (claims !== undefined) this.#welcome(session, entry, claims);
    return {
      message: (bytes, isBinary) => session.onMessage(bytes, isBinary),
      control: () => session.onControl(),
      drain: () => session.onDrain(),
      dropped: () => {
        metrics.dropped++;
        session.endSlow();
      },
      close: (code, cause) => {
        this.#sessions.delete(session);
        this.#addresses.close(remoteAddress);
        if (session.claims !== undefined) decrement(this.#socketsByUser, session.claims.user);
        metrics.connections--;
        metrics.countClose(code);
        if (cause !== 'peer') metrics.countCut(cause);
        session.onClose();
      },
    };
  }

  #welcome(session: Session, entry: Entry, claims: Claims): void {
    const { dialect } = session;
    const named = dialect.namedUser?.(entry);
    if (named !== undefined && named !== claims.user) {
      session.end(CloseCode.FORBIDDEN, 'the user in the address is not the one of the token');
      return;
    }
    session.welcome(claims);
    for (const request of dialect.opening?.(entry) ?? []) session.onRequest(request);
  }

  #refuseRequest(request: TransportRequest, nowUs: number): RequestRefusal | undefined {
    if (this.#isDraining) {
      const problem = new HttpProblem('shutting_down', 'this server is draining; try another');
      return { reason: 'draining', response: problemOf(problem) };
    }
    const waitMs = this.#addresses.handshake(request.remoteAddress, nowUs);
    if (waitMs > 0) {
      const message = `an address may make ${this.#services.limits.handshakesPerSecond} handshakes a second`;
      const problem = new HttpProblem('rate_limited', message, { retryAfterMs: waitMs });
      return { reason: 'handshake_rate', response: problemOf(problem) };
    }
    const { allowedOrigins } = this.#options.config;
    const rules = { allowedOrigins, isDevelopment: this.#isDevelopment };
    if (isOriginAllowed(request.headers['origin'], rules)) return undefined;
    const problem = new HttpProblem('forbidden', 'this origin is not allowed; add it to allowedOrigins');
    return { reason: 'origin', response: problemOf(problem) };
  }

  #tooManySockets(): RequestRefusal {
    const message = `an address may have ${this.#services.limits.maxSocketsPerAddress} sockets`;
    return { reason: 'address_sockets', response: problemOf(new HttpProblem('rate_limited', message)) };
  }

  /** Undefined when an `auth` frame has to say it. */
  async #verifyRequest(dialect: Dialect, entry: Entry, request: TransportRequest): Promise<Verification | undefined> {
    const token = tokenOf(request);
    if (token === undefined && dialect.identity === 'frame') return undefined;
    const named = dialect.namedUser?.(entry);
    if (token === undefined && this.#isDevelopment && named !== undefined && isName(named)) {
      return { ok: true, claims: developmentClaims(named) };
    }
    return withTimeout(this.#services.identity.verify(token), this.#services.limits.authTimeoutMs);
  }

  #admit(user: string): boolean {
    const count = this.#socketsByUser.get(user) ?? 0;
    if (!this.#isDevelopment && count >= this.#services.limits.maxSocketsPerUser) return false;
    increment(this.#socketsByUser, user);
    return true;
  }

  get #isDevelopment(): boolean {
    return this.#services.identity.isDevelopment;
  }
}

/** Why an upgrade request is refused: the reason is a label of `/metrics`. */
interface RequestRefusal {
  readonly reason: string;
  readonly response: TransportResponse;
}

/** Room for what we let a socket have unsent, one message more however long, and the close frame; beyond it the transport drops all of these. */
function transportBufferBytes(limits: Limits): number {
  return mostBuffered(limits) + MARGIN_BYTES;
}
const MARGIN_BYTES = 16 * 1024 * 1024;

/** The dialects of each path, in their order. */
function byPath(dialects: readonly Dialect[]): ReadonlyMap<string, readonly [Dialect, ...Dialect[]]> {
  const paths = new Map<string, [Dialect, ...Dialect[]]>();
  for (const dialect of dialects) {
    for (const path of [dialect.path, ...(dialect.morePaths ?? [])]) {
      const known = paths.get(path);
      if (known === undefined) paths.set(path, [dialect]);
      else known.push(dialect);
    }
  }
  return paths;
}

/** What a socket speaks: a dialect, and the subprotocol by which it was asked for. */
interface Spoken {
  readonly dialect: Dialect;
  readonly protocol: string | undefined;
}

/** Takes the first subprotocol offered that a dialect of the path knows; without one, the path's first dialect. */
function chooseDialect(dialects: readonly [Dialect, ...Dialect[]], offered: string | undefined): Spoken {
  for (const protocol of (offered ?? '').split(',').map((name) => name.trim())) {
    const dialect = dialects.find(({ subprotocols }) => subprotocols.includes(protocol));
    if (dialect !== undefined) return { dialect, protocol };
  }
  return { dialect: dialects[0], protocol: undefined };
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function decrement(counts: Map<string, number>, key: string): void {
  const count = (counts.get(key) ?? 0) - 1;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

import { CloseCode } from '../protocol/codes.ts';
import type { Limits } from '../protocol/limits.ts';
import type {
  SocketHandlers,
  Transport,
  TransportRequest,
  TransportResponse,
  UpgradeAnswer,
} from '../transport/types.ts';
import type { ServerConfig } from './config.ts';
import type { Dialect, ServerEvent } from './dialects/dialect.ts';
import { problem } from './http/routes.ts';
import type { Verification } from './identity.ts';
import { isLoopback } from './listen.ts';
import { Session, type SessionServices } from './session.ts';

/** The transport pings by itself in this time of silence and cuts a socket that doesn't answer. */
const IDLE_TIMEOUT_S = 120;
/** What a client is told to wait before it comes back, at most beyond the drain itself, ms. */
const RETRY_SPREAD_MS = 2_000;

export interface GatewayOptions {
  readonly transport: Transport;
  readonly dialects: readonly Dialect[];
  readonly config: Pick<ServerConfig, 'allowedOrigins' | 'secret'>;
  readonly services: Omit<SessionServices, 'admit'>;
}

/** The door: decides which upgrade requests become sessions, and keeps the sessions. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #services: SessionServices;
  readonly #sessions = new Set<Session>();
  readonly #socketsByAddress = new Map<string, number>();
  readonly #socketsByUser = new Map<string, number>();
  #isDraining = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#services = { ...options.services, admit: (user) => this.#admit(user) };
    for (const dialect of options.dialects) {
      options.transport.ws({
        path: dialect.path,
        maxPayloadBytes: options.services.limits.maxTransportFrameBytes,
        maxBackpressureBytes: transportBufferBytes(options.services.limits),
        idleTimeoutS: IDLE_TIMEOUT_S,
        upgrade: (request) => this.#upgrade(dialect, request),
      });
    }
  }

  /** Open sockets. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Does what is due at `nowUs` on every socket. */
  sweep(nowUs: number): void {
    for (const session of this.#sessions) session.onSweep(nowUs);
  }

  /** Sessions of a dialect that are known by name, in the order of their opening. */
  *welcomed(dialect: Dialect): Iterable<Session> {
    for (const session of this.#sessions) if (session.isWelcome && session.dialect === dialect) yield session;
  }

  /** Tells every session. */
  tellAll(event: ServerEvent): void {
    for (const session of this.#sessions) if (session.isWelcome) session.tell(event);
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

  async #upgrade(dialect: Dialect, request: TransportRequest): Promise<UpgradeAnswer> {
    const refusal = this.#refuseRequest(request);
    if (refusal !== undefined) return { accept: false, response: refusal };
    const { remoteAddress } = request;
    // Counted before the first await, so that a burst can't pass the limit while tokens are checked.
    increment(this.#socketsByAddress, remoteAddress);
    const verification = await this.#verifyRequest(dialect, request);
    if (verification?.ok === false) {
      decrement(this.#socketsByAddress, remoteAddress);
      const status = verification.code === 'forbidden' ? 403 : 401;
      return { accept: false, response: problem({ status, title: verification.code, detail: verification.message }) };
    }
    const protocol = chooseProtocol(dialect, request.headers['sec-websocket-protocol']);
    return {
      accept: true,
      ...(protocol !== undefined && { protocol }),
      open: (socket) => {
        const session = new Session(socket, dialect, this.#services);
        return this.#open(session, remoteAddress, verification);
      },
      gone: () => decrement(this.#socketsByAddress, remoteAddress),
    };
  }

  #open(session: Session, remoteAddress: string, verification: Verification | undefined): SocketHandlers {
    const { metrics } = this.#services;
    this.#sessions.add(session);
    metrics.opened++;
    metrics.connections++;
    if (verification?.ok === true) session.welcome(verification.claims);
    return {
      message: (bytes, isBinary) => session.onMessage(bytes, isBinary),
      drain: () => session.onDrain(),
      dropped: () => {
        metrics.dropped++;
        session.endSlow();
      },
      close: (code) => {
        this.#sessions.delete(session);
        decrement(this.#socketsByAddress, remoteAddress);
        if (session.claims !== undefined) decrement(this.#socketsByUser, session.claims.user);
        metrics.connections--;
        metrics.countClose(code);
        session.onClose();
      },
    };
  }

  #refuseRequest(request: TransportRequest): TransportResponse | undefined {
    if (this.#isDraining) {
      const response = problem({ status: 503, title: 'Shutting down', detail: 'This server is draining; try another' });
      return { ...response, headers: { ...response.headers, 'retry-after': '1' } };
    }
    if (!this.#isOriginAllowed(request.headers['origin'])) {
      return problem({ status: 403, title: 'Origin not allowed', detail: 'Add the origin to allowedOrigins' });
    }
    const { maxSocketsPerAddress } = this.#services.limits;
    const isExempt = this.#isDevelopment && isLoopback(request.remoteAddress);
    if (isExempt || (this.#socketsByAddress.get(request.remoteAddress) ?? 0) < maxSocketsPerAddress) return undefined;
    return problem({ status: 429, title: 'Too many sockets', detail: `At most ${maxSocketsPerAddress} per address` });
  }

  /** Only browsers send an origin. In development a page served from this machine may connect as well. */
  #isOriginAllowed(origin: string | undefined): boolean {
    if (origin === undefined) return true;
    const { allowedOrigins } = this.#options.config;
    if (allowedOrigins.includes('*') || allowedOrigins.includes(origin)) return true;
    return this.#isDevelopment && URL.canParse(origin) && isLoopback(new URL(origin).hostname.replace(/^\[|\]$/g, ''));
  }

  /** Undefined when an `auth` frame has to say it. */
  async #verifyRequest(dialect: Dialect, request: TransportRequest): Promise<Verification | undefined> {
    const token = tokenOf(request);
    if (token === undefined && dialect.identity === 'frame') return undefined;
    return withTimeout(this.#services.identity.verify(token), this.#services.limits.authTimeoutMs);
  }

  #admit(user: string): boolean {
    const count = this.#socketsByUser.get(user) ?? 0;
    if (!this.#isDevelopment && count >= this.#services.limits.maxSocketsPerUser) return false;
    increment(this.#socketsByUser, user);
    return true;
  }

  get #isDevelopment(): boolean {
    return this.#options.config.secret === undefined;
  }
}

/** Room for the hard limit and what may come on top before it is enforced; beyond it the transport drops. */
function transportBufferBytes(limits: Limits): number {
  return 2 * limits.hardBufferedBytes + MARGIN_BYTES;
}
const MARGIN_BYTES = 1024 * 1024;

function tokenOf({ headers, query }: TransportRequest): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '');
  return bearer?.[1] ?? new URLSearchParams(query).get('token') ?? undefined;
}

function chooseProtocol(dialect: Dialect, offered: string | undefined): string | undefined {
  const names = (offered ?? '').split(',').map((name) => name.trim());
  return names.find((name) => dialect.subprotocols.includes(name));
}

async function withTimeout(verification: Promise<Verification>, timeoutMs: number): Promise<Verification> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verification>((resolve) => {
    const answer: Verification = { ok: false, code: 'unauthenticated', message: 'the token was not checked in time' };
    timer = setTimeout(() => resolve(answer), timeoutMs);
  });
  const result = await Promise.race([verification, late]);
  clearTimeout(timer);
  return result;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function decrement(counts: Map<string, number>, key: string): void {
  const count = (counts.get(key) ?? 0) - 1;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

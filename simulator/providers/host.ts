import type { Clock } from '../../protocol/clock.ts';
import type {
  HttpMessage,
  SocketHandlers,
  Transport,
  TransportRequest,
  TransportResponse,
  UpgradeAnswer,
} from '../../transport/types.ts';
import { openTransport } from '../../transport/uws.ts';
import { type LinkFaults, type LinkState, SOUND_LINK } from '../faults/types.ts';
import type { PlaySummary } from '../play/types.ts';
import { hostTimers, type Timers } from '../timers.ts';
import { Random } from '../universe/random.ts';
import { Connection } from './connection.ts';
import { Delivery, emptyCounts, type HostCounts } from './delivery.ts';
import type { ProviderAnswer, ProviderKind, ProviderRequest } from './facade.ts';
import { Inbox } from './inbox.ts';
import { LinkControl } from './linkControl.ts';
import { Relay } from './relay.ts';
import { type Play, Stage, type StageWorld } from './stage.ts';

const KIB = 1024;
const MAX_PAYLOAD_BYTES = 256 * KIB;
const MAX_BODY_BYTES = 1024 * KIB;
/** Later than a provider's own pings would find a dead client out. */
const IDLE_TIMEOUT_S = 120;
/** A condition may begin a fault unannounced: the link's state counts no longer than this without a look. */
const LINK_HOLDS_US = 5_000;
const DEFAULT_MAX_BUFFERED_BYTES = 1024 * KIB;

/** What a client asks of its own clock. */
export interface OwnStart {
  /** The text of `?from=`, as on the command line. */
  readonly from: string | undefined;
  /** Above 0; Infinity is `max`. */
  readonly speed: number | undefined;
}

export interface HostOptions {
  readonly kind: ProviderKind;
  /** One of the kind's plans; default: its first. */
  readonly plan?: string;
  /** Accepted keys; default: any that isn't empty. */
  readonly keys?: readonly string[];
  readonly isLenient?: boolean;
  readonly clock: Clock;
  readonly timers?: Timers;
  readonly seed?: number;
  /** Makes the one play that all clients hear. */
  readonly play: Play;
  /**
   * With it each connection plays the tape from a start of its own. What can't be played gives one line that says why; it goes
   * to the client as status 400. HTTP is answered from `play`.
   */
  readonly ownPlay?: (start: OwnStart) => Play | { readonly problem: string };
  /** A socket with more unread bytes is ended as the provider ends slow readers. Default 1 MiB. */
  readonly maxBufferedBytes?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
}

/** The port can't be listened on: one line that names it. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

/**
 * Opens a provider's façade on a port; nothing is played before {@link ProviderHost.run}.
 *
 * @throws HostError when the port can't be had
 * @throws TransportError when the transport can't be used here
 */
export async function openHost(options: HostOptions): Promise<ProviderHost> {
  const host = new ProviderHost(options, await openTransport());
  await host.listen();
  return host;
}

/** A provider at a port: sockets, questions, faults of the link, and one tape or many behind them. */
export class ProviderHost {
  readonly counts: HostCounts = emptyCounts();
  readonly #options: HostOptions;
  readonly #transport: Transport;
  readonly #world: StageWorld;
  readonly #delivery: Delivery;
  readonly #inbox: Inbox;
  readonly #stage: Stage;
  readonly #connections = new Map<Connection, Stage>();
  readonly #maxBufferedBytes: number;
  #linkFaults: LinkFaults | undefined;
  #link = SOUND_LINK;
  #linkUntilUs = 0;
  #relay: Relay | undefined;
  #control: LinkControl | undefined;
  #failed: (error: unknown) => void = () => undefined;
  #port = 0;

  constructor(options: HostOptions, transport: Transport) {
    const { kind, clock, timers = hostTimers } = options;
    const drawn = new Random(options.seed ?? 1, 'provider');
    const random = (): number => this.#linkFaults?.random() ?? drawn.unit();
    const link = (): LinkState => (this.#linkFaults === undefined ? SOUND_LINK : this.#linkNow(this.#linkFaults));
    this.#options = options;
    this.#transport = transport;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED_BYTES;
    this.#world = {
      kind,
      plan: options.plan ?? Object.keys(kind.plans)[0] ?? '',
      keys: options.keys,
      isLenient: options.isLenient ?? false,
      clock,
      timers,
      link,
      random,
    };
    this.#delivery = new Delivery({ nowUs: clock.nowUs, timers, counts: this.counts, link, random });
    this.#inbox = new Inbox({ nowUs: clock.nowUs, timers });
    this.#stage = new Stage(this.#world, options.play);
    this.#linkFaults = this.#stage.linkFaults;
  }

  /** The port that clients connect to. */
  get port(): number {
    return this.#port;
  }

  /** Topics of the one play that clients have subscribed to. */
  get topics(): number {
    return this.#stage.fanOut.heard;
  }

  /** Listens. @throws HostError when the port can't be had */
  async listen(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    for (const path of this.#stage.facade.socketPaths) {
      this.#transport.ws({
        path,
        maxPayloadBytes: MAX_PAYLOAD_BYTES,
        maxBackpressureBytes: this.#maxBufferedBytes,
        idleTimeoutS: IDLE_TIMEOUT_S,
        upgrade: async (request) => this.#upgrade(request),
      });
    }
    this.#transport.http({ maxBodyBytes: MAX_BODY_BYTES, handle: async (message) => this.#handle(message) });
    this.#port = await (this.#linkFaults === undefined
      ? this.#listenAt({ host, port })
      : this.#listenBehind(this.#linkFaults, { host, port }));
  }

  /**
   * Plays the tape to all clients; resolves at the end of its part.
   *
   * @throws TapeError when the tape turns out to be altered
   * @throws HostError when the provider can't come back after it was down
   */
  run(): Promise<PlaySummary> {
    const failure = new Promise<never>((_, reject) => {
      this.#failed = reject;
    });
    return Promise.race([this.#stage.run(), failure]);
  }

  /** Delivers nothing more from the tape; `run` resolves. */
  stop(): void {
    this.#stage.stop();
  }

  /** Ends a share (0 to 1) of the open sockets: with a close code, or else without a close frame. */
  cut({ share, code }: { readonly share: number; readonly code?: number }): void {
    for (const connection of [...this.#connections.keys()]) {
      if (this.#world.random() >= share) continue;
      if (code === undefined) connection.terminate();
      else connection.end(code, '');
    }
  }

  /** Ends the socket with the most unread bytes as the provider ends slow readers. */
  kickSlowest(): void {
    let slowest: Connection | undefined;
    for (const connection of this.#connections.keys()) {
      if (connection.socket.bufferedBytes() > (slowest?.socket.bufferedBytes() ?? -1)) slowest = connection;
    }
    slowest?.kick();
  }

  /** Stops playing and ends everything at once. */
  close(): void {
    this.#stage.stop();
    this.#control?.stop();
    for (const [connection, stage] of [...this.#connections]) {
      connection.end(GOING_AWAY, '');
      if (stage !== this.#stage) stage.stop();
    }
    this.#delivery.close();
    this.#transport.close();
    this.#relay?.close();
  }

  async #listenAt(address: Address): Promise<number> {
    const outcome = await this.#transport.listen(address);
    if (outcome.ok) return outcome.port;
    this.#transport.close();
    throw cannotListen(address, outcome.reason === 'taken' ? undefined : outcome.message);
  }

  /** Listens behind a relay, which does what a transport can't: resets, refusals, half-open connections. */
  async #listenBehind(faults: LinkFaults, address: Address): Promise<number> {
    const relay = new Relay(await this.#listenAt({ host: '127.0.0.1', port: 0 }));
    this.#relay = relay;
    const { clock, timers } = this.#world;
    const port = await relay.listen(address).catch((error: unknown) => {
      this.#transport.close();
      throw cannotListen(address, isTaken(error) ? undefined : String(error));
    });
    const end = (share: number, code: number): void => this.cut({ share, code });
    const failed = (error: unknown): void => this.#failed(cannotListen({ ...address, port }, String(error)));
    const kickSlowest = (): void => this.kickSlowest();
    this.#control = new LinkControl({ faults, relay, nowUs: clock.nowUs, timers, end, kickSlowest, failed });
    this.#control.start();
    return port;
  }

  /** The link's state, worked out anew when it may have changed. */
  #linkNow(faults: LinkFaults): LinkState {
    const nowUs = this.#world.clock.nowUs();
    if (nowUs >= this.#linkUntilUs) {
      this.#link = faults.at(nowUs);
      this.#linkUntilUs = Math.min(faults.nextChangeUs(nowUs), nowUs + LINK_HOLDS_US);
    }
    return this.#link;
  }

  #upgrade(request: TransportRequest): UpgradeAnswer {
    const query = new URLSearchParams(request.query);
    const refusal = this.#stage.facade.refuse?.(questionOf(request));
    if (refusal !== undefined) return { accept: false, response: responseOf(refusal) };
    const stage = this.#stageFor(query);
    if ('problem' in stage) return { accept: false, response: json(400, { error: stage.problem }) };
    return {
      accept: true,
      open: (socket) => {
        const connection: Connection = new Connection({
          socket,
          request,
          query,
          timers: this.#world.timers,
          fanOut: stage.fanOut,
          delivery: this.#delivery,
          frames: stage.frames,
          kick: (slow) => this.#kick(slow, stage),
        });
        return this.#open(connection, stage);
      },
      gone: () => undefined,
    };
  }

  #stageFor(query: URLSearchParams): Stage | { readonly problem: string } {
    const { ownPlay } = this.#options;
    if (ownPlay === undefined) return this.#stage;
    const speedText = query.get('speed');
    const speed = speedText === null ? undefined : speedText === 'max' ? Number.POSITIVE_INFINITY : Number(speedText);
    if (speed !== undefined && !(speed > 0)) return { problem: `speed=${speedText}: give a number above 0, or max` };
    const play = ownPlay({ from: query.get('from') ?? undefined, speed });
    return 'problem' in play ? play : new Stage(this.#world, play);
  }

  #open(connection: Connection, stage: Stage): SocketHandlers {
    const { counts } = this;
    counts.connections++;
    counts.opened++;
    this.#connections.set(connection, stage);
    const session = stage.facade.connect?.(connection);
    if (stage !== this.#stage) stage.run('soon').catch(() => connection.end(INTERNAL_ERROR, 'the tape is damaged'));
    const read = (text: string): void => session?.message(text);
    return {
      message: (bytes, isBinary) => {
        if (isBinary || this.#world.link().isHalfOpen) return;
        const letter = { sender: connection.socket, text: Buffer.from(bytes).toString('utf8'), read };
        if (!this.#inbox.take(letter)) connection.end(POLICY_VIOLATION, 'too many messages at once');
      },
      control: () => connection.heardControl(),
      drain: () => undefined,
      dropped: () => connection.kick(),
      close: () => {
        counts.connections--;
        this.#connections.delete(connection);
        connection.release();
        session?.closed();
        if (stage !== this.#stage) stage.stop();
      },
    };
  }

  #kick(connection: Connection, { facade }: Stage): void {
    if (!connection.socket.isOpen) return;
    this.counts.kicked++;
    if (facade.kickSlow === undefined) connection.terminate();
    else facade.kickSlow(connection);
  }

  #handle(message: HttpMessage): TransportResponse {
    this.counts.requests++;
    const { path, body } = message;
    if (body === 'too_large') return json(413, { error: `the body is over ${MAX_BODY_BYTES} bytes` });
    if (this.#world.link().hasWrongContentType) {
      return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: WRONG_PAGE };
    }
    const isHead = message.method === 'HEAD';
    const answer = this.#stage.facade.request?.(questionOf(message, body));
    return { ...(answer === undefined ? json(404, { error: `there is no ${path}` }) : responseOf(answer)), isHead };
  }
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function cannotListen({ host, port }: Address, problem: string | undefined): HostError {
  const why = problem === undefined ? 'is taken' : `can't be listened on (${problem})`;
  return new HostError(`${host}:${port} ${why}; choose another port, or 0 for any free one`);
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;
const WRONG_PAGE = '<!doctype html><title>Service unavailable</title><h1>We will be back soon</h1>';

function questionOf(request: TransportRequest, body?: Uint8Array): ProviderRequest {
  const { method, path, query, headers, remoteAddress } = request;
  return {
    method: method === 'HEAD' ? 'GET' : method,
    path,
    query: new URLSearchParams(query),
    headers,
    body: body === undefined ? '' : Buffer.from(body).toString('utf8'),
    remoteAddress,
  };
}

function json(status: number, value: unknown): TransportResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function responseOf({
  status,
  body,
  contentType = 'application/json',
  headers = {},
}: ProviderAnswer): TransportResponse {
  return { status, headers: { 'content-type': contentType, ...headers }, body };
}

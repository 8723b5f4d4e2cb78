import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket, us_socket_context_t } from 'uWebSockets.js';
import { createRequire } from 'node:module';
import { addressOf, answer, readRequest, write } from './exchange.ts';
import { GuardedSocket } from './guardedSocket.ts';
import { Neighbour } from './neighbour.ts';
import { probePort } from './ports.ts';
import { checkTlsFiles } from './tls.ts';
import {
  type CloseCause,
  type HttpHandling,
  type ListenOutcome,
  type Message,
  type RenewOutcome,
  type SocketHandlers,
  type TlsFiles,
  type Transport,
  TransportError,
  type TransportSocket,
  type UpgradeAnswer,
  type WebSocketRoute,
} from './types.ts';

type Library = typeof import('uWebSockets.js');

const APP_METHODS = ['ws', 'any', 'filter', 'listen', 'publish', 'close'] as const;
const LIBRARY_FUNCTIONS = ['App', 'SSLApp', 'us_listen_socket_close', 'us_socket_local_port'] as const;

/**
 * Loads uWebSockets.js, checks that this build has what we call, and makes a server of it.
 *
 * @param options.tls absent: plain text
 * @throws TransportError when there is no binary for this platform, it lacks a function, or the certificate can't be used
 */
export async function openTransport(options: { readonly tls?: TlsFiles | undefined } = {}): Promise<Transport> {
  const library = await loadLibrary();
  const missing = LIBRARY_FUNCTIONS.filter((name) => typeof library[name] !== 'function');
  if (missing.length > 0) throw new TransportError(`this uWebSockets.js lacks ${missing.join(', ')}`);
  const { tls } = options;
  const problem = tls === undefined ? undefined : await checkTlsFiles(tls);
  if (problem !== undefined) throw new TransportError(problem);
  const app = openApp(library, tls);
  const absent = APP_METHODS.filter((name) => typeof app[name] !== 'function');
  if (absent.length > 0) throw new TransportError(`this uWebSockets.js lacks App.${absent.join(', App.')}`);
  return new UwsTransport(library, app, tls);
}

function openApp(library: Library, tls: TlsFiles | undefined): TemplatedApp {
  if (tls === undefined) return library.App();
  return library.SSLApp({ cert_file_name: tls.certPath, key_file_name: tls.keyPath });
}

/** The library reads it when it is loaded; its own 4 KiB are too little for a long token whose header comes in two segments. */
const MAX_HEADER_BYTES = 16_384;

async function loadLibrary(): Promise<Library> {
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(MAX_HEADER_BYTES);
  try {
    return (await import('uWebSockets.js')).default;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : String(error);
    throw new TransportError(
      `uWebSockets.js has no usable binary for Node ${process.versions.node} on ${process.platform} ${process.arch} (${reason}); Node 20 on Linux needs glibc 2.27, newer Node glibc 2.38`,
    );
  }
}

/** Name and version of the package, and the binary that Node's version selects. */
function describeBuild(): string {
  const manifest: unknown = createRequire(import.meta.url)('uWebSockets.js/package.json');
  const text = (key: 'name' | 'version'): string =>
    typeof manifest === 'object' && manifest !== null && key in manifest
      ? String(Object.entries(manifest).find(([name]) => name === key)?.[1])
      : '?';
  const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}`;
  return `${text('name')} ${text('version')} (${binary})`;
}

interface UserData {
  readonly socket: GuardedSocket;
  readonly open: (socket: TransportSocket) => SocketHandlers;
  handlers: SocketHandlers | undefined;
  /** Close code of a socket that ended before it had handlers. */
  closedEarly: number | undefined;
}

/**
 * One app of the library. With TLS it keeps the certificate that it was made with, so a new certificate takes a new app;
 * the earlier one serves its open sockets to their end.
 */
class Generation {
  readonly app: TemplatedApp;
  readonly listening: us_listen_socket[] = [];
  /** Connections that speak HTTP, or nothing yet. */
  pending = 0;
  sockets = 0;

  constructor(app: TemplatedApp) {
    this.app = app;
  }

  get isEmpty(): boolean {
    return this.pending === 0 && this.sockets === 0;
  }
}

class UwsTransport implements Transport {
  readonly build = describeBuild();
  readonly #library: Library;
  readonly #tls: TlsFiles | undefined;
  readonly #routes: WebSocketRoute[] = [];
  readonly #addresses: { readonly host: string; readonly port: number }[] = [];
  /** The last one takes new connections. */
  #generations: Generation[];
  #mayConnect: (remoteAddress: string) => boolean = () => true;
  #http: HttpHandling | undefined;
  #neighbour: Neighbour | undefined;
  #isListening = true;
  #isClosed = false;

  constructor(library: Library, app: TemplatedApp, tls: TlsFiles | undefined) {
    this.#library = library;
    this.#tls = tls;
    this.#generations = [this.#watched(app)];
  }

  get pendingConnections(): number {
    return this.#generations.reduce((sum, { pending }) => sum + pending, 0);
  }

  admit(mayConnect: (remoteAddress: string) => boolean): void {
    this.#mayConnect = mayConnect;
  }

  ws(route: WebSocketRoute): void {
    this.#routes.push(route);
    for (const generation of this.#generations) this.#addRoute(generation, route);
  }

  http(handling: HttpHandling): void {
    this.#http = handling;
    for (const generation of this.#generations) addHttp(generation, handling);
  }

  async listen(address: { readonly host: string; readonly port: number }): Promise<ListenOutcome> {
    const [generation] = this.#generations;
    if (generation === undefined || this.#isClosed) throw new TransportError('the transport is closed');
    this.#neighbour ??= await this.#openNeighbour();
    const outcome = this.#tls === undefined ? undefined : await probePort(address);
    if (outcome?.ok === false) return outcome;
    const wanted = { host: address.host, port: outcome?.port ?? address.port };
    const port = await this.#bind(generation, wanted);
    if (port === undefined) return whyNotListening(address);
    this.#addresses.push({ host: address.host, port });
    return { ok: true, port };
  }

  publish(topic: string, message: Message): void {
    const isBinary = typeof message !== 'string';
    const isCompressed = this.#routes[0]?.compression ?? false;
    for (let at = 0; at < this.#generations.length; at++) {
      this.#generations[at]?.app.publish(topic, message, isBinary, isCompressed);
    }
  }

  async renewCertificate(): Promise<RenewOutcome> {
    const tls = this.#tls;
    if (tls === undefined) return { ok: false, message: 'this server has no certificate' };
    const problem = await checkTlsFiles(tls);
    if (problem !== undefined) return { ok: false, message: problem };
    if (!this.#isListening) return { ok: false, message: 'the server takes no new connections' };
    const next = this.#watched(openApp(this.#library, tls));
    for (const route of this.#routes) this.#addRoute(next, route);
    if (this.#http !== undefined) addHttp(next, this.#http);
    for (const address of this.#addresses) {
      if ((await this.#bind(next, address)) !== undefined) continue;
      next.app.close();
      return { ok: false, message: `${address.host}:${address.port} can't be listened on a second time` };
    }
    for (const generation of this.#generations) this.#stopListening(generation);
    this.#generations.push(next);
    this.#dropEmpty();
    return { ok: true };
  }

  stopListening(): void {
    this.#isListening = false;
    for (const generation of this.#generations) this.#stopListening(generation);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isListening = false;
    for (const generation of this.#generations) {
      generation.listening.length = 0;
      generation.app.close();
    }
    this.#neighbour?.close();
  }

  #openNeighbour(): Promise<Neighbour> {
    const library = this.#library;
    return Neighbour.open({
      app: library.App(),
      portOf: library.us_socket_local_port,
      stopListening: library.us_listen_socket_close,
    });
  }

  /** What makes a socket of a response; see {@link Neighbour}. */
  readonly #beside = (make: () => void): void => {
    if (this.#neighbour === undefined) make();
    else this.#neighbour.beside(make);
  };

  #watched(app: TemplatedApp): Generation {
    const generation = new Generation(app);
    const onConnection = (response: HttpResponse, change: unknown): void => {
      generation.pending += Number(change);
      if (Number(change) > 0) {
        if (!this.#mayConnect(addressOf(response))) response.close();
      } else if (generation.isEmpty) {
        setImmediate(() => this.#dropEmpty());
      }
    };
    app.filter(onConnection);
    return generation;
  }

  #addRoute(generation: Generation, route: WebSocketRoute): void {
    const { library, compression = false } = { library: this.#library, ...route };
    const isGone = (): void => {
      generation.sockets--;
      if (generation.isEmpty) setImmediate(() => this.#dropEmpty());
    };
    generation.app.ws<UserData>(route.path, {
      maxPayloadLength: route.maxPayloadBytes,
      maxBackpressure: route.maxBackpressureBytes,
      idleTimeout: route.idleTimeoutS,
      sendPingsAutomatically: true,
      // A small window of its own per socket deflates texts that resemble each other well; inflating needs no memory of the past.
      ...(compression && { compression: library.DEDICATED_COMPRESSOR_4KB | library.SHARED_DECOMPRESSOR }),
      upgrade: (response, request, context) =>
        void upgrade(route, generation, { response, request, context, beside: this.#beside }),
      open: (ws) => {
        const data = ws.getUserData();
        data.socket.attach(ws);
        data.handlers = data.open(data.socket);
        // Ended while it was being opened: nobody was there yet to hear of it.
        if (data.closedEarly !== undefined) data.handlers.close(data.closedEarly, 'peer');
      },
      message: (ws, message, isBinary) => ws.getUserData().handlers?.message(new Uint8Array(message), isBinary),
      ping: (ws) => ws.getUserData().handlers?.control?.(),
      pong: (ws) => ws.getUserData().handlers?.control?.(),
      drain: (ws) => ws.getUserData().handlers?.drain(),
      dropped: (ws) => ws.getUserData().handlers?.dropped(),
      close: (ws, code, message) => {
        const data = ws.getUserData();
        data.socket.detach();
        isGone();
        if (data.handlers === undefined) data.closedEarly = code;
        else data.handlers.close(code, code === NO_CLOSE_FRAME ? causeOf(message) : 'peer');
      },
    });
  }

  /** The port, or undefined. The binary takes host, port and options together; the package's types know only two of them at once. */
  async #bind(
    generation: Generation,
    { host, port }: { readonly host: string; readonly port: number },
  ): Promise<number | undefined> {
    const options = this.#tls === undefined ? EXCLUSIVE_PORT : SHARED_PORT;
    const { app } = generation;
    const listening = await new Promise<us_listen_socket | false>((done) => {
      Reflect.apply(app.listen, app, [host, port, options, done]);
    });
    if (listening === false) return undefined;
    generation.listening.push(listening);
    return this.#library.us_socket_local_port(listening);
  }

  #stopListening({ listening }: Generation): void {
    for (const socket of listening.splice(0)) this.#library.us_listen_socket_close(socket);
  }

  /** Gives back the apps whose last connection has ended; the last one stays. */
  #dropEmpty(): void {
    if (this.#isClosed) return;
    const current = this.#generations.at(-1);
    const ended = this.#generations.filter((generation) => generation !== current && generation.isEmpty);
    this.#generations = this.#generations.filter((generation) => !ended.includes(generation));
    for (const { app } of ended) app.close();
  }
}

function addHttp({ app }: Generation, handling: HttpHandling): void {
  app.any('/*', (response, request) => void answer(handling, response, request));
}

/** `LIBUS_LISTEN_EXCLUSIVE_PORT`: without it two servers share a port in silence. */
const EXCLUSIVE_PORT = 1;
/** With TLS the next certificate's app listens beside its predecessor for a moment; {@link probePort} keeps others away. */
const SHARED_PORT = 0;

/** Close code of a connection that ended without a close frame. */
const NO_CLOSE_FRAME = 1006;

/** The library writes its reason where the peer's would stand. */
function causeOf(message: ArrayBuffer): CloseCause {
  return CAUSES.get(Buffer.from(message).toString('latin1')) ?? 'cut';
}

const CAUSES: ReadonlyMap<string, CloseCause> = new Map([
  ['Received too big message', 'too_large'],
  ['Received too big message, or other inflation error', 'too_large'],
  ['Received invalid UTF-8', 'bad_utf8'],
  ['WebSocket timed out from inactivity', 'idle'],
]);

/** The library only says that it failed; Node's own listener says why. */
async function whyNotListening(address: { readonly host: string; readonly port: number }): Promise<ListenOutcome> {
  const outcome = await probePort(address);
  return outcome.ok ? { ok: false, reason: 'unusable', message: 'refused by the transport' } : outcome;
}

interface Upgrade {
  readonly response: HttpResponse;
  readonly request: HttpRequest;
  readonly context: us_socket_context_t;
  readonly beside: (make: () => void) => void;
}

async function upgrade(
  route: WebSocketRoute,
  generation: Generation,
  { response, request, context, beside }: Upgrade,
): Promise<void> {
  let isAborted = false;
  response.onAborted(() => {
    isAborted = true;
  });
  // The request is gone after the first await.
  const read = readRequest(response, request);
  const key = request.getHeader('sec-websocket-key');
  const extensions = request.getHeader('sec-websocket-extensions');
  const decision: UpgradeAnswer = await route.upgrade(read);
  if (isAborted) {
    if (decision.accept) decision.gone();
    return;
  }
  if (!decision.accept) {
    // Nothing else comes of this connection; kept open it would count against its address.
    response.cork(() => write(response, decision.response, { isLast: true }));
    return;
  }
  // From here on the library counts it as a socket.
  generation.pending--;
  generation.sockets++;
  const data: UserData = {
    socket: new GuardedSocket(read.remoteAddress, route.compression ?? false),
    open: decision.open,
    handlers: undefined,
    closedEarly: undefined,
  };
  beside(() => response.upgrade(data, key, decision.protocol ?? '', extensions, context));
}

import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import {
  type ListenOutcome,
  SendResult,
  type SocketHandlers,
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
  type TransportSocket,
  type UpgradeAnswer,
  type WebSocketRoute,
} from './types.ts';

type Library = typeof import('uWebSockets.js');

const APP_METHODS = ['ws', 'any', 'listen', 'publish', 'close'] as const;
const LIBRARY_FUNCTIONS = ['App', 'us_listen_socket_close', 'us_socket_local_port'] as const;

/**
 * Loads uWebSockets.js, checks that this build has what we call, and makes a server of it.
 *
 * @throws TransportError when there is no binary for this platform, or it lacks a function
 */
export async function openTransport(): Promise<Transport> {
  const library = await loadLibrary();
  const missing = LIBRARY_FUNCTIONS.filter((name) => typeof library[name] !== 'function');
  if (missing.length > 0) throw new TransportError(`this uWebSockets.js lacks ${missing.join(', ')}`);
  const app = library.App();
  const absent = APP_METHODS.filter((name) => typeof app[name] !== 'function');
  if (absent.length > 0) throw new TransportError(`this uWebSockets.js lacks App.${absent.join(', App.')}`);
  return new UwsTransport(library, app);
}

async function loadLibrary(): Promise<Library> {
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
  readonly socket: UwsSocket;
  readonly open: (socket: TransportSocket) => SocketHandlers;
  handlers: SocketHandlers | undefined;
  /** Close code of a socket that ended before it had handlers. */
  closedEarly: number | undefined;
}

/** Guards the library's socket, which throws on any call after its end. */
class UwsSocket implements TransportSocket {
  readonly remoteAddress: string;
  #ws: WebSocket<UserData> | undefined;

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  get isOpen(): boolean {
    return this.#ws !== undefined;
  }

  attach(ws: WebSocket<UserData>): void {
    this.#ws = ws;
  }

  detach(): void {
    this.#ws = undefined;
  }

  send(text: string): SendResult {
    const result = this.#ws?.send(text, false);
    if (result === SendResult.SENT) return SendResult.SENT;
    return result === SendResult.QUEUED ? SendResult.QUEUED : SendResult.DROPPED;
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  join(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#ws?.unsubscribe(topic);
  }

  cork(write: () => void): void {
    this.#ws?.cork(write);
  }

  end(code: number, reason: string): void {
    this.#ws?.end(code, reason);
  }

  terminate(): void {
    this.#ws?.close();
  }
}

class UwsTransport implements Transport {
  readonly build = describeBuild();
  readonly #library: Library;
  readonly #app: TemplatedApp;
  readonly #listening: us_listen_socket[] = [];
  #isClosed = false;

  constructor(library: Library, app: TemplatedApp) {
    this.#library = library;
    this.#app = app;
  }

  ws(route: WebSocketRoute): void {
    this.#app.ws<UserData>(route.path, {
      maxPayloadLength: route.maxPayloadBytes,
      maxBackpressure: route.maxBackpressureBytes,
      idleTimeout: route.idleTimeoutS,
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => void upgrade(route, { response, request, context }),
      open: (ws) => {
        const data = ws.getUserData();
        data.socket.attach(ws);
        data.handlers = data.open(data.socket);
        // Ended while it was being opened: nobody was there yet to hear of it.
        if (data.closedEarly !== undefined) data.handlers.close(data.closedEarly);
      },
      message: (ws, message, isBinary) => ws.getUserData().handlers?.message(new Uint8Array(message), isBinary),
      drain: (ws) => ws.getUserData().handlers?.drain(),
      dropped: (ws) => ws.getUserData().handlers?.dropped(),
      close: (ws, code) => {
        const data = ws.getUserData();
        data.socket.detach();
        if (data.handlers === undefined) data.closedEarly = code;
        else data.handlers.close(code);
      },
    });
  }

  http(handler: (request: TransportRequest) => Promise<TransportResponse>): void {
    this.#app.any('/*', (response, request) => void answer(handler, response, request));
  }

  async listen(address: { readonly host: string; readonly port: number }): Promise<ListenOutcome> {
    const { host, port } = address;
    const listening = await new Promise<us_listen_socket | false>((resolve) => {
      this.#listenExclusively(host, port, resolve);
    });
    if (listening === false) return whyNotListening(address);
    this.#listening.push(listening);
    return { ok: true, port: this.#library.us_socket_local_port(listening) };
  }

  publish(topic: string, text: string): void {
    this.#app.publish(topic, text, false);
  }

  stopListening(): void {
    for (const listening of this.#listening.splice(0)) this.#library.us_listen_socket_close(listening);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listening.length = 0;
    this.#app.close();
  }

  /** The binary takes host, port and options together; the package's types know only two of them at once. */
  #listenExclusively(host: string, port: number, done: (listening: us_listen_socket | false) => void): void {
    Reflect.apply(this.#app.listen, this.#app, [host, port, EXCLUSIVE_PORT, done]);
  }
}

/** `LIBUS_LISTEN_EXCLUSIVE_PORT`: without it two servers share a port in silence. */
const EXCLUSIVE_PORT = 1;

/** The library only says that it failed; Node's own listener says why. */
function whyNotListening({ host, port }: { readonly host: string; readonly port: number }): Promise<ListenOutcome> {
  return new Promise((resolve) => {
    const probe = createServer();
    const done = (reason: 'taken' | 'unusable', message: string): void => resolve({ ok: false, reason, message });
    probe.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message;
      done(code === 'EADDRINUSE' ? 'taken' : 'unusable', code);
    });
    probe.listen({ host, port, exclusive: true }, () =>
      probe.close(() => done('unusable', 'refused by the transport')),
    );
  });
}

interface Upgrade {
  readonly response: HttpResponse;
  readonly request: HttpRequest;
  readonly context: us_socket_context_t;
}

async function upgrade(route: WebSocketRoute, { response, request, context }: Upgrade): Promise<void> {
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
  response.cork(() => {
    if (!decision.accept) {
      write(response, decision.response);
      return;
    }
    const data: UserData = {
      socket: new UwsSocket(read.remoteAddress),
      open: decision.open,
      handlers: undefined,
      closedEarly: undefined,
    };
    response.upgrade(data, key, decision.protocol ?? '', extensions, context);
  });
}

async function answer(
  handler: (request: TransportRequest) => Promise<TransportResponse>,
  response: HttpResponse,
  request: HttpRequest,
): Promise<void> {
  let isAborted = false;
  response.onAborted(() => {
    isAborted = true;
  });
  const result = await handler(readRequest(response, request));
  if (!isAborted) response.cork(() => write(response, result));
}

function readRequest(response: HttpResponse, request: HttpRequest): TransportRequest {
  const headers: Record<string, string> = Object.create(null);
  request.forEach((name, value) => {
    headers[name] = value;
  });
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    query: request.getQuery(),
    headers,
    remoteAddress: Buffer.from(response.getRemoteAddressAsText()).toString('latin1'),
  };
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function write(response: HttpResponse, { status, headers, body }: TransportResponse): void {
  response.writeStatus(`${status} ${STATUS_TEXT[status] ?? ''}`);
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  response.end(body);
}

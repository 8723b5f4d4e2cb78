import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../protocol/clock.ts';
import type { Books } from './books.ts';
import { plant } from './plant.ts';
import type { Fault, FaultFilter } from './types.ts';

/** A misbehaving back end: a sound server behind a front that spoils what it sends. */
export interface Front {
  readonly port: number;
  readonly close: () => Promise<void>;
}

const PASSED_HEADERS = ['authorization', 'x-tapedeck-client'];

/** Starts a front before the server at `targetPort`; every client connection has one of its own to the server. */
export async function startFront(options: {
  readonly targetPort: number;
  readonly fault: Fault;
  readonly clock: Clock;
  /** Takes what is planted. */
  readonly books: Books;
}): Promise<Front> {
  const http: Server = createServer();
  const sockets = new WebSocketServer({
    server: http,
    perMessageDeflate: false,
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
  sockets.on('connection', (client, request) => join(client, request, options));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    port: (http.address() as AddressInfo).port,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      http.close();
      await once(http, 'close');
    },
  };
}

function join(
  client: WebSocket,
  request: IncomingMessage,
  options: { targetPort: number; fault: Fault; clock: Clock; books: Books },
): void {
  const headers: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const protocols = client.protocol === '' ? [] : [client.protocol];
  const server = new WebSocket(`ws://127.0.0.1:${options.targetPort}${request.url ?? '/'}`, protocols, {
    headers,
    perMessageDeflate: false,
  });
  const waiting: RawData[] = [];
  client.on('message', (data) => {
    if (server.readyState === WebSocket.OPEN) server.send(String(data));
    else waiting.push(data);
  });
  server.on('open', () => {
    for (const data of waiting.splice(0)) server.send(String(data));
  });
  const outbox = new Outbox(client, plant(options.fault, options.books), options.clock);
  server.on('message', (data) => outbox.frame(String(data)));
  server.on('close', (code) => client.close(code >= 1000 && code !== 1005 && code !== 1006 ? code : 1011));
  server.on('error', () => client.terminate());
  client.on('close', () => server.terminate());
  client.on('error', () => server.terminate());
}

/** Sends what a filter releases when its time has come, in order. */
class Outbox {
  readonly #client: WebSocket;
  readonly #filter: FaultFilter;
  readonly #clock: Clock;
  readonly #queue: { text: string; atUs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(client: WebSocket, filter: FaultFilter, clock: Clock) {
    this.#client = client;
    this.#filter = filter;
    this.#clock = clock;
  }

  frame(text: string): void {
    const nowUs = this.#clock.nowUs();
    for (const release of this.#filter.onFrame(text, nowUs)) {
      if (release.isAside === true)
        setTimeout(() => this.#send(release.text), Math.ceil((release.atUs - nowUs) / 1000));
      else if (release.atUs <= nowUs && this.#queue.length === 0) this.#send(release.text);
      else this.#queue.push(release);
    }
    this.#wake();
  }

  #send(text: string): void {
    if (this.#client.readyState === WebSocket.OPEN) this.#client.send(text);
  }

  #wake(): void {
    const [head] = this.#queue;
    if (head === undefined || this.#timer !== undefined) return;
    const waitMs = Math.max(0, Math.ceil((head.atUs - this.#clock.nowUs()) / 1000));
    this.#timer = setTimeout(() => this.#release(), waitMs);
  }

  #release(): void {
    this.#timer = undefined;
    const nowUs = this.#clock.nowUs();
    while (this.#queue[0] !== undefined && this.#queue[0].atUs <= nowUs) {
      const due = this.#queue.shift();
      if (due !== undefined) this.#send(due.text);
    }
    this.#wake();
  }
}

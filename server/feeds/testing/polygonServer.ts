import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A provider in Polygon's words, made by hand: it says what a test tells it to. */
export class PolygonServer {
  /** The key that it takes. */
  static readonly KEY = 'a-key-that-no-log-may-hold';
  readonly url: string;
  /** Topics of the newest connection. */
  topics: string[] = [];
  /** Connections so far. */
  connections = 0;
  /** Whether connections are refused at once. */
  isDown = false;
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<WebSocket>();
  #subscribed: (() => void)[] = [];
  #isSubscribed = false;
  #sequence = 0;

  private constructor(server: WebSocketServer, port: number) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${port}`;
    server.on('connection', (socket) => this.#serve(socket));
  }

  /** @param options.autoPong whether pings are answered (default true) */
  static async start({ autoPong = true }: { readonly autoPong?: boolean } = {}): Promise<PolygonServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/stocks', autoPong });
    await once(server, 'listening');
    return new PolygonServer(server, (server.address() as AddressInfo).port);
  }

  /** Resolves once a client is subscribed to all that it wants. */
  subscribed(): Promise<void> {
    if (this.#isSubscribed) return Promise.resolve();
    return new Promise((resolve) => this.#subscribed.push(resolve));
  }

  /** A trade's event as Polygon writes it; time in ms. */
  trade(trade: { readonly symbol: string; readonly price: number; readonly size?: number; readonly timeMs: number }) {
    const { symbol, price, size = 100, timeMs } = trade;
    this.#sequence++;
    const id = String(this.#sequence);
    return { ev: 'T', sym: symbol, x: 4, i: id, z: 3, p: price, s: size, c: [0], t: timeMs, q: this.#sequence };
  }

  /** Sends a frame to everybody. */
  send(events: unknown): void {
    this.sendRaw(JSON.stringify(events));
  }

  sendRaw(text: string): void {
    for (const socket of this.#sockets) socket.send(text);
  }

  /** Cuts all connections without a close frame. */
  cut(): void {
    this.#isSubscribed = false;
    for (const socket of this.#sockets) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: WebSocket): void {
    this.connections++;
    if (this.isDown) {
      socket.terminate();
      return;
    }
    this.#sockets.add(socket);
    this.topics = [];
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('message', (data) => this.#answer(socket, JSON.parse(String(data))));
    socket.send(JSON.stringify([status('connected', 'Connected Successfully')]));
  }

  #answer(socket: WebSocket, { action, params }: { readonly action: string; readonly params: string }): void {
    if (action === 'auth') {
      const isKnown = params === PolygonServer.KEY;
      const [name, message] = isKnown ? ['auth_success', 'authenticated'] : ['auth_failed', 'authentication failed'];
      socket.send(JSON.stringify([status(name ?? '', message ?? '')]));
      return;
    }
    const topics = params.split(',');
    this.topics.push(...topics);
    socket.send(JSON.stringify(topics.map((topic) => status('success', `subscribed to: ${topic}`))));
    this.#isSubscribed = true;
    for (const resolve of this.#subscribed.splice(0)) resolve();
  }
}

function status(name: string, message: string) {
  return { ev: 'status', status: name, message };
}

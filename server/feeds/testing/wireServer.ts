import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** One connection to a {@link WireServer}. */
export interface WireConnection {
  /** Path and query. */
  readonly path: string;
  /** Messages as they came, with their time, ms. */
  readonly messages: { readonly text: string; readonly atMs: number }[];
  readonly send: (value: unknown) => void;
  readonly close: (code: number) => void;
}

/** Any provider, made by hand: a WebSocket on all paths, and HTTP. */
export class WireServer {
  readonly port: number;
  readonly connections: WireConnection[] = [];
  /** Answers a message of a client; nothing by default. */
  onMessage: (text: string, connection: WireConnection) => void = () => undefined;
  /** Answers a question by HTTP. */
  onRequest: (path: string, headers: Readonly<Record<string, unknown>>) => readonly [status: number, body: unknown] =
    () => [404, {}];
  /** The status with which a WebSocket is refused; undefined: it isn't. */
  refusesWith: number | undefined = undefined;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (request, response) => {
      const [status, body] = this.onRequest(request.url ?? '/', request.headers);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    server.on('upgrade', (request, socket, head) => {
      if (this.refusesWith !== undefined) {
        socket.end(`HTTP/1.1 ${this.refusesWith} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#serve(ws, request.url ?? '/'));
    });
  }

  static async start(): Promise<WireServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WireServer(server);
  }

  /** The newest connection. */
  get last(): WireConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: WebSocket, path: string): void {
    const connection: WireConnection = {
      path,
      messages: [],
      send: (value) => socket.send(typeof value === 'string' ? value : JSON.stringify(value)),
      close: (code) => socket.close(code),
    };
    this.connections.push(connection);
    socket.on('message', (data) => {
      const text = String(data);
      connection.messages.push({ text, atMs: performance.now() });
      this.onMessage(text, connection);
    });
  }
}

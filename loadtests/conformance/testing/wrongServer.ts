import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Frame } from '../expect.ts';

/** What a wrong server does with one connection's frames; nothing is what is passed on in their place. */
export interface Tampering {
  readonly toClient?: (frame: Frame) => readonly Frame[];
  readonly toServer?: (frame: Frame) => readonly Frame[];
  readonly closeCode?: (code: number) => number;
}

/** What a front holds for a client that doesn't read. */
const MOST_BUFFERED_BYTES = 256 * 1024;

/** An HTTP answer on its way to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One way in which a server breaks a promise. */
export interface Wrong {
  /** Called for each connection. */
  readonly socket?: () => Tampering;
  /** Status of a refused upgrade. */
  readonly refusal?: (status: number) => number;
  /** URL of the upgrade. */
  readonly url?: (url: string) => string;
  readonly answer?: (answer: Answer) => Answer;
  readonly requestHeaders?: (headers: IncomingMessage['headers']) => IncomingMessage['headers'];
}

/** A sound server behind a front that breaks one promise. */
export interface WrongServer {
  readonly base: string;
  readonly stop: () => Promise<void>;
}

/** Starts a front on a free port before the server at `ws://127.0.0.1:PORT`. */
export async function startWrongServer(sound: string, wrong: Wrong): Promise<WrongServer> {
  const http: Server = createServer((request, response) => forward(request, response, { sound, wrong }));
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    join({ request, socket, head }, { sound, wrong, sockets });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address() as AddressInfo;
  return {
    base: `ws://127.0.0.1:${address.port}`,
    stop: async () => {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

interface Front {
  readonly sound: string;
  readonly wrong: Wrong;
}

function join(
  { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
  { sound, wrong, sockets }: Front & { readonly sockets: WebSocketServer },
): void {
  const url = wrong.url?.(request.url ?? '/') ?? request.url ?? '/';
  const { authorization } = request.headers;
  const protocols = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  const server = new WebSocket(`${sound}${url}`, protocols, {
    headers: { ...(authorization !== undefined && { authorization }) },
    perMessageDeflate: false,
  });
  const early: { readonly data: Buffer; readonly isBinary: boolean }[] = [];
  server.on('message', (data: Buffer, isBinary) => early.push({ data, isBinary }));
  server.on('error', () => socket.destroy());
  server.on('unexpected-response', (_, response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const status = wrong.refusal?.(response.statusCode ?? 0) ?? response.statusCode;
      const body = Buffer.concat(chunks);
      const type = response.headers['content-type'] ?? 'text/plain';
      socket.end(
        `HTTP/1.1 ${status} Refused\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
    });
  });
  server.on('open', () => {
    if (server.protocol === '') delete request.headers['sec-websocket-protocol'];
    else request.headers['sec-websocket-protocol'] = server.protocol;
    sockets.handleUpgrade(request, socket, head, (client) => {
      server.removeAllListeners('message');
      connect({ client, server, tampering: wrong.socket?.() ?? {}, early });
    });
  });
}

function connect(parts: {
  readonly client: WebSocket;
  readonly server: WebSocket;
  readonly tampering: Tampering;
  readonly early: readonly { readonly data: Buffer; readonly isBinary: boolean }[];
}): void {
  const { client, server, tampering, early } = parts;
  const { toClient, toServer, closeCode = (code: number) => code } = tampering;
  const tell = (data: Buffer, isBinary: boolean): void => {
    const isFull = (): boolean => client.bufferedAmount >= MOST_BUFFERED_BYTES;
    const sent = (): void => {
      if (!isFull()) server.resume();
    };
    pass({ to: client, data, isBinary, change: toClient, sent });
    // A client that reads nothing must look to the server like one.
    if (isFull()) server.pause();
  };
  for (const { data, isBinary } of early) tell(data, isBinary);
  server.on('message', tell);
  client.on('message', (data: Buffer, isBinary) => pass({ to: server, data, isBinary, change: toServer }));
  server.on('close', (code) => {
    const told = closeCode(code);
    if (told >= 3000 || told === 1000) client.close(told);
    else client.terminate();
  });
  client.on('close', () => server.terminate());
  client.on('error', () => server.terminate());
}

/** Passes a message on: as it is, or what became of the frame in it. */
function pass(message: {
  readonly to: WebSocket;
  readonly data: Buffer;
  readonly isBinary: boolean;
  readonly change: ((frame: Frame) => readonly Frame[]) | undefined;
  /** Called when something has gone out. */
  readonly sent?: () => void;
}): void {
  const { to, data, isBinary, change, sent } = message;
  if (to.readyState !== WebSocket.OPEN) return;
  const frame = change === undefined || isBinary ? undefined : frameIn(data);
  if (change === undefined || frame === undefined) {
    to.send(data, { binary: isBinary }, sent);
    return;
  }
  for (const changed of change(frame)) to.send(JSON.stringify(changed), sent);
}

function frameIn(data: Buffer): Frame | undefined {
  try {
    const value: unknown = JSON.parse(String(data));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function forward(request: IncomingMessage, response: ServerResponse, { sound, wrong }: Front): void {
  const headers = wrong.requestHeaders?.(request.headers) ?? request.headers;
  const options = { method: request.method ?? 'GET', headers, agent: false };
  const asked = httpRequest(`${sound.replace(/^ws/, 'http')}${request.url}`, options, (came) => {
    const chunks: Buffer[] = [];
    came.on('data', (chunk: Buffer) => chunks.push(chunk));
    came.on('end', () => {
      const answer = { status: came.statusCode ?? 0, headers: came.headers, body: Buffer.concat(chunks).toString() };
      const changed = wrong.answer?.(answer) ?? answer;
      const { 'content-length': _, 'transfer-encoding': __, ...kept } = changed.headers;
      response.writeHead(changed.status, { ...kept, connection: 'close' });
      response.end(changed.body);
    });
  });
  asked.on('error', () => response.destroy());
  request.pipe(asked);
}

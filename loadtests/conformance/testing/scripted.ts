import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { Context } from '../context.ts';
import type { Frame } from '../expect.ts';
import type { Target } from '../target.ts';

/** What a scripted server does with a client's frame: `tell` sends the client one. */
export type Script = (frame: Frame, tell: (frame: Frame) => void) => void;

/** A server that says what a test has written for it, and a case's context before it. */
export interface Scripted {
  readonly context: Context;
  readonly stop: () => Promise<void>;
}

/** Starts a server on a free port whose connections each follow a script of their own; `auth` is answered for it. */
export async function startScripted(connection: () => Script): Promise<Scripted> {
  const http = createServer((_, response) => response.end());
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    const script = connection();
    const tell = (frame: Frame): void => socket.send(JSON.stringify(frame));
    socket.on('message', (data) => {
      const value: unknown = JSON.parse(String(data));
      const frame: Frame = Object.fromEntries(Object.entries(value ?? {}));
      if (frame['type'] === 'auth') tell({ type: 'welcome', id: frame['id'], account: 'a', epoch: 'e' });
      else script(frame, tell);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const context = new Context(targetAt(`ws://127.0.0.1:${port}`), 'test');
  return {
    context,
    stop: async () => {
      context.end(new Error('the test is over'));
      for (const client of sockets.clients) client.terminate();
      http.close();
      await once(http, 'close');
    },
  };
}

/** A target of which nothing is known but its address. */
export function targetAt(base: string): Target {
  return { base, paths: {}, symbols: ['X'], codec: 'json', isInsecure: false, isPatient: false, lacks: [] };
}

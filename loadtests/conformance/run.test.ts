import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseCases } from './cases.ts';
import { runCases } from './run.ts';
import { targetAt } from './testing/scripted.ts';

const TIMEOUT_MS = 200;
const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
let server: Server;
const connections = new Set<Socket>();

/** A server that says to the first who comes that something is there, and to nobody a word afterwards. */
beforeEach(async () => {
  server = createServer((socket) => {
    if (connections.size === 0) socket.end(REFUSAL);
    connections.add(socket.resume());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const socket of connections) socket.destroy();
  connections.clear();
  server.close();
  await once(server, 'close');
});

describe('a server that has died', () => {
  it.each(['native.ping.is-answered-by-a-pong-with-its-id', 'http.health.is-json', 'http.poll.without-since-is-400'])(
    'should hold %s up for its time and no longer',
    async (name) => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const cases = chooseCases({ only: [name] }).map((one) => ({ ...one, timeoutMs: TIMEOUT_MS }));

      const results = await runCases({ cases, target: targetAt(`ws://127.0.0.1:${port}`), required: [], parallel: 1 });

      const came = `nothing of the kind within ${TIMEOUT_MS} ms`;
      expect(results).toMatchObject([{ name, status: 'broken', came }]);
    },
  );
});

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { chooseCases } from './cases.ts';
import { field } from './expect.ts';
import { type Result, runCases } from './run.ts';
import { targetAt } from './testing/scripted.ts';

const TIMEOUT_MS = 200;
const PING = 'native.ping.is-answered-by-a-pong-with-its-id';
const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
let server: Server;
const connections = new Set<Socket>();

describe('a server that has died', () => {
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

describe('a case whose connection is closed with 4408', () => {
  afterEach(() => vi.useRealTimers());

  /** Runs a case against a server that closes so many connections so long after they were opened; returns the result. */
  async function judge(wish: { readonly closed: number; readonly afterMs: number }): Promise<Result | undefined> {
    vi.useFakeTimers({ toFake: ['performance'] });
    let asked = 0;
    const late = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    late.on('connection', (socket) => {
      socket.on('message', (data) => {
        const value: unknown = JSON.parse(String(data));
        const [id, type] = [field(value, 'id'), field(value, 'type')];
        if (type === 'auth' && ++asked <= wish.closed) {
          vi.advanceTimersByTime(wish.afterMs);
          socket.close(4408);
        } else
          socket.send(
            JSON.stringify({ type: type === 'auth' ? 'welcome' : 'pong', id, account: 'a', serverTimeUs: 2e15 }),
          );
      });
    });
    await once(late, 'listening');
    const address = late.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const cases = chooseCases({ only: [PING] });
    const [result] = await runCases({ cases, target: targetAt(`ws://127.0.0.1:${port}`), required: [], parallel: 1 });
    for (const client of late.clients) client.terminate();
    late.close();
    return result;
  }

  it('should be run again when that was after so long that it was late itself', async () => {
    expect(await judge({ closed: 2, afterMs: 3_000 })).toMatchObject({ status: 'pass' });
  });

  it('should be broken when that goes on', async () => {
    expect(await judge({ closed: 9, afterMs: 3_000 })).toMatchObject({ status: 'broken', came: 'close 4408' });
  });

  it('should be broken when the server was too hasty', async () => {
    expect(await judge({ closed: 1, afterMs: 10 })).toMatchObject({ status: 'broken', came: 'close 4408' });
  });
});

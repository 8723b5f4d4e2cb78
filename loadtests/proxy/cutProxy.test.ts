import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type CutProxy, startCutProxy } from './cutProxy.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function behindProxy(onConnection: (socket: WebSocket, request: IncomingMessage) => void): Promise<CutProxy> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  closers.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', onConnection);
  const address = server.address() as AddressInfo;
  const proxy = await startCutProxy({ targetHost: '127.0.0.1', targetPort: address.port, nowUs: () => 42 });
  closers.push(proxy.close);
  return proxy;
}

function connect(proxy: CutProxy, client: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/`, { headers: { 'X-Tapedeck-Client': String(client) } });
  socket.on('error', () => undefined);
  return {
    socket,
    opened: new Promise((resolve) => socket.once('open', resolve)),
    closed: new Promise<number>((resolve) => socket.once('close', resolve)),
  };
}

it('should forward both ways and cut one client alone, by a reset that both sides see as 1006', async () => {
  const serverCodes: Promise<number>[] = [];
  const proxy = await behindProxy((socket) => {
    serverCodes.push(new Promise((resolve) => socket.once('close', resolve)));
    socket.on('error', () => undefined);
    socket.on('message', (data) => socket.send(`back: ${data}`));
  });
  const first = connect(proxy, 1);
  const second = connect(proxy, 2);
  await Promise.all([first.opened, second.opened]);
  expect(proxy.connections()).toBe(2);

  expect(proxy.cut(1)).toEqual({ client: 1, atUs: 42, connections: 1 });
  expect(await first.closed).toBe(1006);
  expect(await Promise.race(serverCodes)).toBe(1006);
  expect(proxy.cut(1)).toEqual({ client: 1, atUs: 42, connections: 0 });

  const answer = new Promise((resolve) => second.socket.once('message', (data) => resolve(data.toString())));
  second.socket.send('still here');
  expect(await answer).toBe('back: still here');
});

it('should pass an orderly close on with its code', async () => {
  const proxy = await behindProxy((socket) => socket.close(4001, 'drained'));
  expect(await connect(proxy, 3).closed).toBe(4001);
});

it('should hold a sender back for a reader that does not read, and lose nothing', async () => {
  const TOTAL_BYTES = 32 * 1024 * 1024;
  let sender: WebSocket | undefined;
  const proxy = await behindProxy((socket, request) => {
    if (request.headers['x-tapedeck-client'] !== '4') return;
    sender = socket;
    const chunk = Buffer.alloc(1024 * 1024, 7);
    for (let sent = 0; sent < TOTAL_BYTES; sent += chunk.length) socket.send(chunk);
  });
  const { socket, opened } = connect(proxy, 4);
  let received = 0;
  const all = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      received += data.length;
      if (received === TOTAL_BYTES) resolve();
    });
  });
  await opened;
  socket.pause();
  // Other traffic through the proxy gives it every chance to take more than it should.
  for (let turn = 0; turn < 50; turn++) {
    const other = connect(proxy, 100 + turn);
    await other.opened;
    other.socket.terminate();
    await other.closed;
  }
  // Kernel buffers on both legs hold some MB; the proxy itself must hold next to nothing.
  expect(sender?.bufferedAmount).toBeGreaterThan(TOTAL_BYTES / 2);
  socket.resume();
  await all;
});

it('should reset a client whose target is gone', async () => {
  const gone = createServer();
  const port = await new Promise<number>((resolve) => {
    gone.listen(0, '127.0.0.1', () => resolve((gone.address() as AddressInfo).port));
  });
  await new Promise((resolve) => gone.close(resolve));
  const proxy = await startCutProxy({ targetHost: '127.0.0.1', targetPort: port, nowUs: () => 0 });
  closers.push(proxy.close);
  expect(await connect(proxy, 5).closed).toBe(1006);
});

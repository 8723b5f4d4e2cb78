import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { SendResult, type Transport, type TransportSocket, type UpgradeAnswer } from './types.ts';
import { openTransport } from './uws.ts';

const open: Transport[] = [];

afterEach(() => {
  for (const transport of open.splice(0)) transport.close();
});

async function start(
  upgrade: (path: string) => UpgradeAnswer,
): Promise<{ readonly transport: Transport; readonly url: string; readonly port: number }> {
  const transport = await openTransport();
  open.push(transport);
  transport.ws({
    path: '/*',
    maxPayloadBytes: 1024,
    maxBackpressureBytes: 1024 * 1024,
    idleTimeoutS: 120,
    upgrade: async ({ path }) => upgrade(path),
  });
  const outcome = await transport.listen({ host: '127.0.0.1', port: 0 });
  if (!outcome.ok) throw new Error(outcome.message);
  return { transport, url: `ws://127.0.0.1:${outcome.port}`, port: outcome.port };
}

const ignore = { message: () => undefined, drain: () => undefined, dropped: () => undefined, close: () => undefined };

function accept(
  onOpen: (socket: TransportSocket) => void,
  onClose: (code: number) => void = () => undefined,
): UpgradeAnswer {
  return {
    accept: true,
    open: (socket) => {
      onOpen(socket);
      return { ...ignore, close: onClose };
    },
    gone: () => undefined,
  };
}

describe('the transport', () => {
  it('should name its build', async () => {
    const { transport } = await start(() => accept(() => undefined));
    expect(transport.build).toMatch(/^\S+ \d+\.\d+\.\d+ \(uws_\w+_\w+_\d+\)$/);
  });

  it('should keep the order of published and sent texts, also when a topic is left in between', async () => {
    let socket: TransportSocket | undefined;
    const { transport, url } = await start(() =>
      accept((opened) => {
        socket = opened;
        opened.join('a');
      }),
    );
    const client = new WebSocket(url);
    const texts: string[] = [];
    const done = new Promise<void>((resolve) => {
      client.on('message', (data) => {
        texts.push(String(data));
        if (texts.length === 4) resolve();
      });
    });
    await once(client, 'open');
    transport.publish('a', '1');
    socket?.leave('a');
    transport.publish('a', 'not for it');
    socket?.send('2');
    socket?.join('a');
    transport.publish('a', '3');
    socket?.send('4');
    await done;
    expect(texts).toEqual(['1', '2', '3', '4']);
  });

  it('should do nothing on a socket that has ended', async () => {
    let socket: TransportSocket | undefined;
    const closed = new Promise<number>((resolve) => {
      void start(() => accept((opened) => (socket = opened), resolve)).then(({ url }) => {
        const client = new WebSocket(url);
        client.on('open', () => client.terminate());
      });
    });
    expect(await closed).toBe(1006);
    expect(socket?.isOpen).toBe(false);
    expect(socket?.send('x')).toBe(SendResult.DROPPED);
    expect(socket?.bufferedBytes()).toBe(0);
    socket?.join('a');
    socket?.end(1000, '');
    socket?.terminate();
  });

  it('should tell of the end of a socket that was ended while it opened', async () => {
    let closeCode: Promise<number> | undefined;
    const { url } = await start(() => {
      let tell: (code: number) => void = () => undefined;
      closeCode = new Promise((resolve) => {
        tell = resolve;
      });
      return accept((socket) => socket.end(4400, 'no'), tell);
    });
    const client = new WebSocket(url);
    const [code] = await once(client, 'close');
    expect(code).toBe(4400);
    expect(await closeCode).toBe(4400);
  });

  it('should refuse an upgrade with the response given', async () => {
    const response = { status: 429, headers: { 'retry-after': '1' }, body: 'later' };
    const { url } = await start(() => ({ accept: false, response }));
    const [error] = await once(new WebSocket(url), 'error');
    expect(String(error)).toContain('429');
  });

  it('should answer HTTP beside it', async () => {
    const { transport, port } = await start(() => accept(() => undefined));
    transport.http({
      maxBodyBytes: 10,
      handle: async ({ method, path, query, headers }) => ({
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: `${method} ${path} ${query} ${headers['x-test']}`,
      }),
    });
    const answer = await fetch(`http://127.0.0.1:${port}/a/b?c=d`, { headers: { 'x-test': 'e' } });
    expect(await answer.text()).toBe('GET /a/b c=d e');
  });

  it('should take headers with a long token that come in several segments', async () => {
    const { transport, port } = await start(() => accept(() => undefined));
    transport.http({
      maxBodyBytes: 10,
      handle: async ({ headers }) => ({ status: 200, headers: {}, body: String(headers['authorization']?.length) }),
    });
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const text = `GET / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${'t'.repeat(8_192)}\r\n\r\n`;
    socket.write(text.slice(0, 1_400));
    // Another connection's answer says that the first part has been read.
    await fetch(`http://127.0.0.1:${port}/`);
    socket.write(text.slice(1_400));
    const [answer] = await once(socket, 'data');
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*8199$/);
  });

  it('should say that a port is taken, by itself or by another', async () => {
    const { transport, port } = await start(() => accept(() => undefined));
    expect(await transport.listen({ host: '127.0.0.1', port })).toMatchObject({ ok: false, reason: 'taken' });
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const otherPort = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await transport.listen({ host: '127.0.0.1', port: otherPort })).toMatchObject({ reason: 'taken' });
    other.close();
    expect(await transport.listen({ host: '192.0.2.1', port: 0 })).toMatchObject({ reason: 'unusable' });
  });

  it('should keep a socket that was accepted later, whatever lies in the memory that its request gave back', async () => {
    const kept: Buffer[] = [];
    const transport = await openTransport();
    open.push(transport);
    transport.ws({
      path: '/*',
      maxPayloadBytes: 1024,
      maxBackpressureBytes: 1024 * 1024,
      idleTimeoutS: 120,
      upgrade: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return {
          accept: true,
          open: (socket) => {
            // Where the response's state lay, these bytes would say that its connection is to be closed.
            for (let bytes = 24; bytes < 512; bytes += 16) kept.push(Buffer.allocUnsafeSlow(bytes).fill(0x10));
            return { ...ignore, message: () => socket.send('here') };
          },
          gone: () => undefined,
        };
      },
    });
    const outcome = await transport.listen({ host: '127.0.0.1', port: 0 });
    if (!outcome.ok) throw new Error(outcome.message);
    const answers = Array.from({ length: 50 }, async () => {
      const client = new WebSocket(`ws://127.0.0.1:${outcome.port}/`);
      const closed = once(client, 'close').then(() => 'cut');
      await once(client, 'open');
      client.send('still here?');
      const answer = await Promise.race([once(client, 'message').then(([data]) => String(data)), closed]);
      client.terminate();
      return answer;
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['here']));
  });
});

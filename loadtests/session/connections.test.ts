import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createWsConnect } from '../probe/wsConnect.ts';
import { createConnector } from '../swarm/socket.ts';
import { told } from './ports.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const nowUs = (): number => Math.floor(performance.now() * 1000);
const CONNECTORS = [
  ['swarm', createConnector(nowUs)],
  ['probe', createWsConnect(nowUs)],
] as const;

async function listen(onSocket: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  closers.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', onSocket);
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe.each(CONNECTORS)('a connection of the %s', (_, connect) => {
  /** What came, and how the connection ended. */
  function play(url: string, hasTextInBinary = false): Promise<{ code: number; why: string; texts: string[] }> {
    const texts: string[] = [];
    return new Promise((end) => {
      connect({
        url,
        protocol: '',
        hasTextInBinary,
        headers: {},
        handlers: {
          onOpen: () => undefined,
          onMessage: (text) => texts.push(text),
          onTicker: () => texts.push('ticker'),
          onClose: (code, _atUs, why = '') => end({ code, why, texts }),
        },
      });
    });
  }

  const speaksBytes = (socket: WebSocket): void => {
    socket.send(Buffer.from('{"price":"1 €"}'));
    socket.close(4000, 'that was all');
  };

  it('should read text in binary messages where the dialect takes it', async () => {
    expect(await play(await listen(speaksBytes), true)).toEqual({
      code: 4000,
      why: 'that was all',
      texts: ['{"price":"1 €"}'],
    });
  });

  it('should end with its reason where it was not agreed on', async () => {
    const { code, why, texts } = await play(await listen(speaksBytes));
    expect({ code, texts }).toEqual({ code: 1006, texts: [] });
    expect(why).toMatch(/^a (binary )?message (that is no text|where text was agreed on)$/);
  });

  it('should say how an upgrade was refused', async () => {
    const http = createServer();
    http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'));
    closers.push(() => http.close());
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { code, why } = await play(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`);
    expect(code).toBe(1006);
    expect(why).toContain('401');
  });

  it('should say that nobody listens', async () => {
    const { code, why } = await play('ws://127.0.0.1:1/');
    expect(code).toBe(1006);
    expect(why).toContain('ECONNREFUSED');
  });
});

it('should put words of a peer into one short printable line', () => {
  expect(told('slow\r\n\u001b[31mconsumer\u0000')).toBe('slow [31mconsumer');
  expect(told('x'.repeat(500))).toBe(`${'x'.repeat(120)}...`);
});

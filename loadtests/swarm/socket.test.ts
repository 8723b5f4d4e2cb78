import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { unpack } from 'msgpackr';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { encodePlainMsgpack } from '../../protocol/codecs/msgpack.ts';
import type { ConnectionHandlers } from '../session/ports.ts';
import { acceptOf, createConnector, maskedFrame, refusalOf } from './socket.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server of the `ws` package on a free port. */
async function listen(): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  closers.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return { server, url: `ws://127.0.0.1:${typeof address === 'string' ? 0 : address?.port}/v1/stream?x=1` };
}

/** The address of a server that speaks for itself, on a free port. */
async function listenRaw(server: Server): Promise<string> {
  closers.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Connects and gathers what the connection tells, with a promise of its end. */
function connect(url: string, more: Partial<ConnectionHandlers> = {}, protocol = 'tapedeck.v1.json') {
  const told: string[] = [];
  let end: (code: number) => void = () => undefined;
  const closed = new Promise<number>((resolve) => {
    end = resolve;
  });
  const connection = createConnector(() => Math.floor(performance.now() * 1000))({
    url,
    protocol,
    headers: { 'x-tapedeck-client': '12' },
    handlers: {
      onOpen: () => told.push('open'),
      onMessage: (text) => told.push(text),
      onTicker: ({ symbol, seq }) => told.push(`ticker ${symbol} ${seq}`),
      onClose: (code) => end(code),
      ...more,
    },
  });
  return { connection, told, closed };
}

const TICKER = {
  type: 'ticker',
  symbol: 'IBM',
  seq: 3,
  data: {},
  eventTimeUs: 1,
  receivedTimeUs: 2,
  sentTimeUs: 3,
};

describe('swarm socket', () => {
  it.each([
    ['MessagePack', 'tapedeck.v1.msgpack', Buffer.from('{"type":"ping"}')],
    ['JSON', 'tapedeck.v1.json', encodePlainMsgpack({ type: 'pong' })],
  ])('should speak %s alone where it was asked for', async (_, protocol, other) => {
    const { server, url } = await listen();
    const heard: unknown[] = [];
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer, isBinary) => {
        heard.push(isBinary ? unpack(data) : JSON.parse(data.toString()));
        const frames = [TICKER, { type: 'pong', id: 2 ** 40 }];
        for (const frame of frames) socket.send(isBinary ? encodePlainMsgpack(frame) : JSON.stringify(frame));
        socket.send(other, { binary: !isBinary });
      });
    });
    const { connection, told, closed } = connect(
      url,
      { onOpen: () => connection.send('{"type":"ping","id":7}') },
      protocol,
    );
    expect(await closed).toBe(1006);
    expect(heard).toEqual([{ type: 'ping', id: 7 }]);
    expect(told).toEqual(['ticker IBM 3', JSON.stringify({ type: 'pong', id: 2 ** 40 })]);
  });

  it('should shake hands, send, receive and close in order with a server of another library', async () => {
    const { server, url } = await listen();
    const heard: string[] = [];
    const headers: unknown[] = [];
    server.on('connection', (socket, request) => {
      headers.push(request.headers['x-tapedeck-client'], request.url);
      socket.on('message', (data) => {
        heard.push(data.toString());
        socket.send(JSON.stringify(TICKER));
        socket.send(`back: ${data}`);
        socket.ping('are you there');
      });
      socket.on('pong', (data) => {
        heard.push(`pong ${data}`);
        socket.close(4001, 'drained');
      });
    });
    const long = 'ä'.repeat(40_000);
    const { connection, told, closed } = connect(url, {
      onOpen: () => connection.send(long),
    });
    expect(await closed).toBe(4001);
    expect(headers).toEqual(['12', '/v1/stream?x=1']);
    expect(heard).toEqual([long, 'pong are you there']);
    expect(told).toEqual(['ticker IBM 3', `back: ${long}`]);
  });

  it('should read a ticker in place on the native stream alone', async () => {
    const { server, url } = await listen();
    server.on('connection', (socket) => {
      socket.send(JSON.stringify(TICKER));
      socket.close(1000);
    });
    const { told, closed } = connect(url, {}, '');

    expect(await closed).toBe(1000);
    expect(told).toEqual(['open', JSON.stringify(TICKER)]);
  });

  it('should tell a close though the server keeps the stream open', async () => {
    const open = createServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', (data) => {
        const key = /Sec-WebSocket-Key: (\S+)/.exec(data.toString())?.[1] ?? '';
        const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
        socket.write(`${[...head, `Sec-WebSocket-Accept: ${acceptOf(key)}`].join('\r\n')}\r\n\r\n`);
        socket.write(Buffer.from([0x88, 0x02, 0x0f, 0xa1]));
      });
      socket.on('error', () => undefined);
      closers.push(() => socket.destroy());
    });

    expect(await connect(await listenRaw(open)).closed).toBe(4001);
  });

  it('should close with 1000 when asked to', async () => {
    const { server, url } = await listen();
    const code = new Promise<number>((resolve) => {
      server.on('connection', (socket) => socket.on('close', resolve));
    });
    const { connection, closed } = connect(url, { onOpen: () => connection.close() });
    expect(await code).toBe(1000);
    expect(await closed).toBe(1000);
  });

  it('should tell a reset as 1006, and so a refusal, a foreign answer and a silent end', async () => {
    const { server, url } = await listen();
    server.on('connection', (socket) => socket.terminate());
    expect(await connect(url).closed).toBe(1006);
    expect(await connect('ws://127.0.0.1:1/').closed).toBe(1006);
    const http = createServer((socket) => socket.end('HTTP/1.1 503 Busy\r\n\r\n'));
    expect(await connect(await listenRaw(http)).closed).toBe(1006);
  });

  it('should check the accept key by the example of RFC 6455', () => {
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    const head =
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
    expect(refusalOf(head, key)).toBe('');
    expect(refusalOf(head.replace('s3p', 's3q'), key)).toContain('a wrong Sec-WebSocket-Accept');
    expect(refusalOf(head.replace('101', '200'), key)).toContain('HTTP/1.1 200 Switching Protocols');
    expect(refusalOf(head.replace('WebSocket', 'h2c'), key)).toContain('no Upgrade: websocket');
    expect(refusalOf(`${head}\r\nSec-WebSocket-Extensions: permessage-deflate`, key)).toContain(': permessage-deflate');
  });

  it('should mask by the example of RFC 6455', () => {
    const frame = maskedFrame(1, Buffer.from('Hello'), Buffer.from('37fa213d', 'hex'));
    expect(frame.toString('hex')).toBe('818537fa213d7f9f4d5158');
    expect(maskedFrame(2, Buffer.alloc(70_000), randomBytes(4)).readBigUInt64BE(2)).toBe(70_000n);
  });
});

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDER_KINDS } from './kinds.ts';
import { openTestHost, type TestHost, tradeAt } from './testing/testHost.ts';
import { WireClient } from './testing/wireClient.ts';

const PAID = 'unlimited';
const STREAMS = [
  ['polygon', '/stocks', '{"action":"subscribe","params":"T.AAPL"}', 'not authorized'],
  ['binance', '/ws', '{"method":"LIST_SUBSCRIPTIONS","id":1}', '"result":[]'],
  ['finnhub', '/?token=k', '{}', 'Invalid message'],
  ['tradier', '/v1/markets/events', '{}', 'invalid payload'],
] as const;

/** A frame of a client, masked with noughts; `first` is its first byte. */
function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  if (length < 126) head[1] = 0x80 | length;
  else if (length < 65_536) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

const [TEXT, COMPRESSED_TEXT, BINARY, CONTINUATION, PING, UNKNOWN] = [0x81, 0xc1, 0x82, 0x80, 0x89, 0x8b];
const upgrade = (path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '\r\n',
  ].join('\r\n');

/** A socket without manners: it resolves with all it has heard when the other side has ended it. */
async function endedBy(port: number, first: string, frames?: Buffer): Promise<string> {
  const socket = open(port);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  let heard = '';
  socket.on('data', (bytes) => {
    heard += bytes.toString('latin1');
  });
  socket.write(first);
  if (frames !== undefined) {
    await once(socket, 'data');
    socket.write(frames);
  }
  await closed;
  return heard;
}

const sockets: Socket[] = [];
function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  // A reset is an end like any other.
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

describe.each(STREAMS)('%s at a real socket', (name, path, question, answer) => {
  let host: TestHost;
  let port = 0;
  beforeAll(async () => {
    host = await openTestHost({ kind: PROVIDER_KINDS[name], plan: PAID, ticks: [tradeAt(0)] });
    port = host.host.port;
  });
  afterAll(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    host.close();
  });

  /** Somebody else is served as if nothing had been. */
  async function isWell(): Promise<void> {
    const client = await WireClient.open(host.url(path));
    client.send(question);
    await client.until((text) => text.includes(answer));
    client.close();
  }

  it.each<[string, Buffer]>([
    ['a frame of 1 MiB', frame(TEXT, Buffer.alloc(1024 * 1024, 'x'))],
    ['a compressed frame that was not agreed on', frame(COMPRESSED_TEXT, randomBytes(64))],
    ['a continuation of nothing', frame(CONTINUATION, Buffer.from('x'))],
    ['a kind of frame that there is not', frame(UNKNOWN, Buffer.from('x'))],
    ['text that is no UTF-8', frame(TEXT, Buffer.from([0xff, 0xfe]))],
    ['a ping over 125 bytes', frame(PING, Buffer.alloc(200))],
  ])('should end %s', async (_, sent) => {
    expect(await endedBy(port, upgrade(path), sent)).toMatch(/^HTTP\/1\.1 101 /);
    await isWell();
  });

  it('should go on beside half a frame, binary frames, and a client that goes in the middle of one', async () => {
    const [half, gone] = [open(port), open(port)];
    for (const socket of [half, gone]) {
      socket.write(upgrade(path));
      await once(socket, 'data');
    }
    half.write(frame(TEXT, Buffer.alloc(1_000)).subarray(0, 500));
    gone.end(Buffer.concat([frame(BINARY, Buffer.alloc(9)), Buffer.from([TEXT])]));
    await once(gone, 'close');
    await isWell();
  });

  it('should end who sends more at once than can be read, or read it all', async () => {
    const client = await WireClient.open(host.url(path));
    const flood = '['.repeat(200_000);
    for (let sent = 0; sent < 200; sent++) client.send(flood);
    client.close();
    await client.closed;
    await isWell();
  });

  it.each([
    ['GET http://elsewhere/ HTTP/1.1'],
    ['GET /%zz/%E0%A4?x=%zz HTTP/1.0'],
    ['OPTIONS * HTTP/1.1'],
    ['\u0001\u0002'],
  ])('should refuse %s and end it', async (line) => {
    expect(await endedBy(port, `${line}\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 [45]\d\d /);
    await isWell();
  });

  it('should answer questions that come at once, whatever their path and method', async () => {
    // Behind HEAD the library answers nothing more on its connection: it is the last.
    const methods = ['GET', 'OPTIONS', 'PUT', 'DELETE', 'BREW', 'HEAD'];
    const paths = ['/%zz', '/v8/finance/chart/%', '//', '/..%2f..', `/${'long/'.repeat(1_000)}`, '/?%zz=%'];
    const lines = methods.map((method, at) => `${method} ${paths[at]} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const socket = open(port);
    socket.write(lines.join(''));
    const statuses: string[] = [];
    while (statuses.length < methods.length) {
      const [bytes]: unknown[] = await once(socket, 'data');
      statuses.push(...(String(bytes).match(/HTTP\/1\.1 \d/g) ?? []));
    }
    expect(statuses).toEqual(methods.map(() => 'HTTP/1.1 4'));
    await isWell();
  });
});

import { once } from 'node:events';
import { unpack } from 'msgpackr';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { encodeMsgpack } from '../../protocol/codecs/msgpack.ts';
import type { ClientFrame } from '../../protocol/messages.ts';
import { testServers } from '../testing/servers.ts';
import type { Received } from '../testing/streamClient.ts';
import type { TestServer } from '../testing/testServer.ts';

const start = testServers(afterEach);
const PROTOCOL = 'tapedeck.v1.msgpack';

/** A client that speaks MessagePack alone. */
class BinaryClient {
  readonly frames: Received[] = [];
  readonly socket: WebSocket;
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) throw new Error(`a text came: ${data.toString()}`);
      this.frames.push(Object.fromEntries(Object.entries(Object(unpack(data)))));
      this.#wake();
    });
    socket.on('error', () => undefined);
  }

  static async open(server: TestServer): Promise<BinaryClient> {
    const client = new BinaryClient(new WebSocket(`ws://127.0.0.1:${server.port}/v1/stream`, [PROTOCOL]));
    await once(client.socket, 'open');
    return client;
  }

  send(frame: ClientFrame): void {
    this.socket.send(encodeMsgpack(frame));
  }

  /** The first frame that matches, read already or to come. */
  async first(matches: (frame: Received) => boolean): Promise<Received> {
    for (;;) {
      const found = this.frames.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  ask(frame: ClientFrame & { readonly id: number }): Promise<Received> {
    this.send(frame);
    return this.first(({ id }) => id === frame.id);
  }
}

/** A frame without the times and names that differ from socket to socket. */
function comparable({ sentTimeUs, ...frame }: Received): Received {
  return frame;
}

describe('the native stream in MessagePack', () => {
  it('should say what the stream in JSON says, event by event', async () => {
    const server = await start({ limits: { heartbeatMs: 60_000 } });
    const json = await server.welcome();
    const binary = await BinaryClient.open(server);
    expect(binary.socket.protocol).toBe(PROTOCOL);
    expect(await binary.ask({ type: 'auth', id: 1 })).toMatchObject({ type: 'welcome', account: 'dev' });
    const wishes = [
      { type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1'] },
      { type: 'subscribe', id: 3, channel: 'trade', symbols: ['S0'] },
      { type: 'subscribe', id: 4, channel: 'order' },
      { type: 'subscribe', id: 5, channel: 'execution' },
      { type: 'subscribe', id: 6, channel: 'bar.1m', symbols: ['S0'] },
    ] as const;
    for (const wish of wishes) {
      expect(await binary.ask(wish)).toEqual(await json.ask(wish));
    }
    server.feed.quote({ symbol: 0, bid: 9_990, ask: 10_010 });
    server.feed.bar({ symbol: 0, open: 10_000, high: 10_050, low: 9_950, close: 10_001 });
    const order = { clientOrderId: 'o1', symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '5' } as const;
    expect(await binary.ask({ type: 'order.place', id: 7, ...order })).toMatchObject({ type: 'order.accepted' });
    await binary.ask({ type: 'ping', id: 8 });
    await json.ask({ type: 'ping', id: 8 });
    for (const type of ['snapshot', 'ticker', 'trade', 'order', 'execution', 'bar']) {
      const said = binary.frames.filter((frame) => frame['type'] === type).map(comparable);
      expect(said).toEqual(json.of(type).map(comparable));
      expect(said.length, type).toBeGreaterThan(0);
    }
  });

  it('should resume where a socket in JSON left off', async () => {
    const server = await start();
    const json = await server.welcome();
    await json.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    const epoch = String(json.of('snapshot')[0]?.['epoch']);
    for (const price of [10_000, 10_001, 10_002]) server.feed.trade({ symbol: 0, price });
    const binary = await BinaryClient.open(server);
    await binary.ask({ type: 'auth', id: 1 });
    const since = { epoch, seq: { S0: 1 } };
    const answer = await binary.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'], since });
    expect(answer).toMatchObject({ recovered: true });
    await binary.first(({ seq }) => seq === 3);
    expect(binary.frames.filter(({ type }) => type === 'ticker').map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it.each([
    ['text', '{"type":"ping"}'],
    ['an extension type', Buffer.from([0xd4, 0x01, 0x00])],
    ['bytes that are no MessagePack', Buffer.from([0xc1])],
  ])('should answer %s with bad_json and close with 4400', async (_, message) => {
    const server = await start();
    const binary = await BinaryClient.open(server);
    await binary.ask({ type: 'auth', id: 1 });
    binary.socket.send(message);
    const [code] = await once(binary.socket, 'close');
    expect(code).toBe(4400);
    expect(binary.frames.at(-1)).toMatchObject({ type: 'error', code: 'bad_json', retryable: false });
  });

  it('should take the first subprotocol that it knows of those offered', async () => {
    const server = await start();
    const offers = [
      ['other', PROTOCOL, 'tapedeck.v1.json'],
      ['tapedeck.v1.json', PROTOCOL],
      ['other.v1', 'x'],
    ];
    const chosen = offers.map(async (protocols) => {
      const client = await server.connect('/v1/stream', { protocols });
      return client.protocol;
    });
    expect(await Promise.allSettled(chosen)).toMatchObject([
      { value: PROTOCOL },
      { value: 'tapedeck.v1.json' },
      { status: 'rejected' },
    ]);
  });
});

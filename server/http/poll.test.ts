import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Limits } from '../../protocol/limits.ts';
import { mintToken } from '../identity.ts';
import { TestFolders } from '../store/testing/folders.ts';
import { testServers } from '../testing/servers.ts';
import type { TestServer } from '../testing/testServer.ts';
import { type Answer, ask } from './testing/httpClient.ts';

const SECRET = 'a secret of the tests of polls by HTTP';

const start = testServers(afterEach);

function poll(server: TestServer, since: unknown, more: { readonly waitMs?: number; readonly token?: string } = {}) {
  const { waitMs, token } = more;
  const wait = waitMs === undefined ? '' : `&waitMs=${waitMs}`;
  const path = `/api/poll?since=${encodeURIComponent(JSON.stringify(since))}${wait}`;
  return ask(server, `GET ${path}`, token === undefined ? {} : { token });
}

function epochOf(server: TestServer): string {
  return server.server.epoch;
}

/** The numbers of a stream's frames in an answer. */
function seqsOf(answer: Answer, channel: string, key: string): unknown {
  return Object(answer.body).channels[channel]?.[key]?.map(({ seq }: { readonly seq: number }) => seq);
}

function place(server: TestServer, clientOrderId: string, token?: string): Promise<Answer> {
  const body = { clientOrderId, symbol: 'S0', side: 'BUY', orderType: 'LIMIT', quantity: '1', limitPrice: '1.00' };
  return ask(server, 'POST /api/orders', { body, ...(token !== undefined && { token }) });
}

describe('polls of a server with a journal', () => {
  const folders = new TestFolders();
  afterAll(() => folders.clean());

  it('should go on over a restart, with orders that were acknowledged', async () => {
    const config = { journal: { folder: folders.make() } };
    const first = await start({ config });
    first.feed.trade({ symbol: 0, price: 10_000 });
    expect(await place(first, 'a')).toMatchObject({ status: 201 });
    const before = await poll(first, { order: { epoch: epochOf(first), seq: { dev: 0 } } });
    expect(seqsOf(before, 'order', 'dev')).toEqual([1]);
    expect(await place(first, 'b')).toMatchObject({ status: 201 });
    await first.stop();

    const second = await start({ config });
    const after = await poll(second, Object(before.body).cursor);
    expect(after.body).toMatchObject({ epoch: Object(before.body).epoch, more: false });
    expect(seqsOf(after, 'order', 'dev')).toEqual([2]);
    expect(await place(second, 'b')).toMatchObject({ status: 200, body: { duplicate: true } });
    expect(await ask(second, 'GET /api/orders')).toMatchObject({
      body: { orders: [{ clientOrderId: 'a' }, { clientOrderId: 'b' }] },
    });
  });
});

describe('polls', () => {
  it('should begin with a snapshot and go on with every event after it', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    await place(server, 'a');
    const first = await poll(server, {
      order: { epoch: '', seq: { dev: -1 } },
      ticker: { epoch: '', seq: { S0: -1 } },
    });
    const epoch = epochOf(server);
    expect(first).toMatchObject({
      status: 200,
      body: {
        epoch,
        channels: {
          order: { dev: [{ type: 'snapshot', channel: 'order', seq: 1, data: [{ clientOrderId: 'a' }] }] },
          ticker: { S0: [{ type: 'snapshot', channel: 'ticker', seq: 1, data: { last: 100 } }] },
        },
        cursor: { order: { epoch, seq: { dev: 1 } }, ticker: { epoch, seq: { S0: 1 } } },
        more: false,
      },
    });

    server.feed.trade({ symbol: 0, price: 10_010 });
    server.feed.quote({ symbol: 0, bid: 10_000, ask: 10_020 });
    await place(server, 'b');
    const second = await poll(server, Object(first.body).cursor);
    expect(seqsOf(second, 'order', 'dev')).toEqual([2]);
    expect(seqsOf(second, 'ticker', 'S0')).toEqual([2, 3]);
    const third = await poll(server, Object(second.body).cursor);
    expect(third.body).toEqual({ epoch, channels: {}, cursor: Object(second.body).cursor, more: false });
  });

  it('should give the very frames that a socket resumes with', async () => {
    const server = await start();
    for (let price = 100; price < 140; price++) server.feed.trade({ symbol: 1, price });
    server.feed.endMinute();
    server.server.publish.publishNews({ headline: 'News', symbols: [] });
    const epoch = epochOf(server);
    const places = { ticker: { S1: 30 }, trade: { S1: 35 }, 'bar.1m': { S1: 0 }, news: { '*': 0 } };
    const since = Object.fromEntries(Object.entries(places).map(([channel, seq]) => [channel, { epoch, seq }]));
    const polled = Object(await poll(server, since)).body;
    const socket = await server.welcome();
    for (const [at, [channel, seq]] of Object.entries(places).entries()) {
      const symbols = channel === 'news' ? undefined : Object.keys(seq);
      await socket.ask({ type: 'subscribe', id: 10 + at, channel, ...(symbols && { symbols }), since: { epoch, seq } });
    }
    await socket.settled();
    const ofSocket = (type: string) => socket.of(type).map(({ sentTimeUs: _, ...frame }) => frame);
    const ofPoll = (channel: string, key: string) =>
      polled.channels[channel][key].map(({ sentTimeUs: _, ...frame }: Record<string, unknown>) => frame);
    expect(ofPoll('ticker', 'S1')).toEqual(ofSocket('ticker'));
    expect(ofPoll('trade', 'S1')).toEqual(ofSocket('trade'));
    expect(ofPoll('bar.1m', 'S1')).toEqual(ofSocket('bar'));
    expect(ofPoll('news', '*')).toEqual(ofSocket('news'));
    expect(ofSocket('ticker')).toHaveLength(10);
    expect(ofSocket('trade')).toHaveLength(5);
  });

  it('should give a snapshot for a place of another epoch, ahead of the stream or no longer remembered', async () => {
    const server = await start({ limits: { historyEvents: 2 } });
    for (const name of ['a', 'b', 'c', 'd']) await place(server, name);
    const epoch = epochOf(server);
    const types: unknown[] = [];
    for (const [of, seq] of [
      ['other', 1],
      [epoch, 9],
      [epoch, 1],
      [epoch, 2],
    ] as const) {
      const { body } = await poll(server, { order: { epoch: of, seq: { dev: seq } } });
      types.push(Object(body).channels.order.dev.map(({ type }: { readonly type: string }) => type));
    }
    expect(types).toEqual([['snapshot'], ['snapshot'], ['snapshot'], ['order', 'order']]);
  });

  it('should stand for ticks that are no longer remembered by one that says so', async () => {
    const server = await start({ limits: { historyEvents: 2 } });
    for (let price = 100; price < 400; price++) server.feed.trade({ symbol: 0, price });
    const { body } = await poll(server, { ticker: { epoch: epochOf(server), seq: { S0: 7 } } });
    expect(Object(body).channels.ticker.S0).toMatchObject([
      { type: 'ticker', seqFrom: 8, seq: 300, data: { last: 3.99 } },
    ]);
  });

  it('should cut a long answer between events, and lose none by it', async () => {
    const limits: Partial<Limits> = { softBufferedBytes: 1_024, hardBufferedBytes: 2_048 };
    const server = await start({ limits });
    for (let count = 0; count < 20; count++) await place(server, `order-${count}`);
    const epoch = epochOf(server);
    const seqs: unknown[] = [];
    let since: unknown = { order: { epoch, seq: { dev: 0 } }, ticker: { epoch, seq: { S0: 0 } } };
    let polls = 0;
    for (let more = true; more; polls++) {
      const answer = await poll(server, since);
      seqs.push(...(Object(seqsOf(answer, 'order', 'dev')) ?? []));
      more = Object(answer.body).more;
      since = Object(answer.body).cursor;
    }
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(polls).toBeGreaterThan(3);
  });

  it('should wait for something to tell, or for the time to be up', async () => {
    const server = await start();
    await place(server, 'a');
    const since = { order: { epoch: epochOf(server), seq: { dev: 1 } } };
    const waiting = poll(server, since, { waitMs: 30_000 });
    const up = await poll(server, since, { waitMs: 1 });
    expect(up.body).toMatchObject({ channels: {}, cursor: since });
    await place(server, 'b');
    expect(seqsOf(await waiting, 'order', 'dev')).toEqual([2]);
  });

  it('should let a user have only so many polls waiting, those that have gone aside', async () => {
    const server = await start({ config: { secret: SECRET }, limits: { maxSocketsPerUser: 1 } });
    const token = await mintToken({ secret: SECRET, user: 'ann' });
    const since = { order: { epoch: epochOf(server), seq: { ann: 0 } } };
    const leaving = new AbortController();
    const address = `/api/poll?waitMs=30000&since=${encodeURIComponent(JSON.stringify(since))}`;
    await ask(server, 'GET /api/health');
    const gone = fetch(`http://127.0.0.1:${server.port}${address}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: leaving.signal,
    }).catch(() => 'gone');
    expect(await poll(server, since, { waitMs: 1, token })).toMatchObject({ status: 429 });
    leaving.abort();
    expect(await gone).toBe('gone');
    let { status } = await poll(server, since, { waitMs: 1, token });
    // The end of a connection and a request on another have no order of their own.
    for (let count = 0; status === 429 && count < 100; count++) {
      status = (await poll(server, since, { waitMs: 1, token })).status;
    }
    expect(status).toBe(200);
  });

  it('should answer a poll that waits when the server drains', async () => {
    const server = await start();
    const since = { system: { epoch: epochOf(server), seq: { '*': 0 } } };
    // The first poll then has a connection, on which it goes out ahead of the second.
    await ask(server, 'GET /api/health');
    const waiting = poll(server, since, { waitMs: 30_000 });
    await poll(server, since, { waitMs: 1 });
    await Promise.all([server.server.drain(), waiting]);
    expect(await waiting).toMatchObject({ status: 200, body: { channels: {} } });
  });

  it('should take places in a body as well', async () => {
    const server = await start();
    const body = {
      since: { 'position.value': { epoch: '', seq: { dev: -1 } }, portfolio: { epoch: '', seq: { dev: 0 } } },
    };
    expect(await ask(server, 'POST /api/poll', { body })).toMatchObject({
      status: 200,
      body: {
        channels: {
          'position.value': { dev: [{ type: 'snapshot', data: [] }] },
          portfolio: { dev: [{ type: 'snapshot', data: { account: 'dev' } }] },
        },
      },
    });
  });

  it.each([
    [{ nonesuch: { epoch: '', seq: { S0: 1 } } }, 400, 'unknown_channel'],
    [{ heartbeat: { epoch: '', seq: { S0: 1 } } }, 400, 'bad_message'],
    [{ ticker: { epoch: '', seq: { NONE: 1 } } }, 404, 'unknown_symbol'],
    [{ ticker: { epoch: '', seq: { S0: 1.5 } } }, 400, 'bad_message'],
    [{ ticker: { epoch: '', seq: { S0: -2 } } }, 400, 'bad_message'],
    [{ ticker: { epoch: '' } }, 400, 'bad_message'],
    [{ news: { epoch: '', seq: { S0: 1 } } }, 400, 'bad_message'],
    [{ presence: { epoch: '', seq: { nonesuch: 1 } } }, 400, 'unknown_channel'],
    [{ ticker: { epoch: '', seq: { S0: 1, S1: 1, S2: 1 } } }, 400, 'too_many_symbols'],
    ['no object', 400, 'bad_message'],
  ])('should refuse %j', async (since, status, code) => {
    const server = await start({ limits: { maxSymbolsPerSocket: 2 } });
    expect(await poll(server, since)).toMatchObject({ status, body: { code } });
  });

  it("should keep one account's events from another", async () => {
    const server = await start({ config: { secret: SECRET } });
    const scopes = ['orders:write'];
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((user) => mintToken({ secret: SECRET, user, scopes })));
    await place(server, 'of-bob', bob);
    const since = (key: string) => ({ order: { epoch: epochOf(server), seq: { [key]: 0 } } });
    expect(await poll(server, since('bob'), { token: ann ?? '' })).toMatchObject({ status: 403 });
    const own = await poll(server, since('ann'), { token: ann ?? '' });
    expect(own).toMatchObject({ status: 200, body: { channels: {} } });
    expect(own.text).not.toContain('of-bob');
    expect(seqsOf(await poll(server, since('bob'), { token: bob ?? '' }), 'order', 'bob')).toEqual([1]);
    const market = { ticker: { epoch: '', seq: { S0: -1 } } };
    expect(await poll(server, market, { token: ann ?? '' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { mintToken } from './identity.ts';
import type { Received, StreamClient } from './testing/streamClient.ts';
import { TestServer } from './testing/testServer.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const servers: TestServer[] = [];

async function start(options: Parameters<typeof TestServer.start>[0] = {}): Promise<TestServer> {
  const server = await TestServer.start(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

function seqs(frames: readonly Received[]): unknown[] {
  return frames.map((frame) => frame['seq']);
}

function tickers(client: StreamClient, symbol: string): Received[] {
  return client.of('ticker').filter((frame) => frame['symbol'] === symbol);
}

describe('authentication', () => {
  it('should welcome the development account and choose the subprotocol', async () => {
    const server = await start();
    const client = await server.connect('/v1/stream', { protocols: ['x', 'tapedeck.v1.json'] });
    const welcome = await client.ask({ type: 'auth', id: 7 });
    expect(client.protocol).toBe('tapedeck.v1.json');
    expect(welcome).toMatchObject({ type: 'welcome', id: 7, user: 'dev', account: 'dev', epoch: server.server.epoch });
  });

  it('should welcome at once whom the upgrade request names', async () => {
    const server = await start({ config: { secret: SECRET } });
    const token = await mintToken({ secret: SECRET, user: 'ann' });
    const byHeader = await server.connect('/v1/stream', { headers: { authorization: `Bearer ${token}` } });
    const byQuery = await server.connect(`/v1/stream?token=${token}`);
    for (const client of [byHeader, byQuery]) {
      expect(await client.first(({ type }) => type === 'welcome')).toMatchObject({ user: 'ann', account: 'ann' });
    }
  });

  it('should refuse a bad token before the upgrade with 401', async () => {
    const server = await start({ config: { secret: SECRET } });
    await expect(server.connect('/v1/stream?token=nonsense')).rejects.toThrow('401');
    await expect(server.connect('/api/ws/realtime')).rejects.toThrow('401');
  });

  it('should answer a bad token in a frame and close with 4403, an expired one with 4401', async () => {
    const server = await start({ config: { secret: SECRET } });
    const bad = await server.connect();
    expect(await bad.ask({ type: 'auth', id: 1, token: 'nonsense' })).toMatchObject({ code: 'bad_token' });
    expect(await bad.closed).toMatchObject({ code: 4403 });
    const late = await server.connect();
    const token = await mintToken({ secret: SECRET, user: 'ann', expiresInS: -10 });
    expect(await late.ask({ type: 'auth', id: 1, token })).toMatchObject({ code: 'token_expired' });
    expect(await late.closed).toMatchObject({ code: 4401 });
  });

  it('should close with 4408 without auth in time', async () => {
    const server = await start({ limits: { authTimeoutMs: 10 } });
    const client = await server.connect();
    expect(await client.closed).toMatchObject({ code: 4408 });
  });

  it('should warn of the end of a token and close with 4401 at it', async () => {
    const server = await start({ config: { secret: SECRET } });
    // Ends between 0.5 and 1.5 s from now: tokens know whole seconds.
    const token = await mintToken({ secret: SECRET, user: 'ann', expiresInS: 1.5 });
    const client = await server.welcome(token);
    expect(await client.first(({ code }) => code === 'token_expiring')).toMatchObject({ type: 'system' });
    expect(await client.closed).toMatchObject({ code: 4401 });
  });

  it('should take commands only after auth, those sent while the token is checked included', async () => {
    const server = await start();
    const client = await server.connect();
    expect(await client.ask({ type: 'ping', id: 1 })).toMatchObject({ code: 'unauthenticated' });
    client.send({ type: 'auth', id: 2 });
    expect(await client.ask({ type: 'ping', id: 3 })).toMatchObject({ type: 'pong' });
    expect(await client.ask({ type: 'auth', id: 4 })).toMatchObject({ code: 'bad_message' });
  });

  it('should refuse what the scopes do not give', async () => {
    const server = await start({ config: { secret: SECRET } });
    const client = await server.welcome(await mintToken({ secret: SECRET, user: 'ann', scopes: [] }));
    const order = { clientOrderId: 'a', symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '1' };
    for (const frame of [
      { type: 'subscribe', channel: 'ticker', symbols: ['S0'] },
      { type: 'subscribe', channel: 'order', symbols: ['bob'] },
      { type: 'order.place', ...order },
    ]) {
      expect(await client.ask({ ...frame, id: 5 })).toMatchObject({ type: 'error', code: 'forbidden' });
    }
    const trader = await server.welcome(await mintToken({ secret: SECRET, user: 'cy', scopes: ['orders:write'] }));
    const foreign = { type: 'order.place', ...order, account: 'bob', id: 6 };
    expect(await trader.ask(foreign)).toMatchObject({ code: 'forbidden' });
  });

  it('should bound the sockets of a user', async () => {
    const server = await start({ config: { secret: SECRET }, limits: { maxSocketsPerUser: 1 } });
    const token = await mintToken({ secret: SECRET, user: 'ann' });
    const first = await server.welcome(token);
    const second = await server.connect(`/v1/stream?token=${token}`);
    expect(await second.closed).toMatchObject({ code: 4129 });
    first.terminate();
    await expect.poll(() => server.metric('tapedeck_connections')).toBe(0);
    const third = await server.connect(`/v1/stream?token=${token}`);
    expect(await third.first(({ type }) => type === 'welcome')).toMatchObject({ user: 'ann' });
  });

  it('should bound the sockets of an address', async () => {
    const server = await start({ config: { secret: SECRET }, limits: { maxSocketsPerAddress: 2 } });
    await server.connect();
    await server.connect();
    await expect(server.connect()).rejects.toThrow('429');
  });

  it.each([
    ['https://app.example', true, true],
    ['https://evil.example', true, false],
    ['http://localhost:5173', true, false],
    ['http://localhost:5173', false, true],
    ['http://[::1]:5173', false, true],
    ['http://localhost.evil.example', false, false],
    ['null', false, false],
  ])('should judge the origin %s with a secret %s as allowed %s', async (origin, hasSecret, isAllowed) => {
    const config = { allowedOrigins: ['https://app.example'], ...(hasSecret && { secret: SECRET }) };
    const server = await start({ config });
    const opening = server.connect('/v1/stream', { headers: { origin } });
    if (isAllowed) await expect(opening).resolves.toBeDefined();
    else await expect(opening).rejects.toThrow('403');
  });
});

describe('tickers', () => {
  it('should send a snapshot, then every event in order with its times', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_050 });
    server.feed.quote({ symbol: 0, bid: 10_049, ask: 10_051 });
    const client = await server.welcome();
    const answer = await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1'] });
    server.feed.trade({ symbol: 0, price: 10_060, dueTimeUs: 1234 });
    server.feed.trade({ symbol: 2, price: 1 });
    server.feed.trade({ symbol: 0, price: 10_070 });
    await client.settled();
    expect(answer).toMatchObject({ type: 'subscribed', symbols: ['S0', 'S1'], recovered: false });
    expect(client.of('snapshot')).toMatchObject([
      { symbol: 'S0', seq: 2, data: { last: 100.5, lastSize: 10, bid: 100.49, ask: 100.51, previousClose: 100 } },
      { symbol: 'S1', seq: 0, data: { last: null, bid: null, volume: 0 } },
    ]);
    expect(client.of('ticker')).toMatchObject([
      { symbol: 'S0', seq: 3, dueTimeUs: 1234, data: { last: 100.6, bid: 100.49, volume: 20 } },
      { symbol: 'S0', seq: 4, data: { last: 100.7, volume: 30 } },
    ]);
    const [, second] = client.of('ticker');
    expect(second).not.toHaveProperty('dueTimeUs');
    expect(second?.['sentTimeUs']).toBeGreaterThanOrEqual(Number(second?.['receivedTimeUs']));
  });

  it('should stop at unsubscribe', async () => {
    const server = await start();
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1'] });
    const answer = await client.ask({ type: 'unsubscribe', id: 3, channel: 'ticker', symbols: ['S0'] });
    server.feed.trade({ symbol: 0, price: 10_000 });
    server.feed.trade({ symbol: 1, price: 10_000 });
    await client.settled();
    expect(answer).toMatchObject({ type: 'unsubscribed', symbols: ['S0'] });
    expect(client.of('ticker')).toMatchObject([{ symbol: 'S1' }]);
  });

  it('should resume after a cut without gap or repeat', async () => {
    const server = await start();
    const before = await server.welcome();
    await before.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1'] });
    for (let price = 10_001; price <= 10_100; price++) server.feed.trade({ symbol: 0, price });
    await before.settled();
    before.terminate();
    for (let price = 10_101; price <= 10_200; price++) server.feed.trade({ symbol: 0, price });
    const after = await server.welcome();
    const since = { epoch: server.server.epoch, seq: { S0: 100, S1: 0 } };
    // The next events arise in the same turn as the subscription is worked, on both sides of it.
    const answer = after.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1'], since });
    for (let price = 10_201; price <= 10_300; price++) server.feed.trade({ symbol: 0, price });
    expect(await answer).toMatchObject({ recovered: true });
    for (let price = 10_301; price <= 10_400; price++) server.feed.trade({ symbol: 0, price });
    await after.settled();
    expect([...seqs(before.of('ticker')), ...seqs(after.of('ticker'))]).toEqual(
      Array.from({ length: 400 }, (_, at) => at + 1),
    );
    expect(after.of('snapshot')).toEqual([]);
    expect(await server.metric('tapedeck_resumes_recovered_total')).toBe(1);
  });

  it.each([
    ['ahead of the stream', { S0: 99 }, undefined],
    ['of another epoch', { S0: 9 }, 'other'],
    ['older than the history', { S0: 1 }, undefined],
    ['that names no symbol', {}, undefined],
  ])('should answer a cursor %s with a snapshot', async (_, seq, epoch) => {
    const server = await start({ limits: { historyEvents: 3 } });
    for (let price = 10_001; price <= 10_010; price++) server.feed.trade({ symbol: 0, price });
    const client = await server.welcome();
    const since = { epoch: epoch ?? server.server.epoch, seq };
    const answer = await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'], since });
    await client.settled();
    expect(answer).toMatchObject({ recovered: false });
    expect(client.of('snapshot')).toMatchObject([{ symbol: 'S0', seq: 10, data: { last: 100.1 } }]);
    expect(client.of('ticker')).toEqual([]);
  });

  it('should meet what waits for the flush window exactly', async () => {
    const server = await start({ limits: { flushWindowMs: 50 } });
    const client = await server.welcome();
    for (const price of [10_001, 10_002, 10_003]) server.feed.trade({ symbol: 0, price });
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    server.feed.trade({ symbol: 0, price: 10_004 });
    await client.first(({ type, seq }) => type === 'ticker' && seq === 4);
    expect(seqs(client.of('snapshot'))).toEqual([3]);
    expect(seqs(client.of('ticker'))).toEqual([4]);
  });

  it('should tell the heads of the subscribed streams in each heartbeat', async () => {
    const server = await start({ limits: { heartbeatMs: 50 } });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    await client.ask({ type: 'subscribe', id: 3, channel: 'order' });
    server.feed.trade({ symbol: 0, price: 10_000 });
    const heartbeat = await client.next(({ type }) => type === 'heartbeat');
    expect(heartbeat).toMatchObject({ epoch: server.server.epoch, heads: { ticker: { S0: 1 }, order: { dev: 0 } } });
    expect(seqs(tickers(client, 'S0'))).toEqual([1]);
  });

  it('should gather frames for the flush window', async () => {
    const server = await start({ limits: { flushWindowMs: 5 } });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    server.feed.trade({ symbol: 0, price: 10_000 });
    server.feed.trade({ symbol: 0, price: 10_001 });
    await client.first(({ seq, type }) => type === 'ticker' && seq === 2);
    expect(seqs(client.of('ticker'))).toEqual([1, 2]);
  });
});

describe('frames that can not be taken', () => {
  it.each([
    [{ type: 'nonsense' }, 'unknown_type'],
    [{ type: 'subscribe', channel: 'bar.1m', symbols: ['S0'] }, 'unknown_channel'],
    [{ type: 'subscribe', channel: 'ticker' }, 'bad_message'],
    [{ type: 'subscribe', channel: 'ticker', symbols: ['S0', 'toString'] }, 'unknown_symbol'],
    [{ type: 'subscribe', channel: 'ticker', symbols: ['S0', 'S1', 'S2'] }, 'too_many_symbols'],
    [{ type: 'order.place', clientOrderId: 'a' }, 'bad_message'],
  ])('should answer %j with an error and go on', async (frame, code) => {
    const server = await start({ limits: { maxSymbolsPerSocket: 2 } });
    const client = await server.welcome();
    expect(await client.ask({ ...frame, id: 9 })).toMatchObject({ type: 'error', id: 9, code });
    await client.settled();
  });

  it('should close with 4400 what is not JSON, too deep or binary', async () => {
    const server = await start();
    for (const data of ['{', `${'['.repeat(17)}${']'.repeat(17)}`, new Uint8Array([1, 2])]) {
      const client = await server.welcome();
      client.sendRaw(data);
      expect(await client.closed).toMatchObject({ code: 4400 });
    }
  });

  it('should close with 4413 over the frame limit, and with 1006 over that of the transport', async () => {
    const server = await start({ limits: { maxFrameBytes: 1024, maxTransportFrameBytes: 4096 } });
    const large = await server.welcome();
    large.sendRaw('x'.repeat(1025));
    expect(await large.closed).toMatchObject({ code: 4413 });
    const huge = await server.welcome();
    huge.sendRaw('x'.repeat(8192));
    expect(await huge.closed).toMatchObject({ code: 1006 });
  });

  it('should refuse commands over the rate, and close with 4129 who goes on', async () => {
    const server = await start({ limits: { commandsPerSecond: 1, commandBurst: 5 } });
    const client = await server.welcome();
    for (let count = 0; count < 4; count++) client.send({ type: 'ping' });
    client.send({ type: 'ping', id: 2 });
    expect(await client.first(({ code }) => code === 'rate_limited')).toMatchObject({ retryable: true });
    for (let count = 0; count < 6; count++) client.send({ type: 'ping' });
    expect(await client.closed).toMatchObject({ code: 4129 });
    expect(client.of('pong')).toHaveLength(4);
  });
});

describe('orders', () => {
  const buy = { type: 'order.place', symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '3' } as const;

  it('should answer, then tell order and execution events to every socket of the account', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const trader = await server.welcome();
    const watcher = await server.welcome();
    for (const channel of ['order', 'execution']) await watcher.ask({ type: 'subscribe', id: 2, channel });
    const answer = await trader.ask({ ...buy, id: 3, clientOrderId: 'a' });
    await watcher.first(({ reason }) => reason === 'filled');
    expect(answer).toMatchObject({
      type: 'order.accepted',
      duplicate: false,
      data: { status: 'FILLED', averagePrice: '100.00' },
    });
    expect(watcher.of('order')).toMatchObject([
      { seq: 1, reason: 'accepted', tickSeq: 1, account: 'dev', data: { status: 'ACCEPTED', quantity: '3' } },
      { seq: 2, reason: 'filled', data: { status: 'FILLED', cumulativeQuantity: '3' } },
    ]);
    expect(watcher.of('execution')).toMatchObject([{ seq: 1, data: { lastPrice: '100.00', lastQuantity: '3' } }]);
    expect(trader.of('order')).toEqual([]);
  });

  it('should return the first state for a known clientOrderId', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    const first = await client.ask({ ...buy, id: 2, clientOrderId: 'a' });
    const again = await client.ask({ ...buy, id: 3, clientOrderId: 'a', quantity: '99' });
    expect(again).toMatchObject({ type: 'order.accepted', duplicate: true, data: first['data'] });
  });

  it.each([
    [{ quantity: '0' }, 'bad_quantity'],
    [{ quantity: '0.5' }, 'bad_quantity'],
    [{ quantity: '-1' }, 'bad_quantity'],
    [{ symbol: 'NONE' }, 'unknown_symbol'],
    [{ orderType: 'STOP_MARKET', triggerPrice: '100.005' }, 'bad_price'],
    [{ orderType: 'STOP_MARKET', triggerPrice: '99.00' }, 'wrong_side_of_market'],
    [{ orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'bp', value: '0' } }, 'bad_offset'],
  ])('should reject %j with the reason %s', async (change, reason) => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    const answer = await client.ask({ ...buy, id: 2, clientOrderId: 'a', ...change });
    expect(answer).toMatchObject({ type: 'error', code: 'order_rejected', reason, clientOrderId: 'a' });
    expect(await server.metric(`tapedeck_orders_rejected_total{reason="${reason}"}`)).toBe(
      reason === 'unknown_symbol' ? Number.NaN : 1,
    );
  });

  it('should trigger on the crossing tick, after that tick was told', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'order' });
    await client.ask({ type: 'subscribe', id: 3, channel: 'ticker', symbols: ['S0'] });
    const stop = { ...buy, side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: '99.50' };
    await client.ask({ ...stop, id: 4, clientOrderId: 'a' });
    server.feed.trade({ symbol: 0, price: 9_951 });
    server.feed.trade({ symbol: 0, price: 9_940, dueTimeUs: 77 });
    await client.first(({ reason }) => reason === 'filled');
    const told = client.frames.filter(({ type, seq }) => (type === 'ticker' || type === 'order') && seq !== undefined);
    expect(told.map(({ type, reason, tickSeq, seq }) => (type === 'ticker' ? seq : `${reason}@${tickSeq}`))).toEqual([
      'accepted@1',
      2,
      3,
      'triggered@3',
      'filled@3',
    ]);
    expect(told.at(-2)).toMatchObject({ dueTimeUs: 77 });
  });

  it('should tell ratchets without a number, once per window, and the latest at its end', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'order' });
    const trailing = { orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: '100' } };
    await client.ask({ ...buy, side: 'SELL', ...trailing, id: 3, clientOrderId: 'a' });
    for (let price = 10_001; price <= 10_500; price++) server.feed.trade({ symbol: 0, price });
    const ratchets = () => client.of('order').filter(({ reason }) => reason === 'ratcheted');
    await expect.poll(() => ratchets().length).toBe(2);
    const [first, last] = ratchets();
    expect(first).not.toHaveProperty('seq');
    expect(Number(last?.['tickSeq'])).toBeGreaterThan(Number(first?.['tickSeq']) + 200);
    server.feed.trade({ symbol: 0, price: 10_000 });
    await client.first(({ reason }) => reason === 'filled');
    expect(client.of('order').flatMap(({ seq }) => seq ?? [])).toEqual([1, 2, 3]);
  });

  it('should resume the order stream, and snapshot the working orders', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    const stop = { ...buy, side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: '99.50' };
    for (const clientOrderId of ['a', 'b', 'c']) await client.ask({ ...stop, id: 4, clientOrderId });
    await client.ask({ type: 'order.cancel', id: 5, clientOrderId: 'b' });
    const since = { epoch: server.server.epoch, seq: { dev: 2 } };
    expect(await client.ask({ type: 'subscribe', id: 6, channel: 'order', since })).toMatchObject({ recovered: true });
    const other = await server.welcome();
    await other.ask({ type: 'subscribe', id: 6, channel: 'order' });
    await Promise.all([client.settled(), other.settled()]);
    expect(client.of('order')).toMatchObject([
      { seq: 3, reason: 'accepted', data: { clientOrderId: 'c' } },
      { seq: 4, reason: 'canceled', data: { clientOrderId: 'b' } },
    ]);
    expect(other.of('snapshot')).toMatchObject([
      { channel: 'order', symbol: 'dev', seq: 4, data: [{ clientOrderId: 'a' }, { clientOrderId: 'c' }] },
    ]);
    expect(await client.ask({ type: 'order.cancel', id: 7, clientOrderId: 'b' })).toMatchObject({
      code: 'order_rejected',
      reason: 'order_not_open',
    });
  });
});

describe('drain', () => {
  it('should tell clients, close them with 4001 and stop listening', async () => {
    const server = await start();
    const client = await server.welcome();
    await server.server.drain();
    expect(await client.closed).toMatchObject({ code: 4001 });
    const notice = client.of('system').at(-1);
    expect(notice).toMatchObject({ code: 'shutdown' });
    expect(notice?.['retryAfterMs']).toBeGreaterThan(0);
    await expect(server.connect()).rejects.toThrow('ECONNREFUSED');
  });

  it('should end within drainMs though a client reads nothing', async () => {
    const server = await start({ symbols: 1, limits: { drainMs: 100, softBufferedBytes: 1024 * 1024 } });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    client.pause();
    for (let count = 0; count < 20_000; count++) server.feed.trade({ symbol: 0, price: 10_000 + (count % 7) });
    await server.server.drain();
    await expect(server.connect()).rejects.toThrow('ECONNREFUSED');
  });

  it('should tell of the end of the feed', async () => {
    const server = await start();
    const client = await server.welcome();
    server.feed.stop();
    await server.server.feedEnded;
    expect(await client.first(({ type }) => type === 'system')).toMatchObject({ code: 'feed_ended' });
  });
});

describe('a port that is taken', () => {
  it('should be named in one line', async () => {
    const server = await start();
    const listen = [{ host: '127.0.0.1', port: server.port }];
    await expect(TestServer.start({ config: { listen } })).rejects.toThrow(`127.0.0.1:${server.port} is taken`);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { seqs, testServers, tickers } from '../testing/servers.ts';

const start = testServers(afterEach);

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

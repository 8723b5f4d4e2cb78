import { afterEach, describe, expect, it } from 'vitest';
import { seqs, testServers, tickers } from '../testing/servers.ts';

const start = testServers(afterEach);

describe('throttleMs', () => {
  it('should give the first event at once and later ones as the latest, with the numbers that it stands for', async () => {
    const server = await start();
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1'], throttleMs: 60 });
    for (let price = 10_001; price <= 10_050; price++) server.feed.trade({ symbol: 0, price });
    server.feed.trade({ symbol: 1, price: 10_000 });
    const last = await client.first(
      (frame) => frame['type'] === 'ticker' && frame['symbol'] === 'S0' && frame['seq'] === 50,
    );
    expect(last).toMatchObject({ seqFrom: 2, data: { last: 100.5 } });
    expect(seqs(tickers(client, 'S0'))).toEqual([1, 50]);
    expect(seqs(tickers(client, 'S1'))).toEqual([1]);
  });

  it('should leave other readers of the symbol every event', async () => {
    const server = await start();
    const slow = await server.welcome();
    const quick = await server.welcome();
    await slow.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'], throttleMs: 60_000 });
    await quick.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    for (let price = 10_001; price <= 10_005; price++) server.feed.trade({ symbol: 0, price });
    await quick.first((frame) => frame['seq'] === 5 && frame['type'] === 'ticker');
    await slow.settled();
    expect(seqs(tickers(quick, 'S0'))).toEqual([1, 2, 3, 4, 5]);
    expect(seqs(tickers(slow, 'S0'))).toEqual([1]);
  });

  it('should tell heads of what was sent, and go on from there when the pace is taken away', async () => {
    const server = await start({ limits: { heartbeatMs: 50 } });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'], throttleMs: 60_000 });
    server.feed.trade({ symbol: 0, price: 10_001 });
    server.feed.trade({ symbol: 0, price: 10_002 });
    await client.settled();
    const heartbeat = await client.next((frame) => frame['type'] === 'heartbeat');
    expect(heartbeat['heads']).toEqual({ ticker: { S0: 1 } });
    const since = { epoch: server.server.epoch, seq: { S0: 1 } };
    await client.ask({ type: 'subscribe', id: 3, channel: 'ticker', symbols: ['S0'], since });
    server.feed.trade({ symbol: 0, price: 10_003 });
    await client.first((frame) => frame['seq'] === 3 && frame['type'] === 'ticker');
    expect(seqs(tickers(client, 'S0'))).toEqual([1, 2, 3]);
    expect(tickers(client, 'S0').every((frame) => frame['seqFrom'] === undefined)).toBe(true);
  });

  it('should pace trades and forming bars', async () => {
    const server = await start();
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'trade', symbols: ['S0'], throttleMs: 50 });
    const wish = { type: 'subscribe', id: 3, channel: 'bar.1m', symbols: ['S0'], forming: true, throttleMs: 60_000 };
    expect(await client.ask(wish)).toMatchObject({ type: 'subscribed' });
    for (let price = 10_001; price <= 10_010; price++) server.feed.trade({ symbol: 0, price });
    const last = await client.first((frame) => frame['type'] === 'trade' && frame['seq'] === 10);
    expect(last).toMatchObject({ seqFrom: 2, data: { price: 100.1 } });
    await client.first((frame) => frame['type'] === 'bar');
    server.feed.trade({ symbol: 0, price: 10_011 });
    server.feed.endMinute();
    await client.first((frame) => frame['type'] === 'bar' && frame['seq'] !== undefined);
    expect(client.of('bar').filter((frame) => frame['seq'] === undefined)).toHaveLength(1);
  });

  it.each([
    ['order', {}],
    ['news', {}],
    ['bar.1m', { symbols: ['S0'] }],
  ])('should be refused for %s, of which nothing is left out', async (channel, more) => {
    const server = await start();
    const client = await server.welcome();
    const answer = await client.ask({ type: 'subscribe', id: 2, channel, throttleMs: 100, ...more });
    expect(answer).toMatchObject({ type: 'error', code: 'bad_message' });
  });

  it.each([-1, 60_001, 1.5, '100'])('should be refused as %j', async (throttleMs) => {
    const server = await start();
    const client = await server.welcome();
    const wish = { type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'], throttleMs };
    expect(await client.ask(wish)).toMatchObject({ type: 'error', code: 'bad_message' });
  });
});

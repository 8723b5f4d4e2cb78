import { afterEach, describe, expect, it } from 'vitest';
import { seqs, testServers } from '../testing/servers.ts';
import type { TestServer } from '../testing/testServer.ts';

const start = testServers(afterEach);
const OPEN_US = 1_584_365_400_000_000;
const MINUTE_US = 60_000_000;

/** A fall of five bars and a bar that engulfs the last of them. */
function engulf(server: TestServer): void {
  for (let at = 0; at < 20; at++) {
    server.feed.bar({
      symbol: 0,
      open: 10_400 - 20 * at,
      high: 10_402 - 20 * at,
      low: 10_378 - 20 * at,
      close: 10_380 - 20 * at,
    });
  }
  server.feed.bar({ symbol: 0, open: 9_990, high: 10_102, low: 9_988, close: 10_100 });
}

describe('bars', () => {
  it('should come as each minute closes, also without a further tick, and be numbered', async () => {
    const server = await start();
    const client = await server.welcome();
    const subscribed = await client.ask({ type: 'subscribe', id: 2, channel: 'bar.1m', symbols: ['S0', 'S1'] });
    expect(subscribed).toEqual({
      type: 'subscribed',
      id: 2,
      channel: 'bar.1m',
      symbols: ['S0', 'S1'],
      recovered: false,
    });
    server.feed.bar({ symbol: 0, open: 10_000, high: 10_020, low: 9_990, close: 10_010 });
    server.feed.bar({ symbol: 0, open: 10_010, high: 10_010, low: 10_000, close: 10_005 });
    await client.first(({ type, seq }) => type === 'bar' && seq === 2);
    const [first] = client.of('bar');
    expect(first).toMatchObject({
      channel: 'bar.1m',
      symbol: 'S0',
      seq: 1,
      eventTimeUs: OPEN_US + MINUTE_US,
      data: {
        startUs: OPEN_US,
        open: 100,
        high: 100.2,
        low: 99.9,
        close: 100.1,
        volume: 40,
        vwap: 100.05,
        trades: 4,
        notional: 4002,
        isClosed: true,
        isCorrection: false,
        flags: [],
      },
    });
    expect(seqs(client.of('bar'))).toEqual([1, 2]);
  });

  it('should close the longer frames as sums of their minutes', async () => {
    const server = await start();
    const client = await server.welcome();
    for (const [at, channel] of ['bar.5m', 'bar.15m', 'bar.1h'].entries()) {
      await client.ask({ type: 'subscribe', id: 2 + at, channel, symbols: ['S0'] });
    }
    for (let at = 0; at < 30; at++) {
      server.feed.bar({ symbol: 0, open: 10_000 + at, high: 10_001 + at, low: 10_000 + at, close: 10_001 + at });
    }
    const hour = await client.first(({ channel, type }) => type === 'bar' && channel === 'bar.1h');
    expect(hour).toMatchObject({ seq: 1, data: { open: 100, close: 100.3, volume: 1_200, trades: 120 } });
    const count = (channel: string) => client.of('bar').filter((bar) => bar['channel'] === channel).length;
    expect([count('bar.5m'), count('bar.15m')]).toEqual([6, 2]);
  });

  it('should bring a snapshot of the closed bars, newest last, and the open one', async () => {
    const server = await start();
    for (let at = 0; at < 4; at++)
      server.feed.bar({ symbol: 0, open: 10_000 + at, high: 10_009, low: 9_999, close: 10_005 });
    server.feed.trade({ symbol: 0, price: 10_050 });
    const client = await server.welcome();
    client.send({ type: 'subscribe', id: 2, channel: 'bar.1m', symbols: ['S0'], bars: 2 });
    const snapshot = await client.first(({ type }) => type === 'snapshot');
    expect(snapshot).toMatchObject({
      channel: 'bar.1m',
      symbol: 'S0',
      seq: 4,
      data: { bars: [{ open: 100.02 }, { open: 100.03 }], forming: { open: 100.5, isClosed: false } },
    });
  });

  it('should tell the open bar to who asks for it alone', async () => {
    const server = await start();
    const [plain, watching] = [await server.welcome(), await server.welcome()];
    const frame = { type: 'subscribe', id: 2, channel: 'bar.1m', symbols: ['S0'] };
    await plain.ask(frame);
    await watching.ask({ ...frame, forming: true });
    server.feed.trade({ symbol: 0, price: 10_000 });
    server.feed.trade({ symbol: 0, price: 10_030 });
    const open = await watching.first(({ type }) => type === 'bar');
    expect(open).toMatchObject({ channel: 'bar.1m', data: { isClosed: false, open: 100, close: 100.3, volume: 20 } });
    expect(open).not.toHaveProperty('seq');
    server.feed.endMinute();
    await watching.first(({ seq, type }) => type === 'bar' && seq === 1);
    await plain.first(({ seq, type }) => type === 'bar' && seq === 1);
    expect(plain.of('bar')).toHaveLength(1);
    await watching.ask({ type: 'unsubscribe', id: 3, channel: 'bar.1m', symbols: ['S0'] });
    const before = watching.of('bar').length;
    server.feed.bar({ symbol: 0, open: 10_000, high: 10_020, low: 9_990, close: 10_010 });
    await plain.first(({ seq, type }) => type === 'bar' && seq === 2);
    await watching.settled();
    expect(watching.of('bar')).toHaveLength(before);
  });

  it('should resume from history, and name their heads', async () => {
    const server = await start({ limits: { heartbeatMs: 100 } });
    const bar = { symbol: 0, open: 10_000, high: 10_020, low: 9_990, close: 10_010 };
    for (let at = 0; at < 5; at++) server.feed.bar(bar);
    const client = await server.welcome();
    const since = { epoch: server.server.epoch, seq: { S0: 2 } };
    const answer = await client.ask({ type: 'subscribe', id: 2, channel: 'bar.1m', symbols: ['S0'], since });
    expect(answer).toMatchObject({ recovered: true });
    server.feed.bar(bar);
    await client.first(({ seq, type }) => type === 'bar' && seq === 6);
    expect(seqs(client.of('bar'))).toEqual([3, 4, 5, 6]);
    await client.next(({ heads }) => JSON.stringify(heads) === '{"bar.1m":{"S0":6}}');
  });
});

describe('patterns', () => {
  it('should come when the bar closes, with what formed them', async () => {
    const server = await start();
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'pattern', symbols: ['S0'] });
    engulf(server);
    const found = await client.first(({ data }) => JSON.stringify(data ?? null).includes('"bullish_engulfing"'));
    expect(found).toMatchObject({
      symbol: 'S0',
      eventTimeUs: OPEN_US + 21 * MINUTE_US,
      data: {
        patternId: `S0/1m/${OPEN_US + 20 * MINUTE_US}/bullish_engulfing`,
        kind: 'candlestick',
        timeFrame: '1m',
        direction: 'up',
        price: 101,
        isEarly: false,
        toUs: OPEN_US + 20 * MINUTE_US,
      },
    });
    const numbers = seqs(client.of('pattern'));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  });

  it('should pass the filter alone, and keep the numbers of the stream', async () => {
    const server = await start({ limits: { heartbeatMs: 100 } });
    const [all, some] = [await server.welcome(), await server.welcome()];
    const frame = { type: 'subscribe', id: 2, channel: 'pattern', symbols: ['S0'] };
    await all.ask(frame);
    await some.ask({ ...frame, patternTypes: ['bullish_engulfing'], timeFrames: ['1m'], minConfidence: 0.01 });
    engulf(server);
    const found = await some.first(({ type }) => type === 'pattern');
    await some.next(({ heads }) => Object.keys(Object(heads)).includes('pattern'));
    await all.settled();
    const same = all.of('pattern').filter(({ seq }) => seq === found['seq']);
    expect(same).toEqual([{ ...found, sentTimeUs: same[0]?.['sentTimeUs'] }]);
    expect(some.of('pattern').length).toBeLessThan(all.of('pattern').length);
  });

  it('should show those that may still come true in a snapshot, and resume the others', async () => {
    const server = await start();
    engulf(server);
    const client = await server.welcome();
    client.send({ type: 'subscribe', id: 2, channel: 'pattern', symbols: ['S0'] });
    const snapshot = await client.first(({ type }) => type === 'snapshot');
    expect(JSON.stringify(snapshot['data'])).toContain('"bullish_engulfing"');
    const head = Number(snapshot['seq']);
    const other = await server.welcome();
    const since = { epoch: server.server.epoch, seq: { S0: head - 1 } };
    other.send({ type: 'subscribe', id: 2, channel: 'pattern', symbols: ['S0'], since });
    expect(await other.first(({ type }) => type === 'pattern')).toMatchObject({ seq: head });
    server.feed.bar({ symbol: 0, open: 10_100, high: 10_100, low: 9_000, close: 9_010 });
    const later = await client.ask({ type: 'get', id: 3, what: 'patterns', symbol: 'S0', timeFrame: '1m' });
    expect(JSON.stringify(later['data'])).not.toContain('/bullish_engulfing"');
  });
});

describe('trades', () => {
  it('should come with the number of the ticker, quotes left out', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    client.send({ type: 'subscribe', id: 2, channel: 'trade', symbols: ['S0', 'S1'] });
    expect(await client.first(({ symbol, type }) => type === 'snapshot' && symbol === 'S0')).toMatchObject({
      seq: 1,
      data: { price: 100, size: 10, flags: 0 },
    });
    expect(await client.first(({ symbol, type }) => type === 'snapshot' && symbol === 'S1')).toMatchObject({
      data: null,
    });
    server.feed.quote({ symbol: 0, bid: 9_999, ask: 10_001 });
    server.feed.trade({ symbol: 0, price: 10_001 });
    expect(await client.first(({ type }) => type === 'trade')).toMatchObject({
      symbol: 'S0',
      seq: 3,
      data: { price: 100.01, size: 10 },
    });
    await client.ask({ type: 'unsubscribe', id: 3, channel: 'trade', symbols: ['S0'] });
    server.feed.trade({ symbol: 0, price: 10_002 });
    await client.settled();
    expect(client.of('trade')).toHaveLength(1);
  });
});

describe('get', () => {
  it('should answer with the state, without a subscription', async () => {
    const server = await start();
    server.feed.bar({ symbol: 0, open: 10_000, high: 10_020, low: 9_990, close: 10_010 });
    const client = await server.welcome();
    const quote = await client.ask({ type: 'get', id: 2, what: 'quote', symbol: 'S0' });
    expect(quote).toMatchObject({
      type: 'result',
      what: 'quote',
      key: 'S0',
      data: { last: 100.1, volume: 40, bid: null },
    });
    const bars = await client.ask({ type: 'get', id: 3, what: 'bars', symbol: 'S0', timeFrame: '1m', limit: 5 });
    expect(bars).toMatchObject({ what: 'bars', data: { bars: [{ close: 100.1 }], forming: null } });
    expect(await client.ask({ type: 'get', id: 4, what: 'bars' })).toMatchObject({ code: 'bad_message' });
    expect(await client.ask({ type: 'get', id: 5, what: 'quote', symbol: 'X' })).toMatchObject({
      code: 'unknown_symbol',
    });
    server.feed.trade({ symbol: 0, price: 10_000 });
    await client.settled();
    expect(client.of('ticker')).toEqual([]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { testServers } from '../testing/servers.ts';
import type { Received } from '../testing/streamClient.ts';
import type { TestServer } from '../testing/testServer.ts';

const start = testServers(afterEach);
const PATH = '/patterns/realtime';
const OPEN_MS = 1_584_365_400_000;
const MINUTE_MS = 60_000;

/** Twenty falling bars and one that engulfs the last of them. */
function engulf(server: TestServer): void {
  for (let at = 0; at < 20; at++) {
    const open = 10_400 - 20 * at;
    server.feed.bar({ symbol: 0, open, high: open + 2, low: open - 22, close: open - 20 });
  }
  server.feed.bar({ symbol: 0, open: 9_990, high: 10_102, low: 9_988, close: 10_100 });
}

function isEngulfing(frame: Received): boolean {
  return frame['type'] === 'pattern' && frame['pattern_type'] === 'bullish_engulfing';
}

describe('tickstock', () => {
  it('should tell a pattern when its bar closes, with the fields of pattern_events', async () => {
    const server = await start();
    const client = await server.connect(PATH);
    client.send({ action: 'subscribe', symbols: ['S0'] });
    await client.first(({ type }) => type === 'subscribed');
    engulf(server);
    const found = await client.first(isEngulfing);
    expect(Object.keys(found)).toEqual(['type', 'symbol', 'pattern_type', 'timestamp', 'confidence', 'metadata']);
    expect(found).toMatchObject({
      symbol: 'S0',
      timestamp: OPEN_MS + 21 * MINUTE_MS,
      confidence: expect.any(Number),
      metadata: {
        kind: 'candlestick',
        timeframe: '1m',
        direction: 'up',
        price: 101,
        to: OPEN_MS + 20 * MINUTE_MS,
        bar_count: 2,
      },
    });
    expect(client.frames.slice(0, 2)).toEqual([
      { type: 'connected', user: 'dev', timestamp: expect.any(Number) },
      { type: 'subscribed', symbols: ['S0'], timestamp: expect.any(Number) },
    ]);
  });

  it('should pass thresholds and filters alone', async () => {
    const server = await start();
    const [all, some, sure] = [await server.connect(PATH), await server.connect(PATH), await server.connect(PATH)];
    const subscribe = { action: 'subscribe', symbols: ['S0'] };
    all.send(subscribe);
    some.send({ ...subscribe, pattern_types: ['bullish_engulfing'], timeframes: ['1m'] });
    sure.send({ ...subscribe, min_confidence: 0.6 });
    for (const client of [all, some, sure]) await client.first(({ type }) => type === 'subscribed');
    engulf(server);
    await all.first(isEngulfing);
    const expected = await some.first(isEngulfing);
    for (const client of [all, some, sure]) {
      client.send({ action: 'ping' });
      await client.first(({ type }) => type === 'pong');
    }
    expect(some.of('pattern')).toEqual(all.of('pattern').filter(isEngulfing));
    expect(some.of('pattern')).toEqual([expected]);
    const confident = all.of('pattern').filter(({ confidence }) => Number(confidence) >= 0.6);
    expect(sure.of('pattern')).toEqual(confident);
    expect(confident.length).toBeLessThan(all.of('pattern').length);
  });

  it('should bring earlier patterns on request, those of the filter, the newest last', async () => {
    const server = await start();
    const watcher = await server.connect(PATH);
    watcher.send({ action: 'subscribe', symbols: ['S0'] });
    await watcher.first(({ type }) => type === 'subscribed');
    engulf(server);
    await watcher.first(isEngulfing);
    watcher.send({ action: 'ping' });
    await watcher.first(({ type }) => type === 'pong');
    const live = watcher.of('pattern').map(({ type, ...pattern }) => pattern);
    const client = await server.connect(PATH);
    const backlogOf = async (more: object): Promise<unknown> => {
      const backlog = client.next(({ type }) => type === 'backlog');
      client.send({ action: 'subscribe', symbols: ['S0', 'S1'], ...more });
      return (await backlog)['patterns'];
    };
    expect(await backlogOf({ backlog: 32 })).toEqual(live.slice(-32));
    expect(await backlogOf({ backlog: 1 })).toEqual(live.slice(-1));
    const engulfing = live.filter(({ pattern_type }) => pattern_type === 'bullish_engulfing');
    expect(await backlogOf({ backlog: 5, pattern_types: ['bullish_engulfing'] })).toEqual(engulfing);
    client.send({ action: 'subscribe', symbols: ['S0'] });
    client.send({ action: 'ping' });
    await client.next(({ type }) => type === 'pong');
    expect(client.of('backlog').map(({ symbol }) => symbol)).toEqual(['S0', 'S0', 'S0']);
  });

  it('should stop at unsubscribe, and tell what it cannot take', async () => {
    const server = await start({ limits: { heartbeatMs: 100 } });
    const client = await server.connect(PATH);
    client.send({ action: 'subscribe', symbols: ['S0'] });
    client.send({ action: 'unsubscribe', symbols: ['S0'] });
    await client.first(({ type }) => type === 'unsubscribed');
    engulf(server);
    await client.next(({ type }) => type === 'heartbeat');
    expect(client.of('pattern')).toEqual([]);
    const codes: unknown[] = [];
    for (const bad of [
      { action: 'subscribe' },
      { action: 'subscribe', symbols: [] },
      { action: 'subscribe', symbols: ['S0'], min_confidence: 1.1 },
      { action: 'subscribe', symbols: ['S0'], timeframes: ['2m'] },
      { action: 'subscribe', symbols: ['S0'], backlog: 33 },
      { action: 'subscribe', symbols: ['NONE'] },
      { action: '__proto__' },
      { type: 'subscribe' },
    ]) {
      const error = client.next(({ type }) => type === 'error');
      client.send(bad);
      codes.push((await error)['code']);
    }
    const bad = 'bad_message';
    expect(codes).toEqual([bad, bad, bad, bad, bad, 'unknown_symbol', 'unknown_type', bad]);
  });
});

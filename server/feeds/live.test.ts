import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { type RunningServer, startServer } from '../server.ts';
import { StreamClient } from '../testing/streamClient.ts';
import { testClock } from '../testing/testServer.ts';
import type { LiveFeedConfig } from './liveConfig.ts';
import { DEFAULT_FEED_RULES } from './rules.ts';
import { PolygonServer } from './testing/polygonServer.ts';
import { QuoteServer } from './testing/quoteServer.ts';

const RULES = {
  ...DEFAULT_FEED_RULES,
  backoff: { baseMs: 2, maxMs: 20 },
  breaker: { failures: 3, openMs: 50, maxOpenMs: 100 },
  failOverMs: 30,
  failBackMs: 30,
};

let logged = '';
function remember(line: string): void {
  logged += line;
}
const log = pino({ level: 'trace' }, { write: remember });
let polygon: PolygonServer;
let quotes: QuoteServer;
let server: RunningServer | undefined;
let client: StreamClient | undefined;

beforeEach(async () => {
  logged = '';
  polygon = await PolygonServer.start();
  quotes = await QuoteServer.start();
});
afterEach(async () => {
  client?.terminate();
  await server?.drain();
  await polygon.stop();
  await quotes.stop();
  // Whatever a test did, no key is in its log.
  expect(logged).not.toContain(PolygonServer.KEY);
});

function access(url: string, key = PolygonServer.KEY) {
  return { url, key, plan: {}, pollMs: 20, maxPollMs: 1_000 };
}

async function start(providers: LiveFeedConfig['providers']): Promise<StreamClient> {
  const instruments = ['AAPL', 'MSFT'].map((symbol, index) => {
    return { symbol, index, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 };
  });
  const limits = { ...DEFAULT_LIMITS, drainMs: 40 };
  const liveFeed: LiveFeedConfig = { providers, instruments, calendar: 'always', cleaning: 'market', rules: RULES };
  const listen = [{ host: '127.0.0.1', port: 0 }];
  server = await startServer(
    { listen, limits, allowedOrigins: [], logLevel: 'silent', liveFeed },
    { clock: testClock, log },
  );
  client = await StreamClient.open(`ws://127.0.0.1:${server.ports[0]}/v1/stream`);
  await client.ask({ type: 'auth', id: 1 });
  await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['AAPL', 'MSFT'] });
  return client;
}

async function get(path: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${server?.ports[0]}${path}`);
  return path === '/metrics' ? answer.text() : answer.json();
}

describe('a feed of Polygon', () => {
  it('should authenticate, subscribe and bring trades and quotes to a client, which were due at no time', async () => {
    const reader = await start([{ name: 'polygon', access: access(polygon.url) }]);
    await polygon.subscribed();
    expect(polygon.topics).toEqual(['T.AAPL', 'Q.AAPL', 'T.MSFT', 'Q.MSFT']);
    const timeMs = Date.now();
    polygon.send([
      polygon.trade({ symbol: 'AAPL', price: 114.125, timeMs }),
      { ev: 'Q', sym: 'MSFT', bx: 4, bp: 99.5, bs: 2, ax: 7, ap: 99.51, as: 1, c: 0, t: timeMs, q: 5, z: 3 },
    ]);

    const ticker = await reader.first(({ type, symbol }) => type === 'ticker' && symbol === 'AAPL');
    expect(ticker).toMatchObject({ seq: 1, data: { last: 114.13, lastSize: 100 }, eventTimeUs: timeMs * 1000 });
    expect(ticker).not.toHaveProperty('dueTimeUs');
    const quote = await reader.first(({ type, symbol }) => type === 'ticker' && symbol === 'MSFT');
    expect(quote).toMatchObject({ data: { bid: 99.5, ask: 99.51, bidSize: 200, askSize: 100 } });
  });

  it('should skip and count what is no sound frame, and take the rest of it', async () => {
    const reader = await start([{ name: 'polygon', access: access(polygon.url) }]);
    await polygon.subscribed();
    const timeMs = Date.now();
    polygon.sendRaw('[{"ev":"T"');
    polygon.send({ ev: 'T' });
    polygon.send([
      null,
      { ev: 'T', sym: 'AAPL', p: 'much' },
      { ...polygon.trade({ symbol: 'NONE', price: 1, timeMs }) },
      polygon.trade({ symbol: 'AAPL', price: -1, timeMs }),
      polygon.trade({ symbol: 'AAPL', price: 1e300, timeMs }),
      polygon.trade({ symbol: 'AAPL', price: 100, size: 0.2, timeMs }),
      { ev: 'AM', sym: 'AAPL' },
      polygon.trade({ symbol: 'AAPL', price: 100, timeMs }),
    ]);
    await reader.first(({ type, symbol }) => type === 'ticker' && symbol === 'AAPL');
    const metrics = String(await get('/metrics'));
    const bad = [...metrics.matchAll(/tapedeck_feed_bad_frames_total\{provider="polygon",reason="(\w+)"\} (\d+)/g)];
    expect(Object.fromEntries(bad.map(([, reason, count]) => [reason, Number(count)]))).toEqual({
      not_json: 1,
      unknown_form: 3,
      unknown_symbol: 1,
      bad_price: 2,
      below_lot: 1,
    });
  });

  it('should come back after a cut, mark the gap, drop what it had, and say so', async () => {
    const reader = await start([{ name: 'polygon', access: access(polygon.url) }]);
    await polygon.subscribed();
    const timeMs = Date.now() - 1_000;
    const last = polygon.trade({ symbol: 'AAPL', price: 100, timeMs });
    polygon.send([last]);
    await reader.first(({ type, seq }) => type === 'ticker' && seq === 1);
    polygon.cut();
    await polygon.subscribed();
    polygon.send([last, polygon.trade({ symbol: 'AAPL', price: 101, timeMs: timeMs + 500 })]);

    await reader.first(({ type, seq }) => type === 'ticker' && seq === 2);
    const gap = await reader.first(({ code }) => code === 'feed_gap');
    expect(gap['message']).toMatch(/^no market data for 0\.000 s|no market data for 0\.500 s/);
    expect(reader.of('ticker')).toHaveLength(2);
    expect(await get('/api/health')).toMatchObject({
      status: 'ok',
      feed: { state: 'playing', provider: 'polygon', gaps: 1, chain: [{ state: 'live', reconnects: 1 }] },
    });
    expect(await get('/metrics')).toContain('tapedeck_feed_duplicates_total 1');
  });
});

describe('a feed that fails over', () => {
  it('should lose and double nothing of class A, mark the gap, and go back by itself', async () => {
    const reader = await start([
      { name: 'polygon', access: access(polygon.url) },
      { name: 'alpha-vantage', access: access(quotes.url) },
    ]);
    for (const [at, channel] of (['order', 'execution', 'position'] as const).entries()) {
      await reader.ask({ type: 'subscribe', id: 10 + at, channel });
    }
    await polygon.subscribed();
    polygon.send([polygon.trade({ symbol: 'AAPL', price: 100, timeMs: Date.now() })]);
    await reader.first(({ type, seq }) => type === 'ticker' && seq === 1);
    const stop = { type: 'order.place', symbol: 'AAPL', side: 'SELL', quantity: '1', orderType: 'STOP_MARKET' };
    await reader.ask({ ...stop, id: 3, clientOrderId: 'near', triggerPrice: '99' });
    await reader.ask({ ...stop, id: 4, clientOrderId: 'far', triggerPrice: '97' });

    quotes.prices.set('AAPL', { price: '98.5000', volume: 5_000 });
    polygon.isDown = true;
    polygon.cut();
    // The fallback's price triggers the first.
    const near = await reader.first(({ type }) => type === 'execution');
    expect(near).toMatchObject({ data: { lastPrice: '98.50' } });
    polygon.isDown = false;
    await polygon.subscribed();
    polygon.send([polygon.trade({ symbol: 'AAPL', price: 96, timeMs: Date.now() })]);
    const far = await reader.first(({ type, seq }) => type === 'execution' && seq === 2);
    expect(far).toMatchObject({ data: { lastPrice: '96.00' } });

    for (const channel of ['order', 'execution', 'position']) {
      const numbers = reader.of(channel).map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    }
    expect(reader.of('execution')).toHaveLength(2);
    const told = reader.of('system').filter(({ code }) => code !== 'feed_stale' && code !== 'session');
    // On a busy machine the fallback may have been there first.
    expect(told.slice(-3).map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringMatching(/^feed_failover: alpha-vantage gives the prices instead of polygon /),
      expect.stringMatching(/^feed_gap: no market data for .*; alpha-vantage goes on$/),
      'feed_failover: polygon gives the prices instead of alpha-vantage (it is back)',
    ]);
    expect(await get('/api/health')).toMatchObject({
      feed: { provider: 'polygon', gaps: 1, chain: [{ provider: 'polygon' }, { provider: 'alpha-vantage' }] },
    });
    expect(await get('/metrics')).toContain('tapedeck_feed_in_charge{provider="polygon"} 1');
  });

  it('should show no price as fresh that nobody vouches for', async () => {
    const reader = await start([{ name: 'polygon', access: access(polygon.url) }]);
    await polygon.subscribed();
    polygon.send([polygon.trade({ symbol: 'AAPL', price: 100, timeMs: Date.now() })]);
    await reader.first(({ type, seq }) => type === 'ticker' && seq === 1);
    expect(await get('/api/quotes?symbols=AAPL')).toMatchObject({ quotes: [{ seq: 1, data: { last: 100 } }] });
    polygon.isDown = true;
    polygon.cut();
    await reader.first(({ code }) => code === 'feed_stale');

    const stale = { stale: true, staleMs: expect.any(Number) };
    expect(await get('/api/quotes?symbols=AAPL,MSFT')).toEqual({
      epoch: expect.any(String),
      quotes: [expect.objectContaining(stale), expect.not.objectContaining({ stale: true })],
    });
    const late = await StreamClient.open(`ws://127.0.0.1:${server?.ports[0]}/v1/stream`);
    await late.ask({ type: 'auth', id: 1 });
    await late.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['AAPL'] });
    expect(await late.first(({ type }) => type === 'snapshot')).toMatchObject({ ...stale, data: { last: 100 } });
    late.terminate();
  });
});

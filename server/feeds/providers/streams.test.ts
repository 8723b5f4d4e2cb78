import { fc } from '@fast-check/vitest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TickKind } from '../../../market/types.ts';
import type { ProviderName } from '../../../protocol/providers/names.ts';
import { FeedListener, SECRET_KEY } from '../testing/feedListener.ts';
import { spoiler } from '../testing/spoilt.ts';

import { WireServer } from '../testing/wireServer.ts';

const spoilt = spoiler(fc);
let server: WireServer;
let listener: FeedListener | undefined;

beforeEach(async () => {
  server = await WireServer.start();
});
afterEach(async () => {
  listener?.feed.stop();
  await server.stop();
  expect(listener?.logged).not.toContain(SECRET_KEY);
});

function listen(
  name: ProviderName,
  options: Partial<ConstructorParameters<typeof FeedListener>[0]> = {},
): FeedListener {
  const scheme = name === 'tradier' ? 'http' : 'ws';
  listener = new FeedListener({ name, url: `${scheme}://127.0.0.1:${server.port}`, symbols: ['AAPL'], ...options });
  return listener;
}

/** Answers as the provider does until it is live. */
function serve(name: ProviderName): void {
  server.onRequest = () => [200, { stream: { url: '../v1/markets/events', sessionid: 'session-1' } }];
  server.onMessage = (text, { send }) => {
    const { action, id } = JSON.parse(text);
    if (name === 'binance') send({ result: null, id });
    if (action === 'auth') send([{ ev: 'status', status: 'auth_success', message: 'authenticated' }]);
    if (action === 'subscribe') send([{ ev: 'status', status: 'success', message: 'subscribed to: T.AAPL' }]);
  };
}

const NOW_MS = Date.now();
/** A frame with one trade of AAPL at 100.00, as each provider writes it; `step` makes it another one. */
const TRADES: Readonly<Record<string, (step: number) => object>> = {
  polygon: (step) => [
    { ev: 'T', sym: 'AAPL', x: 4, i: `${step}`, z: 3, p: 100, s: 100, t: NOW_MS + step, q: step + 1 },
  ],
  binance: (step) => ({
    stream: 'aapl@trade',
    data: { e: 'trade', E: NOW_MS, s: 'AAPL', t: step + 1, p: '100.00', q: '100', T: NOW_MS + step, m: true, M: true },
  }),
  finnhub: (step) => ({ type: 'trade', data: [{ c: null, p: 100, s: 'AAPL', t: NOW_MS + step, v: 100 }] }),
  tradier: (step) => ({
    ...{ type: 'trade', symbol: 'AAPL', exch: 'Q', price: '100.0000', size: '100', cvol: '100', last: '100.0000' },
    date: String(NOW_MS + step),
  }),
};
const STREAMS = ['polygon', 'binance', 'finnhub', 'tradier'] as const;

describe.each(STREAMS)('the stream of %s', (name) => {
  it('should outlive any frame, and read the next one', async () => {
    serve(name);
    const heard = listen(name);
    await heard.live();
    const frame = TRADES[name] ?? ((): object => ({}));
    let step = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(spoilt(frame(1)), fc.string())), async (frames) => {
        // What happens to be sound moves the market on by less than the next.
        for (const one of frames) server.last.send(JSON.stringify(one) ?? 'nothing');
        step += 2;
        server.last.send(frame(step));
        const timeUs = (NOW_MS + step) * 1_000;
        await heard.until(() => heard.ticks.at(-1)?.eventTimeUs === timeUs);
      }),
      { numRuns: 60 },
    );
    expect(Object.values(heard.bad).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(heard.ticks.every(({ price, size }) => price > 0 && size > 0 && Number.isSafeInteger(price))).toBe(true);
  });

  it('should say without a key why there is no connection', async () => {
    server.refusesWith = 401;
    server.onRequest = () => [401, {}];
    const heard = listen(name);
    await heard.ended();
    expect(heard.lastEnd?.reason).toBe('auth_refused');
    await server.stop();
    const nobody = new FeedListener({
      name,
      url: `${name === 'tradier' ? 'http' : 'ws'}://127.0.0.1:${server.port}`,
      symbols: ['AAPL'],
    });
    await nobody.ended();
    const { lastEnd } = nobody;
    nobody.feed.stop();
    expect(lastEnd).toMatchObject({ reason: 'unreachable', detail: expect.stringContaining('ECONNREFUSED') });
    expect(nobody.logged).not.toContain(SECRET_KEY);
    server = await WireServer.start();
  });
});

describe("Binance's stream", () => {
  it('should open as many connections as its symbols need, and send no more than five messages a second on each', async () => {
    serve('binance');
    const symbols = Array.from({ length: 700 }, (_, at) => `S${at}USDT`);
    const heard = listen('binance', { symbols });
    await heard.live();
    expect(server.connections).toHaveLength(2);
    const streams = server.connections.map(({ messages }) =>
      messages.flatMap(({ text }): string[] => JSON.parse(text).params),
    );
    expect(streams.map(({ length }) => length)).toEqual([1_024, 376]);
    expect(streams[0]?.slice(0, 3)).toEqual(['s0usdt@trade', 's0usdt@bookTicker', 's1usdt@trade']);
    for (const { messages } of server.connections) {
      for (const { atMs } of messages) {
        expect(messages.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000).length).toBeLessThan(5);
      }
    }
  });

  it('should read quantities with decimals, and give best prices a time that no later trade is behind', async () => {
    serve('binance');
    const heard = listen('binance', { symbols: ['BTCUSDT'], quantityDecimals: 5 });
    await heard.live();
    const trade = (t: number, T: number) =>
      server.last.send({
        stream: 'btcusdt@trade',
        data: { e: 'trade', E: T, s: 'BTCUSDT', t, p: '43250.50', q: '0.00123', T },
      });
    const best = { u: 1, s: 'BTCUSDT', b: '43250.49', B: '1.5', a: '43250.51', A: '2' };
    server.last.send({ stream: 'btcusdt@bookTicker', data: best });
    trade(1, NOW_MS);
    server.last.send({ stream: 'btcusdt@bookTicker', data: best });
    trade(2, NOW_MS + 1);
    await heard.until(() => heard.ticks.length === 3);
    expect(heard.ticks).toMatchObject([
      { kind: TickKind.TRADE, price: 4_325_050, size: 123 },
      { kind: TickKind.QUOTE, bid: 4_325_049, ask: 4_325_051, bidSize: 150_000, eventTimeUs: NOW_MS * 1_000 },
      { kind: TickKind.TRADE, eventTimeUs: (NOW_MS + 1) * 1_000 },
    ]);
    expect(heard.bad).toEqual({});
  });

  it('should connect anew when the provider says that it ends the connection', async () => {
    serve('binance');
    const heard = listen('binance');
    await heard.live();
    server.last.send({ e: 'serverShutdown', E: NOW_MS });
    await heard.ended();
    await heard.until(() => heard.logged.split('the provider is live').length === 3);
    expect(server.connections).toHaveLength(2);
  });
});

describe("Finnhub's stream", () => {
  it('should ask for fewer symbols when they are too many, and say so', async () => {
    const symbols = Array.from({ length: 80 }, (_, at) => `S${at}`);
    server.onMessage = (_, { messages, send }) => {
      if (messages.length === 51) send({ type: 'error', msg: 'Subscribing to too many symbols' });
    };
    const heard = listen('finnhub', { symbols });
    await heard.until(() => heard.notices.some(({ code }) => code === 'feed_degraded'));
    expect(server.connections.at(0)?.path).toBe(`/?token=${SECRET_KEY}`);
    expect(heard.notices.find(({ code }) => code === 'feed_degraded')).toEqual({
      code: 'feed_degraded',
      message: 'finnhub: the plan allows 50 of 80 symbols',
    });
  });
});

describe("Tradier's stream", () => {
  it('should make a session with its key, and subscribe with that', async () => {
    serve('tradier');
    const asked: (readonly [string, unknown])[] = [];
    server.onRequest = (path, { authorization }) => {
      asked.push([path, authorization]);
      return [200, { stream: { url: '../v1/markets/events', sessionid: 'session-1' } }];
    };
    const heard = listen('tradier');
    await heard.live();
    expect(asked).toEqual([['/v1/markets/events/session', `Bearer ${SECRET_KEY}`]]);
    expect(server.last.path).toBe('/v1/markets/events');
    expect(JSON.parse(server.last.messages[0]?.text ?? '')).toMatchObject({
      symbols: ['AAPL'],
      sessionid: 'session-1',
      filter: ['trade', 'quote'],
    });
    const quote = {
      type: 'quote',
      symbol: 'AAPL',
      bid: 99.5,
      bidsz: 3,
      bidexch: 'Q',
      ask: 99.6,
      asksz: 4,
      askexch: 'Q',
    };
    const dates = { biddate: String(NOW_MS), askdate: String(NOW_MS + 5) };
    server.last.send(`${JSON.stringify({ ...quote, ...dates })}\n${JSON.stringify(TRADES['tradier']?.(9))}\n`);
    await heard.until(() => heard.ticks.length === 2);
    expect(heard.ticks).toMatchObject([
      { bid: 9_950, ask: 9_960, bidSize: 300, askSize: 400, eventTimeUs: (NOW_MS + 5) * 1_000 },
      { price: 10_000, size: 100 },
    ]);
    server.last.send({ error: 'session is invalid' });
    await heard.ended();
    expect(heard.lastEnd).toMatchObject({ reason: 'closed', detail: 'the session is not valid any more' });
  });
});

describe("Polygon's stream", () => {
  it('should keep away for a while when the account has too many connections', async () => {
    server.onMessage = (_, { send, close }) => {
      send([{ ev: 'status', status: 'max_connections', message: 'Maximum number of websocket connections exceeded.' }]);
      close(1008);
    };
    const heard = listen('polygon');
    await heard.ended();
    expect(heard.lastEnd?.reason).toBe('too_many_connections');
    expect(heard.feed.health().chain[0]?.state).toBe('waiting');
    expect(server.connections).toHaveLength(1);
  });

  it('should not take the last price from trades that set none', async () => {
    serve('polygon');
    const heard = listen('polygon');
    await heard.live();
    const trade = { ev: 'T', sym: 'AAPL', x: 4, z: 3, p: 100, s: 100, t: NOW_MS };
    server.last.send([
      { ...trade, i: '1', q: 1, c: [0, 12] },
      { ...trade, i: '2', q: 2, c: [14, 37] },
      { ...trade, i: '3', q: 3 },
    ]);
    await heard.until(() => heard.ticks.length === 3);
    expect(heard.ticks.map(({ flags }) => flags)).toEqual([0, 1, 0]);
  });
});

describe('a symbol that a provider names otherwise', () => {
  it('should be asked for and heard by that name', async () => {
    serve('tradier');
    const heard = listen('tradier', { symbols: ['BRK.B'], names: new Map([['BRK.B', 'BRK/B']]) });
    await heard.live();
    expect(JSON.parse(server.last.messages[0]?.text ?? '').symbols).toEqual(['BRK/B']);
    server.last.send({ ...TRADES['tradier']?.(1), symbol: 'BRK/B' });
    await heard.until(() => heard.ticks.length === 1);
    expect(heard.ticks[0]?.symbol).toBe(0);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { NYSE } from '../../market/calendar/calendars.ts';
import { testServers } from '../testing/servers.ts';
import { viewAfterTrade } from '../testing/tickerViews.ts';
import { us001 } from './us001.ts';

const start = testServers(afterEach);
/** A tick's time in the tests' feed: the session's opening, 1 ms later for each event. */
const OPEN_MS = 1_584_365_400_000;
const MINUTE_US = 60_000_000;

describe('us-001', () => {
  it('should begin with connected and the cached price, then push each trade, to the letter', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_029 });
    const client = await server.connect('/ws/stocks/S0');
    await client.first(({ type }) => type === 'snapshot');
    server.feed.quote({ symbol: 0, bid: 9_940, ask: 9_960 });
    server.feed.trade({ symbol: 0, price: 9_950 });
    server.feed.trade({ symbol: 1, price: 5_000 });
    await client.first(({ type }) => type === 'price');
    const state = { size: 10, previousClose: 100 };
    expect(client.frames).toEqual([
      {
        type: 'connected',
        ticker: 'S0',
        data: { user: 'dev', heartbeatMs: 30_000 },
        timestamp: expect.any(Number),
      },
      {
        type: 'snapshot',
        ticker: 'S0',
        data: {
          ...state,
          price: 100.29,
          change: 0.29,
          changePercent: 0.29,
          volume: 10,
          bid: null,
          ask: null,
          marketStatus: 'open',
          ageMs: expect.any(Number),
        },
        timestamp: expect.any(Number),
      },
      {
        type: 'price',
        ticker: 'S0',
        data: { ...state, price: 99.5, change: -0.5, changePercent: -0.5, volume: 20, bid: 99.4, ask: 99.6 },
        timestamp: OPEN_MS + 3,
      },
    ]);
  });

  it('should answer a ping with what it carried, and a pong with nothing', async () => {
    const server = await start();
    const client = await server.connect('/ws/stocks/S0');
    client.send({ type: 'pong' });
    client.send({ type: 'ping', timestamp: 1_234 });
    client.send({ type: 'ping' });
    await client.first(({ type, data }) => type === 'pong' && JSON.stringify(data) === '{}');

    expect(client.frames.slice(2)).toEqual([
      { type: 'pong', ticker: 'S0', data: { pingTimestamp: 1_234 }, timestamp: expect.any(Number) },
      { type: 'pong', ticker: 'S0', data: {}, timestamp: expect.any(Number) },
    ]);
  });

  it('should not tell a price that nothing has confirmed for 60 s while the market is open', () => {
    const view = viewAfterTrade({ price: 10_029, atUs: MINUTE_US });
    const told = (nowUs: number, phase: 'regular' | 'closed'): unknown => {
      const text = us001.tickerSnapshot(view, { epoch: 'e', nowUs, phase });
      return JSON.parse(String(text)).data;
    };

    expect(told(2 * MINUTE_US, 'regular')).toMatchObject({ price: 100.29, ageMs: 60_000, marketStatus: 'open' });
    expect(told(2 * MINUTE_US + 1, 'regular')).toMatchObject({ price: null, change: null, ageMs: null });
    expect(told(9 * MINUTE_US, 'closed')).toMatchObject({ price: 100.29, marketStatus: 'closed' });
  });

  it('should go, with a live feed, by when somebody last vouched for the price', () => {
    const view = viewAfterTrade({ price: 10_029, atUs: MINUTE_US });
    const told = (staleMs: number): unknown => {
      const moment = { epoch: 'e', nowUs: 9 * MINUTE_US, phase: 'regular', staleMs } as const;
      return JSON.parse(String(us001.tickerSnapshot(view, moment))).data;
    };

    expect(told(0)).toMatchObject({ price: 100.29, ageMs: 0 });
    expect(told(60_000)).toMatchObject({ price: 100.29, ageMs: 60_000 });
    expect(told(60_001)).toMatchObject({ price: null, ageMs: null });
  });

  it('should say when the session changes, and at the beginning where the market is', async () => {
    const server = await start({ calendar: NYSE });
    const early = await server.connect('/ws/stocks/S0');
    expect(await early.first(({ type }) => type === 'snapshot')).toMatchObject({ data: { marketStatus: 'closed' } });
    server.feed.trade({ symbol: 0, price: 10_000 });
    await early.first(({ type, data }) => type === 'market_status' && JSON.stringify(data).includes('"open"'));
    server.feed.endMinute(6.5 * 60);
    const told = await early.first(({ data }) => JSON.stringify(data).includes('"after_hours"'));
    expect(told).toEqual({
      type: 'market_status',
      ticker: 'S0',
      data: { marketStatus: 'after_hours', message: expect.any(String) },
      timestamp: expect.any(Number),
    });
    const late = await server.connect('/ws/stocks/S0');
    expect(await late.first(({ type }) => type === 'snapshot')).toMatchObject({
      data: { marketStatus: 'after_hours', price: 100 },
    });
  });

  it('should not tell a newcomer of a change that its snapshot shows already', async () => {
    const server = await start({ calendar: NYSE, limits: { heartbeatMs: 10 } });
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.connect('/ws/stocks/S0');
    await client.first(({ type }) => type === 'heartbeat');
    expect(client.frames.map(({ type }) => type)).toEqual(['connected', 'snapshot', 'heartbeat']);
    expect(client.of('snapshot')).toMatchObject([{ data: { marketStatus: 'open' } }]);
  });

  it('should tell an unknown ticker, an unknown type and what is no frame', async () => {
    const server = await start();
    const client = await server.connect('/ws/stocks/NONE%2FSUCH');
    const refused = await client.first(({ type }) => type === 'error');
    expect(refused).toMatchObject({ ticker: 'NONE/SUCH', data: { code: 'unknown_symbol', retryable: false } });
    client.send({ type: 'subscribe' });
    await client.first(({ data }) => JSON.stringify(data).includes('unknown_type'));
    client.send({ type: 'ping', timestamp: 'soon' });
    await client.first(({ data }) => JSON.stringify(data).includes('"bad_message"'));
    client.sendRaw('{');
    expect((await client.closed).code).toBe(4400);
  });

  it('should have a heartbeat every 30 s where native has one every second', async () => {
    const usual = await start();
    const waiting = await usual.connect('/ws/stocks/S0');
    expect(await waiting.first(({ type }) => type === 'connected')).toMatchObject({ data: { heartbeatMs: 30_000 } });
    const quick = await start({ limits: { heartbeatMs: 10 } });
    const client = await quick.connect('/ws/stocks/S0');
    expect(await client.first(({ type }) => type === 'heartbeat')).toEqual({
      type: 'heartbeat',
      ticker: 'S0',
      data: {},
      timestamp: expect.any(Number),
    });
  });
});

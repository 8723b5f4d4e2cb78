import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LinkState, SOUND_LINK } from '../faults/types.ts';
import { POLYGON } from './polygon.ts';
import type { StageFaults } from './stage.ts';
import { OPEN_US, openTestHost, quoteAt, type TestHost, tradeAt } from './testing/testHost.ts';

const OPEN_MS = OPEN_US / 1_000;

const ticks = [
  tradeAt(0, { price: 10_000, size: 100 }),
  tradeAt(30_000, { price: 10_100, size: 200 }),
  tradeAt(60_000, { price: 10_200, size: 100 }),
  quoteAt(61_000),
  tradeAt(125_000, { symbol: 1, price: 5_000, size: 7 }),
  tradeAt(125_000, { price: 9_800, size: 50 }),
];

let host: TestHost;
beforeAll(async () => {
  host = await openTestHost({ kind: POLYGON, ticks, keys: ['k'] });
  await host.host.run();
});
afterAll(() => host.close());

async function get(path: string, headers: Readonly<Record<string, string>> = { authorization: 'Bearer k' }) {
  const response = await fetch(host.httpUrl(path), { headers });
  const body: unknown = await response.json();
  return { status: response.status, body };
}

const id = expect.stringMatching(/^[0-9a-f]{32}$/);
const minute = (at: number, values: object) => ({ t: OPEN_MS + at * 60_000, ...values });
const FIRST = minute(0, { o: 100, h: 101, l: 100, c: 101, v: 300, vw: 100.6667, n: 2 });
const SECOND = minute(1, { o: 102, h: 102, l: 102, c: 102, v: 100, vw: 102, n: 1 });
const FORMING = minute(2, { o: 98, h: 98, l: 98, c: 98, v: 50, vw: 98, n: 1 });
const RANGE = '/v2/aggs/ticker/AAPL/range';

describe('Polygon: REST', () => {
  it('should answer the last trade', async () => {
    expect(await get('/v2/last/trade/AAPL')).toEqual({
      status: 200,
      body: {
        request_id: id,
        status: 'OK',
        results: { T: 'AAPL', i: '4', p: 98, s: 50, t: 1584365525000000000, y: 1584365525000000000, q: 4, x: 12, z: 3 },
      },
    });
  });

  it('should answer the last quote', async () => {
    expect((await get('/v2/last/nbbo/AAPL')).body).toMatchObject({
      results: { T: 'AAPL', P: 100.01, S: 2, p: 99.99, s: 3, t: 1584365461000000000 },
    });
  });

  it.each([
    ['minutes, the forming one included', `1/minute/${OPEN_MS}/${OPEN_MS + 600_000}`, [FIRST, SECOND, FORMING]],
    ['minutes of a stretch', `1/minute/${OPEN_MS + 1}/${OPEN_MS + 60_000}`, [SECOND]],
    ['minutes of a date', '1/minute/2020-03-16/2020-03-16', [FIRST, SECOND, FORMING]],
    ['newest first', '1/minute/2020-03-16/2020-03-16?sort=desc&limit=2', [FORMING, SECOND]],
    ['two minutes', '2/minute/2020-03-16/2020-03-16?limit=1', [{ ...FIRST, h: 102, c: 102, v: 400, vw: 101, n: 3 }]],
    [
      'the day',
      '1/day/2020-03-16/2020-03-16',
      [{ t: Date.parse('2020-03-16T04:00:00Z'), o: 100, h: 102, l: 98, c: 98, v: 450, vw: 100.6667, n: 4 }],
    ],
  ])('should answer bars: %s', async (_, path, results) => {
    const { length } = results;
    expect((await get(`${RANGE}/${path}`)).body).toEqual({
      ...{ ticker: 'AAPL', queryCount: length, resultsCount: length, adjusted: true, results },
      ...{ status: 'OK', request_id: id, count: length },
    });
  });

  it('should answer no bars without results', async () => {
    expect((await get(`${RANGE}/1/minute/2020-03-17/2020-03-17`)).body).not.toHaveProperty('results');
    expect((await get('/v2/aggs/ticker/NONE/range/1/day/2020-03-16/2020-03-16')).status).toBe(200);
  });

  it('should answer the day before by its close, which is all a tape knows of it', async () => {
    expect((await get('/v2/aggs/ticker/AAPL/prev')).body).toMatchObject({ results: [{ o: 99, c: 99, v: 0 }] });
  });

  it('should answer snapshots, of one and of many', async () => {
    const snapshot = {
      ticker: 'AAPL',
      todaysChange: -1,
      todaysChangePerc: -1.0101,
      day: { o: 100, h: 102, l: 98, c: 98, v: 450, vw: 100.6667 },
      lastTrade: { p: 98, s: 50 },
      lastQuote: { P: 100.01, p: 99.99 },
      min: { ...FORMING, av: 450 },
      prevDay: { c: 99 },
    };
    const path = '/v2/snapshot/locale/us/markets/stocks/tickers';
    expect((await get(`${path}/AAPL`)).body).toMatchObject({ ticker: snapshot });
    expect((await get(path)).body).toMatchObject({ count: 2, tickers: [snapshot, { ticker: 'MSFT' }] });
    expect((await get(`${path}?tickers=MSFT,NONE`)).body).toMatchObject({ count: 1, tickers: [{ ticker: 'MSFT' }] });
  });

  it("should answer the market's status in New York's time", async () => {
    expect((await get('/v1/marketstatus/now')).body).toMatchObject({
      market: 'open',
      afterHours: false,
      earlyHours: false,
      serverTime: '2020-03-16T09:32:05-04:00',
      exchanges: { nasdaq: 'open', nyse: 'open' },
    });
  });

  it('should answer the tickers page by page', async () => {
    const first = await get('/v3/reference/tickers?limit=2');
    expect(first.body).toMatchObject({ count: 2, results: [{ ticker: 'AAPL' }, { ticker: 'BRK.B' }] });
    const next = Object.entries(first.body ?? {}).find(([name]) => name === 'next_url')?.[1];
    const last = await get(new URL(String(next)).pathname + new URL(String(next)).search);
    expect(last.body).toMatchObject({ count: 1, results: [{ ticker: 'MSFT' }] });
    expect(last.body).not.toHaveProperty('next_url');
  });

  it.each([
    ['no key', '/v2/last/trade/AAPL', {}, 401, 'API Key was not provided'],
    ['a wrong key', '/v2/last/trade/AAPL?apiKey=x', {}, 401, 'Unknown API Key'],
    ['a wrong bearer', '/v2/last/trade/AAPL', { authorization: 'Bearer x' }, 401, 'Unknown API Key'],
    ['an unknown timespan', `${RANGE}/1/fortnight/2020-03-16/2020-03-16?apiKey=k`, {}, 400, /timespan 'fortnight'/],
    ['a bad multiplier', `${RANGE}/0/minute/2020-03-16/2020-03-16?apiKey=k`, {}, 400, /multiplier '0'/],
    ['a bad date', `${RANGE}/1/minute/yesterday/2020-03-16?apiKey=k`, {}, 400, /could not parse the time/],
    [
      'a time beyond any calendar',
      `${RANGE}/1/day/${'9'.repeat(16)}/${'9'.repeat(16)}?apiKey=k`,
      {},
      400,
      /could not parse/,
    ],
    ['an unknown route', '/v9/everything?apiKey=k', {}, 404, /there is no route \/v9\/everything/],
  ])('should refuse %s as the provider does', async (_, path, headers, status, error) => {
    expect(await get(path, headers)).toMatchObject({
      status,
      body: { status: 'ERROR', error: typeof error === 'string' ? error : expect.stringMatching(error) },
    });
  });

  it('should have no data for a symbol that the tape lacks or that has not traded', async () => {
    for (const ticker of ['NONE', 'BRK.B', '%ff', '..']) {
      expect((await get(`/v2/last/trade/${ticker}?x=1`)).status).toBe(404);
    }
  });

  it('should take the key from the query as well', async () => {
    expect((await get('/v2/last/trade/AAPL?apiKey=k', {})).status).toBe(200);
  });

  it('should count calls by the plan and by the scenario', async () => {
    let state: LinkState = SOUND_LINK;
    const faults: StageFaults = {
      link: { at: () => state, random: () => 0, eventsIn: () => [], nextChangeUs: () => 0 },
    };
    const free = await openTestHost({ kind: POLYGON, ticks, plan: 'free' });
    const limited = await openTestHost({ kind: POLYGON, ticks, faults: () => faults });
    const statuses: number[] = [];
    for (let call = 0; call < 6; call++) {
      statuses.push((await fetch(free.httpUrl('/v1/marketstatus/now?apiKey=k'))).status);
    }
    statuses.push((await fetch(free.httpUrl('/v1/marketstatus/now?apiKey=other'))).status);
    state = { ...SOUND_LINK, isRateLimited: true };
    statuses.push((await fetch(limited.httpUrl('/v1/marketstatus/now?apiKey=k'))).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 200, 429]);
    free.close();
    limited.close();
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { mintToken } from '../identity.ts';
import { testServers } from '../testing/servers.ts';
import { ask } from './testing/httpClient.ts';

const SECRET = 'a secret of the tests of HTTP market data';

const start = testServers(afterEach);

describe('quotes', () => {
  it('should say what a socket would, by name or all of them', async () => {
    const server = await start();
    server.feed.trade({ symbol: 1, price: 10_050 });
    server.feed.quote({ symbol: 1, bid: 10_040, ask: 10_060 });
    const socket = await server.welcome();
    const told = await socket.ask({ type: 'get', id: 2, what: 'quote', symbol: 'S1' });
    const { body } = await ask(server, 'GET /api/quotes?symbols=S1,S0,S1');
    expect(body).toMatchObject({
      epoch: server.server.epoch,
      quotes: [
        { symbol: 'S1', seq: 2, data: told['data'] },
        { symbol: 'S0', seq: 0, eventTimeUs: null, data: { last: null } },
      ],
    });
    const all = Object((await ask(server, 'GET /api/quotes')).body).quotes;
    expect(all.map(({ symbol }: { readonly symbol: string }) => symbol)).toEqual(['S0', 'S1', 'S2', 'S3']);
  });

  it('should be kept as long as the price cache of the dialect', async () => {
    const server = await start();
    const kept = async (query: string) => (await ask(server, `GET /api/quotes${query}`)).headers.get('cache-control');
    expect(await kept('')).toBe('private, no-cache');
    expect(await kept('?dialect=us-001')).toBe('private, max-age=60');
    expect(await kept('?dialect=paiid')).toBe('private, max-age=30');
    expect(await ask(server, 'GET /api/quotes?dialect=other')).toMatchObject({ status: 400 });
  });

  it('should be answered by 304 while nothing has changed', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const etag = (await ask(server, 'GET /api/quotes?symbols=S0')).headers.get('etag') ?? '';
    const again = (tag: string) => ask(server, 'GET /api/quotes?symbols=S0', { headers: { 'if-none-match': tag } });
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      expect(await again(tag)).toMatchObject({ status: 304, text: '' });
    }
    expect(await again('"other"')).toMatchObject({ status: 200 });
    server.feed.trade({ symbol: 0, price: 10_001 });
    await ask(server, 'GET /api/health');
    expect(await again(etag)).toMatchObject({ status: 200, body: { quotes: [{ data: { last: 100.01 } }] } });
  });

  it('should refuse more symbols than an answer holds', async () => {
    const server = await start({ limits: { maxSymbolsPerSocket: 3 } });
    expect(await ask(server, 'GET /api/quotes')).toMatchObject({ status: 400, body: { code: 'too_many_symbols' } });
    expect(await ask(server, 'GET /api/quotes?symbols=S0,S1,S2')).toMatchObject({ status: 200 });
    expect(await ask(server, 'GET /api/quotes?symbols=S0,')).toMatchObject({ status: 404 });
  });

  it('should need the scope', async () => {
    const server = await start({ config: { secret: SECRET } });
    const token = await mintToken({ secret: SECRET, user: 'ann', scopes: ['orders:write'] });
    for (const path of ['/api/quotes', '/api/bars?symbol=S0', '/api/patterns?symbol=S0']) {
      expect(await ask(server, `GET ${path}`, { token })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
  });
});

describe('bars and patterns', () => {
  it('should be the newest closed bars, whose answer changes when one closes', async () => {
    const server = await start();
    for (const price of [10_000, 10_100, 10_200]) {
      server.feed.bar({ symbol: 0, open: price, high: price + 9, low: price - 9, close: price + 1 });
    }
    server.feed.trade({ symbol: 0, price: 10_300 });
    const bars = await ask(server, 'GET /api/bars?symbol=S0&limit=2');
    expect(bars).toMatchObject({
      status: 200,
      body: { symbol: 'S0', timeFrame: '1m', bars: [{ open: 101 }, { open: 102, isClosed: true }], forming: null },
    });
    const headers = { 'if-none-match': bars.headers.get('etag') ?? '' };
    server.feed.trade({ symbol: 0, price: 10_400 });
    expect(await ask(server, 'GET /api/bars?symbol=S0&limit=2', { headers })).toMatchObject({ status: 304 });
    server.feed.endMinute();
    expect(await ask(server, 'GET /api/bars?symbol=S0&limit=2', { headers })).toMatchObject({ status: 200 });
    server.feed.trade({ symbol: 0, price: 10_500 });
    expect(await ask(server, 'GET /api/bars?symbol=S0&forming=true')).toMatchObject({
      body: { forming: { open: 105 } },
    });
  });

  it('should be what a socket gets', async () => {
    const server = await start();
    for (let minute = 0; minute < 12; minute++) {
      const open = 10_000 + 50 * (minute % 3);
      server.feed.bar({ symbol: 0, open, high: open + 40, low: open - 1, close: open });
    }
    const socket = await server.welcome();
    const told = await socket.ask({ type: 'get', id: 2, what: 'patterns', symbol: 'S0', early: true });
    const { body } = await ask(server, 'GET /api/patterns?symbol=S0&early=true');
    expect(body).toEqual({ symbol: 'S0', patterns: told['data'] });
    expect(Object(body).patterns.length).toBeGreaterThan(0);
    const confident = Object((await ask(server, 'GET /api/patterns?symbol=S0&minConfidence=1')).body).patterns;
    expect(confident.every(({ confidence }: { readonly confidence: number }) => confidence === 1)).toBe(true);
  });
});

describe('positions and portfolio', () => {
  it('should be what a socket gets', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const body = { clientOrderId: 'a', symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '3' };
    await ask(server, 'POST /api/orders', { body });
    const socket = await server.welcome();
    for (const what of ['positions', 'portfolio']) {
      const told = await socket.ask({ type: 'get', id: what.length, what });
      const answer = Object((await ask(server, `GET /api/${what}`)).body);
      expect(what === 'positions' ? answer.positions : answer).toMatchObject(Object(told['data']));
      expect(answer.account).toBe('dev');
    }
    expect((await ask(server, 'GET /api/positions')).headers.get('cache-control')).toBe('no-store');
  });
});

describe('news and notices', () => {
  it('should reach all who read them', async () => {
    const server = await start();
    const socket = await server.welcome();
    await socket.ask({ type: 'subscribe', id: 2, channel: 'news', symbols: ['S1'] });
    const told = [socket.next(({ type }) => type === 'news'), socket.next(({ type }) => type === 'system')];
    const news = { headline: 'A shop opens', body: 'In full.\nAll of it.', symbols: ['S1'] };
    const { epoch } = server.server;
    expect(await ask(server, 'POST /api/news', { body: news })).toMatchObject({ status: 201, body: { epoch, seq: 1 } });
    const notice = { code: 'halt', message: 'S1 is halted' };
    expect(await ask(server, 'POST /api/system', { body: notice })).toMatchObject({ status: 201 });
    expect(await Promise.all(told)).toMatchObject([{ seq: 1, data: news }, notice]);
  });

  it('should need the scope, and known symbols', async () => {
    const server = await start({ config: { secret: SECRET } });
    const scopes = ['market:read', 'orders:write', 'account:*'];
    const [ann, agency] = await Promise.all([
      mintToken({ secret: SECRET, user: 'ann', scopes }),
      mintToken({ secret: SECRET, user: 'agency', scopes: ['system:publish'] }),
    ]);
    const [news, notice] = [{ headline: 'x' }, { message: 'x' }];
    expect(await ask(server, 'POST /api/news', { token: ann, body: news })).toMatchObject({ status: 403 });
    expect(await ask(server, 'POST /api/system', { token: ann, body: notice })).toMatchObject({ status: 403 });
    expect(await ask(server, 'POST /api/news', { token: agency, body: news })).toMatchObject({ status: 201 });
    const unknown = { headline: 'x', symbols: ['NONE'] };
    expect(await ask(server, 'POST /api/news', { token: agency, body: unknown })).toMatchObject({ status: 404 });
    const script = { headline: 'x', url: 'javascript:alert(1)' };
    expect(await ask(server, 'POST /api/news', { token: agency, body: script })).toMatchObject({ status: 400 });
    const own = { code: 'shutdown', message: 'go away' };
    expect(await ask(server, 'POST /api/system', { token: agency, body: own })).toMatchObject({ status: 400 });
  });
});

import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { mintToken } from '../identity.ts';
import { testServers } from '../testing/servers.ts';
import type { TestServer } from '../testing/testServer.ts';
import { refuseDistant } from './routes.ts';
import { ask } from './testing/httpClient.ts';
import { UserRates } from './userRates.ts';
import { VERSION } from './version.ts';

const SECRET = 'a secret of the tests of HTTP routes';

const startEmpty = testServers(afterEach);

async function start(options: Parameters<typeof startEmpty>[0] = {}): Promise<TestServer> {
  const server = await startEmpty(options);
  server.feed.trade({ symbol: 0, price: 10_000 });
  return server;
}

/** Status of a request with headers that `fetch` doesn't let one set. */
async function statusWith(server: TestServer, headers: Readonly<Record<string, string>>): Promise<number> {
  const request = httpRequest({ host: '127.0.0.1', port: server.port, path: '/api/quotes', headers }).end();
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

describe('health and metrics', () => {
  it('should be told on this machine alone where the setting says so', async () => {
    const server = await start({ config: { statusFrom: 'loopback' } });

    expect(await ask(server, 'GET /api/health')).toMatchObject({ status: 200 });
    expect(() => refuseDistant({ remoteAddress: '10.1.2.3' }, 'loopback')).toThrow('statusFrom');
    expect(() => refuseDistant({ remoteAddress: '2001:db8::1' }, 'loopback')).toThrow('statusFrom');
    expect(() => refuseDistant({ remoteAddress: '::1' }, 'loopback')).not.toThrow();
    expect(() => refuseDistant({ remoteAddress: '10.1.2.3' }, 'anywhere')).not.toThrow();
  });

  it('should be answered without a token, and say how the server is', async () => {
    const server = await start({ config: { secret: SECRET } });
    const token = await mintToken({ secret: SECRET, user: 'ann' });
    await server.welcome(token);
    expect(await ask(server, 'GET /api/health')).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        version: VERSION,
        epoch: server.server.epoch,
        symbols: 4,
        clients: 1,
        feed: { state: 'playing' },
      },
    });
    const sockets = await ask(server, 'GET /api/ws/health');
    expect(sockets).toMatchObject({ status: 200, body: { status: 'ok', clients: 1 } });
    const native = { dialect: 'native', paths: ['/v1/stream'], clients: 1 };
    expect(Object(sockets.body).endpoints[0]).toMatchObject(native);
    const metrics = await ask(server, 'GET /metrics');
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(metrics.text).toContain('tapedeck_connections 1');
  });

  it('should say that the server drains, and send everybody else elsewhere', async () => {
    const server = await start({ limits: { drainMs: 2_000 } });
    const socket = await server.welcome();
    await socket.ask({ type: 'subscribe', id: 2, channel: 'news' });
    // It has much to read and reads none of it, so the drain takes its time.
    socket.pause();
    for (let count = 0; count < 8_000; count++) server.server.publish.publishNews({ headline: 'x', symbols: [] });
    await ask(server, 'GET /api/health');
    const drained = server.server.drain();
    const health = await ask(server, 'GET /api/health');
    const quotes = await ask(server, 'GET /api/quotes');
    socket.terminate();
    await drained;
    expect(health).toMatchObject({ status: 503, body: { status: 'draining' } });
    expect(quotes).toMatchObject({ status: 503, body: { code: 'shutting_down', retryable: true } });
    expect(quotes.headers.get('retry-after')).toBe('1');
  });
});

describe('methods and paths', () => {
  it.each(['/', '/api/health/', '/__proto__', '/API/HEALTH', '/constructor', '/api/orders/a/b'])(
    'should answer %s with a problem document',
    async (path) => {
      const server = await start();
      expect(await ask(server, `GET ${path}`)).toMatchObject({ status: 404, body: { code: 'not_found', status: 404 } });
    },
  );

  it('should refuse other methods and name the ones it takes', async () => {
    const server = await start();
    const answer = await ask(server, 'PUT /api/orders', { body: {} });
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
  });

  it('should answer HEAD as GET without a body', async () => {
    const server = await start();
    const [head, get] = [await ask(server, 'HEAD /api/quotes'), await ask(server, 'GET /api/quotes')];
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(get.text)));
    expect(head.headers.get('etag')).toBe(get.headers.get('etag'));
    expect(await ask(server, 'HEAD /nowhere')).toMatchObject({ status: 404, text: '' });
  });

  it.each([
    ['?symbol=S0&symbol=S1', '"symbol" is given twice'],
    ['?symbl=S0', 'unknown parameter "symbl"; did you mean "symbol"?'],
    ['?symbol=S0&limit=0', '"limit": Expected integer to be greater or equal to 1'],
    ['?symbol=S0&limit=many', '"limit": Expected integer'],
    ['', '"symbol": Expected required property'],
  ])('should refuse the query %s and say why', async (query, detail) => {
    const server = await start();
    expect(await ask(server, `GET /api/bars${query}`)).toMatchObject({
      status: 400,
      body: { code: 'bad_message', detail },
    });
  });

  it('should bear clients that go away in the middle of a request or its answer', async () => {
    const server = await start();
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const head =
      'POST /api/orders HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n';
    await new Promise<void>((resolve) => socket.write(`${head}{"half":`, () => resolve()));
    socket.destroy();
    const waiting = new AbortController();
    const since = encodeURIComponent(JSON.stringify({ order: { epoch: server.server.epoch, seq: { dev: 0 } } }));
    const address = `http://127.0.0.1:${server.port}/api/poll?waitMs=30000&since=${since}`;
    const poll = fetch(address, { signal: waiting.signal });
    await ask(server, 'GET /api/health');
    waiting.abort();
    await expect(poll).rejects.toThrow();
    expect(await ask(server, 'GET /api/health')).toMatchObject({ status: 200 });
  });
});

describe('how often one may ask', () => {
  it('should refuse a user who asks too often, and say when to come back', async () => {
    const server = await start({ config: { secret: SECRET }, limits: { requestsPerSecond: 1, requestBurst: 2 } });
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((user) => mintToken({ secret: SECRET, user })));
    const ofAnn = { token: ann ?? '' };
    const answers = [
      await ask(server, 'GET /api/orders', ofAnn),
      await ask(server, 'GET /api/orders', ofAnn),
      await ask(server, 'GET /api/orders', ofAnn),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]?.body).toMatchObject({ code: 'rate_limited', retryable: true });
    expect(answers[2]?.headers.get('retry-after')).toBe('1');
    expect(await ask(server, 'GET /api/orders', { token: bob ?? '' })).toMatchObject({ status: 200 });
  });

  it('should count requests of an address before it looks at a token', async () => {
    const server = await start({ config: { secret: SECRET }, limits: { handshakesPerSecond: 1, handshakeBurst: 2 } });
    const asked = { token: 'guess' };
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await ask(server, 'GET /api/orders', asked)).status);
    expect(statuses).toEqual([401, 401, 429]);
  });

  it('should forget users who have been quiet', () => {
    const rates = new UserRates({ perSecond: 1, burst: 2 });
    expect([rates.take('ann', 0), rates.take('ann', 0), rates.take('ann', 0)]).toEqual([0, 0, 1_000]);
    rates.sweep(1_000_000);
    expect(rates.size).toBe(1);
    rates.sweep(3_000_000);
    expect(rates.size).toBe(0);
  });
});

describe('pages of other origins', () => {
  const origin = 'https://app.example';
  const config = { secret: SECRET, allowedOrigins: [origin] };

  it('should let a listed page ask, after its preflight', async () => {
    const server = await start({ config });
    const headers = { origin, 'access-control-request-method': 'POST' };
    const preflight = await ask(server, 'OPTIONS /api/orders', { headers });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, HEAD, OPTIONS',
      'access-control-allow-headers': 'Authorization, Content-Type, If-None-Match',
    });
    const token = await mintToken({ secret: SECRET, user: 'ann' });
    const answer = await ask(server, 'GET /api/quotes', { token, headers: { origin } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
    expect(answer.headers.get('vary')).toBe('Origin, Authorization');
    const refused = await ask(server, 'GET /api/quotes', { headers: { origin } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });

  it('should refuse a page that is not listed, and hide the answer from it', async () => {
    const server = await start({ config });
    for (const line of ['OPTIONS /api/orders', 'GET /api/quotes', 'POST /api/orders']) {
      const answer = await ask(server, line, { headers: { origin: 'https://evil.example' } });
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('should let the pages that a server with a secret serves itself ask', async () => {
    const server = await start({ config });
    const own = { origin: 'http://trade.example:8000', host: 'trade.example:8000' };
    expect(await statusWith(server, own)).toBe(401);
    expect(await statusWith(server, { ...own, origin: 'http://trade.example' })).toBe(403);
  });

  it('should let only this machine near a server without a secret, by whatever name it is called', async () => {
    const server = await start();
    expect(await statusWith(server, { host: `localhost:${server.port}` })).toBe(200);
    expect(await statusWith(server, { origin: 'http://localhost:3000' })).toBe(200);
    expect(await statusWith(server, { origin: 'https://evil.example' })).toBe(403);
    expect(await statusWith(server, { host: 'rebound.example' })).toBe(403);
    expect(await statusWith(server, { host: 'rebound.example', origin: 'http://rebound.example' })).toBe(403);
  });
});

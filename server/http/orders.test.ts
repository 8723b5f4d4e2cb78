import { afterEach, describe, expect, it } from 'vitest';
import { mintToken } from '../identity.ts';
import { testServers } from '../testing/servers.ts';
import type { TestServer } from '../testing/testServer.ts';
import { ask } from './testing/httpClient.ts';

const SECRET = 'a secret of the tests of HTTP orders';

const startEmpty = testServers(afterEach);

async function start(options: Parameters<typeof startEmpty>[0] = {}): Promise<TestServer> {
  const server = await startEmpty(options);
  server.feed.trade({ symbol: 0, price: 10_000 });
  return server;
}

function tokenOf(user: string, scopes: readonly string[] = ['market:read', 'orders:write']): Promise<string> {
  return mintToken({ secret: SECRET, user, scopes });
}

const limit = { symbol: 'S0', side: 'BUY', orderType: 'LIMIT', quantity: '3', limitPrice: '99.00' };

describe('orders by HTTP', () => {
  it('should place, read, modify and cancel an order, and tell sockets of it', async () => {
    const server = await start();
    const socket = await server.welcome();
    await socket.ask({ type: 'subscribe', id: 2, channel: 'order' });

    const placed = await ask(server, 'POST /api/orders', { body: { ...limit, clientOrderId: 'a/1' } });
    expect(placed).toMatchObject({ status: 201, body: { data: { status: 'ACCEPTED' }, duplicate: false } });
    expect(placed.headers.get('location')).toBe('/api/orders/a%2F1');

    const path = placed.headers.get('location');
    const modified = await ask(server, `PATCH ${path}`, { body: { limitPrice: '98.50' } });
    expect(modified).toMatchObject({ status: 200, body: { data: { limitPrice: '98.50', leavesQuantity: '3' } } });
    expect(await ask(server, `GET ${path}`)).toMatchObject({ status: 200, body: { data: { limitPrice: '98.50' } } });
    expect(await ask(server, 'GET /api/orders')).toMatchObject({
      status: 200,
      body: { account: 'dev', orders: [{ clientOrderId: 'a/1' }] },
    });

    expect(await ask(server, `DELETE ${path}`)).toMatchObject({ status: 200, body: { data: { status: 'CANCELED' } } });
    expect(await ask(server, 'GET /api/orders')).toMatchObject({ body: { orders: [] } });
    expect(await ask(server, `GET ${path}`)).toMatchObject({ status: 200, body: { data: { status: 'CANCELED' } } });
    await socket.settled();
    expect(socket.of('order').map(({ reason }) => reason)).toEqual(['accepted', 'modified', 'canceled']);
  });

  it('should place an order once, however often it is sent', async () => {
    const server = await start();
    const body = { ...limit, clientOrderId: 'once' };
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(server, 'POST /api/orders', { body })));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(await ask(server, 'GET /api/orders')).toMatchObject({ body: { orders: [{ clientOrderId: 'once' }] } });
  });

  it('should place a list of orders', async () => {
    const server = await start();
    const orders = [
      { ...limit, clientOrderId: 'leg-1' },
      { ...limit, clientOrderId: 'leg-2', limitPrice: '98.00' },
    ];
    const placed = await ask(server, 'POST /api/orders', { body: { contingency: 'OCO', orders } });
    expect(placed).toMatchObject({
      status: 201,
      body: { orders: [{ clientOrderId: 'leg-1' }, { clientOrderId: 'leg-2' }] },
    });
  });

  it.each([
    ['a refused order', { ...limit, clientOrderId: 'x', quantity: '0' }, 422, 'order_rejected'],
    ['an unknown symbol', { ...limit, clientOrderId: 'x', symbol: 'NONE' }, 422, 'order_rejected'],
    ['a missing field', { ...limit }, 400, 'bad_message'],
    ['a misspelt field', { ...limit, clientOrderId: 'x', limtPrice: '1' }, 400, 'bad_message'],
    ['no object', '[1]', 400, 'bad_message'],
    ['no JSON', '{"symbol":', 400, 'bad_json'],
    ['deep JSON', `${'['.repeat(1_000)}${']'.repeat(1_000)}`, 400, 'too_deep'],
    ['a large body', `"${'x'.repeat(70_000)}"`, 413, 'too_large'],
    ['a pollution', `{"__proto__":{"symbol":"S0"},"clientOrderId":"x"}`, 400, 'bad_message'],
  ])('should refuse %s', async (_, body, status, code) => {
    const server = await start();
    const answer = await ask(server, 'POST /api/orders', { body });
    expect(answer).toMatchObject({ status, body: { code, status, type: 'about:blank' } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await ask(server, 'GET /api/orders')).toMatchObject({ status: 200, body: { orders: [] } });
  });

  it('should name the field that is misspelt, and the one that was meant', async () => {
    const server = await start();
    const body = { ...limit, clientOrderId: 'x', limtPrice: '1' };
    expect(await ask(server, 'POST /api/orders', { body })).toMatchObject({
      body: { detail: 'unknown field "limtPrice"; did you mean "limitPrice"?' },
    });
  });

  it('should refuse a body that is not sent as JSON', async () => {
    const server = await start();
    const headers = { 'content-type': 'text/plain' };
    const body = JSON.stringify({ ...limit, clientOrderId: 'x' });
    expect(await ask(server, 'POST /api/orders', { body, headers })).toMatchObject({
      status: 415,
      body: { code: 'unsupported_media_type' },
    });
  });

  it('should say why an order cannot be modified or canceled', async () => {
    const server = await start();
    expect(await ask(server, 'DELETE /api/orders/never')).toMatchObject({
      status: 404,
      body: { code: 'order_rejected', reason: 'unknown_order', clientOrderId: 'never' },
    });
    expect(await ask(server, 'GET /api/orders/never')).toMatchObject({ status: 404, body: { code: 'unknown_order' } });
    expect(await ask(server, 'DELETE /api/orders/%zz')).toMatchObject({ status: 400, body: { code: 'bad_message' } });
    expect(await ask(server, 'DELETE /api/orders/a%20b')).toMatchObject({ status: 400 });
    const other = { body: { clientOrderId: 'b', limitPrice: '1.00' } };
    expect(await ask(server, 'PATCH /api/orders/a', other)).toMatchObject({ status: 400 });
  });
});

describe('identity of orders by HTTP', () => {
  it("should never let one account near another's orders", async () => {
    const server = await start({ config: { secret: SECRET } });
    const [ann, bob] = [await tokenOf('ann'), await tokenOf('bob')];
    await ask(server, 'POST /api/orders', { token: bob, body: { ...limit, clientOrderId: 'of-bob' } });

    const answers = await Promise.all([
      ask(server, 'GET /api/orders', { token: ann }),
      ask(server, 'GET /api/orders/of-bob', { token: ann }),
      ask(server, 'GET /api/orders?account=bob', { token: ann }),
      ask(server, 'GET /api/orders/of-bob?account=bob', { token: ann }),
      ask(server, 'DELETE /api/orders/of-bob?account=bob', { token: ann }),
      ask(server, 'PATCH /api/orders/of-bob?account=bob', { token: ann, body: { quantity: '9' } }),
      ask(server, 'PATCH /api/orders/of-bob', { token: ann, body: { quantity: '9', account: 'bob' } }),
      ask(server, 'POST /api/orders', { token: ann, body: { ...limit, clientOrderId: 'x', account: 'bob' } }),
      ask(server, 'GET /api/positions?account=bob', { token: ann }),
      ask(server, 'GET /api/portfolio?account=bob', { token: ann }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([200, 404, 403, 403, 403, 403, 403, 403, 403, 403]);
    expect(answers[0]?.body).toMatchObject({ account: 'ann', orders: [] });
    expect(await ask(server, 'GET /api/orders', { token: bob })).toMatchObject({
      body: { orders: [{ clientOrderId: 'of-bob', quantity: '3' }] },
    });
  });

  it('should let a broker act for an account that its scope names', async () => {
    const server = await start({ config: { secret: SECRET } });
    const broker = await tokenOf('broker', ['orders:write', 'account:bob']);
    const body = { ...limit, clientOrderId: 'x', account: 'bob' };
    expect(await ask(server, 'POST /api/orders', { token: broker, body })).toMatchObject({
      status: 201,
      body: { data: { account: 'bob' } },
    });
    expect(await ask(server, 'DELETE /api/orders/x?account=bob', { token: broker })).toMatchObject({ status: 200 });
  });

  it('should ask for a token and its scope', async () => {
    const server = await start({ config: { secret: SECRET } });
    const reader = await tokenOf('ann', ['market:read']);
    const body = { ...limit, clientOrderId: 'x' };

    const nobody = await ask(server, 'POST /api/orders', { body });
    expect(nobody).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer');
    const wrong = await ask(server, 'GET /api/orders', { token: 'nonsense' });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'bad_token' } });
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    const forbidden = { status: 403, body: { code: 'forbidden' } };
    expect(await ask(server, 'POST /api/orders', { token: reader, body })).toMatchObject(forbidden);
    expect(await ask(server, 'DELETE /api/orders/x', { token: reader })).toMatchObject(forbidden);
    expect(await ask(server, `GET /api/orders?token=${reader}`)).toMatchObject({ status: 200 });
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { mintToken } from '../identity.ts';
import { testServers } from '../testing/servers.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const start = testServers(afterEach);

describe('authentication', () => {
  it('should welcome the development account and choose the subprotocol', async () => {
    const server = await start();
    const client = await server.connect('/v1/stream', { protocols: ['x', 'tapedeck.v1.json'] });
    const welcome = await client.ask({ type: 'auth', id: 7 });
    expect(client.protocol).toBe('tapedeck.v1.json');
    expect(welcome).toMatchObject({ type: 'welcome', id: 7, user: 'dev', account: 'dev', epoch: server.server.epoch });
  });

  it('should welcome at once whom the upgrade request names', async () => {
    const server = await start({ config: { secret: SECRET } });
    const token = await mintToken({ secret: SECRET, user: 'ann' });
    const byHeader = await server.connect('/v1/stream', { headers: { authorization: `Bearer ${token}` } });
    const byQuery = await server.connect(`/v1/stream?token=${token}`);
    for (const client of [byHeader, byQuery]) {
      expect(await client.first(({ type }) => type === 'welcome')).toMatchObject({ user: 'ann', account: 'ann' });
    }
  });

  it('should refuse a bad token before the upgrade with 401', async () => {
    const server = await start({ config: { secret: SECRET } });
    await expect(server.connect('/v1/stream?token=nonsense')).rejects.toThrow('401');
    await expect(server.connect('/api/ws/realtime')).rejects.toThrow('401');
  });

  it('should answer a bad token in a frame and close with 4403, an expired one with 4401', async () => {
    const server = await start({ config: { secret: SECRET } });
    const bad = await server.connect();
    expect(await bad.ask({ type: 'auth', id: 1, token: 'nonsense' })).toMatchObject({ code: 'bad_token' });
    expect(await bad.closed).toMatchObject({ code: 4403 });
    const late = await server.connect();
    const token = await mintToken({ secret: SECRET, user: 'ann', expiresInS: -10 });
    expect(await late.ask({ type: 'auth', id: 1, token })).toMatchObject({ code: 'token_expired' });
    expect(await late.closed).toMatchObject({ code: 4401 });
  });

  it('should close with 4408 without auth in time', async () => {
    const server = await start({ limits: { authTimeoutMs: 10 } });
    const client = await server.connect();
    expect(await client.closed).toMatchObject({ code: 4408 });
  });

  it('should warn of the end of a token and close with 4401 at it', async () => {
    const server = await start({ config: { secret: SECRET } });
    // Ends between 0.5 and 1.5 s from now: tokens know whole seconds.
    const token = await mintToken({ secret: SECRET, user: 'ann', expiresInS: 1.5 });
    const client = await server.welcome(token);
    expect(await client.first(({ code }) => code === 'token_expiring')).toMatchObject({ type: 'system' });
    expect(await client.closed).toMatchObject({ code: 4401 });
  });

  it('should take commands only after auth, those sent while the token is checked included', async () => {
    const server = await start();
    const client = await server.connect();
    expect(await client.ask({ type: 'ping', id: 1 })).toMatchObject({ code: 'unauthenticated' });
    client.send({ type: 'auth', id: 2 });
    expect(await client.ask({ type: 'ping', id: 3 })).toMatchObject({ type: 'pong' });
    expect(await client.ask({ type: 'auth', id: 4 })).toMatchObject({ code: 'bad_message' });
  });

  it('should refuse what the scopes do not give', async () => {
    const server = await start({ config: { secret: SECRET } });
    const client = await server.welcome(await mintToken({ secret: SECRET, user: 'ann', scopes: [] }));
    const order = { clientOrderId: 'a', symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '1' };
    for (const frame of [
      { type: 'subscribe', channel: 'ticker', symbols: ['S0'] },
      { type: 'subscribe', channel: 'order', symbols: ['bob'] },
      { type: 'order.place', ...order },
    ]) {
      expect(await client.ask({ ...frame, id: 5 })).toMatchObject({ type: 'error', code: 'forbidden' });
    }
    const trader = await server.welcome(await mintToken({ secret: SECRET, user: 'cy', scopes: ['orders:write'] }));
    const foreign = { type: 'order.place', ...order, account: 'bob', id: 6 };
    expect(await trader.ask(foreign)).toMatchObject({ code: 'forbidden' });
  });

  it('should bound the sockets of a user', async () => {
    const server = await start({ config: { secret: SECRET }, limits: { maxSocketsPerUser: 1 } });
    const token = await mintToken({ secret: SECRET, user: 'ann' });
    const first = await server.welcome(token);
    const second = await server.connect(`/v1/stream?token=${token}`);
    expect(await second.closed).toMatchObject({ code: 4129 });
    first.terminate();
    await expect.poll(() => server.metric('tapedeck_connections')).toBe(0);
    const third = await server.connect(`/v1/stream?token=${token}`);
    expect(await third.first(({ type }) => type === 'welcome')).toMatchObject({ user: 'ann' });
  });

  it('should bound the sockets of an address', async () => {
    const server = await start({ config: { secret: SECRET }, limits: { maxSocketsPerAddress: 2 } });
    await server.connect();
    await server.connect();
    await expect(server.connect()).rejects.toThrow('429');
  });

  it.each([
    ['https://app.example', true, true],
    ['https://evil.example', true, false],
    ['http://localhost:5173', true, false],
    ['http://localhost:5173', false, true],
    ['http://[::1]:5173', false, true],
    ['http://localhost.evil.example', false, false],
    ['null', false, false],
  ])('should judge the origin %s with a secret %s as allowed %s', async (origin, hasSecret, isAllowed) => {
    const config = { allowedOrigins: ['https://app.example'], ...(hasSecret && { secret: SECRET }) };
    const server = await start({ config });
    const opening = server.connect('/v1/stream', { headers: { origin } });
    if (isAllowed) await expect(opening).resolves.toBeDefined();
    else await expect(opening).rejects.toThrow('403');
  });
});

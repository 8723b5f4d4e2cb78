import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Dialect } from './dialects/dialect.ts';
import { native } from './dialects/native.ts';
import { mintToken } from './identity.ts';
import { testServers } from './testing/servers.ts';

const SECRET = 'a secret of thirty-two bytes, at least';
const startAny = testServers(afterEach);

function start(options: Parameters<typeof startAny>[0] = {}): ReturnType<typeof startAny> {
  return startAny({ config: { secret: SECRET }, ...options });
}

function token(
  scopes: readonly string[],
  more: { readonly user?: string; readonly expiresInS?: number } = {},
): Promise<string> {
  return mintToken({ secret: SECRET, user: 'ann', scopes, ...more });
}

describe('refresh', () => {
  it('should go on with the new token beyond the end of the old one', async () => {
    const server = await start();
    const client = await server.welcome(await token(['market:read'], { expiresInS: 50 }));
    await client.first(({ code }) => code === 'token_expiring');
    const refreshed = await client.ask({ type: 'refresh', id: 2, token: await token(['market:read', 'orders:write']) });

    expect(refreshed).toEqual({ type: 'refreshed', id: 2, scopes: ['market:read', 'orders:write'] });
    const order = { clientOrderId: 'a', symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '1' };
    expect(await client.ask({ type: 'order.place', id: 3, ...order })).not.toMatchObject({ code: 'forbidden' });
  });

  it('should end with the new token where that ends first', async () => {
    const server = await start();
    const client = await server.welcome(await token([]));
    const expiresAtS = Math.floor(Date.now() / 1000) + 2;
    const next = await new SignJWT({ account: 'ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('ann')
      .setExpirationTime(expiresAtS)
      .sign(new TextEncoder().encode(SECRET));
    const warning = client.next(({ code }) => code === 'token_expiring');

    expect(await client.ask({ type: 'refresh', id: 2, token: next })).toEqual({
      type: 'refreshed',
      id: 2,
      scopes: [],
      expiresAtUs: expiresAtS * 1e6,
    });
    await warning;
    expect((await client.closed).code).toBe(4401);
  });

  it('should end the subscriptions that the new token does not allow, each with a notice, and no others', async () => {
    const server = await start();
    const client = await server.welcome(await token(['market:read', 'account:bob']));
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1'] });
    await client.ask({ type: 'subscribe', id: 3, channel: 'pattern', symbols: ['S0'] });
    await client.ask({ type: 'subscribe', id: 4, channel: 'order', symbols: ['ann', 'bob'] });
    await client.ask({ type: 'refresh', id: 5, token: await token([]) });
    await client.settled();

    expect(client.of('unsubscribed')).toEqual([
      { type: 'unsubscribed', channel: 'ticker', symbols: ['S0', 'S1'] },
      { type: 'unsubscribed', channel: 'pattern', symbols: ['S0'] },
      { type: 'unsubscribed', channel: 'order', symbols: ['bob'] },
    ]);
    server.feed.trade({ symbol: 0, price: 10_000 });
    await client.settled();
    expect(client.of('ticker')).toEqual([]);
  });

  it('should leave the socket as it is when the new token is bad, or of another user', async () => {
    const server = await start();
    const client = await server.welcome(await token(['market:read']));
    const refresh = async (id: number, next: string) => client.ask({ type: 'refresh', id, token: next });

    expect(await refresh(2, 'nonsense')).toMatchObject({ type: 'error', code: 'bad_token' });
    expect(await refresh(3, await token([], { expiresInS: -5 }))).toMatchObject({ code: 'token_expired' });
    expect(await refresh(4, await token([], { user: 'bob' }))).toMatchObject({ code: 'forbidden' });
    expect(await client.ask({ type: 'subscribe', id: 5, channel: 'ticker', symbols: ['S0'] })).toMatchObject({
      type: 'subscribed',
    });
  });

  it('should let what was sent behind it wait for the new scopes', async () => {
    const server = await start();
    const client = await server.welcome(await token([]));
    const answers = [
      client.ask({ type: 'refresh', id: 2, token: await token(['market:read']) }),
      client.ask({ type: 'subscribe', id: 3, channel: 'ticker', symbols: ['S0'] }),
      client.ask({ type: 'refresh', id: 4, token: await token([]) }),
      client.ask({ type: 'subscribe', id: 5, channel: 'ticker', symbols: ['S1'] }),
    ];

    expect((await Promise.all(answers)).map(({ type }) => type)).toEqual([
      'refreshed',
      'subscribed',
      'refreshed',
      'error',
    ]);
  });
});

describe('resume', () => {
  it('should ask for the permission again', async () => {
    const server = await start();
    const before = await server.welcome(await token(['account:bob']));
    const subscribe = { type: 'subscribe', id: 2, channel: 'order', symbols: ['bob'] };
    expect(await before.ask(subscribe)).toMatchObject({ type: 'subscribed' });
    const { epoch } = server.server;
    const after = await server.welcome(await token([]));

    expect(await after.ask({ ...subscribe, since: { epoch, seq: { bob: 0 } } })).toMatchObject({ code: 'forbidden' });
  });
});

describe('keys that cannot be had', () => {
  it('should not be held against the token', async () => {
    const keySet = { from: { path: join(tmpdir(), 'no-such-key-set.json') }, algorithms: ['ES256'] } as const;
    const server = await start({ config: { keySet } });
    const es256 = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from('{"sub":"ann"}').toString('base64url')}.AAAA`;
    const client = await server.connect();

    expect(await client.ask({ type: 'auth', id: 1, token: es256 })).toMatchObject({
      code: 'internal',
      retryable: true,
    });
    expect(await client.ask({ type: 'auth', id: 2, token: es256 })).toMatchObject({
      code: 'internal',
      retryable: true,
    });
    await expect(server.connect(`/v1/stream?token=${es256}`)).rejects.toThrow('503');
  });
});

describe('a user and requests in the URL', () => {
  const dialect: Dialect = {
    ...native,
    path: '/any',
    morePaths: ['/any/:userId', '/any/stocks/:ticker'],
    identity: 'upgrade',
    namedUser: ({ parameters, query }) => parameters['userId'] ?? query.get('user_id') ?? undefined,
    opening: ({ parameters: { ticker } }) =>
      ticker === undefined ? [] : [{ type: 'subscribe', channel: 'ticker', symbols: [ticker] }],
  };

  it.each(['/any?user_id=bob', '/any/bob'])(
    'should be the user of the token, else the socket ends: %s',
    async (path) => {
      const server = await start({ dialects: [dialect] });
      const headers = { authorization: `Bearer ${await token(['market:read'])}` };
      const client = await server.connect(path, { headers });

      expect((await client.closed).code).toBe(4403);
      expect(client.frames).toEqual([]);
      const own = await server.connect(path.replace('bob', 'ann'), { headers });
      expect(await own.first(({ type }) => type === 'welcome')).toMatchObject({ user: 'ann' });
      await expect(server.connect(path)).rejects.toThrow('401');
    },
  );

  it('should be taken at its word in development, but not beside a token', async () => {
    const server = await start({ dialects: [dialect], config: {} });
    const client = await server.connect('/any/bob');
    expect(await client.first(({ type }) => type === 'welcome')).toMatchObject({ user: 'bob', account: 'bob' });

    const other = await server.connect(`/any/bob?token=${await server.server.developmentToken}`);
    expect((await other.closed).code).toBe(4403);
  });

  it('should be carried out at the welcome', async () => {
    const server = await start({ dialects: [dialect], config: {} });
    const client = await server.connect('/any/stocks/S1');
    expect(await client.first(({ type }) => type === 'snapshot')).toMatchObject({ symbol: 'S1' });

    const unknown = await server.connect('/any/stocks/NONE');
    expect(await unknown.first(({ type }) => type === 'error')).toMatchObject({ code: 'unknown_symbol' });
  });
});

describe('TLS', () => {
  it('should serve everything by wss and https, and take a new certificate while clients stay', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-access-'));
    const tls = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') };
    const fixture = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
    const install = (name: string): void => {
      copyFileSync(fixture(`${name}.cert.pem`), tls.certPath);
      copyFileSync(fixture(`${name}.key.pem`), tls.keyPath);
    };
    install('first');
    const server = await start({ config: { tls } });
    const client = new WebSocket(`wss://localhost:${server.port}/v1/stream`, { ca: readFileSync(tls.certPath) });
    const [welcome] = await once(client, 'open').then(() => {
      client.send('{"type":"auth","id":1}');
      return once(client, 'message');
    });
    install('second');

    expect(String(welcome)).toContain('"type":"welcome"');
    expect(await server.server.renewCertificate()).toEqual({ ok: true });
    const other = connect({ host: 'localhost', port: server.port, ca: readFileSync(fixture('second.cert.pem')) });
    await once(other, 'secureConnect');
    other.destroy();
    client.send('{"type":"ping","id":2}');
    expect(String((await once(client, 'message'))[0])).toMatch(/"type":"(pong|heartbeat)"/);
    client.terminate();
    rmSync(folder, { recursive: true });
  });
});

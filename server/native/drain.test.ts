import { afterEach, describe, expect, it } from 'vitest';
import { testServers } from '../testing/servers.ts';
import { TestServer } from '../testing/testServer.ts';

const start = testServers(afterEach);

describe('drain', () => {
  it('should tell clients, close them with 4001 and stop listening', async () => {
    const server = await start();
    const client = await server.welcome();
    await server.server.drain();
    expect(await client.closed).toMatchObject({ code: 4001 });
    const notice = client.of('system').at(-1);
    expect(notice).toMatchObject({ code: 'shutdown' });
    expect(notice?.['retryAfterMs']).toBeGreaterThan(0);
    await expect(server.connect()).rejects.toThrow('ECONNREFUSED');
  });

  it('should end within drainMs though a client reads nothing', async () => {
    const server = await start({ symbols: 1, limits: { drainMs: 100, softBufferedBytes: 1024 * 1024 } });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    client.pause();
    for (let count = 0; count < 20_000; count++) server.feed.trade({ symbol: 0, price: 10_000 + (count % 7) });
    await server.server.drain();
    await expect(server.connect()).rejects.toThrow('ECONNREFUSED');
  });

  it('should tell of the end of the feed', async () => {
    const server = await start();
    const client = await server.welcome();
    server.feed.stop();
    await server.server.feedEnded;
    expect(await client.first(({ type }) => type === 'system')).toMatchObject({ code: 'feed_ended' });
  });
});

describe('a port that is taken', () => {
  it('should be named in one line', async () => {
    const server = await start();
    const listen = [{ host: '127.0.0.1', port: server.port }];
    await expect(TestServer.start({ config: { listen } })).rejects.toThrow(`127.0.0.1:${server.port} is taken`);
  });
});

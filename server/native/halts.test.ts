import { afterEach, describe, expect, it } from 'vitest';
import { testServers } from '../testing/servers.ts';
import type { StreamClient } from '../testing/streamClient.ts';

const start = testServers(afterEach);

/** What was told of trading: the code, and the symbols that it is about. */
function told(client: StreamClient): string[] {
  const notices = client.of('system').filter(({ code }) => code === 'halt' || code === 'resume');
  return notices.map(({ code, symbols }) => `${code} ${String(symbols)}`);
}

describe('halts', () => {
  it('should be told to everyone, with their end', async () => {
    const server = await start();
    const client = await server.welcome();

    server.feed.control({ kind: 'halt', symbol: 1 });
    const halt = await client.first(({ code }) => code === 'halt');
    server.feed.control({ kind: 'resume', symbol: 1 });
    const resume = await client.first(({ code }) => code === 'resume');

    expect(halt).toMatchObject({ type: 'system', seq: 1, message: 'trading in S1 is halted', symbols: ['S1'] });
    expect(resume).toMatchObject({ type: 'system', seq: 2, message: 'trading in S1 goes on', symbols: ['S1'] });
  });

  it('should be one notice where they come together, and none where nothing changes', async () => {
    const server = await start({ symbols: 5 });
    const client = await server.welcome();

    for (const symbol of [0, 1, 2, 3, 4, 0]) server.feed.control({ kind: 'halt', symbol });
    server.feed.control({ kind: 'resume', symbol: 2 });
    server.feed.control({ kind: 'halt', symbol: 1 });
    await client.first(({ code }) => code === 'resume');
    await client.settled();

    expect(told(client)).toEqual(['halt S0,S1,S2,S3,S4', 'resume S2']);
    expect(client.of('system')[0]).toMatchObject({ message: 'trading in S0, S1, S2 and 2 more is halted' });
  });

  it('should come before the ticks that follow them', async () => {
    const server = await start();
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });

    server.feed.control({ kind: 'halt', symbol: 0 });
    server.feed.trade({ symbol: 0, price: 10_000 });
    await client.first(({ type }) => type === 'ticker');

    const order = client.frames.map(({ type }) => type).filter((type) => type === 'system' || type === 'ticker');
    expect(order).toEqual(['system', 'ticker']);
  });

  it('should not be told of a symbol that there is not', async () => {
    const server = await start();
    const client = await server.welcome();

    server.feed.control({ kind: 'halt', symbol: 99 });
    await client.settled();

    expect(told(client)).toEqual([]);
  });

  it('should reach a socket of one ticker only when they are about it', async () => {
    const server = await start();
    const client = await server.connect('/ws/stocks/S1');
    await client.first(({ type }) => type === 'connected');

    server.feed.control({ kind: 'halt', symbol: 0 });
    server.feed.control({ kind: 'resume', symbol: 0 });
    server.feed.control({ kind: 'halt', symbol: 1 });
    await client.first(({ type }) => type === 'notice');

    const message = 'trading in S1 is halted';
    expect(client.of('notice')).toMatchObject([{ data: { code: 'halt', message }, ticker: 'S1' }]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { testServers } from '../testing/servers.ts';

const start = testServers(afterEach);

describe('frames that can not be taken', () => {
  it.each([
    [{ type: 'nonsense' }, 'unknown_type'],
    [{ type: 'subscribe', channel: 'bar.2m', symbols: ['S0'] }, 'unknown_channel'],
    [{ type: 'subscribe', channel: 'ticker' }, 'bad_message'],
    [{ type: 'subscribe', channel: 'ticker', symbols: ['S0', 'toString'] }, 'unknown_symbol'],
    [{ type: 'subscribe', channel: 'ticker', symbols: ['S0', 'S1', 'S2'] }, 'too_many_symbols'],
    [{ type: 'order.place', clientOrderId: 'a' }, 'bad_message'],
  ])('should answer %j with an error and go on', async (frame, code) => {
    const server = await start({ limits: { maxSymbolsPerSocket: 2 } });
    const client = await server.welcome();
    expect(await client.ask({ ...frame, id: 9 })).toMatchObject({ type: 'error', id: 9, code });
    await client.settled();
  });

  it('should close with 4400 what is not JSON, too deep or binary', async () => {
    const server = await start();
    for (const data of ['{', `${'['.repeat(17)}${']'.repeat(17)}`, new Uint8Array([1, 2])]) {
      const client = await server.welcome();
      client.sendRaw(data);
      expect(await client.closed).toMatchObject({ code: 4400 });
    }
  });

  it('should close with 4413 over the frame limit, and with 1006 over that of the transport', async () => {
    const server = await start({ limits: { maxFrameBytes: 1024, maxTransportFrameBytes: 4096 } });
    const large = await server.welcome();
    large.sendRaw('x'.repeat(1025));
    expect(await large.closed).toMatchObject({ code: 4413 });
    const huge = await server.welcome();
    huge.sendRaw('x'.repeat(8192));
    expect(await huge.closed).toMatchObject({ code: 1006 });
  });

  it('should refuse commands over the rate, and close with 4129 who goes on', async () => {
    const server = await start({ limits: { commandsPerSecond: 1, commandBurst: 5 } });
    const client = await server.welcome();
    for (let count = 0; count < 4; count++) client.send({ type: 'ping' });
    client.send({ type: 'ping', id: 2 });
    expect(await client.first(({ code }) => code === 'rate_limited')).toMatchObject({ retryable: true });
    for (let count = 0; count < 6; count++) client.send({ type: 'ping' });
    expect(await client.closed).toMatchObject({ code: 4129 });
    expect(client.of('pong')).toHaveLength(4);
  });
});

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { TestFolders } from './store/testing/folders.ts';
import { testServers } from './testing/servers.ts';
import type { TestServer } from './testing/testServer.ts';

const folders = new TestFolders();
afterAll(() => folders.clean());
const start = testServers(afterEach);

const SPLIT = { kind: 'corporate_action', symbol: 0, numerator: 2, denominator: 1, cashPerShare: 0 } as const;

/** The quantity of the position in S0, and the stop of the order that guards it. */
async function held(server: TestServer): Promise<string> {
  const client = await server.welcome();
  const positions = await client.ask({ type: 'get', id: 2, what: 'positions' });
  const orders = await client.ask({ type: 'get', id: 3, what: 'orders' });
  return JSON.stringify([positions['data'], orders['data']]).replace(
    /.*?"quantity":"(\d+)".*"triggerPrice":"([\d.]+)".*/,
    '$1 at $2',
  );
}

/** A server that holds 10 of S0, with a stop at 90.00, on which a split of 2 for 1 was taken. */
async function split(folder: string): Promise<TestServer> {
  const server = await start({ config: { journal: { folder } } });
  server.feed.trade({ symbol: 0, price: 10_000 });
  const client = await server.welcome();
  const order = { type: 'order.place', symbol: 'S0', quantity: '10' };
  await client.ask({ ...order, id: 2, clientOrderId: 'bought', side: 'BUY', orderType: 'MARKET' });
  const stop = { side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: '90.00' };
  await client.ask({ ...order, id: 3, clientOrderId: 'stop', ...stop });
  server.feed.control(SPLIT);
  return server;
}

describe('a corporate action with a journal', () => {
  it.each(['the index', 'the journal alone'])('should be there after a restart from %s', async (from) => {
    const folder = folders.make();
    const first = await split(folder);
    expect(await held(first)).toBe('20 at 45.00');
    await first.stop();
    if (from !== 'the index') rmSync(join(folder, 'index'), { recursive: true });

    const second = await start({ config: { journal: { folder } } });

    expect(await held(second)).toBe('20 at 45.00');
  });

  it('should count once though the tape comes to it again behind its last tick', async () => {
    const folder = folders.make();
    await (await split(folder)).stop();
    const second = await start({ config: { journal: { folder } } });

    second.feed.control(SPLIT);
    expect(await held(second)).toBe('20 at 45.00');
    second.feed.trade({ symbol: 0, price: 5_000 });
    second.feed.control(SPLIT);

    expect(await held(second)).toBe('40 at 22.50');
  });
});

describe('a halt with a journal', () => {
  it('should be there after a restart, and not be told again', async () => {
    const folder = folders.make();
    const first = await start({ config: { journal: { folder } } });
    first.feed.trade({ symbol: 0, price: 10_000 });
    const before = await first.welcome();
    first.feed.control({ kind: 'halt', symbol: 0 });
    await before.first(({ code }) => code === 'halt');
    await first.stop();

    const second = await start({ config: { journal: { folder } } });
    const client = await second.welcome();
    second.feed.control({ kind: 'halt', symbol: 0 });
    const terms = { symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '1' };
    const answer = await client.ask({ type: 'order.place', id: 2, clientOrderId: 'a', ...terms });

    expect(answer).toMatchObject({ type: 'error', reason: 'symbol_halted' });
    expect(client.of('system')).toEqual([]);
  });
});

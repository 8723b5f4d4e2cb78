import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { TestFolders } from './store/testing/folders.ts';
import type { Received } from './testing/streamClient.ts';
import { TestServer } from './testing/testServer.ts';

const folders = new TestFolders();
afterAll(() => folders.clean());
const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(folder: string): Promise<TestServer> {
  const server = await TestServer.start({ config: { journal: { folder } } });
  servers.push(server);
  return server;
}

/** Gives a reading up to where it may be compared: its own times left out. */
function without(frame: Received | undefined, ...names: readonly string[]): Received {
  return Object.fromEntries(Object.entries(frame ?? {}).filter(([name]) => !names.includes(name)));
}

const order = { type: 'order.place', symbol: 'S0', quantity: '10' } as const;

describe('a server with a journal', () => {
  it('should be back with orders, positions, numbers and history, so that a resume goes on over a restart', async () => {
    const folder = folders.make();
    const first = await start(folder);
    first.feed.trade({ symbol: 0, price: 10_000 });
    const client = await first.welcome();
    for (const [at, channel] of ['order', 'execution', 'position'].entries()) {
      await client.ask({ type: 'subscribe', id: 10 + at, channel });
    }
    await client.ask({ type: 'subscribe', id: 20, channel: 'ticker', symbols: ['S0'] });
    await client.ask({ ...order, id: 2, clientOrderId: 'bought', side: 'BUY', orderType: 'MARKET' });
    await client.ask({
      ...order,
      id: 3,
      clientOrderId: 'stop',
      side: 'SELL',
      orderType: 'STOP_MARKET',
      triggerPrice: '95.00',
    });
    await client.first(({ type, reason }) => type === 'order' && reason === 'filled');
    const { epoch } = first.server;
    const told = [...client.of('order'), ...client.of('execution'), ...client.of('position')];
    await first.stop();

    const second = await start(folder);
    expect(second.server.epoch).toBe(epoch);
    const back = await second.welcome();
    for (const [at, channel] of ['order', 'execution', 'position'].entries()) {
      const since = { epoch, seq: { dev: 0 } };
      const answer = await back.ask({ type: 'subscribe', id: 10 + at, channel, since });
      expect(answer).toMatchObject({ recovered: true });
    }
    await back.settled();
    const again = [...back.of('order'), ...back.of('execution'), ...back.of('position')];
    expect(again.map((frame) => without(frame, 'sentTimeUs'))).toEqual(
      told.map((frame) => without(frame, 'sentTimeUs')),
    );

    // The stop still works, and its events go on from the numbers before.
    const heads = back.of('order').length;
    second.feed.trade({ symbol: 0, price: 9_400 });
    const triggered = await back.first(({ reason }) => reason === 'triggered');
    expect(triggered).toMatchObject({ seq: heads + 1, data: { clientOrderId: 'stop' } });
    const repeated = await back.ask({ ...order, id: 4, clientOrderId: 'bought', side: 'BUY', orderType: 'MARKET' });
    expect(repeated).toMatchObject({ type: 'order.accepted', duplicate: true });
  });

  it('should never give a ticker number twice, and tell a client of a gap by a snapshot', async () => {
    const folder = folders.make();
    const first = await start(folder);
    const client = await first.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    for (let price = 10_000; price < 10_020; price++) first.feed.trade({ symbol: 0, price });
    await client.first(({ type, seq }) => type === 'ticker' && seq === 20);
    const { epoch } = first.server;
    await first.stop();
    const second = await start(folder);
    const back = await second.welcome();
    const since = { epoch, seq: { S0: 20 } };
    const answer = await back.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'], since });
    expect(answer).toMatchObject({ recovered: false });
    const snapshot = await back.first(({ type }) => type === 'snapshot');
    expect(Number(snapshot['seq'])).toBeGreaterThan(20);
    second.feed.trade({ symbol: 0, price: 10_030 });
    const next = await back.first(({ type }) => type === 'ticker');
    expect(next['seq']).toBe(Number(snapshot['seq']) + 1);
  });

  it('should begin a new epoch in a new folder, and say in health that it journals', async () => {
    const folder = folders.make();
    const server = await start(folder);
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/health`);
    expect(await answer.json()).toMatchObject({ status: 'ok', journal: { status: 'ok' }, epoch: server.server.epoch });
    expect(readdirSync(join(folder)).sort()).toEqual(['00000001.journal', 'index']);
  });
});

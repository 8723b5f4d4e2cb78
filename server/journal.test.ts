import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Disk, disk } from './store/disk.ts';
import { TestFolders } from './store/testing/folders.ts';
import type { Received } from './testing/streamClient.ts';
import { TestServer } from './testing/testServer.ts';

const folders = new TestFolders();
afterAll(() => folders.clean());
const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(folder: string, on?: Disk): Promise<TestServer> {
  const server = await TestServer.start({ config: { journal: { folder } }, ...(on !== undefined && { disk: on }) });
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

  it('should keep alerts that wait, forget those that acted or were cleared, and let one act after a restart', async () => {
    const folder = folders.make();
    const first = await start(folder);
    first.feed.trade({ symbol: 0, price: 10_000 });
    const client = await first.welcome();
    const set = { type: 'alert.set', symbol: 'S0' } as const;
    await client.ask({ ...set, id: 2, alertId: 'moved', above: '100.50' });
    await client.ask({ ...set, id: 3, alertId: 'acted', below: '99.00' });
    await client.ask({ ...set, id: 4, alertId: 'cleared', above: '103.00' });
    await client.ask({ ...set, id: 5, alertId: 'waits', below: '95.00' });
    await client.ask({ ...set, id: 6, alertId: 'moved', above: '102.00' });
    await client.ask({ type: 'alert.clear', id: 7, alertId: 'cleared' });
    await client.ask({ type: 'subscribe', id: 8, channel: 'alert' });
    first.feed.trade({ symbol: 0, price: 9_890 });
    await client.first(({ type }) => type === 'alert');
    await first.stop();

    // From the index the first time, from the journal alone the second.
    for (const isAlone of [false, true]) {
      if (isAlone) rmSync(join(folder, 'index'), { recursive: true });
      const again = await start(folder);
      const back = await again.welcome();
      const { data } = await back.ask({ type: 'get', id: 2, what: 'alerts' });
      expect(data).toMatchObject([{ alertId: 'waits' }, { alertId: 'moved', threshold: '102.00' }]);
      if (!isAlone) {
        await again.stop();
        continue;
      }
      await back.ask({ type: 'subscribe', id: 3, channel: 'alert' });
      again.feed.trade({ symbol: 0, price: 10_210 });
      const acted = await back.first(({ type }) => type === 'alert');
      expect(acted).toMatchObject({ seq: 2, data: { alertId: 'moved' } });
    }
  });

  it('should refuse orders and alerts once a flush has failed, tell nothing of what is not safe, and say 503 in health', async () => {
    const folder = folders.make();
    let isFull = false;
    let tellFailed: () => void = () => undefined;
    const failed = new Promise<void>((resolve) => {
      tellFailed = resolve;
    });
    const filling: Disk = {
      write: (file, what, done) => {
        if (!isFull) {
          disk.write(file, what, done);
          return;
        }
        done(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
        tellFailed();
      },
      sync: disk.sync,
    };
    const server = await start(folder, filling);
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    for (const [at, channel] of ['order', 'execution', 'position'].entries()) {
      await client.ask({ type: 'subscribe', id: 10 + at, channel });
    }
    await client.ask({ ...order, id: 2, clientOrderId: 'safe', side: 'BUY', orderType: 'MARKET' });
    isFull = true;
    client.send({ ...order, id: 3, clientOrderId: 'lost', side: 'BUY', orderType: 'MARKET' });
    await failed;

    const later = await client.ask({ ...order, id: 4, clientOrderId: 'later', side: 'BUY', orderType: 'MARKET' });
    const alert = await client.ask({ type: 'alert.set', id: 5, alertId: 'a', symbol: 'S0', above: '101.00' });
    const shown = await Promise.all([
      client.ask({ type: 'get', id: 6, what: 'positions' }),
      client.ask({ type: 'subscribe', id: 7, channel: 'order' }),
      client.ask({ type: 'subscribe', id: 8, channel: 'position.value' }),
    ]);
    const url = `http://127.0.0.1:${server.port}/api`;
    const health = await fetch(`${url}/health`);
    const read = await fetch(`${url}/orders`);
    const placed = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ symbol: 'S0', quantity: '1', side: 'BUY', orderType: 'MARKET', clientOrderId: 'http' }),
    });

    expect(later).toMatchObject({ type: 'error', code: 'internal' });
    expect(alert).toMatchObject({ type: 'error', code: 'internal' });
    expect(shown.map(({ code }) => code)).toEqual(['internal', 'internal', 'internal']);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({
      status: 'failed',
      journal: { status: 'failed', reason: expect.stringMatching(/00000001\.journal: .*ENOSPC.*make room/) },
    });
    expect([read.status, placed.status]).toEqual([503, 503]);
    await client.settled();
    expect(client.frames.filter((frame) => JSON.stringify(frame).includes('lost'))).toEqual([]);
    await server.stop();

    const mended = await start(folder);
    const back = await mended.welcome();
    const { data } = await back.ask({ type: 'get', id: 2, what: 'positions' });
    expect(data).toMatchObject([{ symbol: 'S0', quantity: '10' }]);
  });

  it('should begin a new epoch in a new folder, and say in health that it journals', async () => {
    const folder = folders.make();
    const server = await start(folder);
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/health`);
    expect(await answer.json()).toMatchObject({ status: 'ok', journal: { status: 'ok' }, epoch: server.server.epoch });
    expect(readdirSync(join(folder)).sort()).toEqual(['00000001.journal', 'index']);
  });
});

describe('a snapshot with a journal', () => {
  it('should show nothing whose record is not flushed, though what it waited for is', async () => {
    const held: (() => void)[] = [];
    let isHolding = false;
    let tellHeld: () => void = () => undefined;
    const slow: Disk = {
      write: disk.write,
      sync: (file, done) => {
        if (!isHolding) {
          disk.sync(file, done);
          return;
        }
        held.push(() => disk.sync(file, done));
        tellHeld();
      },
    };
    const nextHeld = (): Promise<void> =>
      new Promise((resolve) => {
        tellHeld = resolve;
      });
    const server = await start(folders.make(), slow);
    server.feed.trade({ symbol: 0, price: 10_000 });
    const trader = await server.welcome();
    const reader = await server.welcome();
    isHolding = true;
    const first = nextHeld();
    const terms = { ...order, side: 'BUY', orderType: 'LIMIT', limitPrice: '90.00' } as const;
    trader.send({ ...terms, id: 2, clientOrderId: 'flushed' });
    await first;
    // Both wait for the first order's flush; the second order is taken meanwhile.
    reader.send({ type: 'subscribe', id: 2, channel: 'order' });
    reader.send({ type: 'subscribe', id: 3, channel: 'portfolio' });
    await reader.settled();
    trader.send({ ...terms, id: 3, clientOrderId: 'unflushed' });
    await trader.settled();
    const second = nextHeld();
    held.shift()?.();
    const snapshot = await reader.first(({ type, channel }) => type === 'snapshot' && channel === 'order');
    await second;

    expect(snapshot).toMatchObject({ seq: 1, data: [{ clientOrderId: 'flushed' }] });
    expect(reader.of('order')).toEqual([]);
    isHolding = false;
    held.shift()?.();
    const event = await reader.first(({ type }) => type === 'order');
    expect(event).toMatchObject({ seq: 2, data: { clientOrderId: 'unflushed' } });
  });
});

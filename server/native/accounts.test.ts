import { afterEach, describe, expect, it } from 'vitest';
import { mintToken } from '../identity.ts';
import { seqs, testServers } from '../testing/servers.ts';
import type { StreamClient } from '../testing/streamClient.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const start = testServers(afterEach);

function buy(client: StreamClient, id: number, terms: object = {}) {
  const order = { type: 'order.place', clientOrderId: `o${id}`, symbol: 'S0', side: 'BUY', orderType: 'MARKET' };
  return client.ask({ ...order, quantity: '3', ...terms, id });
}

describe('positions and portfolio', () => {
  it('should tell a position with each fill that changes it', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    client.send({ type: 'subscribe', id: 2, channel: 'position' });
    await client.first(({ type }) => type === 'snapshot');
    await buy(client, 3);
    await buy(client, 4, { side: 'SELL', quantity: '1' });
    await client.first(({ seq, type }) => type === 'position' && seq === 2);
    expect(client.of('position')).toMatchObject([
      { account: 'dev', seq: 1, tickSeq: 1, data: { symbol: 'S0', quantity: '3', averagePrice: '100.00' } },
      { account: 'dev', seq: 2, tickSeq: 1, data: { symbol: 'S0', quantity: '2' } },
    ]);
    const other = await server.welcome();
    const since = { epoch: server.server.epoch, seq: { dev: 1 } };
    await other.ask({ type: 'subscribe', id: 2, channel: 'position', since });
    expect(seqs([await other.first(({ type }) => type === 'position')])).toEqual([2]);
  });

  it('should value positions every second and the portfolio every two, as of when they were computed', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    await buy(client, 2);
    server.feed.trade({ symbol: 0, price: 10_100 });
    client.send({ type: 'subscribe', id: 3, channel: 'position.value' });
    client.send({ type: 'subscribe', id: 4, channel: 'portfolio' });
    const snapshot = await client.first(({ type, channel }) => type === 'snapshot' && channel === 'position.value');
    expect(snapshot).toMatchObject({ symbol: 'dev', seq: 0, data: [{ quantity: '3', unrealizedPnl: '3.0000' }] });
    const worth = await client.first(({ type }) => type === 'portfolio');
    expect(worth).toMatchObject({ account: 'dev', data: { equity: '10000003.0000' } });
    const values = client.of('position.value');
    expect(values[0]).toMatchObject({ account: 'dev', data: [{ symbol: 'S0', markPrice: '101.00' }] });
    expect(Number(worth['computeUs'])).toBeLessThan(100_000);
  });

  it("should keep another's account to its owner", async () => {
    const server = await start({ config: { secret: SECRET } });
    const client = await server.welcome(await mintToken({ secret: SECRET, user: 'ann' }));
    for (const [at, channel] of ['position', 'position.value', 'portfolio', 'alert'].entries()) {
      const answer = await client.ask({ type: 'subscribe', id: 2 + at, channel, symbols: ['bob'] });
      expect(answer).toMatchObject({ type: 'error', code: 'forbidden' });
    }
    const get = { type: 'get', id: 9, what: 'positions', account: 'bob' };
    expect(await client.ask(get)).toMatchObject({ type: 'error', code: 'forbidden' });
  });
});

describe('alerts', () => {
  it('should fire once, on the first trade that meets them', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'alert' });
    const set = { type: 'alert.set', symbol: 'S0' };
    expect(await client.ask({ ...set, id: 3, alertId: 'up', above: '100.50' })).toMatchObject({
      type: 'alert.accepted',
      data: { alertId: 'up', condition: 'above', threshold: '100.50', triggerPrice: '100.50' },
    });
    await client.ask({ ...set, id: 4, alertId: 'down', below: '99.00' });
    expect(await client.ask({ ...set, id: 5, alertId: 'rise', changePercent: '2' })).toMatchObject({
      data: { triggerPrice: '102.00' },
    });
    server.feed.trade({ symbol: 0, price: 10_049 });
    server.feed.trade({ symbol: 0, price: 10_060 });
    server.feed.trade({ symbol: 0, price: 10_070 });
    server.feed.trade({ symbol: 0, price: 10_200 });
    server.feed.trade({ symbol: 0, price: 9_900 });
    await client.first(({ seq, type }) => type === 'alert' && seq === 3);
    expect(client.of('alert')).toMatchObject([
      { seq: 1, tickSeq: 3, data: { alertId: 'up', price: '100.60' } },
      { seq: 2, tickSeq: 5, data: { alertId: 'rise', price: '102.00' } },
      { seq: 3, tickSeq: 6, data: { alertId: 'down', price: '99.00' } },
    ]);
    expect(await client.ask({ type: 'get', id: 6, what: 'alerts' })).toMatchObject({ data: [] });
  });

  it('should be replaced by one of the same name, and cleared', async () => {
    const server = await start();
    const client = await server.welcome();
    client.send({ type: 'subscribe', id: 2, channel: 'alert' });
    const set = { type: 'alert.set', symbol: 'S0', alertId: 'a' };
    await client.ask({ ...set, id: 3, above: '100.50' });
    await client.ask({ ...set, id: 4, above: '101.00' });
    server.feed.trade({ symbol: 0, price: 10_060 });
    const listed = await client.ask({ type: 'get', id: 5, what: 'alerts' });
    expect(listed).toMatchObject({ data: [{ alertId: 'a', threshold: '101.00' }] });
    const clear = { type: 'alert.clear', alertId: 'a' };
    expect(await client.ask({ ...clear, id: 6 })).toMatchObject({ type: 'alert.cleared', alertId: 'a' });
    expect(await client.ask({ ...clear, id: 7 })).toMatchObject({ code: 'unknown_alert' });
    server.feed.trade({ symbol: 0, price: 10_200 });
    await client.settled();
    expect(client.of('alert')).toEqual([]);
  });

  it.each([
    [{ above: '1', below: '2' }, 'bad_message'],
    [{}, 'bad_message'],
    [{ above: '100.001' }, 'bad_message'],
    [{ below: '-1' }, 'bad_message'],
    [{ changePercent: '0' }, 'bad_message'],
    [{ above: '1', symbol: 'X' }, 'unknown_symbol'],
  ])('should be refused: %j', async (terms, code) => {
    const server = await start();
    const client = await server.welcome();
    const answer = await client.ask({ type: 'alert.set', id: 2, alertId: 'a', symbol: 'S0', ...terms });
    expect(answer).toMatchObject({ type: 'error', code });
  });
});

describe('presence', () => {
  it('should tell who is on a channel, as they come, change and leave', async () => {
    const server = await start({ config: { secret: SECRET } });
    const token = (user: string) => mintToken({ secret: SECRET, user });
    const watcher = await server.welcome(await token('ann'));
    watcher.send({ type: 'subscribe', id: 2, channel: 'presence', symbols: ['ticker'] });
    const snapshot = await watcher.first(({ type }) => type === 'snapshot');
    expect(snapshot).toMatchObject({ channel: 'presence', symbol: 'ticker', seq: 0, data: [] });
    const bob = await server.welcome(await token('bob'));
    await bob.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0'] });
    const users = (text: string) => watcher.first((frame) => JSON.stringify(frame['users']) === text);
    await users('[{"user":"bob","state":"online"}]');
    expect(await bob.ask({ type: 'presence.set', id: 3, state: 'away' })).toMatchObject({ type: 'presence.accepted' });
    await users('[{"user":"bob","state":"away"}]');
    bob.terminate();
    await users('[]');
  });
});

describe('news and notices', () => {
  it('should reach who reads them, by symbol, numbered in one stream that can be resumed', async () => {
    const server = await start();
    const [all, some] = [await server.welcome(), await server.welcome()];
    await all.ask({ type: 'subscribe', id: 2, channel: 'news' });
    await some.ask({ type: 'subscribe', id: 2, channel: 'news', symbols: ['S1'] });
    const { publish } = server.server;
    publish.publishNews({ headline: 'first', symbols: ['S0'] });
    publish.publishNews({ headline: 'second', symbols: ['S1', 'S2'] });
    publish.publishNews({ headline: 'third', symbols: [] });
    await some.first(({ seq, type }) => type === 'news' && seq === 3);
    await all.first(({ seq, type }) => type === 'news' && seq === 3);
    expect(seqs(all.of('news'))).toEqual([1, 2, 3]);
    expect(seqs(some.of('news'))).toEqual([2, 3]);
    const late = await server.welcome();
    const since = { epoch: server.server.epoch, seq: { '*': 1 } };
    const answer = await late.ask({ type: 'subscribe', id: 2, channel: 'news', symbols: ['*'], since });
    expect(answer).toMatchObject({ recovered: true });
    expect(seqs([await late.first(({ type }) => type === 'news')])).toEqual([2]);
  });

  it('should tell a notice to everyone, subscribed or not', async () => {
    const server = await start();
    const [plain, reader] = [await server.welcome(), await server.welcome()];
    await reader.ask({ type: 'subscribe', id: 2, channel: 'system' });
    server.server.publish.publishSystem({ code: 'notice', message: 'a pause at noon' });
    const notice = { type: 'system', seq: 1, code: 'notice', message: 'a pause at noon' };
    expect(await plain.first(({ type }) => type === 'system')).toMatchObject(notice);
    expect(await reader.first(({ type }) => type === 'system')).toMatchObject(notice);
    await reader.settled();
    expect(reader.of('system')).toHaveLength(1);
  });
});

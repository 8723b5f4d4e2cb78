import { afterEach, describe, expect, it } from 'vitest';
import { testServers } from '../testing/servers.ts';

const start = testServers(afterEach);

describe('orders', () => {
  const buy = { type: 'order.place', symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '3' } as const;

  it('should answer, then tell order and execution events to every socket of the account', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const trader = await server.welcome();
    const watcher = await server.welcome();
    for (const channel of ['order', 'execution']) await watcher.ask({ type: 'subscribe', id: 2, channel });
    const answer = await trader.ask({ ...buy, id: 3, clientOrderId: 'a' });
    await watcher.first(({ reason }) => reason === 'filled');
    expect(answer).toMatchObject({
      type: 'order.accepted',
      duplicate: false,
      data: { status: 'FILLED', averagePrice: '100.00' },
    });
    expect(watcher.of('order')).toMatchObject([
      { seq: 1, reason: 'accepted', tickSeq: 1, account: 'dev', data: { status: 'ACCEPTED', quantity: '3' } },
      { seq: 2, reason: 'filled', data: { status: 'FILLED', cumulativeQuantity: '3' } },
    ]);
    expect(watcher.of('execution')).toMatchObject([{ seq: 1, data: { lastPrice: '100.00', lastQuantity: '3' } }]);
    expect(trader.of('order')).toEqual([]);
  });

  it('should return the first state for a known clientOrderId', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    const first = await client.ask({ ...buy, id: 2, clientOrderId: 'a' });
    const again = await client.ask({ ...buy, id: 3, clientOrderId: 'a', quantity: '99' });
    expect(again).toMatchObject({ type: 'order.accepted', duplicate: true, data: first['data'] });
  });

  it.each([
    [{ quantity: '0' }, 'bad_quantity'],
    [{ quantity: '0.5' }, 'bad_quantity'],
    [{ quantity: '-1' }, 'bad_quantity'],
    [{ symbol: 'NONE' }, 'unknown_symbol'],
    [{ orderType: 'STOP_MARKET', triggerPrice: '100.005' }, 'bad_price'],
    [{ orderType: 'STOP_MARKET', triggerPrice: '99.00' }, 'wrong_side_of_market'],
    [{ orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'bp', value: '0' } }, 'bad_offset'],
  ])('should reject %j with the reason %s', async (change, reason) => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    const answer = await client.ask({ ...buy, id: 2, clientOrderId: 'a', ...change });
    expect(answer).toMatchObject({ type: 'error', code: 'order_rejected', reason, clientOrderId: 'a' });
    expect(await server.metric(`tapedeck_orders_rejected_total{reason="${reason}"}`)).toBe(
      reason === 'unknown_symbol' ? Number.NaN : 1,
    );
  });

  it('should trigger on the crossing tick, after that tick was told', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'order' });
    await client.ask({ type: 'subscribe', id: 3, channel: 'ticker', symbols: ['S0'] });
    const stop = { ...buy, side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: '99.50' };
    await client.ask({ ...stop, id: 4, clientOrderId: 'a' });
    server.feed.trade({ symbol: 0, price: 9_951 });
    server.feed.trade({ symbol: 0, price: 9_940, dueTimeUs: 77 });
    await client.first(({ reason }) => reason === 'filled');
    const told = client.frames.filter(({ type, seq }) => (type === 'ticker' || type === 'order') && seq !== undefined);
    expect(told.map(({ type, reason, tickSeq, seq }) => (type === 'ticker' ? seq : `${reason}@${tickSeq}`))).toEqual([
      'accepted@1',
      2,
      3,
      'triggered@3',
      'filled@3',
    ]);
    expect(told.at(-2)).toMatchObject({ dueTimeUs: 77 });
  });

  it('should tell ratchets without a number, once per window, and the latest at its end', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    await client.ask({ type: 'subscribe', id: 2, channel: 'order' });
    const trailing = { orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: '100' } };
    await client.ask({ ...buy, side: 'SELL', ...trailing, id: 3, clientOrderId: 'a' });
    for (let price = 10_001; price <= 10_500; price++) server.feed.trade({ symbol: 0, price });
    const ratchets = () => client.of('order').filter(({ reason }) => reason === 'ratcheted');
    await expect.poll(() => ratchets().length).toBe(2);
    const [first, last] = ratchets();
    expect(first).not.toHaveProperty('seq');
    expect(Number(last?.['tickSeq'])).toBeGreaterThan(Number(first?.['tickSeq']) + 200);
    server.feed.trade({ symbol: 0, price: 10_000 });
    await client.first(({ reason }) => reason === 'filled');
    expect(client.of('order').flatMap(({ seq }) => seq ?? [])).toEqual([1, 2, 3]);
  });

  it('should resume the order stream, and snapshot the working orders', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.welcome();
    const stop = { ...buy, side: 'SELL', orderType: 'STOP_MARKET', triggerPrice: '99.50' };
    for (const clientOrderId of ['a', 'b', 'c']) await client.ask({ ...stop, id: 4, clientOrderId });
    await client.ask({ type: 'order.cancel', id: 5, clientOrderId: 'b' });
    const since = { epoch: server.server.epoch, seq: { dev: 2 } };
    expect(await client.ask({ type: 'subscribe', id: 6, channel: 'order', since })).toMatchObject({ recovered: true });
    const other = await server.welcome();
    await other.ask({ type: 'subscribe', id: 6, channel: 'order' });
    await Promise.all([client.settled(), other.settled()]);
    expect(client.of('order')).toMatchObject([
      { seq: 3, reason: 'accepted', data: { clientOrderId: 'c' } },
      { seq: 4, reason: 'canceled', data: { clientOrderId: 'b' } },
    ]);
    expect(other.of('snapshot')).toMatchObject([
      { channel: 'order', symbol: 'dev', seq: 4, data: [{ clientOrderId: 'a' }, { clientOrderId: 'c' }] },
    ]);
    expect(await client.ask({ type: 'order.cancel', id: 7, clientOrderId: 'b' })).toMatchObject({
      code: 'order_rejected',
      reason: 'order_not_open',
    });
  });
});

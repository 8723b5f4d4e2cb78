import { afterEach, describe, expect, it } from 'vitest';
import { testServers } from '../testing/servers.ts';
import type { StreamClient } from '../testing/streamClient.ts';
import type { TestServer } from '../testing/testServer.ts';

const start = testServers(afterEach);
const NAMES = { symbol: 'S0', side: 'SELL', quantity: '2' };

async function trader(): Promise<{ readonly server: TestServer; readonly client: StreamClient }> {
  const server = await start();
  server.feed.trade({ symbol: 0, price: 10_000 });
  const client = await server.welcome();
  await client.ask({ type: 'subscribe', id: 2, channel: 'order' });
  return { server, client };
}

describe('order types', () => {
  it.each([
    [{ orderType: 'LIMIT', limitPrice: '101.00' }, [10_100], { limitPrice: '101.00' }, '101.00'],
    [
      { orderType: 'STOP_LIMIT', triggerPrice: '99.00', limitPrice: '98.00' },
      [9_850],
      { limitPrice: '98.00' },
      '98.50',
    ],
    [{ orderType: 'TAKE_PROFIT', triggerPrice: '102.00' }, [10_250], { triggerPrice: '102.00' }, '102.50'],
    [
      {
        orderType: 'TRAILING_STOP_MARKET',
        trailingOffset: { kind: 'price', value: '1.00' },
        activationPrice: '101.00',
      },
      [10_100, 10_000],
      {},
      '100.00',
    ],
  ])('should be taken and filled: %j', async (terms, prices, told, averagePrice) => {
    const { server, client } = await trader();
    const order = { type: 'order.place', id: 3, clientOrderId: 'a', ...NAMES, ...terms };
    expect(await client.ask(order)).toMatchObject({ type: 'order.accepted', data: { status: 'ACCEPTED', ...told } });
    for (const price of prices) server.feed.trade({ symbol: 0, price });
    expect(await client.first(({ reason }) => reason === 'filled')).toMatchObject({ data: { averagePrice } });
  });

  it('should keep to a time in force and reduce only what is held', async () => {
    const { client } = await trader();
    const order = { type: 'order.place', ...NAMES };
    const ioc = { orderType: 'LIMIT', limitPrice: '101.00', timeInForce: 'IOC' };
    expect(await client.ask({ ...order, ...ioc, id: 3, clientOrderId: 'a' })).toMatchObject({
      data: { status: 'CANCELED' },
    });
    const reduce = { orderType: 'MARKET', reduceOnly: true };
    expect(await client.ask({ ...order, ...reduce, id: 4, clientOrderId: 'b' })).toMatchObject({
      data: { status: 'CANCELED', reduceOnly: true },
    });
    const day = { orderType: 'LIMIT', limitPrice: '101.00', timeInForce: 'DAY' };
    expect(await client.ask({ ...order, ...day, id: 5, clientOrderId: 'c' })).toMatchObject({
      reason: 'unsupported_time_in_force',
    });
  });
});

describe('order.modify', () => {
  it('should give an order new terms, or say why not', async () => {
    const { server, client } = await trader();
    const stop = { orderType: 'STOP_MARKET', triggerPrice: '99.00' };
    await client.ask({ type: 'order.place', id: 3, clientOrderId: 'a', ...NAMES, ...stop });
    const modify = { type: 'order.modify', clientOrderId: 'a' };
    expect(await client.ask({ ...modify, id: 4, triggerPrice: '98.00', quantity: '5' })).toMatchObject({
      type: 'order.accepted',
      data: { triggerPrice: '98.00', quantity: '5' },
    });
    server.feed.trade({ symbol: 0, price: 9_850 });
    expect(await client.ask({ ...modify, id: 5 })).toMatchObject({ reason: 'nothing_to_modify' });
    expect(await client.ask({ ...modify, id: 6, clientOrderId: 'x', quantity: '1' })).toMatchObject({
      code: 'order_rejected',
      reason: 'unknown_order',
      clientOrderId: 'x',
    });
    expect(client.of('order').map(({ reason }) => reason)).toEqual(['accepted', 'modified']);
  });
});

describe('order.placeList', () => {
  it('should take a bracket whole: the target filled cancels the stop', async () => {
    const { server, client } = await trader();
    const answer = await client.ask({
      type: 'order.placeList',
      id: 3,
      contingency: 'BRACKET',
      orders: [
        { ...NAMES, clientOrderId: 'entry', side: 'BUY', orderType: 'MARKET' },
        { ...NAMES, clientOrderId: 'target', orderType: 'TAKE_PROFIT', triggerPrice: '102.00' },
        {
          ...NAMES,
          clientOrderId: 'stop',
          orderType: 'TRAILING_STOP_MARKET',
          trailingOffset: { kind: 'bp', value: '100' },
        },
      ],
    });
    expect(answer).toMatchObject({
      type: 'order.accepted',
      duplicate: false,
      data: { clientOrderId: 'entry', status: 'FILLED' },
      orders: [
        { contingency: 'BRACKET' },
        { reduceOnly: true, parentClientOrderId: 'entry' },
        { clientOrderId: 'stop' },
      ],
    });
    server.feed.trade({ symbol: 0, price: 10_200 });
    const canceled = await client.first(({ reason }) => reason === 'canceled');
    expect(canceled).toMatchObject({ data: { clientOrderId: 'stop' } });
  });

  it('should be refused whole', async () => {
    const { client } = await trader();
    const order = { ...NAMES, orderType: 'LIMIT', limitPrice: '101.00' };
    const list = { type: 'order.placeList', contingency: 'OCO' };
    const orders = [
      { ...order, clientOrderId: 'a' },
      { ...order, clientOrderId: 'b', symbol: 'X' },
    ];
    expect(await client.ask({ ...list, id: 3, orders })).toMatchObject({
      code: 'order_rejected',
      reason: 'unknown_symbol',
    });
    expect(await client.ask({ ...list, id: 4, orders: [orders[0]] })).toMatchObject({ reason: 'bad_list' });
    expect(await client.ask({ type: 'get', id: 5, what: 'orders' })).toMatchObject({ data: [] });
  });
});

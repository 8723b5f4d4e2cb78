import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { TestServer } from '../server/testing/testServer.ts';
import { TapedeckClient } from './client.ts';
import type { Notice } from './notices.ts';

let server: TestServer;
let client: TapedeckClient;
const notices: Notice[] = [];

beforeAll(async () => {
  server = await TestServer.start({ symbols: 2 });
  server.feed.trade({ symbol: 0, price: 10_000 });
  client = new TapedeckClient({ url: `ws://127.0.0.1:${server.port}/v1/stream`, WebSocket, pingMs: 0 });
  client.onNotice((notice) => notices.push(notice));
});
afterAll(async () => {
  client.close();
  await server.stop();
});

describe('every channel of the server', () => {
  it('should begin with its snapshot and go on with its events', async () => {
    const readers = {
      trade: client.trades('S0'),
      bar: client.bars('1m', ['S0'], { forming: true }),
      pattern: client.patterns(['S0'], { minConfidence: 0.5 }),
      order: client.orders(),
      execution: client.executions(),
      position: client.read('position'),
      'position.value': client.read('position.value'),
      portfolio: client.read('portfolio'),
      alert: client.read('alert'),
      news: client.read('news', ['S0']),
      system: client.read('system'),
      presence: client.read('presence', ['ticker']),
    };
    const next = async (name: keyof typeof readers): Promise<unknown> => (await readers[name].next()).value;
    for (const reader of Object.values(readers))
      expect((await reader.next()).value).toMatchObject({ type: 'snapshot' });
    await client.setAlert({ alertId: 'a', symbol: 'S0', above: '101.00' });
    await client.placeOrder({ symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '2' });
    server.feed.trade({ symbol: 0, price: 10_150 });

    expect(await next('trade')).toMatchObject({ type: 'trade', data: { price: 101.5 } });
    expect(await next('bar')).toMatchObject({ type: 'bar', data: { high: 101.5, isClosed: false } });
    expect(await next('order')).toMatchObject({ type: 'order', reason: 'accepted' });
    expect(await next('order')).toMatchObject({ type: 'order', reason: 'filled' });
    expect(await next('execution')).toMatchObject({ type: 'execution', data: { lastPrice: '100.00' } });
    expect(await next('position')).toMatchObject({ type: 'position', data: { quantity: '2' } });
    expect(await next('alert')).toMatchObject({ type: 'alert', data: { alertId: 'a', price: '101.50' } });
    const { data } = await client.get({ what: 'positions' });
    expect(data).toMatchObject([{ symbol: 'S0', unrealizedPnl: '3.0000' }]);
    expect(notices).toEqual([]);
  });
});

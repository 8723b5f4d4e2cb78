import { expect, it } from 'vitest';
import WebSocket from 'ws';
import { TestServer } from '../server/testing/testServer.ts';
import { TapedeckClient } from './client.ts';

it('smoke', async () => {
  const server = await TestServer.start();
  const client = new TapedeckClient({ url: `ws://127.0.0.1:${server.port}/v1/stream`, WebSocket });
  const reader = client.ticker('S0');
  console.log((await reader.next()).value);
  server.feed.trade({ symbol: 0, price: 10_001 });
  console.log((await reader.next()).value, client.last('S0'));
  const orders = client.orders();
  console.log((await orders.next()).value);
  console.log(await client.placeOrder({ symbol: 'S0', side: 'BUY', orderType: 'MARKET', quantity: '2' }));
  console.log((await orders.next()).value);
  console.log(await client.ping());
  client.close();
  console.log(await reader.next(), client.status.current);
  await server.stop();
  expect(1).toBe(1);
});

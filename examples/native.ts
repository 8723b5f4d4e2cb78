// Prices and an order over the native stream, with tapedeck's own client: npx tsx examples/native.ts AAPL
import { WebSocket } from 'ws';
import { TapedeckClient } from '../client/index.ts';

const base = process.env['TAPEDECK_URL'] ?? 'ws://127.0.0.1:8000';
const token = process.env['TAPEDECK_TOKEN'];
const symbol = process.argv[2] ?? 'AAPL';

const client = new TapedeckClient({ url: `${base}/v1/stream`, WebSocket, ...(token !== undefined && { token }) });
client.status.subscribe(({ state }) => console.log(state));
client.listen('order', [], (event) => {
  if (event.type === 'order') console.log(event.data.clientOrderId, event.reason, event.data.triggerPrice ?? '');
});

let isPlaced = false;
for await (const { data } of client.ticker(symbol)) {
  if (data.last === null) continue;
  console.log(symbol, data.last);
  if (isPlaced) continue;
  isPlaced = true;
  const trail = { orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'bp', value: '100' } } as const;
  await client.placeOrder({ symbol, side: 'SELL', quantity: '1', ...trail });
}

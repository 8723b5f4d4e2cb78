/** binance (by Siebly): reconnects and subscribes again by itself. */
import { WebsocketClient } from 'binance';
import { config, on, tell } from './told.mjs';

const silent = () => undefined;
const client = new WebsocketClient(
  { wsUrl: config.ws, reconnectTimeout: 50, beautify: false },
  { trace: silent, info: silent, error: silent },
);
client.on('message', (event) => {
  if (event.e === 'trade') tell({ tick: { id: event.t, price: Number(event.p) } });
});
client.on('response', () => tell({ ready: config.symbol }));
client.on('reconnecting', ({ event }) => {
  if (event?.code === 1008) tell({ limit: event.reason });
  else tell({ cut: event?.code ?? true });
});
client.on('exception', silent);
const stream = `${config.symbol.toLowerCase()}@trade`;
client.subscribe(stream, 'main');
on('limit', () => {
  for (let call = 0; call < 8; call++) client.subscribe(`other${call}@trade`, 'main');
});

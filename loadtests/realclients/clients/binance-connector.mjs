/** @binance/connector: reconnects by itself to the URL with which it began. */
import { Spot, WebsocketStream } from '@binance/connector';
import { config, on, tell } from './told.mjs';

const silent = () => undefined;
const stream = `${config.symbol.toLowerCase()}@trade`;
const client = new WebsocketStream({
  wsURL: config.ws,
  reconnectDelay: 50,
  logger: {
    debug: silent,
    info: silent,
    error: silent,
    warn: (text) => (/1008/.test(text) ? tell({ limit: text }) : undefined),
  },
  callbacks: {
    open: () => tell({ ready: stream }),
    close: () => tell({ cut: true }),
    message: (text) => {
      const event = JSON.parse(text);
      if (event.e === 'trade') tell({ tick: { id: event.t, price: Number(event.p) } });
    },
  },
});
client.subscribe(stream);
on('limit', () => {
  for (let call = 0; call < 6; call++) client.subscribe(stream);
});
on('rest', async () => {
  const { data } = await new Spot('', '', { baseURL: config.http }).trades(config.symbol);
  tell({ rest: data.map(({ id, price }) => ({ id, price: Number(price) })) });
});

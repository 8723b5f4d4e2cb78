/** @polygon.io/client-js or @massive.com/client-js. The client doesn't reconnect: whoever uses it does, as here. */
import { config, on, tell } from './told.mjs';

const { restClient, websocketClient } = await import(config.package);

function connect() {
  const socket = websocketClient(config.key, config.ws).stocks();
  let isOver = false;
  socket.onmessage = ({ data }) => {
    for (const event of JSON.parse(data)) {
      if (event.ev === 'T') tell({ tick: { id: event.q, price: event.p } });
      else if (event.status === 'auth_success') {
        socket.send(JSON.stringify({ action: 'subscribe', params: `T.${config.symbol}` }));
      } else if (event.status === 'success') tell({ ready: event.message });
      else if (event.status === 'max_connections') {
        isOver = true;
        tell({ limit: event.message });
      }
    }
  };
  socket.onclose = ({ code }) => {
    tell({ cut: code });
    if (!isOver) connect();
  };
}

connect();
on('limit', () => websocketClient(config.key, config.ws).stocks());
on('rest', async () => {
  const client = restClient(config.key, config.http);
  // The older of the two names takes its parameters by position.
  const isOlder = config.package.startsWith('@polygon.io/');
  const answer = await client.getLastStocksTrade(isOlder ? config.symbol : { stocksTicker: config.symbol });
  tell({ rest: answer });
});

/** ccxt: markets by REST, then trades by WebSocket, in a loop that goes on after an error. */
import ccxt from 'ccxt';
import { config, on, tell } from './told.mjs';

const exchange = new ccxt.pro.binance({
  newUpdates: true,
  options: { defaultType: 'spot', fetchMarkets: { types: ['spot'] } },
});
exchange.urls.api.ws.spot = `${config.ws}/ws`;
exchange.urls.api.public = `${config.http}/api/v3`;
exchange.urls.api.v1 = `${config.http}/api/v1`;
await exchange.loadHttpProxyAgent();
await exchange.loadMarkets();
const market = `${config.symbol}/USDT`;
tell({ ready: Object.keys(exchange.markets) });

on('limit', async () => {
  try {
    // Every call of all tickers weighs 80 of the 6,000 in a minute.
    exchange.enableRateLimit = false;
    for (let call = 0; call < 100; call++) await exchange.publicGetTicker24hr();
  } catch (error) {
    tell({ limit: `${error.constructor.name}: ${error.message}` });
  }
});
for (;;) {
  try {
    for (const { id, price } of await exchange.watchTrades(market)) tell({ tick: { id: Number(id), price } });
  } catch (error) {
    tell({ cut: error.constructor.name });
  }
}

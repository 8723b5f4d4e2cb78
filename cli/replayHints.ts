import type { ProviderName } from '../protocol/providers/names.ts';

/** Where a provider's façade is. */
export interface Address {
  /** `127.0.0.1:8765` */
  readonly host: string;
  readonly key: string;
}

/** How a client is pointed at each provider: name and value of a line each. */
export const CLIENT_HINTS: Readonly<
  Record<ProviderName, (address: Address) => readonly (readonly [string, string])[]>
> = {
  polygon: ({ host, key }) => [
    ['stream', `ws://${host}/stocks`],
    ['rest', `http://${host}`],
    ['client', `websocketClient('${key}', 'ws://${host}').stocks() of @polygon.io/client-js or @massive.com/client-js`],
    ['', `restClient('${key}', 'http://${host}')`],
  ],
  binance: ({ host }) => [
    ['stream', `ws://${host}/ws/btcusdt@trade or ws://${host}/stream?streams=btcusdt@trade`],
    ['rest', `http://${host}/api/v3/exchangeInfo`],
    ['client', `new WebsocketStream({ wsURL: 'ws://${host}' }) of @binance/connector`],
  ],
  'alpha-vantage': ({ host, key }) => [
    ['rest', `http://${host}/query?function=GLOBAL_QUOTE&symbol=AAPL&apikey=${key}`],
    ['client', `cfg.base = 'http://${host}/query?apikey=${key}&' of alphavantage`],
  ],
  tradier: ({ host, key }) => [
    ['rest', `http://${host}/v1/markets/quotes?symbols=AAPL, with the header Authorization: Bearer ${key}`],
    ['stream', `ws://${host}/v1/markets/events, after POST /v1/markets/events/session`],
  ],
  finnhub: ({ host, key }) => [
    ['stream', `ws://${host}/?token=${key}`],
    ['rest', `http://${host}/api/v1/quote?symbol=AAPL&token=${key}`],
  ],
  yahoo: ({ host }) => [
    ['rest', `http://${host}/v8/finance/chart/AAPL?interval=1m`],
    ['client', `a fetch option that puts http://${host} in place of the host, for yahoo-finance2`],
  ],
};

import type { Instrument } from '../market/types.ts';
import type { ProviderName } from '../protocol/providers/names.ts';
import { BinanceSymbols } from '../simulator/providers/binanceNames.ts';

/** Where a provider's façade is, and what can be asked for there. */
export interface Address {
  /** `127.0.0.1:8765` */
  readonly host: string;
  readonly key: string;
  /** One of the tape's. */
  readonly instrument: Instrument;
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
  binance: ({ host, instrument }) => {
    const stream = `${binanceName(instrument).toLowerCase()}@trade`;
    return [
      ['stream', `ws://${host}/ws/${stream} or ws://${host}/stream?streams=${stream}`],
      ['rest', `http://${host}/api/v3/exchangeInfo`],
      ['client', `new WebsocketStream({ wsURL: 'ws://${host}' }) of @binance/connector`],
    ];
  },
  'alpha-vantage': ({ host, key, instrument }) => [
    ['rest', `http://${host}/query?function=GLOBAL_QUOTE&symbol=${instrument.symbol}&apikey=${key}`],
    ['client', `cfg.base = 'http://${host}/query?apikey=${key}&' of alphavantage`],
  ],
  tradier: ({ host, key, instrument }) => [
    [
      'rest',
      `http://${host}/v1/markets/quotes?symbols=${instrument.symbol}, with the header Authorization: Bearer ${key}`,
    ],
    ['stream', `ws://${host}/v1/markets/events, after POST /v1/markets/events/session`],
  ],
  finnhub: ({ host, key, instrument }) => [
    ['stream', `ws://${host}/?token=${key}`],
    ['rest', `http://${host}/api/v1/quote?symbol=${instrument.symbol}&token=${key}`],
  ],
  yahoo: ({ host, instrument }) => [
    ['rest', `http://${host}/v8/finance/chart/${instrument.symbol}?interval=1m`],
    ['client', `a fetch option that puts http://${host} in place of the host, for yahoo-finance2`],
  ],
};

/** The name that Binance's lists have for an instrument. */
function binanceName(instrument: Instrument): string {
  const [listed] = new BinanceSymbols([{ ...instrument, index: 0 }]).listed;
  return listed?.name ?? instrument.symbol;
}

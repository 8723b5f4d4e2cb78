import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an answer is when it isn't the price. */
export type Refusal =
  | 'per_second'
  | 'per_minute'
  | 'per_day'
  | 'bad_key'
  | 'unknown'
  | 'html'
  | 'status_500'
  | 'status_429';

const TEXTS: Readonly<Record<Refusal, readonly [status: number, body: string]>> = {
  // Third-party: it names the limit of a day as well.
  per_second: [
    200,
    '{"Information":"spread out your free API requests (1 request per second), or lift the limit (25 requests per day)"}',
  ],
  per_minute: [200, '{"Note":"Our standard API call frequency is 5 calls per minute and 500 calls per day."}'],
  per_day: [200, '{"Information":"our standard API rate limit is 25 requests per day. Please subscribe"}'],
  bad_key: [200, '{"Error Message":"the parameter apikey is invalid or missing."}'],
  unknown: [200, '{"Global Quote":{}}'],
  html: [200, '<html>Bad gateway</html>'],
  status_500: [500, 'oops'],
  status_429: [429, '{}'],
};

/** A provider in Alpha Vantage's words, made by hand: it has the prices that a test gives it. */
export class QuoteServer {
  readonly url: string;
  /** Price and the day's volume by symbol. */
  readonly prices = new Map<string, { readonly price: string; readonly volume: number }>();
  /** Symbols asked for so far. */
  readonly asked: string[] = [];
  /** The key that the last question had. */
  key: string | null = null;
  /** `YYYY-MM-DD` of the prices: today in New York. */
  date = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York', dateStyle: 'short' }).format();
  refusal: Refusal | undefined = undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      const { searchParams } = new URL(request.url ?? '/', this.url);
      this.key = searchParams.get('apikey');
      const symbol = searchParams.get('symbol') ?? '';
      this.asked.push(symbol);
      const [status, body] = this.refusal === undefined ? [200, this.#quote(symbol)] : TEXTS[this.refusal];
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  }

  static async start(): Promise<QuoteServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new QuoteServer(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #quote(symbol: string): string {
    const { price, volume } = this.prices.get(symbol) ?? { price: '100.0000', volume: 1_000 };
    const quote = {
      '01. symbol': symbol,
      '02. open': '100.0000',
      '05. price': price,
      '06. volume': String(volume),
      '07. latest trading day': this.date,
    };
    return JSON.stringify({ 'Global Quote': quote });
  }
}

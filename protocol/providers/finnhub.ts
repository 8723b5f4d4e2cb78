/** The wire of Finnhub: trades by WebSocket (`/?token=KEY`), quotes by REST. Prices are numbers, times ms unless said otherwise. */

/** What a client sends. */
export interface FinnhubCommand {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly symbol: string;
}

/** A trade: conditions, price, symbol, time in ms, volume. */
export interface FinnhubTradeItem {
  /** Codes of conditions; null when there are none. */
  readonly c: readonly string[] | null;
  readonly p: number;
  readonly s: string;
  readonly t: number;
  readonly v: number;
}

/** What the server sends: a frame may hold trades of several symbols, each symbol's in order. */
export type FinnhubFrame =
  | { readonly type: 'trade'; readonly data: readonly FinnhubTradeItem[] }
  | { readonly type: 'ping' }
  | { readonly type: 'error'; readonly msg: string };

/** GET /api/v1/quote?symbol=: all zero (d and dp null) for a symbol that isn't known. */
export interface FinnhubQuote {
  /** Current price. */
  readonly c: number;
  /** Change, and in percent. */
  readonly d: number | null;
  readonly dp: number | null;
  /** High, low and open of the day, previous close. */
  readonly h: number;
  readonly l: number;
  readonly o: number;
  readonly pc: number;
  /** Time of the price, seconds since the epoch. */
  readonly t: number;
}

/** GET /api/v1/stock/market-status?exchange=US */
export interface FinnhubMarketStatus {
  readonly exchange: string;
  readonly holiday: string | null;
  readonly isOpen: boolean;
  readonly session: 'pre-market' | 'regular' | 'post-market' | null;
  readonly timezone: string;
  /** Seconds since the epoch. */
  readonly t: number;
}

/** Refusal by HTTP: 401 without or with a wrong key, 429 over the limit. */
export interface FinnhubError {
  readonly error: string;
}

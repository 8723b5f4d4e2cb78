/**
 * The wire of Binance's spot streams and of the part of its REST interface that goes with them. Prices and quantities are
 * decimal strings, times are ms since the epoch. Stream names are lower case (`btcusdt@trade`), symbols in frames upper case.
 */

/** What a client asks by WebSocket. `id` is an int64, an alphanumeric string of at most 36 characters, or null. */
export type BinanceCommand =
  | {
      readonly method: 'SUBSCRIBE' | 'UNSUBSCRIBE';
      readonly params: readonly string[];
      readonly id: BinanceId;
    }
  | { readonly method: 'LIST_SUBSCRIPTIONS'; readonly id: BinanceId }
  | { readonly method: 'SET_PROPERTY'; readonly params: readonly ['combined', boolean]; readonly id: BinanceId }
  | { readonly method: 'GET_PROPERTY'; readonly params: readonly ['combined']; readonly id: BinanceId };

export type BinanceId = number | string | null;

/** The answer to a command: null for done, the streams for LIST_SUBSCRIPTIONS, the value for GET_PROPERTY. */
export interface BinanceResult {
  readonly result: null | boolean | readonly string[];
  readonly id: BinanceId;
}

/** Refuses a command; `id` where it could be read. 0 unknown property, 1 bad value, 2 bad request, 3 no JSON. */
export interface BinanceCommandError {
  readonly code: 0 | 1 | 2 | 3 | 4;
  readonly msg: string;
  readonly id?: BinanceId;
}

/** A frame on `/stream`, or after SET_PROPERTY combined. */
export interface BinanceCombined<Data extends BinanceStreamEvent = BinanceStreamEvent> {
  readonly stream: string;
  readonly data: Data;
}

/** `<symbol>@trade` */
export interface BinanceTrade {
  readonly e: 'trade';
  /** Event time, ms. */
  readonly E: number;
  readonly s: string;
  /** Trade id, counted by one per symbol. */
  readonly t: number;
  readonly p: string;
  readonly q: string;
  /** Trade time, ms. */
  readonly T: number;
  /** Whether the buyer was the maker: the seller took. */
  readonly m: boolean;
  readonly M: boolean;
}

/** `<symbol>@aggTrade`: trades of one taker at one price. */
export interface BinanceAggTrade {
  readonly e: 'aggTrade';
  readonly E: number;
  readonly s: string;
  /** Aggregate's id. */
  readonly a: number;
  readonly p: string;
  readonly q: string;
  /** First and last trade's id. */
  readonly f: number;
  readonly l: number;
  readonly T: number;
  readonly m: boolean;
  readonly M: boolean;
}

/** `<symbol>@bookTicker`: best bid (b, B) and ask (a, A). It says no time and no kind. */
export interface BinanceBookTicker {
  /** Order book's update id: rises per symbol. */
  readonly u: number;
  readonly s: string;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

/** `<symbol>@miniTicker`: 24 hours rolling, once a second when changed. */
export interface BinanceMiniTicker {
  readonly e: '24hrMiniTicker';
  readonly E: number;
  readonly s: string;
  readonly c: string;
  readonly o: string;
  readonly h: string;
  readonly l: string;
  /** Volume in the base asset, and in the quote asset. */
  readonly v: string;
  readonly q: string;
}

/** `<symbol>@ticker`: 24 hours rolling, once a second when changed. */
export interface BinanceTicker {
  readonly e: '24hrTicker';
  readonly E: number;
  readonly s: string;
  /** Change of price, and in percent. */
  readonly p: string;
  readonly P: string;
  /** Weighted average price. */
  readonly w: string;
  /** Price before the window's first trade. */
  readonly x: string;
  /** Last price and quantity. */
  readonly c: string;
  readonly Q: string;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
  readonly o: string;
  readonly h: string;
  readonly l: string;
  readonly v: string;
  readonly q: string;
  /** The window's start and end, ms. */
  readonly O: number;
  readonly C: number;
  /** First and last trade's id (-1: none), count of trades. */
  readonly F: number;
  readonly L: number;
  readonly n: number;
}

/** `<symbol>@kline_<interval>`: the forming bar when changed, every 1 or 2 s, and once closed. */
export interface BinanceKline {
  readonly e: 'kline';
  readonly E: number;
  readonly s: string;
  readonly k: {
    /** Start and end (inclusive) of the bar, ms. */
    readonly t: number;
    readonly T: number;
    readonly s: string;
    readonly i: BinanceInterval;
    readonly f: number;
    readonly L: number;
    readonly o: string;
    readonly c: string;
    readonly h: string;
    readonly l: string;
    readonly v: string;
    readonly n: number;
    /** Whether the bar is closed. */
    readonly x: boolean;
    readonly q: string;
    /** Of which takers bought: base and quote asset. */
    readonly V: string;
    readonly Q: string;
    readonly B: string;
  };
}

export type BinanceInterval =
  | '1s'
  | '1m'
  | '3m'
  | '5m'
  | '15m'
  | '30m'
  | '1h'
  | '2h'
  | '4h'
  | '6h'
  | '8h'
  | '12h'
  | '1d';

/** Comes before the server ends a connection, raw and combined alike. */
export interface BinanceServerShutdown {
  readonly e: 'serverShutdown';
  readonly E: number;
}

/** What a stream says. */
export type BinanceStreamEvent =
  | BinanceTrade
  | BinanceAggTrade
  | BinanceBookTicker
  | BinanceMiniTicker
  | BinanceTicker
  | BinanceKline
  | BinanceServerShutdown;

/** Refusal by HTTP: status 400, 429 (over the limit, with Retry-After in s) or 418 (banned for going on). */
export interface BinanceRestError {
  readonly code: number;
  readonly msg: string;
}

/** GET /api/v3/ticker/bookTicker */
export interface BinanceRestBookTicker {
  readonly symbol: string;
  readonly bidPrice: string;
  readonly bidQty: string;
  readonly askPrice: string;
  readonly askQty: string;
}

/** GET /api/v3/ticker/price */
export interface BinanceRestPrice {
  readonly symbol: string;
  readonly price: string;
}

/** GET /api/v3/ticker/24hr */
export interface BinanceRestTicker {
  readonly symbol: string;
  readonly priceChange: string;
  readonly priceChangePercent: string;
  readonly weightedAvgPrice: string;
  readonly prevClosePrice: string;
  readonly lastPrice: string;
  readonly lastQty: string;
  readonly bidPrice: string;
  readonly bidQty: string;
  readonly askPrice: string;
  readonly askQty: string;
  readonly openPrice: string;
  readonly highPrice: string;
  readonly lowPrice: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly openTime: number;
  readonly closeTime: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
}

/** GET /api/v3/trades, newest last. */
export interface BinanceRestTrade {
  readonly id: number;
  readonly price: string;
  readonly qty: string;
  readonly quoteQty: string;
  readonly time: number;
  readonly isBuyerMaker: boolean;
  readonly isBestMatch: boolean;
}

/** GET /api/v3/aggTrades, newest last. */
export type BinanceRestAggTrade = Omit<BinanceAggTrade, 'e' | 'E' | 's'>;

/** GET /api/v3/depth: price and quantity, best first. */
export interface BinanceRestDepth {
  readonly lastUpdateId: number;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

/** GET /api/v3/klines: open time, open, high, low, close, volume, close time, quote volume, trades, taker's base and quote volume, unused. */
export type BinanceRestKline = readonly [
  openTimeMs: number,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
  closeTimeMs: number,
  quoteVolume: string,
  trades: number,
  takerBaseVolume: string,
  takerQuoteVolume: string,
  unused: string,
];

/** GET /api/v3/exchangeInfo, as far as it says something of the market data. */
export interface BinanceExchangeInfo {
  readonly timezone: 'UTC';
  readonly serverTime: number;
  readonly rateLimits: readonly {
    readonly rateLimitType: 'REQUEST_WEIGHT' | 'RAW_REQUESTS';
    readonly interval: 'MINUTE';
    readonly intervalNum: number;
    readonly limit: number;
  }[];
  readonly exchangeFilters: readonly never[];
  readonly symbols: readonly BinanceSymbolInfo[];
}

export interface BinanceSymbolInfo {
  readonly symbol: string;
  readonly status: 'TRADING' | 'HALT' | 'BREAK';
  readonly baseAsset: string;
  readonly baseAssetPrecision: number;
  readonly quoteAsset: string;
  readonly quotePrecision: number;
  readonly quoteAssetPrecision: number;
  readonly orderTypes: readonly string[];
  readonly icebergAllowed: boolean;
  readonly ocoAllowed: boolean;
  readonly isSpotTradingAllowed: boolean;
  readonly isMarginTradingAllowed: boolean;
  readonly filters: readonly (
    | {
        readonly filterType: 'PRICE_FILTER';
        readonly minPrice: string;
        readonly maxPrice: string;
        readonly tickSize: string;
      }
    | { readonly filterType: 'LOT_SIZE'; readonly minQty: string; readonly maxQty: string; readonly stepSize: string }
  )[];
  readonly permissions: readonly string[];
}

/**
 * The wire of Polygon (now also named Massive) for US stocks: WebSocket `/stocks`, where the server's frames are arrays
 * and the client's single objects, and REST with a key as `?apiKey=` or bearer token. Prices are numbers; the stream's times
 * are ms, REST's trades and quotes have ns.
 */

/** What a client sends. `params` of `auth` is the key, else topics with commas between: `T.AAPL,Q.*`. */
export interface PolygonAction {
  readonly action: 'auth' | 'subscribe' | 'unsubscribe';
  readonly params: string;
}

/** Kinds of topics: trades, quotes, bars of a minute and of a second, price bands. */
export type PolygonChannel = 'T' | 'Q' | 'AM' | 'A' | 'LULD';

/** Why the server speaks. `auth_timeout`, `max_connections` and `error` are third-party knowledge. */
export type PolygonStatusName =
  | 'connected'
  | 'auth_success'
  | 'auth_failed'
  | 'auth_timeout'
  | 'success'
  | 'error'
  | 'max_connections';

export interface PolygonStatus {
  readonly ev: 'status';
  readonly status: PolygonStatusName;
  readonly message: string;
}

/** A trade. */
export interface PolygonTrade {
  readonly ev: 'T';
  readonly sym: string;
  /** Exchange's number. */
  readonly x: number;
  /** The trade's id. */
  readonly i: string;
  /** Tape: 1 NYSE, 2 AMEX, 3 Nasdaq. */
  readonly z: number;
  readonly p: number;
  /** Shares. */
  readonly s: number;
  /** Conditions; absent without any. */
  readonly c?: readonly number[];
  /** ms since the epoch. */
  readonly t: number;
  /** Grows with each event of the symbol; not by one. */
  readonly q: number;
}

/** A quote; `bs` and `as` are round lots of 100. */
export interface PolygonQuote {
  readonly ev: 'Q';
  readonly sym: string;
  readonly bx: number;
  readonly bp: number;
  readonly bs: number;
  readonly ax: number;
  readonly ap: number;
  readonly as: number;
  readonly c?: number;
  readonly i?: readonly number[];
  /** ms since the epoch. */
  readonly t: number;
  readonly q: number;
  readonly z: number;
}

/** A bar of a minute (`AM`) or a second (`A`). */
export interface PolygonBar {
  readonly ev: 'AM' | 'A';
  readonly sym: string;
  /** Volume of the bar, shares. */
  readonly v: number;
  /** Volume of the day, shares. */
  readonly av: number;
  /** The day's opening price. */
  readonly op: number;
  /** Volume-weighted average price of the bar. */
  readonly vw: number;
  readonly o: number;
  readonly c: number;
  readonly h: number;
  readonly l: number;
  /** Volume-weighted average price of the day. */
  readonly a: number;
  /** Average size of the bar's trades, shares. */
  readonly z: number;
  /** Start and end, ms since the epoch. */
  readonly s: number;
  readonly e: number;
}

/** Limit up, limit down: the price band. `T` is the symbol. */
export interface PolygonLuld {
  readonly ev: 'LULD';
  readonly T: string;
  readonly h: number;
  readonly l: number;
  readonly i: readonly number[];
  readonly z: number;
  /** ms since the epoch. */
  readonly t: number;
  readonly q: number;
}

/** A bar by REST; `t` is its start, ms since the epoch. */
export interface PolygonRestBar {
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
  readonly vw: number;
  readonly n: number;
  readonly t: number;
}

/** GET /v2/aggs/ticker/AAPL/range/1/minute/FROM/TO and /v2/aggs/ticker/AAPL/prev */
export interface PolygonAggregates {
  readonly ticker: string;
  readonly queryCount: number;
  readonly resultsCount: number;
  readonly adjusted: boolean;
  /** Absent when there are none. */
  readonly results?: readonly PolygonRestBar[];
  readonly status: 'OK';
  readonly request_id: string;
  readonly count: number;
}

/** GET /v2/last/trade/AAPL; times are ns, as whole numbers beyond 2^53. */
export interface PolygonLastTrade {
  readonly request_id: string;
  readonly status: 'OK';
  readonly results: {
    readonly T: string;
    readonly i: string;
    readonly p: number;
    readonly s: number;
    readonly t: number;
    readonly y: number;
    readonly q: number;
    readonly x: number;
    readonly z: number;
    readonly c?: readonly number[];
  };
}

/** GET /v2/last/nbbo/AAPL; `P` and `S` are the ask, `p` and `s` the bid. */
export interface PolygonLastQuote {
  readonly request_id: string;
  readonly status: 'OK';
  readonly results: {
    readonly T: string;
    readonly P: number;
    readonly S: number;
    readonly X: number;
    readonly p: number;
    readonly s: number;
    readonly x: number;
    readonly t: number;
    readonly y: number;
    readonly q: number;
    readonly z: number;
  };
}

/** What is known of a symbol in a snapshot. */
export interface PolygonTickerSnapshot {
  readonly ticker: string;
  readonly todaysChange: number;
  readonly todaysChangePerc: number;
  /** ns since the epoch. */
  readonly updated: number;
  readonly day: {
    readonly o: number;
    readonly h: number;
    readonly l: number;
    readonly c: number;
    readonly v: number;
    readonly vw: number;
  };
  readonly lastTrade?: {
    readonly i: string;
    readonly p: number;
    readonly s: number;
    readonly t: number;
    readonly x: number;
  };
  /** `P` and `S` are the ask, `p` and `s` the bid. */
  readonly lastQuote?: {
    readonly P: number;
    readonly S: number;
    readonly p: number;
    readonly s: number;
    readonly t: number;
  };
  readonly min?: PolygonRestBar & { readonly av: number };
  readonly prevDay: {
    readonly o: number;
    readonly h: number;
    readonly l: number;
    readonly c: number;
    readonly v: number;
    readonly vw: number;
  };
}

/** GET /v2/snapshot/locale/us/markets/stocks/tickers/AAPL */
export interface PolygonSnapshot {
  readonly request_id: string;
  readonly status: 'OK';
  readonly ticker: PolygonTickerSnapshot;
}

/** GET /v2/snapshot/locale/us/markets/stocks/tickers?tickers=AAPL,MSFT */
export interface PolygonSnapshots {
  readonly request_id: string;
  readonly status: 'OK';
  readonly count: number;
  readonly tickers: readonly PolygonTickerSnapshot[];
}

/** GET /v1/marketstatus/now */
export interface PolygonMarketStatus {
  readonly market: 'open' | 'closed' | 'extended-hours';
  readonly afterHours: boolean;
  readonly earlyHours: boolean;
  /** ISO 8601 with New York's offset. */
  readonly serverTime: string;
  readonly exchanges: Readonly<Record<'nasdaq' | 'nyse' | 'otc', string>>;
  readonly currencies: Readonly<Record<'crypto' | 'fx', string>>;
}

/** GET /v3/reference/tickers; pages are linked by `next_url`. */
export interface PolygonTickers {
  readonly request_id: string;
  readonly status: 'OK';
  readonly count: number;
  readonly next_url?: string;
  readonly results: readonly {
    readonly ticker: string;
    readonly name: string;
    readonly market: string;
    readonly locale: string;
    readonly type: string;
    readonly active: boolean;
    readonly currency_name: string;
  }[];
}

/** Any answer that isn't the one asked for: statuses 400, 401, 403, 404 and 429. Old routes say `message`, the rest `error`. */
export interface PolygonError {
  readonly status: 'ERROR' | 'NOT_FOUND' | 'NOT_AUTHORIZED';
  readonly request_id: string;
  readonly error?: string;
  readonly message?: string;
}

/**
 * The wire of Tradier's market data: REST under `/v1/markets` with a bearer token, events by WebSocket
 * (`/v1/markets/events`) for a session made by REST. Lists of one are given as the one itself.
 */

/** A quote by REST. Times are ms since the epoch, sizes of bid and ask are round lots of 100. */
export interface TradierRestQuote {
  readonly symbol: string;
  readonly description: string;
  readonly exch: string;
  readonly type: string;
  readonly last: number | null;
  readonly change: number | null;
  readonly volume: number;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  /** Null until the session has closed. */
  readonly close: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly change_percentage: number | null;
  readonly average_volume: number;
  readonly last_volume: number;
  readonly trade_date: number;
  readonly prevclose: number | null;
  readonly week_52_high: number;
  readonly week_52_low: number;
  readonly bidsize: number;
  readonly bidexch: string | null;
  readonly bid_date: number;
  readonly asksize: number;
  readonly askexch: string | null;
  readonly ask_date: number;
  readonly root_symbols: string;
}

/** GET or POST /v1/markets/quotes?symbols=A,B. Unknown symbols are listed apart (third-party), `quote` is absent when none is known. */
export interface TradierQuotes {
  readonly quotes: {
    readonly quote?: TradierRestQuote | readonly TradierRestQuote[];
    readonly unmatched_symbols?: { readonly symbol: string | readonly string[] };
  };
}

/** POST /v1/markets/events/session: valid for 5 minutes and for one connection. */
export interface TradierSession {
  readonly stream: { readonly url: string; readonly sessionid: string };
}

export type TradierFilter = 'trade' | 'quote' | 'summary' | 'timesale' | 'tradex';

/** What a client sends by WebSocket; each replaces the one before it. No filter: all but `tradex`. */
export interface TradierSubscription {
  readonly symbols: readonly string[];
  readonly sessionid: string;
  readonly filter?: readonly TradierFilter[];
  /** Ends each event with a line break. */
  readonly linebreak?: boolean;
  /** Only ticks that are valid for the exchange. */
  readonly validOnly?: boolean;
  /** All fields in timesales and trades. */
  readonly advancedDetails?: boolean;
}

/** Prices are numbers, times strings of ms, sizes round lots. */
export interface TradierQuoteEvent {
  readonly type: 'quote';
  readonly symbol: string;
  readonly bid: number;
  readonly bidsz: number;
  readonly bidexch: string;
  readonly biddate: string;
  readonly ask: number;
  readonly asksz: number;
  readonly askexch: string;
  readonly askdate: string;
}

/** All values are strings; `cvol` is the day's volume so far, `date` ms since the epoch. */
export interface TradierTradeEvent {
  readonly type: 'trade' | 'tradex';
  readonly symbol: string;
  readonly exch: string;
  readonly price: string;
  readonly size: string;
  readonly cvol: string;
  readonly date: string;
  readonly last: string;
}

export interface TradierSummaryEvent {
  readonly type: 'summary';
  readonly symbol: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly prevClose: string;
}

/** A trade with the quote that it met; `seq` rises per symbol. */
export interface TradierTimesaleEvent {
  readonly type: 'timesale';
  readonly symbol: string;
  readonly exch: string;
  readonly bid: string;
  readonly ask: string;
  readonly last: string;
  readonly size: string;
  readonly date: string;
  readonly seq: number;
  readonly flag: string;
  readonly cancel: boolean;
  readonly correction: boolean;
  readonly session: 'pre' | 'normal' | 'post';
}

export type TradierEvent = TradierQuoteEvent | TradierTradeEvent | TradierSummaryEvent | TradierTimesaleEvent;

/** By WebSocket, before the end of a connection whose session isn't valid. */
export interface TradierStreamError {
  readonly error: string;
}

/** GET /v1/markets/clock; `timestamp` is seconds since the epoch, times of day are New York's. */
export interface TradierClock {
  readonly clock: {
    readonly date: string;
    readonly description: string;
    readonly state: 'premarket' | 'open' | 'postmarket' | 'closed';
    readonly timestamp: number;
    readonly next_change: string;
    readonly next_state: 'premarket' | 'open' | 'postmarket' | 'closed';
  };
}

/** A bar by time; `timestamp` is seconds since the epoch, `time` New York's. */
export interface TradierBar {
  readonly time: string;
  readonly timestamp: number;
  readonly price: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly vwap: number;
}

/** GET /v1/markets/timesales?symbol=&interval=1min|5min|15min */
export interface TradierTimesales {
  readonly series: { readonly data: TradierBar | readonly TradierBar[] } | null;
}

export interface TradierDay {
  readonly date: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** GET /v1/markets/history?symbol=&interval=daily */
export interface TradierHistory {
  readonly history: { readonly day: TradierDay | readonly TradierDay[] } | null;
}

/** Refusal by HTTP. */
export interface TradierFault {
  readonly fault: { readonly faultstring: string; readonly detail: { readonly errorcode: string } };
}

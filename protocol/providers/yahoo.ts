/** The wire of Yahoo's chart interface, GET /v8/finance/chart/SYMBOL, as yfinance and yahoo-finance2 read it. Times are seconds since the epoch. */

export type YahooInterval =
  | '1m'
  | '2m'
  | '5m'
  | '15m'
  | '30m'
  | '60m'
  | '90m'
  | '1h'
  | '1d'
  | '5d'
  | '1wk'
  | '1mo'
  | '3mo';

export interface YahooPeriod {
  readonly timezone: string;
  readonly start: number;
  readonly end: number;
  /** Seconds east of Greenwich. */
  readonly gmtoffset: number;
}

export interface YahooChartMeta {
  readonly currency: string;
  readonly symbol: string;
  readonly exchangeName: string;
  readonly fullExchangeName: string;
  readonly instrumentType: string;
  readonly firstTradeDate: number;
  /** When the price below was made. */
  readonly regularMarketTime: number;
  readonly hasPrePostMarketData: boolean;
  readonly gmtoffset: number;
  readonly timezone: string;
  readonly exchangeTimezoneName: string;
  readonly regularMarketPrice: number;
  readonly fiftyTwoWeekHigh?: number;
  readonly fiftyTwoWeekLow?: number;
  readonly regularMarketDayHigh?: number;
  readonly regularMarketDayLow?: number;
  readonly regularMarketVolume?: number;
  readonly longName?: string;
  readonly shortName?: string;
  readonly chartPreviousClose?: number;
  readonly previousClose?: number;
  readonly scale?: number;
  readonly priceHint: number;
  readonly currentTradingPeriod: {
    readonly pre: YahooPeriod;
    readonly regular: YahooPeriod;
    readonly post: YahooPeriod;
  };
  /** Of intraday charts: the periods of each day shown. */
  readonly tradingPeriods?:
    | readonly (readonly YahooPeriod[])[]
    | {
        readonly pre: readonly (readonly YahooPeriod[])[];
        readonly regular: readonly (readonly YahooPeriod[])[];
        readonly post: readonly (readonly YahooPeriod[])[];
      };
  readonly dataGranularity: YahooInterval;
  readonly range: string;
  readonly validRanges: readonly string[];
}

/** Columns of equal length with `timestamp`; null where nothing was traded. Without any bar `timestamp` is absent and the quote empty. */
export interface YahooChartResult {
  readonly meta: YahooChartMeta;
  readonly timestamp?: readonly number[];
  readonly indicators: {
    readonly quote: readonly {
      readonly open?: readonly (number | null)[];
      readonly high?: readonly (number | null)[];
      readonly low?: readonly (number | null)[];
      readonly close?: readonly (number | null)[];
      readonly volume?: readonly (number | null)[];
    }[];
    /** Daily and longer bars alone. */
    readonly adjclose?: readonly { readonly adjclose?: readonly (number | null)[] }[];
  };
}

/** Status 200 with a result, 404 for an unknown symbol, 422 for a bad range or interval. */
export interface YahooChart {
  readonly chart:
    | { readonly result: readonly YahooChartResult[]; readonly error: null }
    | { readonly result: null; readonly error: YahooError };
}

export interface YahooError {
  readonly code: string;
  readonly description: string;
}

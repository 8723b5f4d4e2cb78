/**
 * The wire of Alpha Vantage: GET /query?function=..., status 200 whatever the answer. Prices and volumes are decimal strings
 * of four places and of none; times are New York's, `YYYY-MM-DD HH:MM:SS`.
 */

/** `function=GLOBAL_QUOTE`; an empty object for a symbol that isn't known (third-party). */
export interface AlphaVantageGlobalQuote {
  readonly 'Global Quote':
    | {
        readonly '01. symbol': string;
        readonly '02. open': string;
        readonly '03. high': string;
        readonly '04. low': string;
        readonly '05. price': string;
        readonly '06. volume': string;
        /** `YYYY-MM-DD`. */
        readonly '07. latest trading day': string;
        readonly '08. previous close': string;
        readonly '09. change': string;
        /** With a percent sign. */
        readonly '10. change percent': string;
      }
    | Readonly<Record<string, never>>;
}

/** A bar of a series. */
export interface AlphaVantageBar {
  readonly '1. open': string;
  readonly '2. high': string;
  readonly '3. low': string;
  readonly '4. close': string;
  readonly '5. volume': string;
}

export type AlphaVantageInterval = '1min' | '5min' | '15min' | '30min' | '60min';

/** `function=TIME_SERIES_INTRADAY`: the series is under `Time Series (<interval>)`, newest first, each bar by the time of its start. */
export type AlphaVantageIntraday = {
  readonly 'Meta Data': {
    readonly '1. Information': string;
    readonly '2. Symbol': string;
    readonly '3. Last Refreshed': string;
    readonly '4. Interval': AlphaVantageInterval;
    readonly '5. Output Size': string;
    readonly '6. Time Zone': 'US/Eastern';
  };
} & {
  readonly [key in `Time Series (${AlphaVantageInterval})`]?: Readonly<Record<string, AlphaVantageBar>>;
};

/** `function=TIME_SERIES_DAILY`: newest first, by date. */
export interface AlphaVantageDaily {
  readonly 'Meta Data': {
    readonly '1. Information': string;
    readonly '2. Symbol': string;
    readonly '3. Last Refreshed': string;
    readonly '4. Output Size': string;
    readonly '5. Time Zone': 'US/Eastern';
  };
  readonly 'Time Series (Daily)': Readonly<Record<string, AlphaVantageBar>>;
}

/** Over the limit, said with status 200: `Information` today, `Note` formerly. */
export type AlphaVantageLimited = { readonly Information: string } | { readonly Note: string };

/** A bad call, said with status 200. */
export interface AlphaVantageError {
  readonly 'Error Message': string;
}

export type AlphaVantageAnswer =
  | AlphaVantageGlobalQuote
  | AlphaVantageIntraday
  | AlphaVantageDaily
  | AlphaVantageLimited
  | AlphaVantageError;

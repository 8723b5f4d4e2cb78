/** Figures of a series of returns that markets have in common ("stylised facts"), whatever the time between two returns. */
export interface ReturnFacts {
  readonly name: string;
  /** `source`: the real prices; `tape`: the tape's. */
  readonly role: 'source' | 'tape';
  /** Time between two returns. */
  readonly interval: 'day' | 'minute';
  /** How many returns; of several symbols, each one's. */
  readonly returns: number;
  /** Series that the figures are the mean of (kurtosis: the median). */
  readonly series: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
  /** Of sums of five returns. */
  readonly kurtosisOfFive: number;
  /** Of the returns, lag 1 first. */
  readonly autocorrelation: readonly number[];
  /** Of their absolute values, lag 1 first: how volatility clusters. */
  readonly absoluteAutocorrelation: readonly number[];
  /** Autocorrelations of independent returns lie within plus and minus this, 19 times in 20. */
  readonly band: number;
}

/** What symbols of a price level have in common, each the mean over them. */
export interface PriceLevelFacts {
  /** In the currency; `toPrice` excluded, absent for the highest. */
  readonly fromPrice: number;
  readonly toPrice?: number;
  readonly symbols: number;
  readonly spreadTicks: number;
  readonly spreadBp: number;
  readonly quoteSize: number;
  readonly tradeSize: number;
}

/** One point of time of the session, relative to the session's mean. */
export interface IntradayFacts {
  readonly minute: number;
  /** Events, and mean absolute return by minute; 1 is the mean. */
  readonly events: number;
  readonly absoluteReturn: number;
}

/** The stylised facts of a tape beside those of the real prices that it was made from, or that it is compared with. */
export interface TapeFacts {
  readonly version: 1;
  readonly tape: {
    readonly name: string;
    readonly sessionDate: string;
    readonly kind: 'derived' | 'recorded';
    readonly description: string;
    readonly symbols: number;
    readonly events: number;
    readonly trades: number;
    readonly quotes: number;
    readonly eventHash: string;
  };
  readonly source: {
    readonly file: string;
    readonly days: number;
    readonly firstDate: string;
    readonly lastDate: string;
    /** Whether the tape says that it was made from this very file. */
    readonly isOrigin: boolean;
  };
  /** The source first. */
  readonly returns: readonly ReturnFacts[];
  readonly intraday: readonly IntradayFacts[];
  readonly priceLevels: readonly PriceLevelFacts[];
  readonly arrivals: {
    readonly symbols: number;
    /** Share of the gaps between a symbol's events that are longer than so many times its mean gap; the same of a Poisson process. */
    readonly longer: readonly { readonly gaps: number; readonly share: number; readonly poisson: number }[];
    /** Events by the symbol's rank, a selection. */
    readonly ranks: readonly { readonly rank: number; readonly events: number }[];
  };
  readonly auctions: {
    readonly openings: number;
    readonly closings: number;
    /** Shares of all shares traded. */
    readonly openingShare: number;
    readonly closingShare: number;
  };
}

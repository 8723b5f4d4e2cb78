/** What frames carry: the parts that several frames share. Times are µs since the epoch. */

/** Market data as numbers, in the currency and in units; null before the first trade or quote. */
export interface TickerData {
  readonly last: number | null;
  readonly lastSize: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  /** Sum of trade sizes of the session so far. */
  readonly volume: number;
  readonly previousClose: number | null;
}

/** One trade, as numbers in the currency and in units. */
export interface TradeData {
  readonly price: number;
  readonly size: number;
  /** Trade conditions as bits; 0 is a regular trade. */
  readonly flags: number;
}

/** Time frames of bars, shortest first. */
export const TIME_FRAMES = ['1m', '5m', '15m', '1h'] as const;
export type TimeFrame = (typeof TIME_FRAMES)[number];

/** What is special about a bar: see PROTOCOL.md. */
export type BarFlagName = 'after_gap' | 'filled' | 'corrected' | 'provider';

/** A bar as numbers, in the currency and in units. */
export interface BarData {
  /** Start of the bar: it holds trades from here until before its end. */
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Volume-weighted average price; the close of a bar without trades. */
  readonly vwap: number;
  readonly trades: number;
  /** Sum of price x size. */
  readonly notional: number;
  /** False for the bar that is still open. */
  readonly isClosed: boolean;
  /** True when a late trade amended a bar that was told already. */
  readonly isCorrection: boolean;
  readonly flags: readonly BarFlagName[];
}
/** The state of a bar stream: the last closed bars, oldest first, and the open one. */
export interface BarsData {
  readonly bars: readonly BarData[];
  readonly forming: BarData | null;
}

export interface PatternBarData {
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}
export interface PatternPivotData {
  readonly kind: 'high' | 'low';
  readonly price: number;
  /** Start of the bar that made it. */
  readonly startUs: number;
}
export interface EarlierPatternData {
  readonly patternType: string;
  readonly timeFrame: TimeFrame;
  readonly startUs: number;
  readonly direction: PatternDirection;
  readonly confidence: number;
  readonly outcome: 'open' | 'success' | 'failure' | 'untracked';
}
export type PatternDirection = 'up' | 'down' | 'neutral';
/** A pattern that a bar completed. Prices are numbers in the currency. */
export interface PatternData {
  /** Names this pattern: symbol, time frame, start of the completing bar and type. */
  readonly patternId: string;
  readonly patternType: string;
  readonly kind: 'candlestick' | 'chart';
  readonly timeFrame: TimeFrame;
  /** 0..1. */
  readonly confidence: number;
  readonly direction: PatternDirection;
  /** Close of the completing bar. */
  readonly price: number;
  /** The pattern is void once price touches it; null for a neutral one. */
  readonly invalidationPrice: number | null;
  /** True for what the open bar would complete if it closed now. */
  readonly isEarly: boolean;
  /** Start of the formation's first bar. */
  readonly fromUs: number;
  /** Start of the completing bar. */
  readonly toUs: number;
  /** Bars from the first to the last. */
  readonly barCount: number;
  /** The last bars of the formation, at most five, oldest first. */
  readonly bars: readonly PatternBarData[];
  /** Its turning points, oldest first; none for candlesticks. */
  readonly pivots: readonly PatternPivotData[];
  /** The symbol's patterns before this one, newest first. */
  readonly earlier: readonly EarlierPatternData[];
  /** How often this type came true for this symbol and time frame. */
  readonly successRate: {
    readonly successes: number;
    readonly settled: number;
    /** null while nothing is settled. */
    readonly rate: number | null;
  };
}

export interface TrailingOffsetData {
  readonly kind: 'price' | 'bp' | 'ticks';
  /** `price`: decimal string in the currency; `bp` and `ticks`: whole number as a string. */
  readonly value: string;
}

/** An order on the wire: prices and quantities are decimal strings. */
export interface OrderData {
  readonly account: string;
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly orderType: string;
  readonly status: string;
  readonly quantity: string;
  readonly leavesQuantity: string;
  readonly cumulativeQuantity: string;
  readonly triggerPrice?: string;
  readonly limitPrice?: string;
  readonly peakPrice?: string;
  readonly trailingOffset?: TrailingOffsetData;
  readonly averagePrice?: string;
  /** The list that it was placed with. */
  readonly contingency?: 'OCO' | 'OTO' | 'OUO' | 'BRACKET';
  readonly parentClientOrderId?: string;
  readonly reduceOnly?: boolean;
  /** The first instant at which it works no more, of DAY and GTD orders. */
  readonly expireTimeUs?: number;
  readonly rejectReason?: string;
}

export interface ExecutionData {
  readonly executionId: string;
  readonly orderId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly lastPrice: string;
  readonly lastQuantity: string;
  readonly leavesQuantity: string;
}

/** A position: decimal strings; `quantity` is negative when short. */
export interface PositionData {
  readonly symbol: string;
  readonly quantity: string;
  readonly averagePrice: string;
  readonly markPrice: string;
  readonly realizedPnl: string;
  readonly unrealizedPnl: string;
}

/** An account's worth: decimal strings in the currency. */
export interface PortfolioData {
  readonly account: string;
  readonly cash: string;
  readonly equity: string;
  readonly realizedPnl: string;
  readonly unrealizedPnl: string;
}

/** What an alert waits for. Prices are decimal strings in the currency. */
export interface AlertData {
  /** The client's name for it, unique in its account. */
  readonly alertId: string;
  readonly account: string;
  readonly symbol: string;
  /** `above`: a trade at or above the price; `below`: at or below; `changePercent`: that far from the last close, or further. */
  readonly condition: 'above' | 'below' | 'changePercent';
  /** Price of `above` and `below`, percent of `changePercent`. */
  readonly threshold: string;
  /** The price at which it acts. */
  readonly triggerPrice: string;
  /** Price of the trade that reached it; absent while it waits. */
  readonly price?: string;
}

export interface NewsData {
  readonly newsId: string;
  readonly headline: string;
  readonly body?: string;
  readonly source?: string;
  readonly url?: string;
  /** What it is about; empty for the whole market. */
  readonly symbols: readonly string[];
}

/** Somebody on a channel. */
export interface PresentUser {
  readonly user: string;
  /** Its own word for how it is there (`presence.set`); `online` until it says otherwise. */
  readonly state: string;
}

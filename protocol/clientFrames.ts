import type { Channel } from './channels.ts';
import type { TimeFrame, TrailingOffsetData } from './data.ts';

/** A place in streams: one epoch, the last sequence number seen per key (see {@link CHANNEL_KEYS}). */
export interface Cursor {
  readonly epoch: string;
  readonly seq: Readonly<Record<string, number>>;
}

export interface AuthFrame {
  readonly type: 'auth';
  readonly id?: number;
  /** JWT; absent on a loopback server without a secret: the development account. */
  readonly token?: string;
}
/** A new token for the open connection, of the same user. */
export interface RefreshFrame {
  readonly type: 'refresh';
  readonly id?: number;
  readonly token: string;
}
export interface SubscribeFrame {
  readonly type: 'subscribe';
  readonly id?: number;
  readonly channel: Channel;
  /** Keys of the channel; for channels of accounts absent: the identity's account; for `news` absent: everything. */
  readonly symbols?: readonly string[];
  readonly since?: Cursor;
  /** Class B: at most one frame of a key in this time, the latest; 0 or absent: every one. */
  readonly throttleMs?: number;
  /** `bar.*`: also the bar that is still open, as it changes. */
  readonly forming?: boolean;
  /** `bar.*`: closed bars that a snapshot brings, 0 to 200. */
  readonly bars?: number;
  /** `pattern`: least confidence, 0 to 1. */
  readonly minConfidence?: number;
  /** `pattern`: only these types. */
  readonly patternTypes?: readonly string[];
  /** `pattern`: only these time frames. */
  readonly timeFrames?: readonly TimeFrame[];
}
export interface UnsubscribeFrame {
  readonly type: 'unsubscribe';
  readonly id?: number;
  readonly channel: Channel;
  readonly symbols?: readonly string[];
}
export interface PingFrame {
  readonly type: 'ping';
  readonly id?: number;
}
/** What `get` can ask for, once and without a subscription. */
export const GET_SUBJECTS = [
  'quote',
  'bars',
  'patterns',
  'orders',
  'positions',
  'portfolio',
  'alerts',
  'news',
] as const;
export type GetSubject = (typeof GET_SUBJECTS)[number];
export interface GetFrame {
  readonly type: 'get';
  readonly id?: number;
  readonly what: GetSubject;
  /** `quote`, `bars`, `patterns`: of which symbol. */
  readonly symbol?: string;
  /** `bars`, `patterns`: of which time frame; for `bars` absent: 1m, for `patterns` absent: all. */
  readonly timeFrame?: TimeFrame;
  /** `bars`, `patterns`, `news`: at most so many, the newest ones. */
  readonly limit?: number;
  /** `patterns`: also what the open bars would complete if they closed now. */
  readonly early?: boolean;
  /** `orders`, `positions`, `portfolio`, `alerts`; absent: one's own. */
  readonly account?: string;
}

export type OrderTypeName = 'MARKET' | 'LIMIT' | 'STOP_MARKET' | 'STOP_LIMIT' | 'TRAILING_STOP_MARKET' | 'TAKE_PROFIT';

/** The terms of a new order. */
export interface OrderTerms {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly orderType: OrderTypeName;
  /** Decimal string, in units. */
  readonly quantity: string;
  /** Decimal string, in the currency: stop of STOP_MARKET and STOP_LIMIT, target of TAKE_PROFIT. */
  readonly triggerPrice?: string;
  /** Decimal string, in the currency: limit of LIMIT and STOP_LIMIT. */
  readonly limitPrice?: string;
  readonly trailingOffset?: TrailingOffsetData;
  /** Decimal string, in the currency: a trail starts when the market first reaches it. */
  readonly activationPrice?: string;
  /** Which price it watches (default `last`). */
  readonly triggerBasis?: 'last' | 'bid_ask' | 'mark';
  /** Default GTC. */
  readonly timeInForce?: 'DAY' | 'GTC' | 'IOC' | 'FOK' | 'GTD';
  /** GTD: the first instant at which it works no more, µs since the epoch. */
  readonly expireTimeUs?: number;
  /** Works outside the regular session as well. */
  readonly extendedHours?: boolean;
  /** Only makes the position smaller. */
  readonly reduceOnly?: boolean;
  /** Waits until that order of the same account and symbol is filled. */
  readonly parentClientOrderId?: string;
}
export interface OrderPlaceFrame extends OrderTerms {
  readonly type: 'order.place';
  readonly id?: number;
  readonly account?: string;
}
/** Orders that are taken together or not at all. */
export interface OrderPlaceListFrame {
  readonly type: 'order.placeList';
  readonly id?: number;
  readonly account?: string;
  readonly contingency: 'OCO' | 'OTO' | 'OUO' | 'BRACKET';
  /** OTO and BRACKET: when the children begin to work (default `complete_fill` of the parent). */
  readonly childrenFrom?: 'complete_fill' | 'first_fill';
  /** Two to ten, a bracket three; of one symbol; the first is the parent. */
  readonly orders: readonly OrderTerms[];
}
/** New terms for an order that is still there; what is absent stays. */
export interface OrderModifyFrame {
  readonly type: 'order.modify';
  readonly id?: number;
  readonly account?: string;
  readonly clientOrderId: string;
  /** Total, what is filled already included. */
  readonly quantity?: string;
  readonly triggerPrice?: string;
  readonly limitPrice?: string;
  readonly trailingOffset?: TrailingOffsetData;
  readonly activationPrice?: string;
  readonly expireTimeUs?: number;
}
export interface OrderCancelFrame {
  readonly type: 'order.cancel';
  readonly id?: number;
  readonly clientOrderId: string;
  readonly account?: string;
}
/** An alert fires once, on the first trade that meets it; exactly one of `above`, `below`, `changePercent`. */
export interface AlertSetFrame {
  readonly type: 'alert.set';
  readonly id?: number;
  /** The client's name for it; setting it again replaces what was set. */
  readonly alertId: string;
  readonly account?: string;
  readonly symbol: string;
  /** Decimal string, in the currency. */
  readonly above?: string;
  readonly below?: string;
  /** Decimal string, percent from the last session's close: above 0 for a rise, below 0 for a fall. */
  readonly changePercent?: string;
}
export interface AlertClearFrame {
  readonly type: 'alert.clear';
  readonly id?: number;
  readonly alertId: string;
  readonly account?: string;
}
/** Says how one is there, on all channels that one is on. */
export interface PresenceSetFrame {
  readonly type: 'presence.set';
  readonly id?: number;
  readonly state: string;
}
export type ClientFrame =
  | AuthFrame
  | RefreshFrame
  | SubscribeFrame
  | UnsubscribeFrame
  | PingFrame
  | GetFrame
  | OrderPlaceFrame
  | OrderPlaceListFrame
  | OrderModifyFrame
  | OrderCancelFrame
  | AlertSetFrame
  | AlertClearFrame
  | PresenceSetFrame;

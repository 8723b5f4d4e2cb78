import type { ErrorCode } from './codes.ts';
import type { Limits } from './limits.ts';

/** Channels of the native stream that exist so far. */
export const CHANNELS = ['ticker', 'order', 'execution', 'system', 'heartbeat'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A place in streams: one epoch, the last sequence number seen per key (symbol for `ticker`, account for `order` and `execution`). */
export interface Cursor {
  readonly epoch: string;
  readonly seq: Readonly<Record<string, number>>;
}

// --- client to server -------------------------------------------------------------------------------------------

export interface AuthFrame {
  readonly type: 'auth';
  readonly id?: number;
  /** JWT; absent on a loopback server without a secret: the development account. */
  readonly token?: string;
}
export interface SubscribeFrame {
  readonly type: 'subscribe';
  readonly id?: number;
  readonly channel: Channel;
  /** Keys of the channel; for `order` and `execution` absent: the identity's account. */
  readonly symbols?: readonly string[];
  readonly since?: Cursor;
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
export interface OrderPlaceFrame {
  readonly type: 'order.place';
  readonly id?: number;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly orderType: 'MARKET' | 'STOP_MARKET' | 'TRAILING_STOP_MARKET';
  /** Decimal string, in units. */
  readonly quantity: string;
  /** Decimal string, in the currency. */
  readonly triggerPrice?: string;
  /** `price`: decimal string in the currency; `bp` and `ticks`: whole number as a string. */
  readonly trailingOffset?: { readonly kind: 'price' | 'bp' | 'ticks'; readonly value: string };
  readonly activationPrice?: string;
  readonly account?: string;
}
export interface OrderCancelFrame {
  readonly type: 'order.cancel';
  readonly id?: number;
  readonly clientOrderId: string;
  readonly account?: string;
}
export type ClientFrame =
  | AuthFrame
  | SubscribeFrame
  | UnsubscribeFrame
  | PingFrame
  | OrderPlaceFrame
  | OrderCancelFrame;

// --- server to client -------------------------------------------------------------------------------------------

export interface WelcomeFrame {
  readonly type: 'welcome';
  readonly id?: number;
  readonly session: string;
  readonly user: string;
  readonly account: string;
  readonly scopes: readonly string[];
  readonly serverTimeUs: number;
  readonly heartbeatMs: number;
  readonly limits: Pick<Limits, 'maxFrameBytes' | 'maxSymbolsPerSocket' | 'commandsPerSecond' | 'commandBurst'>;
  readonly epoch: string;
}
export interface SubscribedFrame {
  readonly type: 'subscribed';
  readonly id?: number;
  readonly channel: Channel;
  readonly symbols: readonly string[];
  /** With `since`: true when everything after it follows, false when snapshots follow. Without `since`: false. */
  readonly recovered: boolean;
}
export interface UnsubscribedFrame {
  readonly type: 'unsubscribed';
  readonly id?: number;
  readonly channel: Channel;
  readonly symbols: readonly string[];
}

/** The four times of an event, µs since the epoch. */
export interface Times {
  /** The market's time. */
  readonly eventTimeUs: number;
  /** When the replay's schedule wanted the event sent; absent for live feeds. */
  readonly dueTimeUs?: number;
  /** Arrival at the engine. */
  readonly receivedTimeUs: number;
  /** The write. */
  readonly sentTimeUs: number;
}
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
export interface TickerFrame extends Times {
  readonly type: 'ticker';
  readonly symbol: string;
  readonly seq: number;
  /** Present when the frame stands for several: it covers `seqFrom`..`seq`. */
  readonly seqFrom?: number;
  readonly data: TickerData;
}
export interface SnapshotFrame {
  readonly type: 'snapshot';
  readonly channel: Channel;
  /** Key of the stream: symbol or account. */
  readonly symbol: string;
  readonly epoch: string;
  /** Head of the stream: the next event has `seq + 1`. */
  readonly seq: number;
  /** `ticker`: {@link TickerData}; `order`: working orders as {@link OrderData}[]; `execution`: null. */
  readonly data: TickerData | readonly OrderData[] | null;
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
  readonly peakPrice?: string;
  readonly trailingOffset?: { readonly kind: 'price' | 'bp' | 'ticks'; readonly value: string };
  readonly averagePrice?: string;
  readonly rejectReason?: string;
}
/** What happened to an order; class A except for `ratcheted`, which carries no `seq` of its own and may be conflated. */
export interface OrderFrame extends Times {
  readonly type: 'order';
  readonly account: string;
  /** Sequence in the account's order stream; absent for `ratcheted`. */
  readonly seq?: number;
  readonly reason: string;
  /** The symbol's ticker sequence at which it happened. */
  readonly tickSeq: number;
  readonly data: OrderData;
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
export interface ExecutionFrame extends Times {
  readonly type: 'execution';
  readonly account: string;
  readonly seq: number;
  readonly tickSeq: number;
  readonly data: ExecutionData;
}
/** The command's answer: it was taken; for a refused order `error` with code `order_rejected` comes instead. */
export interface AcceptedFrame {
  readonly type: 'order.accepted';
  readonly id?: number;
  readonly data: OrderData;
  /** True when the `clientOrderId` was known: this is the first one's state. */
  readonly duplicate: boolean;
}
export interface HeartbeatFrame {
  readonly type: 'heartbeat';
  readonly serverTimeUs: number;
  readonly epoch: string;
  /** Heads of the subscribed streams by channel and key. */
  readonly heads: Readonly<Partial<Record<Channel, Readonly<Record<string, number>>>>>;
}
export interface SystemFrame {
  readonly type: 'system';
  readonly code: 'shutdown' | 'token_expiring' | 'feed_ended';
  readonly message: string;
  readonly retryAfterMs?: number;
  readonly serverTimeUs: number;
}
export interface PongFrame {
  readonly type: 'pong';
  readonly id?: number;
  readonly serverTimeUs: number;
}
export interface ErrorFrame {
  readonly type: 'error';
  readonly id?: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  /** For `order_rejected`: the engine's reason. */
  readonly reason?: string;
  readonly clientOrderId?: string;
}
export type ServerFrame =
  | WelcomeFrame
  | SubscribedFrame
  | UnsubscribedFrame
  | SnapshotFrame
  | TickerFrame
  | OrderFrame
  | ExecutionFrame
  | AcceptedFrame
  | HeartbeatFrame
  | SystemFrame
  | PongFrame
  | ErrorFrame;

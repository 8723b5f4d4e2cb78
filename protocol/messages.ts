import type { BarChannel, Channel } from './channels.ts';
import type { GetSubject } from './clientFrames.ts';
import type { ErrorCode } from './codes.ts';
import type {
  AlertData,
  BarData,
  BarsData,
  ExecutionData,
  NewsData,
  OrderData,
  PatternData,
  PortfolioData,
  PositionData,
  PresentUser,
  TickerData,
  TradeData,
} from './data.ts';
import type { Limits } from './limits.ts';

export * from './channels.ts';
export * from './clientFrames.ts';
export * from './data.ts';

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
/** The answer to `refresh`. */
export interface RefreshedFrame {
  readonly type: 'refreshed';
  readonly id?: number;
  readonly scopes: readonly string[];
  /** When the new token ends, µs since the epoch; absent when it doesn't. */
  readonly expiresAtUs?: number;
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
export interface TickerFrame extends Times {
  readonly type: 'ticker';
  readonly symbol: string;
  readonly seq: number;
  /** Present when the frame stands for several: it covers `seqFrom`..`seq`. */
  readonly seqFrom?: number;
  readonly data: TickerData;
}
export interface TradeFrame extends Times {
  readonly type: 'trade';
  readonly symbol: string;
  /** The symbol's ticker sequence number of the trade: quotes lie between, so numbers are skipped. */
  readonly seq: number;
  /** Present when the frame stands for all trades of `seqFrom`..`seq`; its data are the last one's. */
  readonly seqFrom?: number;
  readonly data: TradeData;
}
/** A bar of a symbol. `eventTimeUs` is the bar's end, for a correction or an open bar the time of the last tick. */
export interface BarFrame extends Times {
  readonly type: 'bar';
  readonly channel: BarChannel;
  readonly symbol: string;
  /** Sequence in the symbol's stream of this time frame; absent for the bar that is still open, which may be conflated. */
  readonly seq?: number;
  readonly data: BarData;
}
/** A pattern that a closed bar completed; `eventTimeUs` is the bar's end. */
export interface PatternFrame extends Times {
  readonly type: 'pattern';
  readonly symbol: string;
  /** Sequence in the symbol's stream of patterns, all time frames; with a filter numbers are skipped. */
  readonly seq: number;
  readonly data: PatternData;
}
/** What a snapshot's data are, by channel: see PROTOCOL.md. */
export type SnapshotData =
  | TickerData
  | TradeData
  | BarsData
  | PortfolioData
  | readonly PatternData[]
  | readonly OrderData[]
  | readonly PositionData[]
  | readonly AlertData[]
  | readonly NewsFrame[]
  | readonly SystemFrame[]
  | readonly PresentUser[]
  | null;
export interface SnapshotFrame {
  readonly type: 'snapshot';
  readonly channel: Channel;
  /** Key of the stream: symbol, account, channel, or `*`. */
  readonly symbol: string;
  readonly epoch: string;
  /** Head of the stream: the next event has `seq + 1`. 0 for channels without numbers. */
  readonly seq: number;
  /** `ticker` of a live feed: true when nobody vouches for the price any more. */
  readonly stale?: boolean;
  /** With `stale`: how old the price is at least, ms. */
  readonly staleMs?: number;
  readonly data: SnapshotData;
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
export interface ExecutionFrame extends Times {
  readonly type: 'execution';
  readonly account: string;
  readonly seq: number;
  readonly tickSeq: number;
  readonly data: ExecutionData;
}
/** A position after the fill that changed it. */
export interface PositionFrame extends Times {
  readonly type: 'position';
  readonly account: string;
  readonly seq: number;
  readonly tickSeq: number;
  readonly data: PositionData;
}
/** All positions of an account at their present value, every second. */
export interface PositionValueFrame {
  readonly type: 'position.value';
  readonly account: string;
  /** When it was computed, µs since the epoch. */
  readonly asOfUs: number;
  /** How long that took, µs. */
  readonly computeUs: number;
  readonly data: readonly PositionData[];
}
/** An account's worth, every two seconds. */
export interface PortfolioFrame {
  readonly type: 'portfolio';
  readonly account: string;
  readonly asOfUs: number;
  readonly computeUs: number;
  readonly data: PortfolioData;
}
/** An alert that has fired. */
export interface AlertFrame extends Times {
  readonly type: 'alert';
  readonly account: string;
  readonly seq: number;
  /** The symbol's ticker sequence of the trade that met it. */
  readonly tickSeq: number;
  readonly data: AlertData;
}
export interface NewsFrame {
  readonly type: 'news';
  readonly seq: number;
  readonly data: NewsData;
  /** When it was published, µs since the epoch. */
  readonly eventTimeUs: number;
}
/** The command's answer: it was taken; for a refused order `error` with code `order_rejected` comes instead. */
export interface AcceptedFrame {
  readonly type: 'order.accepted';
  readonly id?: number;
  /** Of a list: its first order. */
  readonly data: OrderData;
  /** True when the `clientOrderId` was known: this is the first one's state. */
  readonly duplicate: boolean;
  /** All orders of a list that was taken. */
  readonly orders?: readonly OrderData[];
}
export interface AlertAcceptedFrame {
  readonly type: 'alert.accepted';
  readonly id?: number;
  readonly data: AlertData;
}
export interface AlertClearedFrame {
  readonly type: 'alert.cleared';
  readonly id?: number;
  readonly alertId: string;
}
export interface PresenceAcceptedFrame {
  readonly type: 'presence.accepted';
  readonly id?: number;
  readonly state: string;
}
/** Who is on a channel. */
export interface PresenceFrame {
  readonly type: 'presence';
  readonly channel: Channel;
  readonly users: readonly PresentUser[];
  readonly serverTimeUs: number;
}
interface ResultOf<What extends GetSubject, Data> {
  readonly type: 'result';
  readonly id?: number;
  readonly what: What;
  /** Symbol or account asked about; `*` for `news`. */
  readonly key: string;
  readonly data: Data;
  readonly serverTimeUs: number;
}
/** The answer to `get`: the same data as the channel's snapshot. */
export type ResultFrame =
  | ResultOf<'quote', TickerData>
  | ResultOf<'bars', BarsData>
  | ResultOf<'patterns', readonly PatternData[]>
  | ResultOf<'orders', readonly OrderData[]>
  | ResultOf<'positions', readonly PositionData[]>
  | ResultOf<'portfolio', PortfolioData>
  | ResultOf<'alerts', readonly AlertData[]>
  | ResultOf<'news', readonly NewsFrame[]>;
export interface HeartbeatFrame {
  readonly type: 'heartbeat';
  readonly serverTimeUs: number;
  readonly epoch: string;
  /** Heads of the subscribed streams by channel and key. */
  readonly heads: Readonly<Partial<Record<Channel, Readonly<Record<string, number>>>>>;
}
export interface SystemFrame {
  readonly type: 'system';
  /** Sequence in the stream of notices; absent for a notice to this connection alone. */
  readonly seq?: number;
  readonly code:
    | ('shutdown' | 'token_expiring' | 'feed_ended' | 'session' | 'halt' | 'resume' | 'notice')
    | ('feed_gap' | 'feed_stale' | 'feed_failover' | 'feed_degraded');
  readonly message: string;
  readonly retryAfterMs?: number;
  /** `session`: what part of its day the market is in from now on. */
  readonly phase?: 'pre' | 'regular' | 'post' | 'closed';
  /** `halt`, `resume`: which symbols it is about. */
  readonly symbols?: readonly string[];
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
/** An event of any stream. */
export type StreamFrame =
  | TickerFrame
  | TradeFrame
  | BarFrame
  | PatternFrame
  | OrderFrame
  | ExecutionFrame
  | PositionFrame
  | PositionValueFrame
  | PortfolioFrame
  | AlertFrame
  | NewsFrame
  | SystemFrame
  | PresenceFrame;
export type ServerFrame =
  | StreamFrame
  | WelcomeFrame
  | RefreshedFrame
  | SubscribedFrame
  | UnsubscribedFrame
  | SnapshotFrame
  | AcceptedFrame
  | AlertAcceptedFrame
  | AlertClearedFrame
  | PresenceAcceptedFrame
  | ResultFrame
  | HeartbeatFrame
  | PongFrame
  | ErrorFrame;

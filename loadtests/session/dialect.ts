import type { OrderPlaceFrame } from '../../protocol/messages.ts';
import type { SessionChannel } from '../../protocol/run.ts';

/** What the audit needs of a ticker frame. One object is used again and again: copy what you keep. */
export interface TickerFields {
  symbol: string;
  seq: number;
  /** Equal to `seq` when the frame stands for one event. */
  seqFrom: number;
  eventTimeUs: number;
  /** -1 when absent. */
  dueTimeUs: number;
  receivedTimeUs: number;
  sentTimeUs: number;
}

export function newTickerFields(): TickerFields {
  return { symbol: '', seq: 0, seqFrom: 0, eventTimeUs: 0, dueTimeUs: -1, receivedTimeUs: 0, sentTimeUs: 0 };
}

/** An order event, reduced to what the measurement keeps. */
export interface OrderFields {
  readonly account: string;
  /** -1 for class B (`ratcheted`), which has no number. */
  readonly seq: number;
  readonly reason: string;
  readonly tickSeq: number;
  readonly eventTimeUs: number;
  readonly clientOrderId: string;
  readonly status: string;
  /** Stop in force, decimal; '' when absent. */
  readonly triggerPrice: string;
  readonly rejectReason: string;
}

export interface ExecutionFields {
  readonly account: string;
  readonly seq: number;
  readonly tickSeq: number;
  readonly eventTimeUs: number;
  readonly clientOrderId: string;
  readonly lastPrice: string;
  readonly lastQuantity: string;
}

/** A pattern, reduced to what the measurement keeps. */
export interface PatternFields {
  readonly symbol: string;
  readonly seq: number;
  readonly patternType: string;
  readonly barMinutes: number;
  /** The market's time at which the bar that completed it ended. */
  readonly barEndUs: number;
}

/** A one-minute bar that has closed, or one that was amended after it: prices in the currency, volume in units. */
export interface BarFields {
  readonly symbol: string;
  readonly seq: number;
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** A frame of any dialect in the words of the measurement. */
export type SessionEvent =
  | { readonly kind: 'welcome'; readonly account: string; readonly epoch: string; readonly heartbeatMs: number }
  | { readonly kind: 'subscribed'; readonly id: number; readonly channel: SessionChannel; readonly recovered: boolean }
  | {
      readonly kind: 'snapshot';
      readonly channel: SessionChannel;
      readonly key: string;
      readonly epoch: string;
      readonly seq: number;
    }
  /** `fields` is the dialect's own reused object; `data` is the frame's content as parsed. */
  | { readonly kind: 'ticker'; readonly fields: TickerFields; readonly data: unknown }
  | { readonly kind: 'order'; readonly order: OrderFields }
  | { readonly kind: 'execution'; readonly execution: ExecutionFields }
  | { readonly kind: 'pattern'; readonly pattern: PatternFields }
  | { readonly kind: 'bar'; readonly bar: BarFields }
  | {
      readonly kind: 'value';
      readonly channel: 'position.value' | 'portfolio';
      readonly account: string;
      readonly computeUs: number;
    }
  | { readonly kind: 'accepted'; readonly id: number; readonly clientOrderId: string; readonly status: string }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      /** Set when the error is a refused order. */
      readonly rejectReason: string | undefined;
      readonly clientOrderId: string;
    }
  | { readonly kind: 'heartbeat'; readonly heads: readonly HeartbeatHead[] }
  | { readonly kind: 'pong'; readonly id: number; readonly serverTimeUs: number }
  | { readonly kind: 'other' }
  | { readonly kind: 'bad'; readonly reason: string };

export interface HeartbeatHead {
  readonly channel: SessionChannel;
  readonly key: string;
  readonly seq: number;
}

/** Where a client stands in the streams of one channel. */
export interface SessionCursor {
  readonly epoch: string;
  readonly seq: Readonly<Record<string, number>>;
}

/** The frames of one kind of server: pure, one per client since it may reuse objects. */
export interface Dialect {
  /** WebSocket subprotocol. */
  readonly protocol: string;
  readonly parse: (text: string) => SessionEvent;
  readonly auth: (id: number, token: string | undefined) => string;
  readonly subscribe: (request: {
    readonly id: number;
    readonly channel: SessionChannel;
    readonly symbols: readonly string[] | undefined;
    readonly since: SessionCursor | undefined;
  }) => string;
  readonly placeOrder: (id: number, frame: OrderPlaceFrame) => string;
  readonly ping: (id: number) => string;
}

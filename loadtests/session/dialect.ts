import type { ClientPlan, PlacingFrame } from '../../protocol/generatorPlan.ts';
import type { SeenBar, SessionChannel } from '../../protocol/run.ts';

/** What the audit needs of a ticker frame. One object is used again and again: copy what you keep. */
export interface TickerFields {
  symbol: string;
  seq: number;
  /** Equal to `seq` when the frame stands for one event. */
  seqFrom: number;
  eventTimeUs: number;
  /** -1 when absent. */
  dueTimeUs: number;
  /** -1 when absent. */
  receivedTimeUs: number;
  /** -1 when absent. */
  sentTimeUs: number;
  /** Where the stream stands anew just before this event, in a dialect without snapshots that say so; else -1. */
  baseSeq: number;
}

/** Looks at what a ticker frame says that was read at `atUs`: what is wrong with it in words, '' when nothing is. */
export type InspectTicker = (fields: TickerFields, data: unknown, atUs: number) => string;

export function newTickerFields(): TickerFields {
  return {
    symbol: '',
    seq: 0,
    seqFrom: 0,
    eventTimeUs: 0,
    dueTimeUs: -1,
    receivedTimeUs: 0,
    sentTimeUs: 0,
    baseSeq: -1,
  };
}

/** An order event, reduced to what the measurement keeps. */
export interface OrderFields {
  readonly account: string;
  /** -1 for class B (`ratcheted`), which has no number. */
  readonly seq: number;
  readonly reason: string;
  readonly tickSeq: number;
  readonly eventTimeUs: number;
  /** When the frame itself says that it was due, µs; -1 or absent where it doesn't. */
  readonly saidDueUs?: number;
  readonly clientOrderId: string;
  readonly status: string;
  /** Stop in force, decimal; '' when absent. */
  readonly triggerPrice: string;
  readonly rejectReason: string;
  /** What was filled, in dialects whose orders tell it themselves. */
  readonly fill?: { readonly lastPrice: string; readonly lastQuantity: string };
}

export interface ExecutionFields {
  readonly account: string;
  readonly seq: number;
  readonly tickSeq: number;
  readonly eventTimeUs: number;
  readonly saidDueUs?: number;
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
  readonly saidDueUs?: number;
}

/** A one-minute bar that has closed, or one that was amended after it: prices in the currency, volume in units. */
export interface BarFields extends Omit<SeenBar, 'readUs'> {
  readonly seq: number;
  readonly saidDueUs?: number;
}

/** A frame of any dialect in the words of the measurement. */
export type SessionEvent =
  | { readonly kind: 'welcome'; readonly account: string; readonly epoch: string }
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
      /** -1 when the dialect doesn't tell. */
      readonly computeUs: number;
    }
  /** A state without a place in its stream: proves that a subscription is served, and nothing more. */
  | { readonly kind: 'state' }
  /** An event that came before. */
  | { readonly kind: 'repeat'; readonly stream: string; readonly what: string }
  /** A frame that says what the tape doesn't. */
  | { readonly kind: 'wrong'; readonly stream: string; readonly reason: string }
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
  /** A frame that tells several events: each is done with before the next is made. */
  | { readonly kind: 'several'; readonly each: (take: (event: SessionEvent) => void) => void }
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

/** Answer to an order that was posted. */
export interface PostAnswer {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly body: string;
}

/** The frames of one kind of server: pure, one per client since it may reuse objects and keeps what it has heard. */
export interface Dialect {
  /** WebSocket subprotocol; '' for none. */
  readonly protocol: string;
  /** Whether streams carry numbers, so that gaps can be proved by the client and resumed. */
  readonly isNumbered: boolean;
  /** Text may come in binary messages, as servers send it that write bytes; default false: what does so speaks another language. */
  readonly hasTextInBinary?: boolean;
  /** Headers of the upgrade request. */
  readonly headers: (token: string | undefined) => Readonly<Record<string, string>>;
  /** What to do when the connection is open: a frame to send (`auth`), a welcome where the upgrade's answer is one, or nothing while one is to come. */
  readonly opened: (id: number, token: string | undefined) => string | WelcomeEvent | undefined;
  readonly parse: (text: string, atUs: number) => SessionEvent;
  readonly subscribe: (request: {
    readonly id: number;
    readonly channel: SessionChannel;
    readonly symbols: readonly string[] | undefined;
    readonly since: SessionCursor | undefined;
    /** When it is sent, µs since the epoch. */
    readonly atUs: number;
  }) => Subscription;
  /** The frame that gives symbols up; absent where that can't be said. */
  readonly unsubscribe?: (request: {
    readonly id: number;
    readonly channel: SessionChannel;
    readonly symbols: readonly string[];
  }) => string;
  /** The frame that places an order, or undefined where orders are posted. */
  readonly placeOrder: (id: number, frame: PlacingFrame) => string | undefined;
  /** What the answer to a posted order says. */
  readonly readAnswer?: (frame: PlacingFrame, answer: PostAnswer) => SessionEvent;
  /** The frame that asks for the server's time; absent where there is none. */
  readonly ping?: (id: number) => string;
  /** The first message that told nothing, where rules say what does, and why if that is known; '' when there was none. */
  readonly unread?: () => string;
  /** Numbers at which streams must stand at the end although nothing was heard of them since they were subscribed. */
  readonly settled?: () => readonly SettledStream[];
}

export type WelcomeEvent = Extract<SessionEvent, { kind: 'welcome' }>;

/** A stream of tickers that stands at `seq` without having said so. */
export interface SettledStream {
  readonly symbol: string;
  readonly seq: number;
}

export interface Subscription {
  readonly frames: readonly string[];
  /** Whether the server confirms it; else it counts as confirmed when it is sent. */
  readonly isAnswered: boolean;
}

/** What a dialect needs to know of its client. */
export type DialectClient = Pick<ClientPlan, 'account' | 'symbols' | 'channels' | 'token'>;

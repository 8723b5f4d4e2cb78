import type { Phase } from '../../market/calendar/types.ts';
import type { Refusal } from '../../protocol/codecs/json.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { ClientFrame, LosslessChannel, ServerFrame, SubscribeFrame } from '../../protocol/messages.ts';
import type { Message } from '../../transport/types.ts';
import type { TickerView } from '../hub/tickerLog.ts';
import type { Entry } from './entry.ts';

/** What a client of any dialect can ask for, in the words of the full protocol. */
export type ClientRequest = Exclude<ClientFrame, SubscribeFrame> | SubscribeRequest | Refusal;

/** A subscription, with what only a dialect can ask for. */
export interface SubscribeRequest extends SubscribeFrame {
  /** `pattern`: snapshots bring up to so many of each symbol's last patterns that pass the filters, instead of those that may still come true. */
  readonly backlog?: number;
}

/** What the server has to tell beside tickers and trades, in the words of the full protocol. */
export type ServerEvent = ServerFrame;

/** How one socket's frames are read and written. Sockets whose frames are the same words share one voice, and then one message. */
export interface Voice {
  /** Reads a client's frame; never throws. Undefined for one that asks for nothing. */
  readonly read: (text: string, limits: Limits) => ClientRequest | undefined;
  /** Reads a client's binary frame, which is valid only during the call; never throws. Absent: binary frames are refused. */
  readonly readBinary?: (bytes: Uint8Array, limits: Limits) => ClientRequest | undefined;
  /** Writes an event at `sentTimeUs`, µs since the epoch; undefined when the dialect has no words for it. */
  readonly write: (event: ServerEvent, sentTimeUs: number) => Message | undefined;
}

/** The moment of a snapshot. */
export interface SnapshotMoment {
  readonly epoch: string;
  /** µs since the epoch. */
  readonly nowUs: number;
  /** What part of its day the market is in. */
  readonly phase: Phase;
  /** Of a live feed: the age of the price when nobody vouches for it any more, ms; 0 while somebody does. Absent for a tape. */
  readonly staleMs?: number | undefined;
}

/**
 * A language that clients speak: a pure translator between its frames and the full protocol's words. It never touches a
 * socket or the engine. What it has no words for isn't told.
 */
export interface Dialect {
  readonly name: string;
  /** Path of its endpoint. */
  readonly path: string;
  /** Other paths of the same endpoint. */
  readonly morePaths?: readonly string[];
  /** Subprotocols that it answers to; a client that offers none is welcome too. */
  readonly subprotocols: readonly string[];
  /** `frame`: an `auth` frame may come after opening; `upgrade`: the upgrade request alone says who it is. */
  readonly identity: 'frame' | 'upgrade';
  /** The user that the client names in its URL: must be the token's, else close 4403. In development it is taken at its word. */
  readonly namedUser?: (entry: Entry) => string | undefined;
  /** What the client asks for by its URL: carried out when it is known who it is. */
  readonly opening?: (entry: Entry) => readonly ClientRequest[];
  /** What every socket gets without asking. */
  readonly standing: {
    /** Interval of heartbeats, in multiples of the limits' `heartbeatMs`. */
    readonly heartbeatFactor: number;
    /** Streams of the identity's own account. */
    readonly streams: readonly Extract<LosslessChannel, 'order' | 'execution' | 'position' | 'alert'>[];
    /** Interval of positions, ms; 0 for never. */
    readonly positionsEveryMs: number;
    /** Interval of the portfolio, ms; 0 for never. */
    readonly portfolioEveryMs: number;
  };
  /** The voice of a socket that came by this request. */
  readonly voiceOf: (entry: Entry) => Voice;
  /** Writes a ticker event, once for all who get it; undefined when it means nothing in this dialect. */
  readonly ticker: (view: TickerView, sentTimeUs: number) => Message | undefined;
  /** Writes a trade of the ticker's log, once for all who get it; undefined for a quote, or when it means nothing in this dialect. */
  readonly trade: (view: TickerView, sentTimeUs: number) => Message | undefined;
  /** Writes the state at a subscription; undefined when there is none to tell. */
  readonly tickerSnapshot: (view: TickerView, moment: SnapshotMoment) => Message | undefined;
}

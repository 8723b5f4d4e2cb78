import type { Refusal } from '../../protocol/codecs/json.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { ClientFrame, ServerFrame } from '../../protocol/messages.ts';
import type { TickerView } from '../hub/tickerLog.ts';
import type { Entry } from './entry.ts';

/** What a client of any dialect can ask for, in the words of the full protocol. */
export type ClientRequest = ClientFrame | Refusal;

/** What the server has to tell beside tickers and trades, in the words of the full protocol. */
export type ServerEvent = ServerFrame;

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
    readonly heartbeat: boolean;
    /** Events of the identity's own orders. */
    readonly orders: boolean;
    /** Interval of positions, ms; 0 for never. */
    readonly positionsEveryMs: number;
    /** Interval of the portfolio, ms; 0 for never. */
    readonly portfolioEveryMs: number;
  };
  /** Reads a client's frame; never throws. */
  readonly read: (text: string, limits: Limits) => ClientRequest;
  /** Writes a ticker event, once for all who get it; undefined when it means nothing in this dialect. */
  readonly ticker: (view: TickerView, sentTimeUs: number) => string | undefined;
  /** Writes a trade of the ticker's log, once for all who get it; undefined for a quote, or when it means nothing in this dialect. */
  readonly trade: (view: TickerView, sentTimeUs: number) => string | undefined;
  /** Writes the state at a subscription; undefined when there is none to tell. */
  readonly tickerSnapshot: (view: TickerView, epoch: string) => string | undefined;
  /** Writes anything else; undefined when this dialect has no words for it. */
  readonly write: (event: ServerEvent) => string | undefined;
}

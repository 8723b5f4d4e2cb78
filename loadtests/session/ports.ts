import type { Dialect, PostAnswer, TickerFields } from './dialect.ts';

/** RFC 6455: a connection that ended without a close frame. */
export const ABNORMAL_CLOSE = 1006;

/** What a connection tells its client. `atUs` is when the bytes were read, as early as the generator can know it. */
export interface ConnectionHandlers {
  readonly onOpen: (atUs: number) => void;
  readonly onMessage: (text: string, atUs: number) => void;
  /** The quick way for generators that read ticker frames without parsing them whole; `fields` is reused by the caller. */
  readonly onTicker: (fields: TickerFields, atUs: number) => void;
  /** Last call, exactly one; 1006 when no close frame came. `why` says in words what the code doesn't; see {@link told}. */
  readonly onClose: (code: number, atUs: number, why?: string) => void;
}

/** An open or opening WebSocket. Calls after the close do nothing. */
export interface Connection {
  readonly send: (text: string) => void;
  /** Closes in order, with code 1000. */
  readonly close: () => void;
  /** Ends it at once, without a close frame. */
  readonly abort: () => void;
  /** Stops reading, and goes on with it; absent where what arrives is read whatever happens, as by k6. */
  readonly pause?: () => void;
  readonly resume?: () => void;
}

export interface ConnectRequest {
  readonly url: string;
  /** WebSocket subprotocol; '' for none. */
  readonly protocol: string;
  /** Binary messages are UTF-8 text as well; see {@link Dialect.hasTextInBinary}. */
  readonly hasTextInBinary?: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly handlers: ConnectionHandlers;
}

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The world as a virtual client sees it: a clock, sockets, timers and chance. */
export interface ClientPorts {
  /** The run's clock, µs since the epoch. */
  readonly nowUs: () => number;
  /** Opens a connection; it never throws: what fails ends in `onClose`. */
  readonly connect: (request: ConnectRequest) => Connection;
  /** Posts JSON; it never throws. Absent where no dialect posts anything. */
  readonly post?: (request: PostRequest, onAnswer: (answer: PostAnswer, atUs: number) => void) => void;
  /** Calls `action` after a delay; returns what cancels it. */
  readonly after: (delayMs: number, action: () => void) => () => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const LONGEST_TOLD = 120;

/** What a peer says of itself, as it can stand in a line of ours: on one line, printable, and short. */
export function told(words: string): string {
  const line = words.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ').trim();
  return line.length > LONGEST_TOLD ? `${line.slice(0, LONGEST_TOLD)}...` : line;
}

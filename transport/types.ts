/** What became of a message given to {@link TransportSocket.send}. */
export const SendResult = {
  /** Buffered under backpressure: it goes out when the peer reads. */
  QUEUED: 0,
  SENT: 1,
  /** Refused: the buffer would exceed `maxBackpressureBytes`. The peer never gets it. */
  DROPPED: 2,
} as const;
export type SendResult = (typeof SendResult)[keyof typeof SendResult];

/** A message: a string goes out as a text frame, bytes as a binary one. */
export type Message = string | Uint8Array;

/** One open WebSocket. After its end every call is harmless and does nothing. */
export interface TransportSocket {
  readonly isOpen: boolean;
  /** The peer's address as text. */
  readonly remoteAddress: string;
  /** Sends a frame, after everything published to this socket before. A closed socket answers DROPPED. */
  send(message: Message): SendResult;
  /** Sends a ping without data. */
  ping(): void;
  /** Bytes that the kernel hasn't taken yet; 0 when closed. */
  bufferedBytes(): number;
  /** Joins a topic of {@link Transport.publish}. */
  join(topic: string): void;
  /** Leaves a topic; what was published before is still sent. */
  leave(topic: string): void;
  /** Gathers the sends of `write` into as few system calls as possible. */
  cork(write: () => void): void;
  /** Sends what is buffered, then a close frame with `code`. The close handler runs at once. */
  end(code: number, reason: string): void;
  /** Cuts the connection without a close frame. */
  terminate(): void;
}

/**
 * Why a socket ended: `peer` by a close frame of either side, `cut` without one (broken framing included), `too_large` for a
 * message over `maxPayloadBytes` (or that can't be inflated), `bad_utf8` for a text that isn't UTF-8, `idle` for silence.
 */
export type CloseCause = 'peer' | 'cut' | 'too_large' | 'bad_utf8' | 'idle';

/** What happens on a socket. */
export interface SocketHandlers {
  /** A whole message; `bytes` is valid only during the call. */
  readonly message: (bytes: Uint8Array, isBinary: boolean) => void;
  /** The buffer has become smaller. */
  readonly drain: () => void;
  /** A published message was refused by this socket's full buffer. */
  readonly dropped: () => void;
  /** A ping or a pong came; the transport has answered it. */
  readonly control?: () => void;
  /** The end, however it came; 1006 without a close frame. */
  readonly close: (code: number, cause: CloseCause) => void;
}

/** An HTTP request, an upgrade request included: lower-case header names, the query without its `?`. */
export interface TransportRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
}

/** An HTTP request that is no upgrade, read to its end. */
export interface HttpMessage extends TransportRequest {
  /** Absent without one; `too_large` over {@link HttpHandling.maxBodyBytes}. */
  readonly body?: Uint8Array | 'too_large';
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Statuses 204 and 304 go out without it. */
  readonly body: string;
  /** Answers HEAD: only the body's length goes out. */
  readonly isHead?: boolean;
}

/** How HTTP requests are answered. */
export interface HttpHandling {
  /** Larger bodies aren't kept; the connection is closed behind the answer. */
  readonly maxBodyBytes: number;
  /** `gone` resolves when the peer has gone, after which an answer goes nowhere. */
  readonly handle: (request: HttpMessage, gone: Promise<unknown>) => Promise<TransportResponse>;
}

/** Whether an upgrade request becomes a socket. */
export type UpgradeAnswer =
  | {
      readonly accept: true;
      /** The subprotocol chosen of those offered. */
      readonly protocol?: string;
      /** Called with the open socket before anything arrives on it. */
      readonly open: (socket: TransportSocket) => SocketHandlers;
      /** Called instead of `open` when the peer has gone meanwhile. */
      readonly gone: () => void;
    }
  | { readonly accept: false; readonly response: TransportResponse };

/** One WebSocket endpoint. */
export interface WebSocketRoute {
  /** A path, or a pattern such as `/ws/:id` or `/*`. */
  readonly path: string;
  /** A larger message cuts the socket with 1006. */
  readonly maxPayloadBytes: number;
  /** A socket's buffer never exceeds this: sends beyond are refused. */
  readonly maxBackpressureBytes: number;
  /** Seconds of silence (pongs count) after which a socket is cut: 0, or 8 to 960. */
  readonly idleTimeoutS: number;
  /** Whether permessage-deflate is offered; `maxPayloadBytes` counts inflated bytes. Absent: it isn't. */
  readonly compression?: boolean;
  readonly upgrade: (request: TransportRequest) => Promise<UpgradeAnswer>;
}

export type ListenOutcome =
  | { readonly ok: true; readonly port: number }
  | { readonly ok: false; readonly reason: 'taken' | 'unusable'; readonly message: string };

/** A certificate chain and its key, as paths of PEM files. */
export interface TlsFiles {
  readonly certPath: string;
  readonly keyPath: string;
}

/** Whether the files' certificate is in use now; else one line that says why the earlier one stays. */
export type RenewOutcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** A server of WebSockets and HTTP. */
export interface Transport {
  /** Which build serves, for logs and reports. */
  readonly build: string;
  /** Connections that are no sockets yet: silent ones, and those that speak HTTP. The transport cuts each after about 12 s of silence. */
  readonly pendingConnections: number;
  /** Sets who may connect at all, asked for each connection before a byte of it is read. */
  admit(mayConnect: (remoteAddress: string) => boolean): void;
  /** Adds an endpoint; call it before {@link Transport.listen}. */
  ws(route: WebSocketRoute): void;
  /** Sets how all requests are answered that no WebSocket route takes. */
  http(handling: HttpHandling): void;
  /** Listens, alone on its port; port 0 takes any free one. */
  listen(address: { readonly host: string; readonly port: number }): Promise<ListenOutcome>;
  /** Sends a frame to all sockets that joined `topic`; messages of one loop turn leave together. */
  publish(topic: string, message: Message): void;
  /** Reads the certificate's files anew and serves new connections with it; open ones go on with theirs. */
  renewCertificate(): Promise<RenewOutcome>;
  /** Takes no new connections; open ones go on. */
  stopListening(): void;
  /** Ends everything at once. */
  close(): void;
}

/** The transport can't be used here: one line with the reason. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}

/** Every limit of the server, named, with its unit last. `tapedeck serve` takes each from the environment or a file. */
export interface Limits {
  /** A larger frame is answered with close 4413. */
  readonly maxFrameBytes: number;
  /** The transport's own bound: over it the socket dies with 1006. */
  readonly maxTransportFrameBytes: number;
  readonly maxJsonDepth: number;
  readonly maxSymbolsPerSocket: number;
  /** Sockets that may subscribe to one symbol's prices at once. */
  readonly maxSubscribersPerSymbol: number;
  readonly maxSocketsPerUser: number;
  readonly maxSocketsPerAddress: number;
  /** Upgrade requests of one address, sustained; more are answered with HTTP 429. */
  readonly handshakesPerSecond: number;
  readonly handshakeBurst: number;
  /** Connections of the whole server that are no sockets (yet); further ones are cut unread. */
  readonly maxPendingConnections: number;
  readonly commandsPerSecond: number;
  readonly commandBurst: number;
  /** HTTP requests of one user, sustained; more are answered with 429. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** Keys (symbols, accounts) subscribed to or left on one socket, sustained. */
  readonly subscriptionsPerSecond: number;
  readonly subscriptionBurst: number;
  /** Events that a stream's history keeps for resume, at most. */
  readonly historyEvents: number;
  /** Age at which an event leaves its stream's history. */
  readonly historyAgeMs: number;
  /** Over this many buffered bytes class B is conflated for the socket. */
  readonly softBufferedBytes: number;
  /** Over this many buffered bytes for {@link hardBufferedMs} the socket is closed with 4008. */
  readonly hardBufferedBytes: number;
  readonly hardBufferedMs: number;
  readonly authTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly drainMs: number;
  /** Gathering time before frames are written; 0 writes at the end of the loop turn. */
  readonly flushWindowMs: number;
  /** What the gathering time may grow to while the server is busy; not over `flushWindowMs`: it stays. */
  readonly maxFlushWindowMs: number;
  /** Trailing-stop ratchets are told at most once per order in this time. */
  readonly ratchetWindowMs: number;
}

/** The defaults of protocol.md. */
export const DEFAULT_LIMITS: Limits = {
  maxFrameBytes: 64 * 1024,
  maxTransportFrameBytes: 256 * 1024,
  maxJsonDepth: 16,
  maxSymbolsPerSocket: 2_000,
  maxSubscribersPerSymbol: 10_000,
  maxSocketsPerUser: 100,
  maxSocketsPerAddress: 1_000,
  handshakesPerSecond: 500,
  handshakeBurst: 1_000,
  maxPendingConnections: 4_096,
  commandsPerSecond: 100,
  commandBurst: 200,
  requestsPerSecond: 1_000,
  requestBurst: 2_000,
  subscriptionsPerSecond: 2_000,
  subscriptionBurst: 4_000,
  historyEvents: 1_024,
  historyAgeMs: 300_000,
  softBufferedBytes: 256 * 1024,
  hardBufferedBytes: 1024 * 1024,
  hardBufferedMs: 5_000,
  authTimeoutMs: 5_000,
  heartbeatMs: 1_000,
  drainMs: 5_000,
  flushWindowMs: 0,
  maxFlushWindowMs: 4,
  ratchetWindowMs: 100,
};

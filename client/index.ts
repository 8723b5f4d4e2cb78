/** The client's public door: all that an application imports. */
export { type LastTicker, type OrderRequest, type ReadOptions, TapedeckClient } from './client.ts';
export { type ClientCodec, jsonCodec } from './codec.ts';
export type { Status } from './connection.ts';
export type { ClientOptions } from './core.ts';
export {
  CommandError,
  type CommandErrorCode,
  ConnectionClosedError,
  ReaderBehindError,
  SubscriptionError,
} from './errors.ts';
export type { ChannelEvents, ReadableChannel, Snapshot } from './events.ts';
export type { Notice } from './notices.ts';
export type { Observable } from './observable.ts';
export { fullJitter, type ReconnectPolicy, us001 } from './policy.ts';
export type { ClientPorts, SocketConstructor, SocketLike } from './ports.ts';
export type { Reader } from './reader.ts';
export type { TokenOption } from './tokenSource.ts';

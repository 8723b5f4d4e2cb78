import { decodeMsgpack, encodePlainMsgpack } from '../../protocol/codecs/msgpack.ts';
import type { TickerFields } from './dialect.ts';
import { isFields } from './fields.ts';
import { readTicker } from './native.ts';

/** Longest message that a client reads: what PROTOCOL.md asks of one. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** More than any frame of a server, and deeper. */
const LIMITS = { maxFrameBytes: MAX_MESSAGE_BYTES, maxJsonDepth: 64 };

/** Whether messages on a connection of this subprotocol are MessagePack in binary messages. */
export function isBinaryProtocol(protocol: string): boolean {
  return protocol.endsWith('.msgpack');
}

/** What a binary message says: a ticker, read into `ticker`; else the frame as JSON; undefined when it is no plain MessagePack. */
export function readBinary(bytes: Uint8Array, ticker: TickerFields): 'ticker' | { readonly text: string } | undefined {
  const decoded = decodeMsgpack(bytes, LIMITS);
  if (!decoded.ok) return undefined;
  const { value } = decoded;
  if (isFields(value) && value['type'] === 'ticker' && readTicker(value, ticker)) return 'ticker';
  return { text: JSON.stringify(value) };
}

/** The frame of a binary message as JSON; undefined when it is no plain MessagePack. */
export function toText(bytes: Uint8Array): string | undefined {
  const decoded = decodeMsgpack(bytes, LIMITS);
  return decoded.ok ? JSON.stringify(decoded.value) : undefined;
}

/** The same frame as a binary message. */
export function toBinary(text: string): Uint8Array {
  const value: unknown = JSON.parse(text);
  return encodePlainMsgpack(value);
}

import type { ClientFrame } from '../protocol/messages.ts';

/** Turns frames into what a socket carries, and back. */
export interface ClientCodec {
  /** The WebSocket subprotocol that stands for it. */
  readonly subprotocol: string;
  readonly encode: (frame: ClientFrame) => string | Uint8Array;
  /** Reads one message. @throws when it can't be read */
  readonly decode: (data: string | Uint8Array) => unknown;
}

/** JSON, which needs no package. */
export const jsonCodec: ClientCodec = {
  subprotocol: 'tapedeck.v1.json',
  encode: (frame) => JSON.stringify(frame),
  decode: (data) => {
    if (typeof data !== 'string') throw new TypeError('expected text, not binary');
    return JSON.parse(data);
  },
};

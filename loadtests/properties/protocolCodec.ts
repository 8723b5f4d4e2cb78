import { Packr } from 'msgpackr';

/** How a client of the law writes and reads frames. */
export type LawCodec = 'json' | 'msgpack';

const packr = new Packr({ useRecords: false });

/** The subprotocols that a client of this codec offers; none stands for JSON. */
export function subprotocolsOf(codec: LawCodec): string[] {
  return codec === 'json' ? [] : ['tapedeck.v1.msgpack'];
}

/** What is sent for a text of JSON: the same value in the codec; a text that is no JSON as bytes that are no MessagePack. */
export function written(codec: LawCodec, data: string | Uint8Array): string | Uint8Array {
  if (codec === 'json' || typeof data !== 'string') return data;
  try {
    return packr.pack(JSON.parse(data));
  } catch {
    return Buffer.from(data);
  }
}

/** The value of a message; a text says why there is none. */
export function readMessage(
  codec: LawCodec,
  message: { readonly bytes: Buffer; readonly isBinary: boolean },
): { readonly value: unknown } | string {
  const { bytes, isBinary } = message;
  if (isBinary !== (codec === 'msgpack')) return isBinary ? 'a binary message' : 'a text message';
  try {
    return { value: isBinary ? packr.unpack(bytes) : JSON.parse(String(bytes)) };
  } catch {
    return isBinary ? 'not MessagePack' : 'not JSON';
  }
}

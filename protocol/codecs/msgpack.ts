import { Packr, Unpackr } from 'msgpackr';
import type { ClientFrame, ServerFrame } from '../messages.ts';
import { type ParseLimits, type Refusal, readClientFrame, type TickerFields } from './json.ts';
import { checkPlain } from './msgpackPlain.ts';

// Plain maps with their names in every frame: any MessagePack library reads and writes them. Fields without a value are left out, as in JSON.
const PACKING = { useRecords: false, variableMapSize: true, skipValues: [undefined] };
const packer = new Packr(PACKING);
const unpacker = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** The fields of a ticker event, its symbol as plain text. */
export type NamedTickerFields = TickerFields & { readonly symbol: string };

/**
 * Reads a client's frame in MessagePack. Never throws, whatever the bytes; what it takes and refuses is what
 * `parseClientFrame` does with the same values in JSON. `bytes` aren't kept.
 */
export function parseMsgpackFrame(bytes: Uint8Array, limits: ParseLimits): ClientFrame | Refusal {
  const parsed = decodeMsgpack(bytes, limits);
  return parsed.ok ? readClientFrame(parsed.value) : parsed.refusal;
}

/** Decodes MessagePack of bounded size and depth into what JSON could hold as well; never throws. */
export function decodeMsgpack(
  bytes: Uint8Array,
  limits: ParseLimits,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly refusal: Refusal } {
  if (bytes.length > limits.maxFrameBytes) {
    return refused('too_large', `a frame is at most ${limits.maxFrameBytes} bytes`);
  }
  const plainness = checkPlain(bytes, limits.maxJsonDepth);
  if (plainness === 'too_deep') return refused('too_deep', `a frame may be nested ${limits.maxJsonDepth} deep`);
  if (plainness === 'malformed') return refused('bad_json', 'the frame is not plain MessagePack');
  try {
    const value: unknown = unpacker.unpack(bytes);
    return { ok: true, value };
  } catch {
    return refused('bad_json', 'the frame is not plain MessagePack');
  }
}

function refused(code: Refusal['code'], message: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { type: 'refusal', code, message } };
}

/** Writes a frame of either side; whole numbers beyond 32 bits are 64-bit floats, which hold them exactly. */
export function encodeMsgpack(frame: ServerFrame | ClientFrame): Uint8Array {
  return packer.pack(frame);
}

/** Writes what JSON could say. */
export function encodePlainMsgpack(value: unknown): Uint8Array {
  return packer.pack(value);
}

/** Writes a `ticker` frame. */
export function encodeMsgpackTicker(fields: NamedTickerFields, sentTimeUs: number): Uint8Array {
  return packer.pack({
    type: 'ticker',
    symbol: fields.symbol,
    seq: fields.seq,
    seqFrom: fields.seqFrom === fields.seq ? undefined : fields.seqFrom,
    data: tickerData(fields),
    ...timesOf(fields, sentTimeUs),
  });
}

/** Writes a `trade` frame: the last trade of the state. */
export function encodeMsgpackTrade(
  fields: NamedTickerFields & { readonly flags: number },
  sentTimeUs: number,
): Uint8Array {
  const { symbol, seq, seqFrom, flags } = fields;
  const price = fields.last / 10 ** fields.priceDecimals;
  const size = fields.lastSize / 10 ** fields.quantityDecimals;
  return packer.pack({
    type: 'trade',
    symbol,
    seq,
    seqFrom: seqFrom === seq ? undefined : seqFrom,
    data: { price, size, flags },
    ...timesOf(fields, sentTimeUs),
  });
}

/** Writes the `snapshot` of a `ticker` stream: its head is `fields.seq`. */
export function encodeMsgpackTickerSnapshot(fields: NamedTickerFields, epoch: string, staleMs = 0): Uint8Array {
  const { symbol, seq } = fields;
  const stale = staleMs === 0 ? {} : { stale: true, staleMs };
  return packer.pack({ type: 'snapshot', channel: 'ticker', symbol, epoch, seq, ...stale, data: tickerData(fields) });
}

function timesOf({ eventTimeUs, dueTimeUs, receivedTimeUs }: TickerFields, sentTimeUs: number): object {
  return { eventTimeUs, dueTimeUs: dueTimeUs === 0 ? undefined : dueTimeUs, receivedTimeUs, sentTimeUs };
}

/** Prices and sizes as the numbers nearest to their decimals: those that JSON's text is read as. */
function tickerData(fields: TickerFields): object {
  const price = 10 ** fields.priceDecimals;
  const quantity = 10 ** fields.quantityDecimals;
  const hasTrade = fields.last !== 0;
  const hasQuote = fields.bid !== 0;
  return {
    last: hasTrade ? fields.last / price : null,
    lastSize: hasTrade ? fields.lastSize / quantity : null,
    bid: hasQuote ? fields.bid / price : null,
    ask: hasQuote ? fields.ask / price : null,
    bidSize: hasQuote ? fields.bidSize / quantity : null,
    askSize: hasQuote ? fields.askSize / quantity : null,
    volume: fields.volume / quantity,
    previousClose: fields.previousClose === 0 ? null : fields.previousClose / price,
  };
}

import type { Static, TObject, TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import type { ErrorCode } from '../codes.ts';
import type { Limits } from '../limits.ts';
import {
  CHANNELS,
  type Channel,
  type ClientFrame,
  type ServerFrame,
  type SubscribeFrame,
  type UnsubscribeFrame,
} from '../messages.ts';
import { AnyFrameSchema, CLIENT_FRAME_SCHEMAS, IdSchema } from '../schemas/frames.ts';

/** Why a text is no frame: what goes into the `error` frame. */
export interface Refusal {
  readonly type: 'refusal';
  readonly id?: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export type ParseLimits = Pick<Limits, 'maxFrameBytes' | 'maxJsonDepth'>;

const isAnyFrame = TypeCompiler.Compile(AnyFrameSchema);
const hasId = TypeCompiler.Compile(IdSchema);
/** Checks a frame; one with fields that the schema doesn't know is copied without them. */
function reader<S extends TObject>(schema: S): (value: unknown) => Static<S> | Refusal {
  const check = TypeCompiler.Compile(schema);
  const names: ReadonlySet<string> = new Set(Object.keys(schema.properties));
  return (value) => {
    if (!check.Check(value)) return explain(check, value);
    if (Object.keys(value).every((name) => names.has(name))) return value;
    const fields = Object.entries(value).filter(([name]) => Object.hasOwn(schema.properties, name));
    const known: unknown = Object.fromEntries(fields);
    return check.Check(known) ? known : explain(check, known);
  };
}

const readSubscribe = reader(CLIENT_FRAME_SCHEMAS.subscribe);
const readUnsubscribe = reader(CLIENT_FRAME_SCHEMAS.unsubscribe);
const readers = {
  auth: reader(CLIENT_FRAME_SCHEMAS.auth),
  refresh: reader(CLIENT_FRAME_SCHEMAS.refresh),
  subscribe: (value: unknown): SubscribeFrame | Refusal => ofKnownChannel(readSubscribe(value)),
  unsubscribe: (value: unknown): UnsubscribeFrame | Refusal => ofKnownChannel(readUnsubscribe(value)),
  ping: reader(CLIENT_FRAME_SCHEMAS.ping),
  get: reader(CLIENT_FRAME_SCHEMAS.get),
  'order.place': reader(CLIENT_FRAME_SCHEMAS['order.place']),
  'order.placeList': reader(CLIENT_FRAME_SCHEMAS['order.placeList']),
  'order.modify': reader(CLIENT_FRAME_SCHEMAS['order.modify']),
  'order.cancel': reader(CLIENT_FRAME_SCHEMAS['order.cancel']),
  'alert.set': reader(CLIENT_FRAME_SCHEMAS['alert.set']),
  'alert.clear': reader(CLIENT_FRAME_SCHEMAS['alert.clear']),
  'presence.set': reader(CLIENT_FRAME_SCHEMAS['presence.set']),
} satisfies Readonly<Record<ClientFrame['type'], (value: unknown) => ClientFrame | Refusal>>;
const readersByType: ReadonlyMap<string, (value: unknown) => ClientFrame | Refusal> = new Map(Object.entries(readers));

/**
 * Reads a client's frame of the native stream. Never throws, whatever the text; the frame is a new object of known
 * fields alone.
 */
export function parseClientFrame(text: string, limits: ParseLimits): ClientFrame | Refusal {
  const parsed = parseBounded(text, limits);
  return parsed.ok ? readClientFrame(parsed.value) : parsed.refusal;
}

/** Reads a client's frame from what a codec has decoded. Never throws; the frame is a new object of known fields alone. */
export function readClientFrame(value: unknown): ClientFrame | Refusal {
  if (!isAnyFrame.Check(value)) return refuse('bad_message', 'expected an object with a "type"', value);
  const read = readersByType.get(value.type);
  if (read !== undefined) return read(value);
  return refuse('unknown_type', `unknown type ${quote(value.type)}; there are ${KNOWN_TYPES}`, value);
}

function ofKnownChannel<F extends { readonly channel: string }>(
  frame: F | Refusal,
): (F & { readonly channel: Channel }) | Refusal {
  if (!('channel' in frame)) return frame;
  const channel = CHANNELS.find((known) => known === frame.channel);
  return channel === undefined ? unknownChannel(frame) : { ...frame, channel };
}

const KNOWN_TYPES = Object.keys(CLIENT_FRAME_SCHEMAS).join(', ');

/** Parses JSON of bounded size and depth; never throws. */
export function parseBounded(
  text: string,
  limits: ParseLimits,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly refusal: Refusal } {
  // Each UTF-16 unit is at least one byte; the gateway has counted the bytes themselves.
  if (text.length > limits.maxFrameBytes) {
    return { ok: false, refusal: refuse('too_large', `a frame is at most ${limits.maxFrameBytes} bytes`) };
  }
  if (isDeeper(text, limits.maxJsonDepth)) {
    return { ok: false, refusal: refuse('too_deep', `JSON may be nested ${limits.maxJsonDepth} deep`) };
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, refusal: refuse('bad_json', 'the frame is not JSON') };
  }
}

/** Whether brackets outside of strings nest deeper than `depth`; looks at the text alone, so it needs no stack. */
function isDeeper(text: string, depth: number): boolean {
  let open = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === BACKSLASH) at++;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) {
      inString = true;
    } else if (unit === BRACE_OPEN || unit === BRACKET_OPEN) {
      if (++open > depth) return true;
    } else if (unit === BRACE_CLOSE || unit === BRACKET_CLOSE) {
      open--;
    }
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

function unknownChannel(value: { readonly channel: string }): Refusal {
  return refuse('unknown_channel', `unknown channel ${quote(value.channel)}; there are ${CHANNELS.join(', ')}`, value);
}

/** Errors are built only for frames that failed the compiled check. */
function explain(check: TypeCheck<TSchema>, value: unknown): Refusal {
  const first = check.Errors(value).First();
  const field = first === undefined || first.path === '' ? 'the frame' : first.path.slice(1).replaceAll('/', '.');
  return refuse('bad_message', `${quote(field)}: ${first?.message ?? 'is not as documented'}`, value);
}

function refuse(code: ErrorCode, message: string, value?: unknown): Refusal {
  return { type: 'refusal', ...idOf(value), code, message };
}

function idOf(value: unknown): { readonly id?: number } {
  return hasId.Check(value) ? { id: value.id } : {};
}

/** At most 64 characters of a client's text, without half pairs of surrogates. */
function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 63)}…` : text);
}

/** Writes a frame of the server. */
export function encodeFrame(frame: ServerFrame): string {
  return JSON.stringify(frame);
}

/** One ticker event as the encoder reads it: prices in ticks, sizes in lots, 0 for none; times in µs. Reused, so copy what you keep. */
export interface TickerFields {
  /** The symbol as a JSON string, quotes included. */
  readonly symbolJson: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** Ticks; 0 when unknown. */
  readonly previousClose: number;
  readonly seq: number;
  /** Equal to `seq` unless the frame stands for several. */
  readonly seqFrom: number;
  readonly last: number;
  readonly lastSize: number;
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
  readonly volume: number;
  readonly eventTimeUs: number;
  /** 0 for none. */
  readonly dueTimeUs: number;
  readonly receivedTimeUs: number;
}

/** Writes a `ticker` frame by hand: it is the one that goes out thousands of times a second. */
export function encodeTicker(fields: TickerFields, sentTimeUs: number): string {
  const { seq, seqFrom, dueTimeUs } = fields;
  const covered = seqFrom === seq ? '' : `,"seqFrom":${seqFrom}`;
  const due = dueTimeUs === 0 ? '' : `,"dueTimeUs":${dueTimeUs}`;
  return `{"type":"ticker","symbol":${fields.symbolJson},"seq":${seq}${covered},"data":${encodeTickerData(fields)},"eventTimeUs":${fields.eventTimeUs}${due},"receivedTimeUs":${fields.receivedTimeUs},"sentTimeUs":${sentTimeUs}}`;
}

/** Writes a `trade` frame: the last trade of the state. */
export function encodeTrade(fields: TickerFields & { readonly flags: number }, sentTimeUs: number): string {
  const { seq, seqFrom, dueTimeUs, priceDecimals, quantityDecimals } = fields;
  const covered = seqFrom === seq ? '' : `,"seqFrom":${seqFrom}`;
  const due = dueTimeUs === 0 ? '' : `,"dueTimeUs":${dueTimeUs}`;
  const price = decimalText(fields.last, priceDecimals);
  const size = decimalText(fields.lastSize, quantityDecimals);
  return `{"type":"trade","symbol":${fields.symbolJson},"seq":${seq}${covered},"data":{"price":${price},"size":${size},"flags":${fields.flags}},"eventTimeUs":${fields.eventTimeUs}${due},"receivedTimeUs":${fields.receivedTimeUs},"sentTimeUs":${sentTimeUs}}`;
}

/** Writes the `snapshot` of a `ticker` stream: its head is `fields.seq`. `staleMs` is the age of a price that nobody vouches for; 0 for others. */
export function encodeTickerSnapshot(fields: TickerFields, epoch: string, staleMs = 0): string {
  const stale = staleMs === 0 ? '' : `,"stale":true,"staleMs":${staleMs}`;
  return `{"type":"snapshot","channel":"ticker","symbol":${fields.symbolJson},"epoch":${JSON.stringify(epoch)},"seq":${fields.seq}${stale},"data":${encodeTickerData(fields)}}`;
}

function encodeTickerData(fields: TickerFields): string {
  const { priceDecimals: price, quantityDecimals: quantity } = fields;
  const hasTrade = fields.last !== 0;
  const hasQuote = fields.bid !== 0;
  const last = hasTrade ? decimalText(fields.last, price) : 'null';
  const lastSize = hasTrade ? decimalText(fields.lastSize, quantity) : 'null';
  const bid = hasQuote ? decimalText(fields.bid, price) : 'null';
  const ask = hasQuote ? decimalText(fields.ask, price) : 'null';
  const bidSize = hasQuote ? decimalText(fields.bidSize, quantity) : 'null';
  const askSize = hasQuote ? decimalText(fields.askSize, quantity) : 'null';
  const volume = decimalText(fields.volume, quantity);
  const previousClose = fields.previousClose === 0 ? 'null' : decimalText(fields.previousClose, price);
  return `{"last":${last},"lastSize":${lastSize},"bid":${bid},"ask":${ask},"bidSize":${bidSize},"askSize":${askSize},"volume":${volume},"previousClose":${previousClose}}`;
}

/** `units / 10^decimals` as exact decimal text, all decimals written: 12345 with 2 is `123.45`. `units` is a safe integer. */
export function decimalText(units: number, decimals: number): string {
  if (decimals === 0) return String(units);
  if (units < 0) return `-${decimalText(-units, decimals)}`;
  const scale = 10 ** decimals;
  const whole = Math.floor(units / scale);
  return `${whole}.${String(units - whole * scale).padStart(decimals, '0')}`;
}

/** The whole number of units of `10^-decimals` in a decimal text; undefined when it isn't whole, not a number or not exact. */
export function unitsOf(text: string, decimals: number): number | undefined {
  const isNegative = text.charCodeAt(0) === MINUS;
  const start = isNegative ? 1 : 0;
  const point = text.indexOf('.');
  const wholeEnd = point < 0 ? text.length : point;
  const fractionDigits = point < 0 ? 0 : text.length - point - 1;
  if (wholeEnd === start || wholeEnd - start > MAX_WHOLE_DIGITS) return undefined;
  if (point >= 0 && (fractionDigits === 0 || fractionDigits > MAX_FRACTION_DIGITS)) return undefined;
  let units = 0;
  for (let at = start; at < text.length; at++) {
    if (at === point) continue;
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    // Digits beyond the last unit must be noughts.
    if (at <= wholeEnd + decimals) units = units * 10 + digit;
    else if (digit !== 0) return undefined;
  }
  for (let missing = fractionDigits; missing < decimals; missing++) units *= 10;
  if (!Number.isSafeInteger(units)) return undefined;
  return isNegative ? -units : units;
}

const MINUS = 0x2d;
const ZERO = 0x30;
const MAX_WHOLE_DIGITS = 15;
const MAX_FRACTION_DIGITS = 12;

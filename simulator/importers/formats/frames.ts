import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { MAX_PRICE, MAX_SIZE } from '../../../market/tickers.ts';
import { TickKind } from '../../../market/types.ts';
import { DecimalReader, NEGATIVE, NOT_DECIMAL, POWERS_OF_TEN } from '../decimal.ts';
import type { Fields } from '../fields.ts';
import type { ArchiveFormat, FramesLayout, Sample } from '../layout.ts';
import { emptyRawEvent, type RowFault, type RowOutcome, type RowReader } from '../rawEvent.ts';
import { LEFT_OUT, MAX_DECIMALS, NO_SYMBOL } from '../symbols.ts';
import type { RowContext } from '../tableReader.ts';
import { TimeReader } from '../times.ts';

const LAYOUT: FramesLayout = {
  kind: 'frames',
  format: 'binance-frames',
  title: 'recorded Binance frames',
  hours: '24x7',
};
const SPACE = 32;

/** Frames as they came from Binance's streams, one a line, behind the ns at which they were received: `<ns> {"stream":..,"data":..}`. */
export const FRAMES_FORMAT: ArchiveFormat = {
  names: ['binance-frames'],
  detect: (sample: Sample) => (/^\d{18,19} \{"/.test(sample.lines[0] ?? '') ? LAYOUT : undefined),
};

const Text = Type.String();
const TradeFrame = TypeCompiler.Compile(
  Type.Object({ e: Type.Union([Type.Literal('trade'), Type.Literal('aggTrade')]), s: Text, p: Text, q: Text }),
);
const QuoteSchema = Type.Object({ s: Text, b: Text, B: Text, a: Text, A: Text });
const QuoteFrame = TypeCompiler.Compile(QuoteSchema);

/** Reads recorded frames. All events have the time at which they were received: `bookTicker` has no other. */
export class FrameReader implements RowReader {
  readonly #context: RowContext;
  readonly #times = new TimeReader({ unit: 'ns' });
  readonly #decimal = new DecimalReader();
  readonly #event = emptyRawEvent();

  constructor(context: RowContext) {
    this.#context = context;
  }

  readonly read = (fields: Fields): RowOutcome => {
    const { bytes } = fields;
    const start = fields.start[0] as number;
    const end = fields.end[0] as number;
    const space = bytes.indexOf(SPACE, start);
    if (space === -1 || space >= end) return rowFault('is not "<ns> {frame}"');
    const timeUs = this.#times.read(bytes, start, space);
    if (Number.isNaN(timeUs)) {
      const value = bytes.toString('utf8', start, space);
      return { column: 'time', value, reason: `is not ${this.#times.expected}` };
    }
    let frame: unknown;
    try {
      frame = JSON.parse(bytes.toString('utf8', space + 1, end));
    } catch {
      return { column: 'frame', value: bytes.toString('utf8', space + 1, end), reason: 'is not readable as JSON' };
    }
    if (timeUs < this.#context.fromUs || timeUs >= this.#context.toUs) return 'filtered';
    this.#event.timeUs = timeUs;
    return this.#take(isWrapped(frame) ? frame.data : frame);
  };

  #take(frame: unknown): RowOutcome {
    if (TradeFrame.Check(frame)) return this.#trade(frame);
    const isOtherEvent = typeof frame === 'object' && frame !== null && 'e' in frame && frame.e !== 'bookTicker';
    if (!isOtherEvent && QuoteFrame.Check(frame)) return this.#quote(frame);
    const isKnown = typeof frame === 'object' && frame !== null && 'e' in frame && typeof frame.e === 'string';
    // A stream that a tape doesn't hold, or an answer to a subscription.
    if (isKnown && !['trade', 'aggTrade', 'bookTicker'].includes(String(frame.e))) return 'filtered';
    if (typeof frame === 'object' && frame !== null && 'id' in frame) return 'filtered';
    return { column: 'frame', value: JSON.stringify(frame) ?? '', reason: 'is no trade, aggTrade or bookTicker' };
  }

  #trade(frame: { readonly s: string; readonly p: string; readonly q: string }): RowOutcome {
    const event = this.#event;
    const symbol = this.#symbol(frame.s);
    if (typeof symbol !== 'number') return symbol;
    const price = this.#read(frame.p, MAX_PRICE);
    if (price <= 0) return numberFault('p', frame.p, price);
    event.priceDecimals = this.#decimal.decimals;
    const size = this.#read(frame.q, MAX_SIZE);
    if (size <= 0) return numberFault('q', frame.q, size);
    event.sizeDecimals = this.#decimal.decimals;
    event.kind = TickKind.TRADE;
    event.symbol = symbol;
    event.price = price;
    event.size = size;
    event.ask = 0;
    event.askSize = 0;
    this.#context.onEvent(event);
    return 'taken';
  }

  #quote(frame: Static<typeof QuoteSchema>): RowOutcome {
    const event = this.#event;
    const symbol = this.#symbol(frame.s);
    if (typeof symbol !== 'number') return symbol;
    const prices = this.#pair({ bid: frame.b, ask: frame.a, bound: MAX_PRICE, minimum: 1, names: 'ba' });
    if ('reason' in prices) return prices;
    if (prices.ask < prices.bid) return { column: 'a', value: frame.a, reason: 'is below the bid' };
    const sizes = this.#pair({ bid: frame.B, ask: frame.A, bound: MAX_SIZE, minimum: 0, names: 'BA' });
    if ('reason' in sizes) return sizes;
    event.kind = TickKind.QUOTE;
    event.symbol = symbol;
    event.price = prices.bid;
    event.ask = prices.ask;
    event.priceDecimals = prices.decimals;
    event.size = sizes.bid;
    event.askSize = sizes.ask;
    event.sizeDecimals = sizes.decimals;
    this.#context.onEvent(event);
    return 'taken';
  }

  #symbol(name: string): number | 'filtered' | RowFault {
    const symbol = this.#context.symbols.findName(name);
    if (symbol === LEFT_OUT) return 'filtered';
    if (symbol !== NO_SYMBOL) return symbol;
    return { column: 's', value: name, reason: 'is no symbol (1 to 32 printable ASCII characters)' };
  }

  /** Brings both sides to one number of decimals. */
  #pair(sides: {
    readonly bid: string;
    readonly ask: string;
    readonly bound: number;
    readonly minimum: number;
    /** The names of both fields, a letter each. */
    readonly names: string;
  }): { readonly bid: number; readonly ask: number; readonly decimals: number } | RowFault {
    const { bound, minimum, names } = sides;
    const bid = this.#read(sides.bid, bound);
    const bidDecimals = this.#decimal.decimals;
    if (bid < minimum) return numberFault(names.charAt(0), sides.bid, bid);
    const ask = this.#read(sides.ask, bound);
    if (ask < minimum) return numberFault(names.charAt(1), sides.ask, ask);
    const decimals = Math.max(bidDecimals, this.#decimal.decimals);
    const scaledBid = bid * (POWERS_OF_TEN[decimals - bidDecimals] as number);
    const scaledAsk = ask * (POWERS_OF_TEN[decimals - this.#decimal.decimals] as number);
    if (scaledBid > bound) return numberFault(names.charAt(0), sides.bid, TOO_LARGE);
    if (scaledAsk > bound) return numberFault(names.charAt(1), sides.ask, TOO_LARGE);
    return { bid: scaledBid, ask: scaledAsk, decimals };
  }

  #read(text: string, bound: number): number {
    const bytes = Buffer.from(text, 'latin1');
    const value = this.#decimal.read(bytes, 0, bytes.length);
    return value > bound || this.#decimal.decimals > MAX_DECIMALS ? TOO_LARGE : value;
  }
}

const TOO_LARGE = -4;

function numberFault(column: string, value: string, code: number): RowFault {
  if (code === NOT_DECIMAL) return { column, value, reason: 'is not a decimal number' };
  if (code === NEGATIVE || code === 0) return { column, value, reason: 'is not above 0' };
  return { column, value, reason: 'has more digits than a tape holds' };
}

function rowFault(reason: string): RowFault {
  return { column: '', value: '', reason };
}

function isWrapped(frame: unknown): frame is { readonly data: unknown } {
  return typeof frame === 'object' && frame !== null && 'stream' in frame && 'data' in frame;
}

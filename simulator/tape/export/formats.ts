import { type Tick, TickKind } from '../../../market/types.ts';
import { decimalText } from '../../../protocol/codecs/json.ts';
import { isoTime } from '../time.ts';
import type { TapeHeader } from '../types.ts';

/** The formats that events can be written in. */
export const EXPORT_FORMATS = ['csv', 'ndjson', 'polygon-trades', 'binance-trades'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How a format's lines are made; every line ends with a line feed. */
export interface TickFormat {
  /** The lines before the first event; empty for none. */
  readonly head: string;
  /** The event's line; empty when the format has no words for it. */
  readonly line: (tick: Tick) => string;
  /** Its lines don't name the symbol: each symbol needs a file of its own. */
  readonly isPerSymbol: boolean;
}

/** Makes a format for a tape's events; `time` is how the CSV writes instants: µs since the epoch, or ISO 8601. */
export function tickFormat(format: ExportFormat, header: TapeHeader, time: 'us' | 'iso' = 'us'): TickFormat {
  switch (format) {
    case 'csv':
      return csvFormat(header, time);
    case 'ndjson':
      return { head: '', line: (tick) => `${JSON.stringify(tickRecord(tick, header))}\n`, isPerSymbol: false };
    case 'polygon-trades':
      return polygonTrades(header);
    case 'binance-trades':
      return binanceTrades(header);
  }
}

/** An event in words: decimals as exact text, `flags` only where there are any. */
export interface TickRecord {
  readonly timeUs: number;
  readonly symbol: string;
  readonly kind: 'trade' | 'quote';
  readonly price?: string;
  readonly size?: string;
  readonly bid?: string;
  readonly ask?: string;
  readonly bidSize?: string;
  readonly askSize?: string;
  readonly flags?: number;
}

/** Puts an event into words. */
export function tickRecord(tick: Tick, header: Pick<TapeHeader, 'instruments'>): TickRecord {
  const { symbol, priceDecimals, quantityDecimals } = instrumentOf(tick, header);
  const price = (ticks: number): string => decimalText(ticks, priceDecimals);
  const size = (lots: number): string => decimalText(lots, quantityDecimals);
  const flags = tick.flags === 0 ? {} : { flags: tick.flags };
  if (tick.kind === TickKind.TRADE) {
    return {
      timeUs: tick.eventTimeUs,
      symbol,
      kind: 'trade',
      price: price(tick.price),
      size: size(tick.size),
      ...flags,
    };
  }
  return {
    timeUs: tick.eventTimeUs,
    symbol,
    kind: 'quote',
    bid: price(tick.bid),
    ask: price(tick.ask),
    bidSize: size(tick.bidSize),
    askSize: size(tick.askSize),
    ...flags,
  };
}

function instrumentOf(tick: Tick, { instruments }: Pick<TapeHeader, 'instruments'>) {
  const instrument = instruments[tick.symbol];
  if (instrument === undefined) throw new RangeError(`the tape has no symbol ${tick.symbol}`);
  return instrument;
}

function csvFormat(header: TapeHeader, time: 'us' | 'iso'): TickFormat {
  const names = header.instruments.map(({ symbol }) => quoted(symbol));
  return {
    head: `${time === 'us' ? 'time_us' : 'time'},symbol,kind,price,size,bid,ask,bid_size,ask_size,flags\n`,
    line: (tick) => {
      const { priceDecimals, quantityDecimals } = instrumentOf(tick, header);
      const at = time === 'us' ? tick.eventTimeUs : isoTime(tick.eventTimeUs);
      const start = `${at},${names[tick.symbol]}`;
      if (tick.kind === TickKind.TRADE) {
        return `${start},trade,${decimalText(tick.price, priceDecimals)},${decimalText(tick.size, quantityDecimals)},,,,,${tick.flags}\n`;
      }
      const prices = `${decimalText(tick.bid, priceDecimals)},${decimalText(tick.ask, priceDecimals)}`;
      const sizes = `${decimalText(tick.bidSize, quantityDecimals)},${decimalText(tick.askSize, quantityDecimals)}`;
      return `${start},quote,,,${prices},${sizes},${tick.flags}\n`;
    },
    isPerSymbol: false,
  };
}

/** A CSV cell: in quotes where it must be. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Polygon's flat file of trades, times in ns. What a tape doesn't know (exchange, conditions, tape) is left empty or 0. */
function polygonTrades(header: TapeHeader): TickFormat {
  const names = header.instruments.map(({ symbol }) => quoted(symbol));
  let trades = 0;
  return {
    head: 'ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,sip_timestamp,size,tape,trf_id,trf_timestamp\n',
    line: (tick) => {
      if (tick.kind !== TickKind.TRADE) return '';
      const { priceDecimals, quantityDecimals } = instrumentOf(tick, header);
      const timeNs = `${tick.eventTimeUs}000`;
      const price = decimalText(tick.price, priceDecimals);
      trades += 1;
      return `${names[tick.symbol]},,0,0,${trades},${timeNs},${price},${trades},${timeNs},${decimalText(tick.size, quantityDecimals)},0,0,0\n`;
    },
    isPerSymbol: false,
  };
}

/** Binance's public trades files, times in µs as they are since 2025; who was the maker isn't on a tape: `False`. */
function binanceTrades(header: TapeHeader): TickFormat {
  const trades = new Float64Array(header.instruments.length);
  return {
    head: '',
    line: (tick) => {
      if (tick.kind !== TickKind.TRADE) return '';
      const { priceDecimals, quantityDecimals } = instrumentOf(tick, header);
      const id = (trades[tick.symbol] as number) + 1;
      trades[tick.symbol] = id;
      const price = decimalText(tick.price, priceDecimals);
      const quantity = decimalText(tick.size, quantityDecimals);
      const worth = bigDecimalText(BigInt(tick.price) * BigInt(tick.size), priceDecimals + quantityDecimals);
      return `${id},${price},${quantity},${worth},${tick.eventTimeUs},False,True\n`;
    },
    isPerSymbol: true,
  };
}

/** Like {@link decimalText}, for products beyond 2^53. */
function bigDecimalText(units: bigint, decimals: number): string {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return `${units < 0n ? '-' : ''}${whole}${decimals === 0 ? '' : `.${digits.slice(-decimals)}`}`;
}

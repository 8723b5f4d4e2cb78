import { MAX_PRICE, MAX_SIZE } from '../../market/tickers.ts';
import { emptyTick, type Instrument, type Tick, TickKind } from '../../market/types.ts';
import type { TapeWriter } from '../tape/writer.ts';
import { formatDecimal, POWERS_OF_TEN } from './decimal.ts';
import type { EventColumns } from './eventColumns.ts';
import type { RowFault } from './rawEvent.ts';
import type { SortedEvents } from './sorter.ts';

/** Between reports other work of the process may run. */
const PROGRESS_EVENTS = 131_072;

export interface WritingOptions {
  /** Already at the first event. */
  readonly events: SortedEvents;
  readonly writer: TapeWriter;
  readonly instruments: readonly Instrument[];
  /** Where a symbol's number in the events lies among the instruments. */
  readonly places: Int32Array;
  readonly onReject: (line: number, fault: RowFault) => void;
  readonly onProgress: (doneEvents: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The second pass of an import: writes the events in ticks and lots of their instruments. */
export async function writeEvents(options: WritingOptions): Promise<void> {
  const { events, writer, instruments, places, onReject } = options;
  const tick = emptyTick();
  let done = 0;
  do {
    const { columns, at } = events;
    tick.symbol = places[columns.symbol[at] as number] as number;
    const instrument = instruments[tick.symbol] as Instrument;
    if (fill({ tick, columns, at, instrument })) writer.append(tick);
    else onReject(columns.line[at] as number, misfit({ columns, at, instrument }));
    if (++done % PROGRESS_EVENTS === 0) {
      options.onProgress(done);
      await new Promise((resolve) => setImmediate(resolve));
      options.signal?.throwIfAborted();
    }
  } while (events.next());
  options.onProgress(done);
  options.signal?.throwIfAborted();
}

/** Brings an event into ticks and lots; false when it doesn't fit. */
function fill(part: {
  readonly tick: Tick;
  readonly columns: EventColumns;
  readonly at: number;
  readonly instrument: Instrument;
}): boolean {
  const { tick, columns, at, instrument } = part;
  const priceScale = POWERS_OF_TEN[instrument.priceDecimals - columns.priceDecimals(at)];
  const sizeScale = POWERS_OF_TEN[instrument.quantityDecimals - columns.sizeDecimals(at)];
  if (priceScale === undefined || sizeScale === undefined) return false;
  const price = (columns.price[at] as number) * priceScale;
  const size = (columns.size[at] as number) * sizeScale;
  tick.eventTimeUs = columns.timeUs[at] as number;
  tick.flags = columns.flags[at] as number;
  if (!columns.isQuote(at)) {
    tick.kind = TickKind.TRADE;
    tick.price = price;
    tick.size = size;
    tick.bid = tick.ask = tick.bidSize = tick.askSize = 0;
    return price <= MAX_PRICE && size <= MAX_SIZE;
  }
  tick.kind = TickKind.QUOTE;
  tick.price = tick.size = 0;
  tick.bid = price;
  tick.ask = (columns.ask[at] as number) * priceScale;
  tick.bidSize = size;
  tick.askSize = (columns.askSize[at] as number) * sizeScale;
  return tick.ask <= MAX_PRICE && Math.max(tick.bidSize, tick.askSize) <= MAX_SIZE;
}

/** Says what doesn't fit: a price or size with too many decimals, or too large for the decimals of the others. */
function misfit(part: {
  readonly columns: EventColumns;
  readonly at: number;
  readonly instrument: Instrument;
}): RowFault {
  const { columns, at, instrument } = part;
  const { symbol, priceDecimals, quantityDecimals } = instrument;
  const price = Math.max(columns.price[at] as number, columns.isQuote(at) ? (columns.ask[at] as number) : 0);
  const scale = POWERS_OF_TEN[priceDecimals - columns.priceDecimals(at)];
  if (scale === undefined || price * scale > MAX_PRICE) {
    const value = formatDecimal(price, columns.priceDecimals(at));
    return {
      column: 'price',
      value,
      reason: `doesn't fit among the prices of ${symbol}, which have ${priceDecimals} decimals`,
    };
  }
  const size = Math.max(columns.size[at] as number, columns.isQuote(at) ? (columns.askSize[at] as number) : 0);
  const value = formatDecimal(size, columns.sizeDecimals(at));
  return {
    column: 'size',
    value,
    reason: `doesn't fit among the sizes of ${symbol}, which have ${quantityDecimals} decimals`,
  };
}

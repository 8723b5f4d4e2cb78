import type { TickerState } from '../../market/tickers.ts';
import { type Instrument, TickKind } from '../../market/types.ts';
import type { TickerFields } from '../../protocol/codecs/json.ts';
import type { HistoryLimits, Span } from './stream.ts';

/** The recent events of one symbol: event `seq` lies at `seq % capacity`. */
interface Columns {
  capacity: number;
  kind: Uint8Array;
  /** Conditions of the last trade. */
  flags: Uint8Array;
  last: Int32Array;
  bid: Int32Array;
  ask: Int32Array;
  lastSize: Sizes;
  bidSize: Sizes;
  askSize: Sizes;
  volume: Float64Array;
  eventTimeUs: Float64Array;
  receivedTimeUs: Float64Array;
  /** 0 where the feed has no schedule. */
  dueTimeUs: Float64Array;
}
/** Sizes lie in 32 bits until the first that doesn't fit. */
type Sizes = Uint32Array | Float64Array;

const FIRST_CAPACITY = 16;
const MAX_UINT32 = 0xffff_ffff;

/** A ticker event as it is read from the log: one object is reused for all. */
export interface TickerView extends TickerFields {
  readonly symbol: string;
  /** Index of the symbol. */
  readonly index: number;
  /** TickKind of the event. */
  readonly kind: number;
  /** Conditions of the last trade, as bits. */
  readonly flags: number;
}

class MutableView implements TickerView {
  symbol = '';
  index = 0;
  symbolJson = '""';
  priceDecimals = 0;
  quantityDecimals = 0;
  previousClose = 0;
  kind = 0;
  flags = 0;
  seq = 0;
  seqFrom = 0;
  last = 0;
  lastSize = 0;
  bid = 0;
  ask = 0;
  bidSize = 0;
  askSize = 0;
  volume = 0;
  eventTimeUs = 0;
  dueTimeUs = 0;
  receivedTimeUs = 0;
}

/**
 * The recent ticker events of all symbols as whole states, in columns that grow as a symbol needs them: about 60 bytes
 * an event, and nothing allocated for an event once a symbol's columns have their size.
 */
export class TickerLog {
  readonly #epoch: string;
  readonly #limits: HistoryLimits;
  readonly #maxCapacity: number;
  readonly #instruments: readonly Instrument[];
  readonly #symbolJson: readonly string[];
  readonly #columns: (Columns | undefined)[];
  readonly #heads: Uint32Array;
  readonly #tradeHeads: Uint32Array;
  readonly #tradeFlags: Uint8Array;
  readonly #view = new MutableView();

  /** @param options.leastKept events of a symbol that can always be read, whatever the limits on resume */
  constructor(options: {
    readonly epoch: string;
    readonly instruments: readonly Instrument[];
    readonly limits: HistoryLimits;
    readonly leastKept: number;
  }) {
    const { epoch, instruments, limits, leastKept } = options;
    this.#epoch = epoch;
    this.#limits = limits;
    this.#maxCapacity = Math.max(limits.maxEvents, leastKept, 1);
    this.#instruments = instruments;
    this.#symbolJson = instruments.map(({ symbol }) => JSON.stringify(symbol));
    this.#columns = instruments.map(() => undefined);
    this.#heads = new Uint32Array(instruments.length);
    this.#tradeHeads = new Uint32Array(instruments.length);
    this.#tradeFlags = new Uint8Array(instruments.length);
  }

  /** Number of the symbol's last event; 0 before the first. */
  head(symbol: number): number {
    return this.#heads[symbol] as number;
  }

  /** Number of the symbol's last trade; 0 before the first. */
  tradeHead(symbol: number): number {
    return this.#tradeHeads[symbol] as number;
  }

  /** Keeps the symbol's state as it is now as its newest event. `dueTimeUs` is 0 for a feed without a schedule. */
  append(
    event: { readonly symbol: number; readonly kind: number; readonly flags: number },
    tickers: TickerState,
    times: { readonly receivedTimeUs: number; readonly dueTimeUs: number },
  ): void {
    const { symbol } = event;
    const seq = tickers.seq[symbol] as number;
    this.#heads[symbol] = seq;
    if (event.kind === TickKind.TRADE) {
      this.#tradeHeads[symbol] = seq;
      this.#tradeFlags[symbol] = event.flags;
    }
    const columns = this.#columnsFor(symbol, seq);
    const at = seq % columns.capacity;
    columns.kind[at] = event.kind;
    columns.flags[at] = this.#tradeFlags[symbol] as number;
    columns.last[at] = tickers.last[symbol] as number;
    columns.bid[at] = tickers.bid[symbol] as number;
    columns.ask[at] = tickers.ask[symbol] as number;
    const lastSize = tickers.lastSize[symbol] as number;
    const bidSize = tickers.bidSize[symbol] as number;
    const askSize = tickers.askSize[symbol] as number;
    if (lastSize > MAX_UINT32 || bidSize > MAX_UINT32 || askSize > MAX_UINT32) widen(columns);
    columns.lastSize[at] = lastSize;
    columns.bidSize[at] = bidSize;
    columns.askSize[at] = askSize;
    columns.volume[at] = tickers.volume[symbol] as number;
    columns.eventTimeUs[at] = tickers.eventTimeUs[symbol] as number;
    columns.receivedTimeUs[at] = times.receivedTimeUs;
    columns.dueTimeUs[at] = times.dueTimeUs;
  }

  /** What of the symbol can be given at `nowUs`. */
  span(symbol: number, nowUs: number): Span {
    const head = this.head(symbol);
    const columns = this.#columns[symbol];
    if (columns === undefined) return { epoch: this.#epoch, head, oldest: head + 1 };
    const earliestUs = nowUs - this.#limits.maxAgeUs;
    let low = Math.max(1, head - Math.min(this.#limits.maxEvents, columns.capacity) + 1);
    let high = head + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((columns.receivedTimeUs[middle % columns.capacity] as number) >= earliestUs) high = middle;
      else low = middle + 1;
    }
    return { epoch: this.#epoch, head, oldest: low };
  }

  /**
   * The state of `symbol` after its event `seq`, standing for `seqFrom`..`seq`; for `seq` 0 the state before the first
   * event. The object is reused by the next call. `seq` must still be kept.
   */
  read(symbol: number, seq: number, seqFrom = seq): TickerView {
    const view = this.#view;
    const instrument = this.#instruments[symbol];
    if (instrument === undefined) throw new RangeError(`no instrument ${symbol}`);
    view.symbol = instrument.symbol;
    view.symbolJson = this.#symbolJson[symbol] as string;
    view.priceDecimals = instrument.priceDecimals;
    view.quantityDecimals = instrument.quantityDecimals;
    view.previousClose = instrument.previousClose;
    view.index = symbol;
    view.seq = seq;
    view.seqFrom = seqFrom;
    const columns = this.#columns[symbol];
    if (columns === undefined || seq === 0) {
      clear(view);
      return view;
    }
    const at = seq % columns.capacity;
    view.kind = columns.kind[at] as number;
    view.flags = columns.flags[at] as number;
    view.last = columns.last[at] as number;
    view.lastSize = columns.lastSize[at] as number;
    view.bid = columns.bid[at] as number;
    view.ask = columns.ask[at] as number;
    view.bidSize = columns.bidSize[at] as number;
    view.askSize = columns.askSize[at] as number;
    view.volume = columns.volume[at] as number;
    view.eventTimeUs = columns.eventTimeUs[at] as number;
    view.receivedTimeUs = columns.receivedTimeUs[at] as number;
    view.dueTimeUs = columns.dueTimeUs[at] as number;
    return view;
  }

  #columnsFor(symbol: number, seq: number): Columns {
    const columns = this.#columns[symbol];
    if (columns === undefined) {
      const made = createColumns(Math.min(FIRST_CAPACITY, this.#maxCapacity), Uint32Array);
      this.#columns[symbol] = made;
      return made;
    }
    if (seq > columns.capacity && columns.capacity < this.#maxCapacity) {
      const grown = grow(columns, Math.min(columns.capacity * 2, this.#maxCapacity), seq - 1);
      this.#columns[symbol] = grown;
      return grown;
    }
    return columns;
  }
}

function clear(view: MutableView): void {
  view.kind = view.flags = 0;
  view.last = view.lastSize = view.bid = view.ask = view.bidSize = view.askSize = view.volume = 0;
  view.eventTimeUs = view.receivedTimeUs = view.dueTimeUs = 0;
}

function createColumns(capacity: number, SizeArray: Uint32ArrayConstructor | Float64ArrayConstructor): Columns {
  return {
    capacity,
    kind: new Uint8Array(capacity),
    flags: new Uint8Array(capacity),
    last: new Int32Array(capacity),
    bid: new Int32Array(capacity),
    ask: new Int32Array(capacity),
    lastSize: new SizeArray(capacity),
    bidSize: new SizeArray(capacity),
    askSize: new SizeArray(capacity),
    volume: new Float64Array(capacity),
    eventTimeUs: new Float64Array(capacity),
    receivedTimeUs: new Float64Array(capacity),
    dueTimeUs: new Float64Array(capacity),
  };
}

function grow(from: Columns, capacity: number, head: number): Columns {
  const to = createColumns(capacity, from.lastSize instanceof Float64Array ? Float64Array : Uint32Array);
  for (let seq = Math.max(1, head - from.capacity + 1); seq <= head; seq++) {
    const source = seq % from.capacity;
    const target = seq % capacity;
    to.kind[target] = from.kind[source] as number;
    to.flags[target] = from.flags[source] as number;
    to.last[target] = from.last[source] as number;
    to.bid[target] = from.bid[source] as number;
    to.ask[target] = from.ask[source] as number;
    to.lastSize[target] = from.lastSize[source] as number;
    to.bidSize[target] = from.bidSize[source] as number;
    to.askSize[target] = from.askSize[source] as number;
    to.volume[target] = from.volume[source] as number;
    to.eventTimeUs[target] = from.eventTimeUs[source] as number;
    to.receivedTimeUs[target] = from.receivedTimeUs[source] as number;
    to.dueTimeUs[target] = from.dueTimeUs[source] as number;
  }
  return to;
}

function widen(columns: Columns): void {
  if (columns.lastSize instanceof Float64Array) return;
  columns.lastSize = Float64Array.from(columns.lastSize);
  columns.bidSize = Float64Array.from(columns.bidSize);
  columns.askSize = Float64Array.from(columns.askSize);
}

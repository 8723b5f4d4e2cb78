import { type Tick, TickKind, type TickRefusal } from './types.ts';

/** The highest price in ticks; prices live in 32-bit columns. */
export const MAX_PRICE = 2 ** 31 - 1;
/** The highest size of a tick and quantity of an order, in lots. */
export const MAX_SIZE = 1e12;

/**
 * The last known market of every symbol, as columns by symbol index. Prices in ticks, sizes in lots, times in µs since
 * the epoch; 0 before the first trade or quote. Read it, don't write it: {@link TickerState.apply} does.
 */
export class TickerState {
  /** Number of accepted ticks, so the sequence number of the last one; the first has 1. */
  readonly seq: Uint32Array;
  readonly last: Int32Array;
  readonly lastSize: Float64Array;
  readonly bid: Int32Array;
  readonly ask: Int32Array;
  readonly bidSize: Float64Array;
  readonly askSize: Float64Array;
  /** Sum of the sizes of all trades. */
  readonly volume: Float64Array;
  readonly eventTimeUs: Float64Array;

  constructor(symbols: number) {
    this.seq = new Uint32Array(symbols);
    this.last = new Int32Array(symbols);
    this.lastSize = new Float64Array(symbols);
    this.bid = new Int32Array(symbols);
    this.ask = new Int32Array(symbols);
    this.bidSize = new Float64Array(symbols);
    this.askSize = new Float64Array(symbols);
    this.volume = new Float64Array(symbols);
    this.eventTimeUs = new Float64Array(symbols);
  }

  /** Says why `tick` can't be taken in this state, or undefined when it can. Times may repeat but not run backwards within a symbol. */
  fault(tick: Tick): TickRefusal | undefined {
    const { symbol, eventTimeUs } = tick;
    const before = this.eventTimeUs[symbol];
    if (before === undefined) return 'unknown_symbol';
    if (!(eventTimeUs >= before)) return isTime(eventTimeUs) ? 'time_backwards' : 'bad_time';
    return contentFault(tick);
  }

  /** Takes a tick that {@link TickerState.fault} has passed. */
  apply(tick: Tick): void {
    if (tick.kind === TickKind.TRADE) this.applyTrade(tick);
    else this.#applyQuote(tick);
  }

  /** Takes a trade that {@link TickerState.fault} has passed. */
  applyTrade({ symbol, eventTimeUs, price, size }: Tick): void {
    this.seq[symbol] = (this.seq[symbol] as number) + 1;
    this.eventTimeUs[symbol] = eventTimeUs;
    this.last[symbol] = price;
    this.lastSize[symbol] = size;
    this.volume[symbol] = (this.volume[symbol] as number) + size;
  }

  /** Sets the last price, to another one on the path of the tick that was applied. */
  moveLast(symbol: number, price: number): void {
    this.last[symbol] = price;
  }

  /** Brings a symbol's prices to what they are after a split: `denominator / numerator` of what they were, to the nearest tick, never below one. */
  split(
    symbol: number,
    { numerator, denominator }: { readonly numerator: number; readonly denominator: number },
  ): void {
    for (const column of [this.last, this.bid, this.ask]) {
      const price = column[symbol] as number;
      const scaled = Math.min(MAX_PRICE, Math.max(1, Math.round((price * denominator) / numerator)));
      if (price !== 0) column[symbol] = scaled;
    }
  }

  /** Every column as a list. */
  state(): TickerColumns {
    const { seq, last, lastSize, bid, ask, bidSize, askSize, volume, eventTimeUs } = this;
    return {
      seq: Array.from(seq),
      last: Array.from(last),
      lastSize: Array.from(lastSize),
      bid: Array.from(bid),
      ask: Array.from(ask),
      bidSize: Array.from(bidSize),
      askSize: Array.from(askSize),
      volume: Array.from(volume),
      eventTimeUs: Array.from(eventTimeUs),
    };
  }

  /** Takes on saved columns of as many symbols. */
  restore(columns: TickerColumns): void {
    for (const name of TICKER_COLUMNS) this[name].set(columns[name]);
  }

  #applyQuote({ symbol, eventTimeUs, bid, ask, bidSize, askSize }: Tick): void {
    this.seq[symbol] = (this.seq[symbol] as number) + 1;
    this.eventTimeUs[symbol] = eventTimeUs;
    this.bid[symbol] = bid;
    this.ask[symbol] = ask;
    this.bidSize[symbol] = bidSize;
    this.askSize[symbol] = askSize;
  }
}

const TICKER_COLUMNS = [
  'seq',
  'last',
  'lastSize',
  'bid',
  'ask',
  'bidSize',
  'askSize',
  'volume',
  'eventTimeUs',
] as const;

/** The columns of {@link TickerState} as they are saved, by symbol index. */
export type TickerColumns = { readonly [Name in (typeof TICKER_COLUMNS)[number]]: readonly number[] };

/** Says why `tick` can't be taken in any state, whatever the symbol; undefined when it may. */
export function contentFault(tick: Tick): TickRefusal | undefined {
  if (!isTime(tick.eventTimeUs)) return 'bad_time';
  if (tick.kind === TickKind.TRADE) {
    if (!isPrice(tick.price)) return 'bad_price';
    return isTradeSize(tick.size) ? undefined : 'bad_size';
  }
  if (tick.kind !== TickKind.QUOTE) return 'unknown_kind';
  if (!isPrice(tick.bid) || !isPrice(tick.ask)) return 'bad_price';
  if (tick.bid > tick.ask) return 'crossed_quote';
  return isSize(tick.bidSize) && isSize(tick.askSize) ? undefined : 'bad_size';
}

/** Whether `value` is a time: a whole number of µs that is exact. */
export function isTime(value: number): boolean {
  return Math.floor(value) === value && value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;
}

/** Whether `value` is a price: a whole number of ticks from 1 to {@link MAX_PRICE}. */
export function isPrice(value: number): boolean {
  return (value | 0) === value && value > 0;
}

/** Whether `value` is the size of a trade: a whole number of lots from 1 to {@link MAX_SIZE}. */
export function isTradeSize(value: number): boolean {
  return value > 0 && value <= MAX_SIZE && Math.floor(value) === value;
}

function isSize(value: number): boolean {
  return value >= 0 && value <= MAX_SIZE && Math.floor(value) === value && !Object.is(value, -0);
}

import { MAX_PRICE, MAX_SIZE } from '../../market/tickers.ts';
import { TickKind } from '../../market/types.ts';
import { BarPath, emptyBar, isHighFirst, pathTimeUs } from './barPath.ts';
import { DecimalReader, NEGATIVE, NOT_DECIMAL, POWERS_OF_TEN } from './decimal.ts';
import type { Fields } from './fields.ts';
import type { ColumnRole, TableLayout } from './layout.ts';
import { emptyRawEvent, type OnEvent, type RowFault, type RowOutcome, type RowReader } from './rawEvent.ts';
import { LEFT_OUT, MAX_DECIMALS, NO_SYMBOL, type SymbolTable } from './symbols.ts';
import { TimeReader } from './times.ts';

const ONE = 49;
const US_PER_S = 1_000_000;
/** A byte of bits. */
const MAX_FLAGS = 255;

/** What every reader of rows works with; times in µs since the epoch, `fromUs` included, `toUs` not. */
export interface RowContext {
  readonly symbols: SymbolTable;
  readonly onEvent: OnEvent;
  readonly fromUs: number;
  readonly toUs: number;
}

/** The numbers of one row, on one scale. */
class Scaled {
  readonly value = new Float64Array(8);
  readonly decimals = new Uint8Array(8);
  /** Of all values, after {@link Scaled.align}. */
  common = 0;

  /** Brings the first `count` to one number of decimals; answers the first that is over `bound` then, or -1. */
  align(count: number, bound: number): number {
    let common = 0;
    for (let at = 0; at < count; at++) common = Math.max(common, this.decimals[at] as number);
    this.common = common;
    for (let at = 0; at < count; at++) {
      const scaled = (this.value[at] as number) * (POWERS_OF_TEN[common - (this.decimals[at] as number)] as number);
      if (scaled > bound) return at;
      this.value[at] = scaled;
    }
    return -1;
  }
}

const TRADE_PRICES: readonly ColumnRole[] = ['price'];
const TRADE_SIZES: readonly ColumnRole[] = ['size'];
const QUOTE_PRICES: readonly ColumnRole[] = ['bid', 'ask'];
const QUOTE_SIZES: readonly ColumnRole[] = ['bidSize', 'askSize'];
const BAR_PRICES: readonly ColumnRole[] = ['open', 'high', 'low', 'close'];
const BAR_SIZES: readonly ColumnRole[] = ['volume'];
const QUOTE_BAR_PRICES: readonly ColumnRole[] = [...BAR_PRICES, 'askOpen', 'askHigh', 'askLow', 'askClose'];

/** Reads the rows of one table: checks them and hands their events over. */
export class TableReader implements RowReader {
  readonly #layout: TableLayout;
  readonly #context: RowContext;
  readonly #times: TimeReader;
  readonly #fixedSymbol: number;
  readonly #decimal = new DecimalReader();
  readonly #prices = new Scaled();
  readonly #sizes = new Scaled();
  readonly #event = emptyRawEvent();
  readonly #path = new BarPath();
  readonly #bar = emptyBar();

  constructor(layout: TableLayout, context: RowContext) {
    this.#layout = layout;
    this.#context = context;
    this.#times = new TimeReader(layout.time);
    this.#fixedSymbol = layout.symbol === undefined ? NO_SYMBOL : context.symbols.findName(layout.symbol);
  }

  readonly read = (fields: Fields): RowOutcome => {
    const { minColumns, maxColumns, rows } = this.#layout;
    if (fields.isBroken) return rowFault('has a quote that is not closed');
    if (fields.count < minColumns || fields.count > maxColumns) {
      const expected = minColumns === maxColumns ? `${minColumns}` : `${minColumns} to ${maxColumns}`;
      return rowFault(`has ${fields.count} columns, expected ${expected}`);
    }
    const symbol = this.#symbol(fields);
    if (symbol === LEFT_OUT) return 'filtered';
    if (symbol === NO_SYMBOL) return this.#fault(fields, 'symbol', 'is no symbol (1 to 32 printable ASCII characters)');
    const timeUs = this.#rowTime(fields);
    if (Number.isNaN(timeUs)) return this.#fault(fields, 'time', `is not ${this.#times.expected}`);
    this.#event.symbol = symbol;
    this.#event.timeUs = timeUs;
    const isWanted = timeUs >= this.#context.fromUs && timeUs < this.#context.toUs && !this.#isSuspicious(fields);
    switch (rows) {
      case 'trades':
        return this.#trade(fields, isWanted);
      case 'quotes':
        return this.#quote(fields, isWanted);
      case 'bars':
        return this.#tradeBar(fields, isWanted);
      case 'events':
        return this.#anyEvent(fields, isWanted);
      default:
        return this.#quoteBar(fields, isWanted);
    }
  };

  #anyEvent(fields: Fields, isWanted: boolean): RowOutcome {
    const flags = this.#number(fields, 'flags');
    if (!(flags >= 0 && flags <= MAX_FLAGS) || this.#decimal.decimals > 0) {
      return this.#fault(fields, 'flags', `is no whole number from 0 to ${MAX_FLAGS}`);
    }
    this.#event.flags = flags;
    const kind = fields.text(this.#layout.at.kind as number);
    if (kind === 'trade') return this.#trade(fields, isWanted);
    if (kind === 'quote') return this.#quote(fields, isWanted);
    return this.#fault(fields, 'kind', 'is neither trade nor quote');
  }

  #trade(fields: Fields, isWanted: boolean): RowOutcome {
    const fault = this.#readPrices(fields, TRADE_PRICES) ?? this.#readSizes(fields, TRADE_SIZES, 1);
    if (fault) return fault;
    if (!isWanted) return 'filtered';
    const event = this.#event;
    event.kind = TickKind.TRADE;
    event.price = this.#prices.value[0] as number;
    event.priceDecimals = this.#prices.common;
    event.size = this.#sizes.value[0] as number;
    event.sizeDecimals = this.#sizes.common;
    this.#context.onEvent(event);
    return 'taken';
  }

  #quote(fields: Fields, isWanted: boolean): RowOutcome {
    const fault = this.#readPrices(fields, QUOTE_PRICES) ?? this.#readSizes(fields, QUOTE_SIZES, 0);
    if (fault) return fault;
    if (this.#isCrossed(0, 1)) return this.#fault(fields, 'ask', 'is below the bid');
    if (!isWanted) return 'filtered';
    this.#emitQuote({ bid: 0, ask: 1 });
    return 'taken';
  }

  #tradeBar(fields: Fields, isWanted: boolean): RowOutcome {
    const fault =
      this.#readPrices(fields, BAR_PRICES) ?? this.#readSizes(fields, BAR_SIZES, 0) ?? this.#barFault(fields, 0);
    if (fault) return fault;
    const bar = this.#bar;
    if (!this.#readSpan(fields)) return this.#fault(fields, 'end', 'is not after the start of the bar');
    // A bar's path may need one place more.
    if (this.#sizes.common === MAX_DECIMALS) return this.#fault(fields, 'volume', TOO_FINE);
    if (!isWanted || this.#sizes.value[0] === 0) return 'filtered';
    this.#fillBar(0);
    bar.volume = this.#sizes.value[0] as number;
    bar.volumeDecimals = this.#sizes.common;
    this.#event.kind = TickKind.TRADE;
    this.#event.priceDecimals = this.#prices.common;
    this.#path.expand(bar, this.#event, this.#context.onEvent);
    return 'taken';
  }

  #quoteBar(fields: Fields, isWanted: boolean): RowOutcome {
    const fault =
      this.#readPrices(fields, QUOTE_BAR_PRICES) ??
      this.#readSizes(fields, QUOTE_SIZES, 0) ??
      this.#barFault(fields, 0) ??
      this.#barFault(fields, 4);
    if (fault) return fault;
    for (let point = 0; point < 4; point++) {
      if (this.#isCrossed(point, point + 4)) {
        return this.#fault(fields, QUOTE_BAR_PRICES[point + 4] as ColumnRole, 'is below the bid');
      }
    }
    if (!isWanted || !this.#readSpan(fields)) return 'filtered';
    this.#fillBar(0);
    const highFirst = isHighFirst(this.#bar);
    for (let point = 0; point < 4; point++) {
      // Prices lie in the order open, high, low, close.
      const bid = (point === 1 || point === 2) && !highFirst ? 3 - point : point;
      this.#event.timeUs = pathTimeUs(this.#bar, point);
      this.#emitQuote({ bid, ask: bid + 4 });
    }
    return 'taken';
  }

  #emitQuote(places: { readonly bid: number; readonly ask: number }): void {
    const event = this.#event;
    event.kind = TickKind.QUOTE;
    event.price = this.#prices.value[places.bid] as number;
    event.ask = this.#prices.value[places.ask] as number;
    event.priceDecimals = this.#prices.common;
    event.size = this.#sizes.value[0] as number;
    event.askSize = this.#sizes.value[1] as number;
    event.sizeDecimals = this.#sizes.common;
    this.#context.onEvent(event);
  }

  #symbol(fields: Fields): number {
    const column = this.#layout.at.symbol;
    if (column === undefined) return this.#fixedSymbol;
    return this.#context.symbols.find(fields.bytes, fields.start[column] as number, fields.end[column] as number);
  }

  #rowTime(fields: Fields): number {
    const { time = 0, date } = this.#layout.at;
    return date === undefined ? this.#time(fields, time) : this.#times.readTwo(fields.text(date), fields.text(time));
  }

  #time(fields: Fields, column: number): number {
    return this.#times.read(fields.bytes, fields.start[column] as number, fields.end[column] as number);
  }

  #isSuspicious(fields: Fields): boolean {
    const column = this.#layout.at.suspicious;
    if (column === undefined) return false;
    return fields.bytes[fields.start[column] as number] === ONE;
  }

  #isCrossed(bid: number, ask: number): boolean {
    return (this.#prices.value[ask] as number) < (this.#prices.value[bid] as number);
  }

  #readSpan(fields: Fields): boolean {
    const bar = this.#bar;
    const { at, barUs } = this.#layout;
    bar.startUs = this.#event.timeUs;
    // The end is the last instant of the bar, in the file's own unit.
    const endUs = at.end === undefined ? 0 : this.#time(fields, at.end);
    bar.lengthUs = at.end === undefined ? (barUs ?? 0) : Math.ceil((endUs - bar.startUs) / US_PER_S) * US_PER_S;
    return bar.lengthUs > 0;
  }

  #fillBar(first: number): void {
    const { value } = this.#prices;
    this.#bar.open = value[first] as number;
    this.#bar.high = value[first + 1] as number;
    this.#bar.low = value[first + 2] as number;
    this.#bar.close = value[first + 3] as number;
  }

  #barFault(fields: Fields, first: number): RowFault | undefined {
    this.#fillBar(first);
    const { open, high, low, close } = this.#bar;
    const roles = first === 0 ? BAR_PRICES : QUOTE_BAR_PRICES.slice(4);
    if (high < open || high < close)
      return this.#fault(fields, roles[1] as ColumnRole, 'is below the open or the close');
    if (low > open || low > close) return this.#fault(fields, roles[2] as ColumnRole, 'is above the open or the close');
    return undefined;
  }

  #readPrices(fields: Fields, roles: readonly ColumnRole[]): RowFault | undefined {
    const prices = this.#prices;
    const { priceShift } = this.#layout;
    for (let at = 0; at < roles.length; at++) {
      const role = roles[at] as ColumnRole;
      const value = this.#number(fields, role);
      if (value <= 0 || value > MAX_PRICE) return this.#numberFault(fields, role, value);
      prices.value[at] = value;
      prices.decimals[at] = this.#decimal.decimals;
      if (priceShift > 0) this.#shift(at, priceShift);
      if ((prices.decimals[at] as number) > MAX_DECIMALS) return this.#fault(fields, role, TOO_FINE);
    }
    const over = prices.align(roles.length, MAX_PRICE);
    return over === -1 ? undefined : this.#fault(fields, roles[over] as ColumnRole, TOO_LARGE_WITH_DECIMALS);
  }

  /** Takes a price that was published multiplied: divides it by moving its point. */
  #shift(at: number, places: number): void {
    const prices = this.#prices;
    let value = prices.value[at] as number;
    let decimals = (prices.decimals[at] as number) + places;
    for (; decimals > 0 && value % 10 === 0; decimals--) value /= 10;
    prices.value[at] = value;
    prices.decimals[at] = decimals;
  }

  /** A size without a column is 1. */
  #readSizes(fields: Fields, roles: readonly ColumnRole[], minimum: number): RowFault | undefined {
    const sizes = this.#sizes;
    for (let at = 0; at < roles.length; at++) {
      const role = roles[at] as ColumnRole;
      const isGiven = this.#layout.at[role] !== undefined;
      const value = isGiven ? this.#number(fields, role) : 1;
      if (value < minimum || value > MAX_SIZE) return this.#numberFault(fields, role, value);
      sizes.value[at] = value;
      sizes.decimals[at] = isGiven ? this.#decimal.decimals : 0;
      if ((sizes.decimals[at] as number) > MAX_DECIMALS) return this.#fault(fields, role, TOO_FINE);
    }
    const over = sizes.align(roles.length, MAX_SIZE);
    return over === -1 ? undefined : this.#fault(fields, roles[over] as ColumnRole, TOO_LARGE_WITH_DECIMALS);
  }

  #number(fields: Fields, role: ColumnRole): number {
    const column = this.#layout.at[role] as number;
    return this.#decimal.read(fields.bytes, fields.start[column] as number, fields.end[column] as number);
  }

  #numberFault(fields: Fields, role: ColumnRole, value: number): RowFault {
    if (value === NOT_DECIMAL) return this.#fault(fields, role, 'is not a decimal number');
    if (value === NEGATIVE || value === 0) return this.#fault(fields, role, 'is not above 0');
    return this.#fault(fields, role, 'has more digits than a tape holds');
  }

  #fault(fields: Fields, role: ColumnRole, reason: string): RowFault {
    const column = this.#layout.at[role];
    if (column === undefined) return rowFault(reason);
    return { column: this.#layout.names[column] ?? role, value: fields.text(column), reason };
  }
}

const TOO_FINE = `has more than ${MAX_DECIMALS} decimal places`;
const TOO_LARGE_WITH_DECIMALS = 'has more digits than a tape holds beside the decimals of its neighbours';

function rowFault(reason: string): RowFault {
  return { column: '', value: '', reason };
}

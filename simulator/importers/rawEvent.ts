import { TickKind } from '../../market/types.ts';
import type { Fields } from './fields.ts';

/** An event as it was read, before it's known how many decimals its symbol needs. One object is reused for all. */
export interface RawEvent {
  kind: TickKind;
  /** Index in the {@link SymbolTable}. */
  symbol: number;
  timeUs: number;
  /** Trade: price; quote: bid; as a whole number that counts `10 ** -priceDecimals`. */
  price: number;
  /** Quote alone. */
  ask: number;
  priceDecimals: number;
  /** Trade: size; quote: size of the bid; counts `10 ** -sizeDecimals`. */
  size: number;
  /** Quote alone. */
  askSize: number;
  sizeDecimals: number;
  /** Conditions of the trade, as a tape has them. */
  flags: number;
}

/** A raw event to be filled anew. */
export function emptyRawEvent(): RawEvent {
  return {
    kind: TickKind.TRADE,
    symbol: 0,
    timeUs: 0,
    price: 0,
    ask: 0,
    priceDecimals: 0,
    size: 0,
    askSize: 0,
    sizeDecimals: 0,
    flags: 0,
  };
}

/** What is wrong with a row; `column` and `value` are empty when it's the row as a whole. */
export interface RowFault {
  readonly column: string;
  readonly value: string;
  readonly reason: string;
}

/** What became of a row: its events were handed over, it was left out as asked for (or holds no event), or it's bad. */
export type RowOutcome = 'taken' | 'filtered' | RowFault;

/** Takes a copy of an event. */
export type OnEvent = (event: RawEvent) => void;

/** Reads the rows of one file. */
export interface RowReader {
  readonly read: (fields: Fields) => RowOutcome;
}

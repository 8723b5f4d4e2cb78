/** What part of the trading day it is. */
export type Phase = 'pre' | 'regular' | 'post' | 'closed';

/** A stretch of time in one phase, µs since the epoch. */
export interface SessionSpan {
  readonly phase: Phase;
  readonly startUs: number;
  /** The first instant after it. */
  readonly endUs: number;
}

/** The sessions of one trading day, µs since the epoch; every end is the first instant after it. */
export interface TradingDay {
  /** `YYYY-MM-DD` at the exchange. */
  readonly date: string;
  readonly preOpenUs: number;
  /** Regular session. */
  readonly openUs: number;
  readonly closeUs: number;
  readonly postCloseUs: number;
  /** Closes before its usual hour. */
  readonly isEarlyClose: boolean;
}

/** When an exchange trades. Its spans cover all time without a hole: outside its tables it is closed. */
export interface TradingCalendar {
  readonly name: string;
  /** The phase at an instant, µs since the epoch. */
  sessionAt(timeUs: number): Phase;
  /** The phase at an instant and its bounds. */
  spanAt(timeUs: number): SessionSpan;
  /** The sessions of a date; undefined on weekends and holidays. @throws RangeError when it is no date or beyond the tables */
  sessionOf(isoDate: string): TradingDay | undefined;
  /** The first opening of a regular session after `timeUs`; undefined beyond the tables. */
  nextOpenUs(timeUs: number): number | undefined;
  /** The first close of a regular session after `timeUs`; undefined beyond the tables. */
  nextCloseUs(timeUs: number): number | undefined;
}

import type { TickerState } from '../tickers.ts';
import type { ControlRefusal, PlaceOrder, SessionCalendar } from '../types.ts';

/** When orders work: the engine's time, the session by the calendar, and which symbols are halted. Without a calendar it is always the regular session. */
export class TradingHours {
  /** The last clock input, µs since the epoch; 0 before the first. */
  clockUs = 0;
  readonly #calendar: SessionCalendar | undefined;
  readonly #tickers: TickerState;
  readonly #halted: Uint8Array;
  /** The span of the session that was asked for last. */
  #spanStartUs = 0;
  #spanEndUs = 0;
  #isRegularSpan = false;

  constructor(options: { readonly tickers: TickerState; readonly calendar: SessionCalendar | undefined }) {
    this.#tickers = options.tickers;
    this.#calendar = options.calendar;
    this.#halted = new Uint8Array(options.tickers.seq.length);
  }

  /** The time for a symbol: that of its last tick, or of the clock input when that is later. */
  timeUs(symbol: number): number {
    return Math.max(this.clockUs, this.#tickers.eventTimeUs[symbol] as number);
  }

  /** Says why a clock input can't be taken, or undefined when it can. */
  clockFault(timeUs: number): ControlRefusal | undefined {
    if (!Number.isSafeInteger(timeUs) || timeUs < 0 || Object.is(timeUs, -0)) return 'bad_time';
    return timeUs < this.clockUs ? 'time_backwards' : undefined;
  }

  /** Whether the symbol is in its regular session now. */
  isRegular(symbol: number): boolean {
    if (this.#calendar === undefined) return true;
    const timeUs = this.timeUs(symbol);
    if (timeUs < this.#spanStartUs || timeUs >= this.#spanEndUs) {
      const { phase, startUs, endUs } = this.#calendar.spanAt(timeUs);
      this.#spanStartUs = startUs;
      this.#spanEndUs = endUs;
      this.#isRegularSpan = phase === 'regular';
    }
    return this.#isRegularSpan;
  }

  isHalted(symbol: number): boolean {
    return this.#halted[symbol] === 1;
  }

  halt(symbol: number): void {
    this.#halted[symbol] = 1;
  }

  resume(symbol: number): void {
    this.#halted[symbol] = 0;
  }

  /** The halted symbols, ascending. */
  halted(): number[] {
    return [...this.#halted.keys()].filter((symbol) => this.isHalted(symbol));
  }

  /** Why an order can't trade now, or undefined when it can. */
  closedFor(terms: PlaceOrder): 'symbol_halted' | 'market_closed' | undefined {
    if (this.isHalted(terms.symbol)) return 'symbol_halted';
    return terms.extendedHours === true || this.isRegular(terms.symbol) ? undefined : 'market_closed';
  }

  /** The first instant at which an order works no more: Infinity for none, undefined when its terms give no such instant to come. */
  expiryOf({ symbol, timeInForce, expireTimeUs }: PlaceOrder): number | undefined {
    const nowUs = this.timeUs(symbol);
    if (timeInForce === 'GTD') {
      return expireTimeUs !== undefined && Number.isSafeInteger(expireTimeUs) && expireTimeUs > nowUs
        ? expireTimeUs
        : undefined;
    }
    if (expireTimeUs !== undefined) return undefined;
    return timeInForce === 'DAY' ? this.#calendar?.nextCloseUs(nowUs) : Number.POSITIVE_INFINITY;
  }
}

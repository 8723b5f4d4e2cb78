import type { TradingCalendar } from '../../market/calendar/types.ts';
import { type Control, type Instrument, type Tick, TickKind } from '../../market/types.ts';
import type { Feed, FeedState } from '../feeds/feed.ts';

type Sink = (tick: Tick, dueTimeUs: number) => void;
type ControlSink = (control: Control, dueTimeUs: number) => void;

const MINUTE_US = 60_000_000;

/** Symbols `S0`, `S1`, ... with prices in hundredths, quantities in whole units and a last close of 100.00. */
export function testInstruments(count: number): Instrument[] {
  return Array.from({ length: count }, (_, index) => ({
    symbol: `S${index}`,
    index,
    priceDecimals: 2,
    quantityDecimals: 0,
    previousClose: 10_000,
  }));
}

/** A feed that gives exactly what a test tells it to give. */
export class ManualFeed implements Feed {
  readonly instruments: readonly Instrument[];
  readonly calendar: TradingCalendar | undefined;
  state: FeedState = 'waiting';
  #sink: Sink = () => undefined;
  #control: ControlSink = () => undefined;
  #end: () => void = () => undefined;
  #eventTimeUs = 1_584_365_400_000_000;

  /** @param calendar when they trade; absent: always */
  constructor(symbols: number, calendar?: TradingCalendar) {
    this.instruments = testInstruments(symbols);
    this.calendar = calendar;
  }

  readonly play = (sink: Sink, control: ControlSink): Promise<void> => {
    this.state = 'playing';
    this.#sink = sink;
    this.#control = control;
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  };

  readonly stop = (): void => {
    this.state = 'ended';
    this.#end();
  };

  /** A trade of 10 units, 1 ms of the market after the last event. `price` in ticks, `dueTimeUs` 0 for no schedule. */
  trade(trade: { readonly symbol: number; readonly price: number; readonly dueTimeUs?: number }): void {
    const { symbol, price, dueTimeUs = 0 } = trade;
    this.#eventTimeUs += 1000;
    const quote = { bid: 0, ask: 0, bidSize: 0, askSize: 0 };
    const { TRADE } = TickKind;
    this.#sink({ kind: TRADE, symbol, eventTimeUs: this.#eventTimeUs, price, size: 10, ...quote, flags: 0 }, dueTimeUs);
  }

  /** A quote of 5 units each side, 1 ms of the market after the last event; prices in ticks. */
  quote(quote: { readonly symbol: number; readonly bid: number; readonly ask: number }): void {
    this.#eventTimeUs += 1000;
    const { QUOTE } = TickKind;
    const sizes = { price: 0, size: 0, bidSize: 5, askSize: 5 };
    this.#sink({ kind: QUOTE, eventTimeUs: this.#eventTimeUs, ...quote, ...sizes, flags: 0 }, 0);
  }

  /** A halt or its end, or a corporate action, between the last event and the next. */
  control(control: Control): void {
    this.#control(control, 0);
  }

  /** Ends the minute of the last event, and those after it that are asked for: the market's clock moves on. Returns its time, µs. */
  endMinute(minutes = 1): number {
    for (let minute = 0; minute < minutes; minute++) {
      this.#eventTimeUs = (Math.floor(this.#eventTimeUs / MINUTE_US) + 1) * MINUTE_US;
      this.#control({ kind: 'clock', timeUs: this.#eventTimeUs }, 0);
    }
    return this.#eventTimeUs;
  }

  /** Trades a whole bar of one minute: four trades of 10 units, and its end. Prices in ticks. */
  bar(bar: {
    readonly symbol: number;
    readonly open: number;
    readonly high: number;
    readonly low: number;
    readonly close: number;
  }): void {
    const { symbol, open, high, low, close } = bar;
    for (const price of [open, high, low, close]) this.trade({ symbol, price });
    this.endMinute();
  }
}

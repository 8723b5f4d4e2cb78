import type { TradingCalendar } from '../../market/calendar/types.ts';
import { type Control, type Tick, TickKind } from '../../market/types.ts';
import type { Feed, FeedState } from '../../server/feeds/feed.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import type { TapeCursor, TapeReader } from '../../simulator/tape/types.ts';
import { createTapeWriter } from '../../simulator/tape/writer.ts';

/** When the tapes' session opens: 16 March 2020, 9:30 in New York; µs since the epoch. */
const OPEN_US = 1_584_365_400_000_000;
const HALF_DAY_US = 6 * 3_600_000_000;
const MINUTE_US = 60_000_000;
const SESSION_US = 6.5 * 3_600_000_000;

/** An event without its time; prices in hundredths. */
export type TapeEvent = Omit<Tick, 'eventTimeUs' | 'flags'> & {
  /** Minutes that have ended before it. */
  readonly minute?: number;
};

/** A trade as a tape's event. */
export function trade(fields: { readonly symbol: number; readonly price: number; readonly size: number }): TapeEvent {
  return { kind: TickKind.TRADE, ...fields, bid: 0, ask: 0, bidSize: 0, askSize: 0 };
}

/** Writes a tape of AAPL (last close 100.00) and MSFT (last close unknown), an event each ms from the session's opening, or from its minute's. */
export function writeTape(path: string, events: readonly TapeEvent[]): void {
  const places = { priceDecimals: 2, quantityDecimals: 0 };
  const writer = createTapeWriter({
    path,
    name: 'protocol',
    seed: 1,
    origin: { kind: 'derived', description: "the protocol's examples", sources: [] },
    instruments: [
      { symbol: 'AAPL', index: 0, ...places, previousClose: 10_000 },
      { symbol: 'MSFT', index: 1, ...places, previousClose: 0 },
    ],
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + HALF_DAY_US,
  });
  events.forEach(({ minute = 0, ...event }, at) => {
    writer.append({ ...event, eventTimeUs: OPEN_US + minute * MINUTE_US + at * 1000, flags: 0 });
  });
  writer.finish();
}

/** A tape that plays one event whenever it is told to, each due at that moment. */
export class SteppedFeed implements Feed {
  readonly #tape: TapeReader;
  readonly #cursor: TapeCursor;
  readonly #nowUs: () => number;
  #sink: (tick: Tick, dueTimeUs: number) => void = () => undefined;
  #control: (control: Control, dueTimeUs: number) => void = () => undefined;
  #minutes = 0;
  #end: () => void = () => undefined;
  state: FeedState = 'waiting';
  readonly calendar: TradingCalendar | undefined;

  /** @param options `calendar`: when the symbols trade; absent: always */
  constructor(options: {
    readonly tapePath: string;
    readonly nowUs: () => number;
    readonly calendar?: TradingCalendar | undefined;
  }) {
    this.calendar = options.calendar;
    this.#tape = openTape(options.tapePath);
    this.#cursor = this.#tape.cursor();
    this.#nowUs = options.nowUs;
  }

  get instruments(): Feed['instruments'] {
    return this.#tape.header.instruments;
  }

  readonly play = (
    sink: (tick: Tick, dueTimeUs: number) => void,
    control: (control: Control, dueTimeUs: number) => void,
  ): Promise<void> => {
    this.#sink = sink;
    this.#control = control;
    this.state = 'playing';
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  };

  readonly stop = (): void => {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.#tape.close();
    this.#end();
  };

  /** Halts trading in a symbol, or lets it go on. */
  control(control: Control): void {
    this.#control(control, this.#nowUs());
  }

  /** Ends a minute of the market. */
  endMinute(): void {
    this.#minutes++;
    this.#control({ kind: 'clock', timeUs: OPEN_US + this.#minutes * MINUTE_US }, this.#nowUs());
  }

  /** Ends the regular session of the tape's day. */
  endSession(): void {
    this.#control({ kind: 'clock', timeUs: OPEN_US + SESSION_US }, this.#nowUs());
  }

  /** Plays the next event; false at the tape's end. */
  step(): boolean {
    if (!this.#cursor.next()) return false;
    this.#sink(this.#cursor.tick, this.#nowUs());
    return true;
  }
}

import type { SessionCalendar, Tick } from '../../market/types.ts';
import { TickKind } from '../../market/types.ts';
import type { TapeHeader } from '../tape/types.ts';
import { BarMaker, MinuteStore } from './bars.ts';
import type { ProviderBar, ProviderMarket, SymbolView } from './facade.ts';
import { COLUMN_NAMES, type Columns, DAY_COLUMNS, makeColumns, precedeColumns } from './marketColumns.ts';

const DAY_US = 86_400_000_000;

/** How a book knows what time it is in the market. */
export interface MarketTime {
  /** The market's time now, between two events as well, µs of event time. */
  readonly marketNowUs: () => number;
  /** What an event at a time of the tape says of its own time, µs. */
  readonly shownUs: (eventTimeUs: number) => number;
}

export interface MarketBookOptions {
  readonly header: TapeHeader;
  readonly time: MarketTime;
  /** Absent: a market that is always open, with days that begin at midnight UTC. */
  readonly calendar: SessionCalendar | undefined;
  /** Takes each bar of a minute or a second that has ended. */
  readonly bar: (bar: ProviderBar) => void;
}

/** Keeps what a provider knows of the market: last trade, quote, the day's range and volume, and bars. */
export class MarketBook implements ProviderMarket {
  readonly instruments: TapeHeader['instruments'];
  readonly #options: MarketBookOptions;
  readonly #columns: Columns;
  readonly #halted: Uint8Array;
  readonly #views: readonly View[];
  readonly #indices: ReadonlyMap<string, number>;
  readonly #minutes: BarMaker;
  readonly #seconds: BarMaker;
  readonly #stored: MinuteStore;
  /** Whether bars of a second are made as well. */
  hasSeconds = false;
  #dayEndUs = 0;
  /** Symbols whose previous close was seen, not told by the tape. */
  readonly #hasSeenClose: Uint8Array;
  /** Whether bars are told, or only kept. */
  #isWarming = false;

  constructor(options: MarketBookOptions) {
    const { instruments } = options.header;
    const symbols = instruments.length;
    this.#options = options;
    this.instruments = instruments;
    this.#columns = makeColumns(symbols);
    this.#halted = new Uint8Array(symbols);
    this.#hasSeenClose = new Uint8Array(symbols);
    this.#views = instruments.map(({ index }) => new View(this.#columns, this.#halted, index));
    this.#indices = new Map(instruments.map(({ symbol, index }) => [symbol, index]));
    this.#stored = new MinuteStore(symbols);
    this.#minutes = new BarMaker({ symbols, seconds: 60, tell: this.#onMinute });
    this.#seconds = new BarMaker({ symbols, seconds: 1, tell: options.bar });
    this.clear();
  }

  /** Takes what the market did; `shownUs` is what the event says of its time, `soundUs` what it would say without a fault. */
  tick(tick: Tick, shownUs: number, soundUs: number): void {
    if (tick.eventTimeUs >= this.#dayEndUs) this.#beginDay(tick.eventTimeUs);
    if (tick.kind === TickKind.QUOTE) this.#quote(tick, shownUs);
    else this.#trade(tick, shownUs, soundUs);
  }

  /** Takes what the market did before the part that is played: nothing is told. */
  warm(tick: Tick): void {
    const shownUs = this.#options.time.shownUs(tick.eventTimeUs);
    this.#isWarming = true;
    this.tick(tick, shownUs, shownUs);
    this.#isWarming = false;
  }

  /**
   * Takes what the market did before all that this book has heard since it was cleared, from a book that heard it; from then
   * on both know what one that heard all would. That book may go on only after this one was cleared.
   */
  precede(earlier: MarketBook): void {
    precedeColumns(this.#columns, earlier.#columns, {
      isSameDay: this.#dayEndUs === 0 || this.#dayEndUs === earlier.#dayEndUs,
      hasSeenClose: this.#hasSeenClose,
    });
    if (this.#dayEndUs === 0) this.#dayEndUs = earlier.#dayEndUs;
    this.#stored.precede(earlier.#stored);
    this.#minutes.precede(earlier.#minutes, (bar) => this.#stored.precedeBar(bar));
  }

  halt(symbol: number, isHalted: boolean): void {
    this.#halted[symbol] = isHalted ? 1 : 0;
  }

  /** Tells the bars that have ended by a time as shown, µs. */
  advance(shownUs: number): void {
    this.#minutes.advance(shownUs);
    this.#seconds.advance(shownUs);
  }

  /** When the next bars end, as shown, µs; Infinity while none is forming. */
  nextBarEndUs(): number {
    return Math.min(this.#minutes.endUs, this.#seconds.endUs);
  }

  /** Forgets all that was known. */
  clear(): void {
    for (const name of COLUMN_NAMES) this.#columns[name].fill(0);
    for (const { index, previousClose } of this.instruments) this.#columns.previousClose[index] = previousClose;
    this.#halted.fill(0);
    this.#hasSeenClose.fill(0);
    this.#minutes.clear();
    this.#seconds.clear();
    this.#stored.clear();
    this.#dayEndUs = 0;
  }

  readonly indexOf = (symbol: string): number | undefined => this.#indices.get(symbol);

  readonly nowUs = (): number => {
    const { time } = this.#options;
    return time.shownUs(time.marketNowUs());
  };

  readonly phase = (): 'pre' | 'regular' | 'post' | 'closed' => {
    const { calendar, time } = this.#options;
    return calendar?.spanAt(time.marketNowUs()).phase ?? 'regular';
  };

  readonly view = (symbol: number): SymbolView => {
    const view = this.#views[symbol];
    if (view === undefined) throw new RangeError(`market book: there is no symbol ${symbol}`);
    return view;
  };

  readonly minutes = (
    symbol: number,
    fromUs = Number.NEGATIVE_INFINITY,
    toUs = Number.POSITIVE_INFINITY,
  ): readonly ProviderBar[] => this.#stored.read(symbol, { fromUs, toUs });

  readonly forming = (symbol: number): ProviderBar | undefined => this.#minutes.forming(symbol);

  readonly session = (): { readonly openUs: number; readonly closeUs: number } => {
    const { calendar, time, header } = this.#options;
    const bounds = calendar === undefined ? undefined : sessionNear(calendar, time.marketNowUs());
    const { openUs, closeUs } = bounds ?? { openUs: header.sessionOpenUs, closeUs: header.sessionCloseUs };
    return { openUs: time.shownUs(openUs), closeUs: time.shownUs(closeUs) };
  };

  #quote({ symbol, bid, ask, bidSize, askSize }: Tick, shownUs: number): void {
    const columns = this.#columns;
    columns.bid[symbol] = bid;
    columns.ask[symbol] = ask;
    columns.bidSize[symbol] = bidSize;
    columns.askSize[symbol] = askSize;
    columns.quoteTimeUs[symbol] = shownUs;
  }

  #trade({ symbol, price, size }: Tick, shownUs: number, soundUs: number): void {
    const { last, lastSize, lastTimeUs, trades, open, high, low, volume, notional } = this.#columns;
    last[symbol] = price;
    lastSize[symbol] = size;
    lastTimeUs[symbol] = shownUs;
    trades[symbol] = (trades[symbol] as number) + 1;
    if (volume[symbol] === 0) {
      open[symbol] = price;
      high[symbol] = price;
      low[symbol] = price;
    } else if (price > (high[symbol] as number)) high[symbol] = price;
    else if (price < (low[symbol] as number)) low[symbol] = price;
    volume[symbol] = (volume[symbol] as number) + size;
    notional[symbol] = (notional[symbol] as number) + price * size;
    this.#minutes.advance(soundUs);
    this.#minutes.trade(symbol, price, size);
    if (!this.hasSeconds || this.#isWarming) return;
    this.#seconds.advance(soundUs);
    this.#seconds.trade(symbol, price, size);
  }

  readonly #onMinute = (bar: ProviderBar): void => {
    this.#stored.add(bar);
    if (!this.#isWarming) this.#options.bar(bar);
  };

  #beginDay(eventTimeUs: number): void {
    const { calendar } = this.#options;
    const columns = this.#columns;
    const isFirst = this.#dayEndUs === 0;
    this.#dayEndUs =
      calendar === undefined ? (Math.floor(eventTimeUs / DAY_US) + 1) * DAY_US : dayEnd(calendar, eventTimeUs);
    if (isFirst) return;
    for (const { index } of this.instruments) {
      const last = columns.last[index] as number;
      if (last === 0) continue;
      columns.previousClose[index] = last;
      this.#hasSeenClose[index] = 1;
    }
    for (const name of DAY_COLUMNS) columns[name].fill(0);
  }
}

/** The first instant of the next trading day: where the night after `timeUs` ends. */
function dayEnd(calendar: SessionCalendar, timeUs: number): number {
  let span = calendar.spanAt(timeUs);
  // A market that never closes has sessions from day to day.
  if (span.phase === 'regular' && calendar.spanAt(span.endUs).phase === 'regular') return span.endUs;
  while (span.phase !== 'closed') span = calendar.spanAt(span.endUs);
  return span.endUs;
}

/** The regular session of a time's day, or the next one. */
function sessionNear(
  calendar: SessionCalendar,
  timeUs: number,
): { readonly openUs: number; readonly closeUs: number } | undefined {
  let span = calendar.spanAt(timeUs);
  if (span.phase === 'post') span = calendar.spanAt(span.startUs - 1);
  // At most: closed, pre, regular.
  for (let step = 0; step < 3 && span.phase !== 'regular' && Number.isFinite(span.endUs); step++) {
    span = calendar.spanAt(span.endUs);
  }
  return span.phase === 'regular' ? { openUs: span.startUs, closeUs: span.endUs } : undefined;
}

/** One symbol of the book, read where it is kept. */
class View implements SymbolView {
  readonly #columns: Columns;
  readonly #halted: Uint8Array;
  readonly #at: number;

  constructor(columns: Columns, halted: Uint8Array, at: number) {
    this.#columns = columns;
    this.#halted = halted;
    this.#at = at;
  }

  get last(): number {
    return this.#columns.last[this.#at] as number;
  }
  get lastSize(): number {
    return this.#columns.lastSize[this.#at] as number;
  }
  get lastTimeUs(): number {
    return this.#columns.lastTimeUs[this.#at] as number;
  }
  get trades(): number {
    return this.#columns.trades[this.#at] as number;
  }
  get bid(): number {
    return this.#columns.bid[this.#at] as number;
  }
  get ask(): number {
    return this.#columns.ask[this.#at] as number;
  }
  get bidSize(): number {
    return this.#columns.bidSize[this.#at] as number;
  }
  get askSize(): number {
    return this.#columns.askSize[this.#at] as number;
  }
  get quoteTimeUs(): number {
    return this.#columns.quoteTimeUs[this.#at] as number;
  }
  get open(): number {
    return this.#columns.open[this.#at] as number;
  }
  get high(): number {
    return this.#columns.high[this.#at] as number;
  }
  get low(): number {
    return this.#columns.low[this.#at] as number;
  }
  get volume(): number {
    return this.#columns.volume[this.#at] as number;
  }
  get notional(): number {
    return this.#columns.notional[this.#at] as number;
  }
  get previousClose(): number {
    return this.#columns.previousClose[this.#at] as number;
  }
  get isHalted(): boolean {
    return this.#halted[this.#at] === 1;
  }
}

import type { SessionSpan, TradingCalendar } from '../calendar/types.ts';
import { loadColumns, saveColumns } from '../columns.ts';
import { CASH_SCALE, type CorporateAction, type Instrument } from '../types.ts';
import { BarStore } from '../windows/barStore.ts';
import type { BarWindow } from '../windows/barWindow.ts';
import { adjustForming, adjustStore, historyChange } from './adjust.ts';
import { fillAfter, markGap, mergeBar, refill, writeBar } from './amend.ts';
import { FormingBars } from './forming.ts';
import { append, emptyPiece, type Piece, providerFault, setBar, setTrade } from './piece.ts';
import {
  BAR_REFUSALS,
  BarFlag,
  type BarRefusal,
  type BarSink,
  type BarTrade,
  FRAMES,
  type FrameIndex,
  MINUTE_US,
  type ProviderBar,
} from './types.ts';

/** Bars that a window holds by default. */
export const DEFAULT_WINDOW_BARS = 200;
/** How far behind the market's clock a trade may still amend its bar, by default. */
export const DEFAULT_LATENESS_US = 10_000_000;

export interface BarBuilderOptions {
  /** Number of symbols; a symbol is an index below it. */
  readonly symbols: number;
  readonly calendar: TradingCalendar;
  readonly sink: BarSink;
  /** Bars that each window holds, 50 to 200 (default {@link DEFAULT_WINDOW_BARS}). */
  readonly windowBars?: number;
  /** How far behind the market's clock a trade or a provider's bar may still amend (default {@link DEFAULT_LATENESS_US}); at most half of the window. */
  readonly latenessUs?: number;
  /** Whether an empty minute of the regular session makes a bar with the last close and volume 0 (default: no bar). */
  readonly fillGaps?: boolean;
  /** Whether trades before and after the regular session make bars (default true). */
  readonly extendedHours?: boolean;
}

/** Before the first input: nothing is open, whatever the calendar says. */
const NO_SPAN: SessionSpan = { phase: 'closed', startUs: Number.NEGATIVE_INFINITY, endUs: Number.NEGATIVE_INFINITY };

/**
 * Builds the bars of 1, 5, 15 and 60 minutes of every symbol from trades or from a provider's one-minute bars. Bars start at
 * the opening of their session (pre, regular, post) and none crosses its end.
 *
 * One clock serves all symbols: it is the latest time among the trades and the times told by {@link BarBuilder.onClock}. A minute
 * closes for every symbol when the clock reaches its end. A trade that comes later amends its bar. A trade touches the open
 * minute alone; longer bars take in whole minutes, so they cost nothing per trade and are the sums of their minutes.
 */
export class BarBuilder {
  readonly symbols: number;
  /** The windows, one store for each time frame. */
  readonly stores: readonly BarStore[];
  readonly #calendar: TradingCalendar;
  readonly #sink: BarSink;
  readonly #latenessUs: number;
  readonly #fillGaps: boolean;
  readonly #extendedHours: boolean;
  readonly #forming: readonly FormingBars[];
  readonly #minute: FormingBars;
  readonly #piece = emptyPiece();
  readonly #refused = new Map<BarRefusal, number>();
  #span = NO_SPAN;
  #clockUs = Number.NEGATIVE_INFINITY;
  /** Bounds of the minute that is open; while the exchange is closed, Infinity and the end of the span. */
  #minuteStartUs = Number.POSITIVE_INFINITY;
  #minuteEndUs = Number.NEGATIVE_INFINITY;
  /** Start of the open bar of each time frame. */
  readonly #frameStartUs = new Float64Array(FRAMES.length);

  /** @throws RangeError when `windowBars` or `latenessUs` is out of range */
  constructor(options: BarBuilderOptions) {
    const { symbols, calendar, sink, windowBars = DEFAULT_WINDOW_BARS, latenessUs = DEFAULT_LATENESS_US } = options;
    this.stores = FRAMES.map((frame) => new BarStore({ frame, symbols, capacity: windowBars }));
    if (!(latenessUs >= 0 && latenessUs <= (windowBars / 2) * MINUTE_US)) {
      throw new RangeError(
        `latenessUs is ${latenessUs}: from 0 to half of the window, ${(windowBars / 2) * MINUTE_US}`,
      );
    }
    this.symbols = symbols;
    this.#calendar = calendar;
    this.#sink = sink;
    this.#latenessUs = latenessUs;
    this.#fillGaps = options.fillGaps ?? false;
    this.#extendedHours = options.extendedHours ?? true;
    this.#minute = new FormingBars(symbols);
    this.#forming = [this.#minute, ...FRAMES.slice(1).map(() => new FormingBars(symbols))];
  }

  /**
   * Takes a trade that cleaning has passed, so of a known symbol. Returns false when it belongs to no bar; the reason is counted
   * in {@link BarBuilder.refused}.
   */
  onTrade(trade: BarTrade): boolean {
    const { eventTimeUs } = trade;
    // As onClock does: a call that isn't compiled in boxes its number, 16 bytes a tick.
    if (eventTimeUs > this.#clockUs) {
      this.#clockUs = eventTimeUs;
      if (eventTimeUs >= this.#minuteEndUs) this.#advance(eventTimeUs);
    }
    // The time of the open minute's last trade shows that this one is of the same minute.
    return this.#minute.addNewest(trade) || this.#otherTrade(trade);
  }

  /** Takes a provider's one-minute bar, which stands for all trades of its minute. Returns false when it makes no bar; the reason is counted. */
  onBar(bar: ProviderBar): boolean {
    const fault = providerFault(bar, this.symbols);
    if (fault !== undefined) return this.#refuse(fault);
    const { symbol, startUs } = bar;
    if (startUs > this.#clockUs) this.onClock(startUs);
    const span = startUs >= this.#minuteStartUs ? this.#span : this.#calendar.spanAt(startUs);
    if (!this.#isTraded(span)) return this.#refuse('outside_session');
    if ((startUs - span.startUs) % MINUTE_US !== 0) return this.#refuse('bad_bar');
    setBar(this.#piece, bar);
    if (startUs < this.#minuteStartUs) {
      if (startUs + MINUTE_US < this.#clockUs - this.#latenessUs) return this.#refuse('too_late');
      return this.#amend(symbol, span);
    }
    if (!this.#minute.isEmpty(symbol)) {
      const isBar = ((this.#minute.flags[symbol] as number) & BarFlag.PROVIDER) !== 0;
      return this.#refuse(isBar ? 'minute_has_bar' : 'minute_has_trades');
    }
    // No trade may follow it: onTrade sees it as out of order.
    this.#piece.lastUs = Number.POSITIVE_INFINITY;
    this.#minute.merge(symbol, this.#piece);
    return true;
  }

  /** Moves the market's clock on to `timeUs`, µs since the epoch, and closes what ends until then. An earlier time changes nothing. */
  onClock(timeUs: number): void {
    if (timeUs > this.#clockUs) {
      this.#clockUs = timeUs;
      if (timeUs >= this.#minuteEndUs) this.#advance(timeUs);
    }
  }

  /** Makes a view of a symbol's window in a time frame; keep it. @throws RangeError for a symbol that isn't there */
  window(symbol: number, frame: FrameIndex): BarWindow {
    return this.#store(frame).window(symbol);
  }

  /** Reads the bar that is still open into `piece`; false when it has nothing in it yet. */
  readForming(symbol: number, frame: FrameIndex, piece: Piece): boolean {
    const whole = frame === 0 ? this.#minute : (this.#forming[frame] as FormingBars);
    const hasMinute = !this.#minute.isEmpty(symbol);
    if (frame === 0 || whole.isEmpty(symbol)) {
      if (hasMinute) this.#readMinute(symbol, piece);
      return hasMinute;
    }
    whole.read(symbol, piece);
    if (hasMinute) {
      this.#readMinute(symbol, this.#piece);
      append(piece, this.#piece);
    }
    return true;
  }

  /** Start of the bar that is still open, µs since the epoch; NaN while the exchange is closed. */
  formingStartUs(frame: FrameIndex): number {
    return this.#isTraded(this.#span) ? (this.#frameStartUs[frame] as number) : Number.NaN;
  }

  /** The market's clock, µs since the epoch; -Infinity before the first input. */
  get clockUs(): number {
    return this.#clockUs;
  }

  /** Trades and provider's bars that made no bar, by reason. */
  get refused(): ReadonlyMap<BarRefusal, number> {
    return this.#refused;
  }

  /**
   * Brings a symbol's bars, closed and open, to the prices after a corporate action: history as if it had always been so. No
   * correction is told; who keeps more than the windows learns anew from them.
   */
  adjust(action: CorporateAction, instrument: Pick<Instrument, 'priceDecimals'>): void {
    const { symbol, numerator, denominator, cashPerShare } = action;
    const dividend = (cashPerShare * 10 ** instrument.priceDecimals) / CASH_SCALE;
    const lastClose = this.#lastClose(symbol);
    const change = historyChange({ numerator, denominator, dividend, lastClose });
    for (const store of this.stores) adjustStore(store, symbol, change);
    for (const forming of this.#forming) adjustForming(forming, symbol, change);
  }

  /** Copies the whole state. */
  save(): Uint8Array {
    const times = Float64Array.of(this.#clockUs, this.#minuteStartUs, this.#minuteEndUs);
    const refused = Float64Array.from(BAR_REFUSALS, (reason) => this.#refused.get(reason) ?? 0);
    return saveColumns([times, refused, ...this.#columns()]);
  }

  /** Takes the state that {@link BarBuilder.save} gave, from a builder with the same options. @throws RangeError when it doesn't fit */
  restore(saved: Uint8Array): void {
    const times = new Float64Array(3);
    const refused = new Float64Array(BAR_REFUSALS.length);
    loadColumns([times, refused, ...this.#columns()], saved);
    this.#clockUs = times[0] as number;
    this.#minuteStartUs = times[1] as number;
    this.#minuteEndUs = times[2] as number;
    this.#span = this.#clockUs === Number.NEGATIVE_INFINITY ? NO_SPAN : this.#calendar.spanAt(this.#clockUs);
    this.#refused.clear();
    BAR_REFUSALS.forEach((reason, at) => {
      const count = refused[at] as number;
      if (count > 0) this.#refused.set(reason, count);
    });
  }

  #columns(): ArrayBufferView[] {
    return [this.#frameStartUs, ...[...this.stores, ...this.#forming].flatMap((part) => part.columns())];
  }

  /** The symbol's last price that any bar knows, in ticks; 0 when none does. */
  #lastClose(symbol: number): number {
    if (!this.#minute.isEmpty(symbol)) return this.#minute.close(symbol);
    const minutes = this.#store(0);
    return minutes.length[symbol] === 0 ? 0 : (minutes.close[minutes.place(symbol, 0)] as number);
  }

  #store(frame: FrameIndex): BarStore {
    return this.stores[frame] as BarStore;
  }

  #refuse(reason: BarRefusal): false {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
    return false;
  }

  #isTraded({ phase }: SessionSpan): boolean {
    return phase === 'regular' || (this.#extendedHours && phase !== 'closed');
  }

  /** Closes minute after minute until `timeUs` lies in the open one; the clock's first step goes there at once. */
  #advance(timeUs: number): void {
    if (this.#minuteEndUs === Number.NEGATIVE_INFINITY) this.#enter(timeUs);
    while (timeUs >= this.#minuteEndUs) {
      if (this.#minuteStartUs !== Number.POSITIVE_INFINITY) this.#closeMinute();
      if (this.#minuteEndUs >= this.#span.endUs) this.#enter(this.#minuteEndUs);
      else this.#minuteStartUs = this.#minuteEndUs;
      if (this.#minuteStartUs !== Number.POSITIVE_INFINITY) {
        this.#minuteEndUs = Math.min(this.#minuteStartUs + MINUTE_US, this.#span.endUs);
      }
    }
  }

  /** Opens the minute that holds `timeUs`, in a span just begun or, first of all, anywhere. */
  #enter(timeUs: number): void {
    this.#span = this.#calendar.spanAt(timeUs);
    const { endUs } = this.#span;
    if (!this.#isTraded(this.#span)) {
      this.#minuteStartUs = Number.POSITIVE_INFINITY;
      this.#minuteEndUs = endUs;
      return;
    }
    for (const frame of FRAMES) this.#frameStartUs[frame] = this.#barStartUs(frame, this.#span, timeUs);
    this.#minuteStartUs = this.#frameStartUs[0] as number;
    this.#minuteEndUs = Math.min(this.#minuteStartUs + MINUTE_US, endUs);
  }

  #barStartUs(frame: FrameIndex, span: SessionSpan, timeUs: number): number {
    const frameUs = this.#store(frame).minutes * MINUTE_US;
    return span.startUs + Math.floor((timeUs - span.startUs) / frameUs) * frameUs;
  }

  #closeMinute(): void {
    const endUs = this.#minuteEndUs;
    const sinceOpenUs = endUs - this.#span.startUs;
    const isEnd = endUs === this.#span.endUs;
    let ending = 0;
    for (const { minutes } of this.stores) if (isEnd || sinceOpenUs % (minutes * MINUTE_US) === 0) ending++;
    for (let symbol = 0; symbol < this.symbols; symbol++) {
      if (!this.#minute.isEmpty(symbol)) {
        this.#readMinute(symbol, this.#piece);
        for (let frame = 1; frame < FRAMES.length; frame++)
          (this.#forming[frame] as FormingBars).merge(symbol, this.#piece);
      }
      for (let frame = 0; frame < ending; frame++) this.#closeBar(symbol, frame as FrameIndex);
    }
    for (let frame = 0; frame < ending; frame++) this.#frameStartUs[frame] = endUs;
  }

  #closeBar(symbol: number, frame: FrameIndex): void {
    const store = this.#store(frame);
    const forming = this.#forming[frame] as FormingBars;
    const startUs = this.#frameStartUs[frame] as number;
    if (forming.isEmpty(symbol)) {
      if (store.length[symbol] === 0 || this.#span.phase !== 'regular') return;
      this.#sink.gap(symbol, frame, startUs);
      if (!this.#fillGaps) return;
      const close = store.close[store.place(symbol, 0)] as number;
      store.fill(store.push(symbol), { startMinute: startUs / MINUTE_US, close });
    } else {
      if (frame === 0) this.#readMinute(symbol, this.#piece);
      else forming.read(symbol, this.#piece);
      forming.clear(symbol);
      writeBar(store, store.push(symbol), startUs, this.#piece);
      markGap(store, symbol, 0, this.#span);
    }
    this.#sink.barClosed(symbol, frame);
  }

  #readMinute(symbol: number, piece: Piece): void {
    this.#minute.read(symbol, piece);
    if (piece.lastUs === Number.POSITIVE_INFINITY) piece.lastUs = piece.firstUs + MINUTE_US - 1;
  }

  /** A trade that isn't simply the newest of its minute: its first, out of order, late, or of a minute that a provider's bar stands for. */
  #otherTrade(trade: BarTrade): boolean {
    const { symbol, eventTimeUs } = trade;
    if (eventTimeUs < this.#minuteStartUs) return this.#lateTrade(trade);
    if (((this.#minute.flags[symbol] as number) & BarFlag.PROVIDER) !== 0) return this.#refuse('minute_has_bar');
    setTrade(this.#piece, trade);
    this.#minute.merge(symbol, this.#piece);
    return true;
  }

  /** A trade from before the open minute, or while the exchange is closed. */
  #lateTrade(trade: BarTrade): boolean {
    const { symbol, eventTimeUs } = trade;
    const span = this.#calendar.spanAt(eventTimeUs);
    if (!this.#isTraded(span)) return this.#refuse('outside_session');
    if (eventTimeUs < this.#clockUs - this.#latenessUs) return this.#refuse('too_late');
    setTrade(this.#piece, trade);
    return this.#amend(symbol, span);
  }

  /** Adds the piece to the bars that held its time: to closed ones, with a correction each, and to those still open. */
  #amend(symbol: number, span: SessionSpan): boolean {
    const { firstUs, flags } = this.#piece;
    const minutes = this.#store(0);
    const startMinute = this.#barStartUs(0, span, firstUs) / MINUTE_US;
    const back = minutes.backOf(symbol, startMinute);
    if (minutes.isAt(symbol, back, startMinute)) {
      const has = minutes.flags[minutes.place(symbol, back)] as number;
      if ((has & BarFlag.PROVIDER) !== 0) return this.#refuse('minute_has_bar');
      const isBar = (flags & BarFlag.PROVIDER) !== 0;
      if (isBar && (has & BarFlag.FILLED) === 0) return this.#refuse('minute_has_trades');
    }
    for (const frame of FRAMES) {
      const startUs = this.#barStartUs(frame, span, firstUs);
      if (startUs === this.formingStartUs(frame)) (this.#forming[frame] as FormingBars).merge(symbol, this.#piece);
      else this.#amendClosed(symbol, frame, startUs);
    }
    return true;
  }

  #amendClosed(symbol: number, frame: FrameIndex, startUs: number): void {
    const store = this.#store(frame);
    const startMinute = startUs / MINUTE_US;
    let back = store.backOf(symbol, startMinute);
    if (store.isAt(symbol, back, startMinute)) {
      mergeBar(store, store.place(symbol, back), startUs, this.#piece);
    } else {
      const place = store.insert(symbol, back);
      writeBar(store, place, startUs, this.#piece);
      store.flags[place] = this.#piece.flags | BarFlag.CORRECTED;
      if (this.#fillGaps) back = fillAfter(store, this.#calendar, { symbol, back, untilUs: this.#openFrom(frame) });
    }
    this.#remark(store, symbol, back);
    if (back > 0) this.#remark(store, symbol, back - 1);
    this.#sink.barCorrected(symbol, frame, back);
    const refilled = refill(store, symbol, back);
    for (let at = 1; at <= refilled; at++) this.#sink.barCorrected(symbol, frame, back - at);
  }

  /** Where the bars end that have closed. */
  #openFrom(frame: FrameIndex): number {
    return this.#isTraded(this.#span) ? (this.#frameStartUs[frame] as number) : this.#span.startUs;
  }

  #remark(store: BarStore, symbol: number, back: number): void {
    const startUs = (store.startMinute[store.place(symbol, back)] as number) * MINUTE_US;
    markGap(store, symbol, back, this.#calendar.spanAt(startUs));
  }
}

import type { BarBuilder } from '../../market/bars/builder.ts';
import { emptyPiece } from '../../market/bars/piece.ts';
import type { FrameIndex } from '../../market/bars/types.ts';
import { FRAMES } from '../../market/bars/types.ts';
import type { PatternEvent } from '../../market/patterns/types.ts';
import type { TickerState } from '../../market/tickers.ts';
import type { Instrument } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import { barChannelOf, barData, frameUs, openBar, patternData, rawBar, timeFrameOf } from '../marketWire.ts';
import type { EventFeed, StreamEntry } from './eventFeed.ts';
import type { InputTimes } from './inputTimes.ts';
import type { LatestFeed, ValuePlace } from './latestFeed.ts';

/** A closed bar that the engine tells of. */
export interface ToldBar {
  readonly symbol: number;
  readonly frame: FrameIndex;
  /** Its place in the window, 0 the newest. */
  readonly back: number;
  readonly isCorrection: boolean;
}

/** What is read of the engine. */
export interface MarketSource {
  readonly bars: BarBuilder;
  readonly tickers: TickerState;
  /** Works and tells what closed bars still wait for: windows hold a bar before its event has a number. */
  readonly settle: () => void;
}

export interface BarEventsOptions {
  readonly feed: EventFeed;
  readonly latest: LatestFeed;
  readonly instruments: readonly Instrument[];
  readonly clock: Clock;
}

/** Makes closed bars and patterns into numbered events, and open bars into latest values. What nobody reads is never written out. */
export class BarEvents {
  readonly #options: BarEventsOptions;
  readonly #piece = emptyPiece();
  readonly #indices: ReadonlyMap<string, number>;
  /** Time frames of each symbol whose open bar somebody reads. */
  readonly #formingReads: Uint8Array;
  /** Symbols that have traded since their open bars were last told. */
  readonly #isDirty: Uint8Array;
  readonly #dirty: number[] = [];
  #source: MarketSource | undefined = undefined;

  constructor(options: BarEventsOptions) {
    this.#options = options;
    this.#indices = new Map(options.instruments.map(({ symbol, index }) => [symbol, index]));
    this.#formingReads = new Uint8Array(options.instruments.length);
    this.#isDirty = new Uint8Array(options.instruments.length);
  }

  /** Names the engine whose bars these are. */
  connect(source: MarketSource): void {
    this.#source = source;
  }

  /** Tells what is still to be told of bars that have closed; to be called before a window is told beside the numbers of its stream. */
  settle(): void {
    this.#source?.settle();
  }

  /** Takes note that a value is read from now on, or no more; those of other channels are left alone. */
  watchForming({ channel, key }: ValuePlace, isRead: boolean): void {
    const symbol = channel.startsWith('bar.') ? this.#indices.get(key) : undefined;
    if (symbol === undefined) return;
    this.#formingReads[symbol] = (this.#formingReads[symbol] as number) + (isRead ? 1 : -1);
  }

  /** Takes note of a trade. Allocates nothing where nobody reads the symbol's open bars. */
  onTrade(symbol: number): void {
    if (this.#formingReads[symbol] === 0 || this.#isDirty[symbol] === 1) return;
    this.#isDirty[symbol] = 1;
    this.#dirty.push(symbol);
  }

  /** Numbers and keeps a closed or corrected bar. */
  barEntry(told: ToldBar, times: InputTimes): StreamEntry {
    const { symbol, frame, back, isCorrection } = told;
    const { bars, tickers } = this.#connected();
    const instrument = this.#instrument(symbol);
    const { receivedTimeUs, dueTimeUs } = times;
    const createdUs = this.#options.clock.nowUs();
    const bar = rawBar(bars.window(symbol, frame), back);
    const place = { channel: barChannelOf(frame), key: instrument.symbol };
    const eventTimeUs = isCorrection ? (tickers.eventTimeUs[symbol] as number) : bar.startUs + frameUs(frame);
    const sums = { isClosed: true, isCorrection };
    return this.#options.feed.append(
      place,
      (seq) => ({
        ...place,
        createdUs,
        frame: (sentTimeUs) => ({
          type: 'bar',
          channel: place.channel,
          symbol: instrument.symbol,
          seq,
          data: barData(bar, instrument, sums),
          eventTimeUs,
          ...(dueTimeUs !== 0 && { dueTimeUs }),
          receivedTimeUs,
          sentTimeUs,
        }),
      }),
      createdUs,
    );
  }

  /** Numbers and keeps a pattern. */
  patternEntry(event: PatternEvent, times: InputTimes): StreamEntry {
    const instrument = this.#instrument(event.symbol);
    const { receivedTimeUs, dueTimeUs } = times;
    const createdUs = this.#options.clock.nowUs();
    const place = { channel: 'pattern', key: instrument.symbol } as const;
    const { confidence, type: patternType } = event;
    const pattern = { confidence, patternType, timeFrame: timeFrameOf(event.frame) };
    return this.#options.feed.append(
      place,
      (seq) => ({
        ...place,
        createdUs,
        pattern,
        frame: (sentTimeUs) => ({
          type: 'pattern',
          symbol: instrument.symbol,
          seq,
          data: patternData(event, instrument),
          eventTimeUs: event.formation.toUs + frameUs(event.frame),
          ...(dueTimeUs !== 0 && { dueTimeUs }),
          receivedTimeUs,
          sentTimeUs,
        }),
      }),
      createdUs,
    );
  }

  /** Tells the open bars that have changed to who reads them. */
  tellForming(nowUs: number): void {
    for (const symbol of this.#dirty.splice(0)) {
      this.#isDirty[symbol] = 0;
      for (const frame of FRAMES) this.#tellOpenBar(symbol, frame, nowUs);
    }
  }

  #tellOpenBar(symbol: number, frame: FrameIndex, nowUs: number): void {
    const { latest } = this.#options;
    const instrument = this.#instrument(symbol);
    const place = { channel: barChannelOf(frame), key: instrument.symbol };
    const { bars, tickers } = this.#connected();
    if (!latest.hasReaders(place) || !bars.readForming(symbol, frame, this.#piece)) return;
    const bar = openBar(this.#piece, bars.formingStartUs(frame));
    const told = {
      type: 'bar',
      channel: place.channel,
      symbol: instrument.symbol,
      data: barData(bar, instrument, { isClosed: false, isCorrection: false }),
      eventTimeUs: tickers.eventTimeUs[symbol] as number,
      receivedTimeUs: nowUs,
      sentTimeUs: nowUs,
    } as const;
    latest.tell(place, told, nowUs);
  }

  #connected(): MarketSource {
    if (this.#source === undefined) throw new Error('connect() comes before the first bar');
    return this.#source;
  }

  #instrument(symbol: number): Instrument {
    const instrument = this.#options.instruments[symbol];
    if (instrument === undefined) throw new RangeError(`no instrument ${symbol}`);
    return instrument;
  }
}

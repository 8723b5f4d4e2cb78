import type { Clock } from '../../protocol/clock.ts';
import { dueTimeUs } from '../../protocol/run.ts';
import type { Player } from '../play/types.ts';
import type { TapeCursor, TapeReader } from '../tape/types.ts';
import type { Timers } from '../timers.ts';
import type { MarketBook, MarketTime } from './marketBook.ts';

/** Read in one turn of the event loop: about a ms, so that no event of the play is late by it. */
const EVENTS_PER_TURN = 4_096;

export interface PastOptions {
  readonly player: Player;
  readonly tape: TapeReader;
  readonly showAs: 'tape' | 'now';
  readonly clock: Clock;
  readonly timers: Timers;
  /** Makes an empty book that tells nobody. */
  readonly openBook: (time: MarketTime) => MarketBook;
  /** Takes a book of all that was before the place that was asked for; it holds until the next is asked for. */
  readonly known: (book: MarketBook) => void;
  /** Takes what reading the tape threw. */
  readonly failed: (error: unknown) => void;
}

/** Reads what the market did before a place of the tape while the play goes on: some events in each turn of the event loop. */
export class Past {
  readonly #options: PastOptions;
  #reading: { readonly book: MarketBook; readonly cursor: TapeCursor } | undefined;
  #untilUs = 0;
  #callOff: () => void = () => undefined;

  constructor(options: PastOptions) {
    this.#options = options;
  }

  /** Begins to read up to a place, µs of event time, instead of what was asked for before. */
  read(untilUs: number): void {
    this.stop();
    const { tape, showAs, timers, openBook } = this.#options;
    if (untilUs <= tape.header.firstEventUs) return;
    this.#untilUs = untilUs;
    // What was read is a beginning of what comes later on the tape; shown as now, each move gives the past other times.
    const isBeginning = showAs === 'tape' && (this.#reading?.cursor.tick.eventTimeUs ?? untilUs) < untilUs;
    if (!isBeginning) {
      const time = { marketNowUs: () => this.#untilUs, shownUs: this.#shownUs() };
      this.#reading = { book: openBook(time), cursor: tape.cursor() };
    }
    this.#callOff = timers.soon(this.#turn);
  }

  /** Reads no more; nothing is told of what was asked for. */
  stop(): void {
    this.#callOff();
  }

  readonly #turn = (): void => {
    try {
      this.#readSome();
    } catch (error) {
      this.#options.failed(error);
    }
  };

  #readSome(): void {
    if (this.#reading === undefined) return;
    const { book, cursor } = this.#reading;
    for (let left = EVENTS_PER_TURN; cursor.peekTimeUs() < this.#untilUs; left--) {
      if (left === 0) {
        this.#callOff = this.#options.timers.soon(this.#turn);
        return;
      }
      cursor.next();
      book.warm(cursor.tick);
    }
    this.#options.known(book);
  }

  /** How the past is shown by the schedule as it stands, whatever becomes of the schedule while it is read. */
  #shownUs(): MarketTime['shownUs'] {
    const { player, showAs, clock } = this.#options;
    if (showAs === 'tape') return (eventTimeUs) => eventTimeUs;
    const schedule = player.schedule();
    const nowUs = clock.nowUs();
    if (schedule.speed === Number.POSITIVE_INFINITY) return () => nowUs;
    return (eventTimeUs) => Math.round(dueTimeUs(schedule, eventTimeUs));
  }
}

import type { TradingCalendar } from '../../market/calendar/types.ts';
import type { Control, Tick } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import { MinuteEnds } from '../../simulator/minuteEnds.ts';
import { runPaced } from '../../simulator/pacing.ts';
import { Replay } from '../../simulator/replay.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import type { TapeCursor, TapeReader } from '../../simulator/tape/types.ts';
import { calendarOf } from '../../simulator/tapeCalendar.ts';
import type { Feed, FeedState } from './feed.ts';

/** One part of a tape, on a day of its own. Times in µs since the epoch, the tape's own where nothing else is said. */
export interface FeedLap {
  readonly fromUs: number;
  /** Exclusive. */
  readonly toUs: number;
  /** Added to the time of each event: a lap goes on where the market's time is by then. */
  readonly shiftUs: number;
  /** Factor of the market's pace, above 0. */
  readonly speed: number;
  /** The run's time at which the part's start is due. */
  readonly startAtUs: number;
  /** The market's time (shifted) that is told first: the day before is over by then. */
  readonly clockUs?: number;
}

/** A tape that is played part by part, each as it is asked for, into one server whose numbers and accounts go on. */
export class LapFeed implements Feed {
  readonly #tape: TapeReader;
  readonly #laps: AsyncIterable<FeedLap>;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #state: FeedState = 'waiting';

  /** @throws TapeError when there is no such tape, or it can't be used */
  constructor(options: { readonly tapePath: string; readonly laps: AsyncIterable<FeedLap>; readonly clock: Clock }) {
    this.#tape = openTape(options.tapePath);
    this.#laps = options.laps;
    this.#clock = options.clock;
  }

  get instruments(): Feed['instruments'] {
    return this.#tape.header.instruments;
  }

  get calendar(): TradingCalendar | undefined {
    return calendarOf(this.#tape.header);
  }

  get state(): FeedState {
    return this.#state;
  }

  readonly play = async (
    sink: (tick: Tick, dueTimeUs: number) => void,
    control: (control: Control, dueTimeUs: number) => void,
  ): Promise<void> => {
    this.#state = 'playing';
    try {
      for await (const lap of this.#laps) {
        if (this.#stop.signal.aborted) break;
        if (lap.clockUs !== undefined) control({ kind: 'clock', timeUs: lap.clockUs }, 0);
        await this.#playLap(lap, { sink, control });
      }
    } finally {
      this.#state = 'ended';
      this.#tape.close();
    }
  };

  async #playLap(
    { fromUs, toUs, shiftUs, speed, startAtUs }: FeedLap,
    told: {
      readonly sink: (tick: Tick, dueTimeUs: number) => void;
      readonly control: (control: Control, dueTimeUs: number) => void;
    },
  ): Promise<void> {
    const clock = this.#clock;
    const { signal } = this.#stop;
    const schedule = { startUs: startAtUs, fromEventUs: fromUs + shiftUs, toEventUs: toUs + shiftUs, speed };
    const replay = new Replay({ cursor: shifted(this.#tape.cursor(fromUs), shiftUs), schedule });
    const minutes = new MinuteEnds({ replay, clock, toUs: schedule.toEventUs, sink: told.control });
    const stop = (): void => minutes.stop();
    signal.addEventListener('abort', stop);
    try {
      minutes.start();
      await runPaced({ replay, clock, sink: minutes.before(told.sink), signal });
      await minutes.end();
    } finally {
      minutes.stop();
      signal.removeEventListener('abort', stop);
    }
  }

  readonly stop = (): void => {
    if (this.#state === 'waiting') {
      this.#state = 'ended';
      this.#tape.close();
    }
    this.#stop.abort();
  };
}

/** A cursor whose events are later by `shiftUs`; its event is one reused object too. */
function shifted(cursor: TapeCursor, shiftUs: number): TapeCursor {
  const tick: Tick = { ...cursor.tick };
  return {
    tick,
    next: () => {
      if (!cursor.next()) return false;
      Object.assign(tick, cursor.tick);
      tick.eventTimeUs += shiftUs;
      return true;
    },
    peekTimeUs: () => cursor.peekTimeUs() + shiftUs,
  };
}

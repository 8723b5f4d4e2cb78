import type { Tick } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import { dueTimeUs, type Schedule } from '../../protocol/run.ts';
import { runPaced } from '../pacing.ts';
import { Replay } from '../replay.ts';
import type { TapeHeader, TapeReader } from '../tape/types.ts';
import { hostTimers, type Timers } from '../timers.ts';
import { HaltTrack } from './haltTrack.ts';
import type { EventTimes, Player, PlaySink, PlayState, PlayStatus, PlaySummary } from './types.ts';

const MINUTE_US = 60_000_000;
/** Node's timers take no longer delays. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

export interface PlayerOptions {
  readonly tape: TapeReader;
  readonly clock: Clock;
  /** Default: the event loop's own. */
  readonly timers?: Timers;
  /** The part to play, µs since the epoch; the end is exclusive. Default: the whole tape. */
  readonly fromUs?: number;
  readonly toUs?: number;
  /** Default 1. */
  readonly speed?: number;
  /** When the first event of the part is due, µs since the epoch; default: when `play` is called. */
  readonly startAtUs?: number;
  /** Begins again at the end of the part. */
  readonly isLoop?: boolean;
  /** What events say of their own time: the tape's, or that of their due time, as if they were live. Default `tape`. */
  readonly showAs?: 'tape' | 'now';
  /** Told of each event how long after its due time it left, µs. */
  readonly onLeft?: (latenessUs: number) => void;
}

/** Makes a player of a tape; nothing is read before its `play`. The tape stays the caller's to close. */
export function createPlayer(options: PlayerOptions): Player {
  return new TapePlayer(options);
}

class TapePlayer implements Player {
  readonly header: TapeHeader;
  readonly #options: PlayerOptions;
  readonly #fromUs: number;
  readonly #toUs: number;
  readonly #halts: HaltTrack;
  readonly #times: EventTimes = { eventTimeUs: 0.5, dueTimeUs: 0.5, shownTimeUs: 0.5 };
  readonly #replay: Replay;
  #sink: PlaySink = { tick: () => undefined, halt: () => undefined, moved: () => undefined };
  #status: PlayStatus = 'waiting';
  #speed: number;
  /** The place from which events go on, µs of event time, while no event is played. */
  #placeUs: number;
  #rounds = 0;
  /** Whether what was played is the part from its start, each event once. */
  #isStraight = true;
  #segment = new AbortController();
  #wake: () => void = () => undefined;

  constructor(options: PlayerOptions) {
    const { header } = options.tape;
    this.header = header;
    this.#options = options;
    this.#fromUs = Math.max(options.fromUs ?? header.firstEventUs, 0);
    this.#toUs = options.toUs ?? header.lastEventUs + 1;
    this.#speed = options.speed ?? 1;
    this.#placeUs = this.#fromUs;
    this.#halts = new HaltTrack(header.halts ?? []);
    this.#replay = new Replay({
      cursor: options.tape.cursor(this.#fromUs),
      schedule: this.#schedule(this.#fromUs, options.startAtUs ?? 0),
      toUs: this.#toUs,
    });
  }

  state(): PlayState {
    const { events, late, positionUs } = this.#replay;
    const place = { fromUs: this.#fromUs, toUs: this.#toUs, positionUs };
    return { status: this.#status, speed: this.#speed, ...place, events, late, rounds: this.#rounds };
  }

  latenessUs(percent: number): number {
    return this.#replay.lateness.percentileUs(percent);
  }

  marketNowUs(): number {
    return this.#tapeNowUs();
  }

  schedule(): Schedule {
    return this.#replay.schedule;
  }

  shownUs(eventTimeUs: number): number {
    if (this.#options.showAs !== 'now') return eventTimeUs;
    const { schedule } = this.#replay;
    // As fast as possible all is due when it is asked for.
    if (schedule.speed === Number.POSITIVE_INFINITY) return this.#nowUs();
    return Math.round(dueTimeUs(schedule, eventTimeUs));
  }

  async play(sink: PlaySink): Promise<PlaySummary> {
    if (this.#status !== 'waiting') throw new TypeError('player: it plays once');
    this.#sink = sink;
    this.#status = 'playing';
    this.#halts.begin(this.#fromUs, this.#tellHalt);
    this.#goOn(this.#options.startAtUs);
    while (!this.#hasEnded()) {
      if (this.#isPaused()) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (this.#replay.done) await this.#finishRound();
      else await this.#playSegment();
    }
    this.#status = 'ended';
    const { lateness, eventHash, done, positionUs } = this.#replay;
    this.#placeUs = done ? this.#toUs : positionUs;
    return { ...this.state(), lateness: lateness.toWire(), eventHash: this.#isStraight ? eventHash : undefined };
  }

  pause(): void {
    if (this.#status !== 'playing') return;
    this.#placeUs = this.#tapeNowUs();
    this.#status = 'paused';
    this.#interrupt();
  }

  resume(atUs?: number): void {
    if (this.#status !== 'paused') return;
    this.#status = 'playing';
    this.#goOn(atUs);
    this.#wake();
  }

  seek(eventTimeUs: number): void {
    if (this.#status === 'ended') return;
    this.#moveTo(Math.min(Math.max(eventTimeUs, this.#fromUs), this.#toUs));
    this.#isStraight = false;
    this.#interrupt();
  }

  setSpeed(speed: number): void {
    if (!(speed > 0)) throw new RangeError(`player: the speed must be above 0, it is ${speed}`);
    this.#placeUs = this.#tapeNowUs();
    this.#speed = speed;
    if (this.#status !== 'playing') return;
    this.#goOn();
    this.#interrupt();
  }

  step(unit: 'tick' | 'bar', count: number): void {
    if (this.#status === 'playing') this.pause();
    if (this.#status !== 'paused') return;
    const endUs = unit === 'tick' ? Number.POSITIVE_INFINITY : this.#minuteEndUs(count);
    const most = unit === 'tick' ? count : Number.POSITIVE_INFINITY;
    const replay = this.#replay;
    for (let played = 0; played < most && replay.nextEventUs < endUs; played++) {
      // Stepped events are due when they are asked for.
      const nowUs = this.#options.clock.nowUs();
      replay.reschedule({ ...this.#schedule(replay.nextEventUs, nowUs), speed: 1 });
      replay.pump(Math.max(nowUs, replay.nextDueUs()), this.#tick, 1);
    }
    this.#placeUs = endUs === Number.POSITIVE_INFINITY ? replay.positionUs : Math.min(endUs, this.#toUs);
    if (replay.done) this.#wake();
  }

  stop(): void {
    this.#status = 'ended';
    this.#interrupt();
    this.#wake();
  }

  readonly #tick = (tick: Tick, dueTimeUs: number): void => {
    if (tick.eventTimeUs >= this.#halts.nextUs) this.#halts.advance(tick.eventTimeUs, this.#tellHalt);
    this.#sink.tick(tick, this.#timesOf(tick.eventTimeUs, dueTimeUs));
    this.#options.onLeft?.(this.#nowUs() - dueTimeUs);
  };

  readonly #tellHalt: Parameters<HaltTrack['advance']>[1] = (change, atUs) => {
    const { schedule } = this.#replay;
    const isPaced = schedule.speed !== Number.POSITIVE_INFINITY;
    const dueUs = isPaced ? schedule.startUs + (atUs - schedule.fromEventUs) / schedule.speed : this.#nowUs();
    this.#sink.halt(change, this.#timesOf(atUs, Math.round(dueUs)));
  };

  #timesOf(eventTimeUs: number, dueTimeUs: number): EventTimes {
    const times = this.#times;
    times.eventTimeUs = eventTimeUs;
    times.dueTimeUs = dueTimeUs;
    times.shownTimeUs = this.#options.showAs === 'now' ? dueTimeUs : eventTimeUs;
    return times;
  }

  /** Plays until the end, or until something interrupts it. */
  async #playSegment(): Promise<void> {
    this.#segment = new AbortController();
    const { clock, timers } = this.#options;
    const { signal } = this.#segment;
    await runPaced({ replay: this.#replay, clock, sink: this.#tick, signal, ...(timers && { timers }) });
  }

  #isPaused(): boolean {
    return this.#status === 'paused';
  }

  #hasEnded(): boolean {
    return this.#status === 'ended' || (this.#replay.done && this.#options.isLoop !== true);
  }

  /** Waits for the end of the part, which may come long after its last event, and begins anew, unless something interrupts it. */
  async #finishRound(): Promise<void> {
    const { schedule } = this.#replay;
    const endUs = schedule.startUs + (this.#toUs - schedule.fromEventUs) / schedule.speed;
    const waitMs = Math.min(Math.ceil((endUs - this.#nowUs()) / 1_000), LONGEST_SLEEP_MS);
    if (waitMs > 0) {
      await this.#sleep(waitMs);
      return;
    }
    this.#sink.roundEnded?.(this.#toUs);
    this.#rounds++;
    this.#isStraight = false;
    this.#moveTo(this.#fromUs, endUs);
  }

  #sleep(delayMs: number): Promise<void> {
    this.#segment = new AbortController();
    const { signal } = this.#segment;
    return new Promise((resolve) => {
      const callOff = (this.#options.timers ?? hostTimers).after(delayMs, resolve);
      signal.addEventListener('abort', () => {
        callOff();
        resolve();
      });
    });
  }

  #moveTo(eventTimeUs: number, startUs?: number): void {
    this.#placeUs = eventTimeUs;
    const cursor = this.#options.tape.cursor(eventTimeUs);
    this.#replay.reschedule(this.#schedule(eventTimeUs, startUs ?? this.#nowUs()), cursor);
    this.#sink.moved(eventTimeUs, (sink, fromUs = 0) => this.#catchUp(sink, { fromUs, toUs: eventTimeUs }));
    // What catching up took makes no event late.
    if (startUs === undefined) this.#goOn();
    this.#halts.begin(eventTimeUs, this.#tellHalt);
  }

  #catchUp(sink: (tick: Tick) => void, part: { readonly fromUs: number; readonly toUs: number }): void {
    const cursor = this.#options.tape.cursor(part.fromUs);
    while (cursor.peekTimeUs() < part.toUs && cursor.next()) sink(cursor.tick);
  }

  /** Lets events come again from the place where it stands. */
  #goOn(startUs = this.#nowUs()): void {
    this.#replay.reschedule(this.#schedule(this.#placeUs, startUs));
  }

  #interrupt(): void {
    this.#segment.abort();
  }

  #schedule(fromEventUs: number, startUs: number): Schedule {
    return { startUs, fromEventUs, toEventUs: this.#toUs, speed: this.#speed };
  }

  /** The market's time now: between two events as well. */
  #tapeNowUs(): number {
    if (this.#status !== 'playing') return this.#placeUs;
    const { schedule, positionUs, nextEventUs } = this.#replay;
    if (schedule.speed === Number.POSITIVE_INFINITY) return positionUs;
    const elapsedUs = Math.max(0, this.#nowUs() - schedule.startUs);
    // Events that are late are played first: no place lies beyond the next one.
    return Math.min(Math.round(schedule.fromEventUs + elapsedUs * schedule.speed), nextEventUs, this.#toUs);
  }

  #minuteEndUs(count: number): number {
    const fromUs = Math.max(this.#replay.positionUs, this.#placeUs);
    return (Math.floor(fromUs / MINUTE_US) + count) * MINUTE_US;
  }

  #nowUs(): number {
    return this.#options.clock.nowUs();
  }
}

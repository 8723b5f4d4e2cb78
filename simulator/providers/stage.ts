import type { Tick } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { FeedFaults, LinkFaults, LinkState } from '../faults/types.ts';
import type { EventTimes, HaltChange, Player, PlaySink, PlaySummary } from '../play/types.ts';
import type { TapeReader } from '../tape/types.ts';
import { calendarOf } from '../tapeCalendar.ts';
import type { Timers } from '../timers.ts';
import type { Connection } from './connection.ts';
import type { Facade, FacadeWorld, ProviderKind } from './facade.ts';
import { FanOut, FrameCache } from './fanOut.ts';
import { MarketBook, type MarketBookOptions } from './marketBook.ts';
import { Past } from './past.ts';

/** What a provider's time and tape are. */
export interface Play {
  readonly player: Player;
  /** The tape that is played; read for what came before the part. */
  readonly tape: TapeReader;
  readonly showAs: 'tape' | 'now';
  /** Makes what goes wrong with this play; `halt` takes the halts that a scenario adds. */
  readonly faults?: (halt: PlaySink['halt']) => StageFaults;
}

/** What goes wrong on the way from the market to clients. */
export interface StageFaults {
  readonly feed?: FeedFaults;
  readonly link?: LinkFaults;
}

/** What all stages of a host share. */
export interface StageWorld {
  readonly kind: ProviderKind;
  readonly plan: string;
  readonly keys: readonly string[] | undefined;
  readonly isLenient: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly link: () => LinkState;
  readonly random: () => number;
}

/** Bars that no event ends are looked for at least this often, since a pause or a new speed isn't told. */
const LONGEST_WAIT_MS = 1_000;
/** After a seek so many events of before are read at once, in some 20 ms; what was before them follows while events go on. */
const CAUGHT_UP_AT_ONCE = 65_536;

/** A tape at one place of it, the market that it makes, and the façade over both. Many clients may share one. */
export class Stage implements PlaySink {
  readonly market: MarketBook;
  readonly fanOut: FanOut;
  readonly facade: Facade;
  /** What goes wrong with the connections of those who hear this play. */
  readonly linkFaults: LinkFaults | undefined;
  readonly #world: StageWorld;
  readonly #play: Play;
  readonly #feedFaults: FeedFaults | undefined;
  readonly #past: Past;
  #failed: (error: unknown) => void = () => undefined;
  #cache: FrameCache | undefined;
  #callOffBars: () => void = () => undefined;
  #callOffFaults: () => void = () => undefined;
  #faultsDueUs = Number.POSITIVE_INFINITY;

  constructor(world: StageWorld, play: Play) {
    const { player, tape, showAs } = play;
    const { header } = player;
    const { clock, timers } = world;
    const calendar = calendarOf(header);
    this.#world = world;
    this.#play = play;
    const openBook = (time: MarketBookOptions['time'], bar: MarketBookOptions['bar']): MarketBook =>
      new MarketBook({ header, time, calendar, bar });
    this.market = openBook(
      { marketNowUs: () => player.marketNowUs(), shownUs: (eventTimeUs) => player.shownUs(eventTimeUs) },
      (bar) => this.facade.bar?.(bar),
    );
    this.#past = new Past({
      ...{ player, tape, showAs, clock, timers },
      openBook: (time) => openBook(time, () => undefined),
      known: (book) => this.market.precede(book),
      failed: (error) => this.#failed(error),
    });
    this.fanOut = new FanOut(world.timers, () => this.#cache?.clear());
    this.facade = world.kind.create(this.#facadeWorld());
    const faults = play.faults?.(this.halt);
    this.#feedFaults = faults?.feed;
    this.linkFaults = faults?.link;
    const { facade } = this;
    if (facade.batch !== undefined) this.#cache = new FrameCache((texts) => facade.batch?.(texts) ?? '');
  }

  /**
   * Plays to the end of the part, or until {@link stop}.
   *
   * @param start `known`: what the market did before the part is read first; `soon`: most of it is read while the play goes on
   * @throws TapeError when the tape turns out to be altered
   */
  async run(start: 'known' | 'soon' = 'known'): Promise<PlaySummary> {
    const { player } = this.#play;
    const { positionUs } = player.state();
    const failure = new Promise<never>((_, reject) => {
      this.#failed = reject;
    });
    this.#warm(start === 'known' ? 0 : this.#soonFrom(positionUs), positionUs);
    this.#waitForBars();
    try {
      const summary = await Promise.race([player.play(this), failure]);
      this.#feedFaults?.release(Number.POSITIVE_INFINITY, this.#say);
      this.market.advance(this.market.nowUs());
      return summary;
    } finally {
      this.stop();
      this.#callOffBars();
      this.#callOffFaults();
    }
  }

  stop(): void {
    this.#play.player.stop();
    this.#past.stop();
  }

  readonly tick = (tick: Tick, times: EventTimes): void => {
    const feedFaults = this.#feedFaults;
    if (feedFaults === undefined) {
      this.#say(tick, times);
      return;
    }
    feedFaults.tick(tick, times, this.#say);
    if (feedFaults.nextDueUs() < this.#faultsDueUs) this.#waitForFaults();
  };

  readonly halt = (change: HaltChange, times: EventTimes): void => {
    this.market.halt(change.symbol, change.isHalted);
    this.facade.halt?.(change, times);
  };

  readonly roundEnded = (endUs: number): void => {
    this.market.advance(this.#play.player.shownUs(endUs));
  };

  readonly moved = (toEventUs: number, catchUp: Parameters<PlaySink['moved']>[1]): void => {
    this.#feedFaults?.moved(toEventUs);
    this.market.clear();
    catchUp((tick) => this.market.warm(tick), this.#soonFrom(toEventUs));
  };

  /** Puts what a connection is owed into frames. */
  readonly frames = (connection: Connection): readonly string[] => {
    const { facade } = this;
    if (facade.frames !== undefined) return facade.frames(connection.pending, connection);
    return this.#cache === undefined ? connection.pending.slice() : [this.#cache.frame(connection)];
  };

  readonly #say = (tick: Tick, times: EventTimes): void => {
    const { market, facade } = this;
    const shownUs = times.shownTimeUs;
    const soundUs = this.#play.showAs === 'now' ? times.dueTimeUs : times.eventTimeUs;
    if (soundUs >= market.nextBarEndUs()) market.advance(soundUs);
    market.tick(tick, shownUs, soundUs);
    facade.tick?.(tick, times);
  };

  #facadeWorld(): FacadeWorld {
    const { plan, keys, isLenient, clock, link, random } = this.#world;
    return { market: this.market, output: this.fanOut, nowUs: clock.nowUs, plan, keys, isLenient, link, random };
  }

  /** Reads a stretch of what the market did. */
  #warm(fromUs: number, toUs: number): void {
    const cursor = this.#play.tape.cursor(fromUs);
    while (cursor.peekTimeUs() < toUs && cursor.next()) this.market.warm(cursor.tick);
  }

  /** From where on the past of a place is to be read at once: what was before is read bit by bit from now on. */
  #soonFrom(placeUs: number): number {
    const fromUs = this.#play.tape.timeBefore(placeUs, CAUGHT_UP_AT_ONCE);
    this.#past.read(fromUs);
    return fromUs;
  }

  /** Tells bars when they end, though no event may follow. */
  readonly #waitForBars = (): void => {
    const { player, showAs } = this.#play;
    const nowUs = this.market.nowUs();
    this.market.hasSeconds = this.facade.wantsSeconds?.() ?? false;
    this.market.advance(nowUs);
    const speed = showAs === 'now' ? 1 : player.state().speed;
    const waitMs = Math.ceil((this.market.nextBarEndUs() - nowUs) / speed / 1_000);
    // As fast as possible, events end the bars.
    const isPaced = speed !== Number.POSITIVE_INFINITY;
    const delayMs = isPaced ? Math.min(LONGEST_WAIT_MS, Math.max(1, waitMs)) : LONGEST_WAIT_MS;
    this.#callOffBars = this.#world.timers.after(delayMs, this.#waitForBars);
  };

  #waitForFaults(): void {
    const feedFaults = this.#feedFaults;
    if (feedFaults === undefined) return;
    this.#callOffFaults();
    const { clock, timers } = this.#world;
    this.#faultsDueUs = feedFaults.nextDueUs();
    if (this.#faultsDueUs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(1, Math.ceil((this.#faultsDueUs - clock.nowUs()) / 1_000));
    this.#callOffFaults = timers.after(waitMs, () => {
      // By the market's time, which no late event is behind: the order is that of every pace.
      feedFaults.releaseUntil(this.#play.player.marketNowUs(), this.#say);
      this.#waitForFaults();
    });
  }
}

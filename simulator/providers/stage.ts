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
import { MarketBook } from './marketBook.ts';

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
/** After a seek as many events of before are read at most, about: the day so far of larger tapes is what these tell. */
const MAX_CAUGHT_UP_EVENTS = 5_000_000;

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
  #cache: FrameCache | undefined;
  #callOffBars: () => void = () => undefined;
  #callOffFaults: () => void = () => undefined;
  #faultsDueUs = Number.POSITIVE_INFINITY;

  constructor(world: StageWorld, play: Play) {
    const { player } = play;
    const { header } = player;
    this.#world = world;
    this.#play = play;
    this.market = new MarketBook({
      header,
      time: { marketNowUs: () => player.marketNowUs(), shownUs: (eventTimeUs) => player.shownUs(eventTimeUs) },
      calendar: calendarOf(header),
      bar: (bar) => this.facade.bar?.(bar),
    });
    this.fanOut = new FanOut(world.timers, () => this.#cache?.clear());
    this.facade = world.kind.create(this.#facadeWorld());
    const faults = play.faults?.(this.halt);
    this.#feedFaults = faults?.feed;
    this.linkFaults = faults?.link;
    const { facade } = this;
    if (facade.batch !== undefined) this.#cache = new FrameCache((texts) => facade.batch?.(texts) ?? '');
  }

  /** Plays to the end of the part, or until {@link stop}. @throws TapeError when the tape turns out to be altered */
  async run(): Promise<PlaySummary> {
    const { player } = this.#play;
    this.#warm();
    this.#waitForBars();
    try {
      const summary = await player.play(this);
      this.#feedFaults?.release(Number.POSITIVE_INFINITY, this.#say);
      this.market.advance(this.market.nowUs());
      return summary;
    } finally {
      this.#callOffBars();
      this.#callOffFaults();
    }
  }

  stop(): void {
    this.#play.player.stop();
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

  readonly moved = (toEventUs: number, catchUp: Parameters<PlaySink['moved']>[1]): void => {
    const { firstEventUs, lastEventUs, events } = this.#play.player.header;
    const share = Math.min(1, MAX_CAUGHT_UP_EVENTS / Math.max(1, events));
    this.#feedFaults?.moved(toEventUs);
    this.market.clear();
    catchUp((tick) => this.market.warm(tick), Math.max(firstEventUs, toEventUs - (lastEventUs - firstEventUs) * share));
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

  /** Reads what the market did before the part. */
  #warm(): void {
    const { player, tape } = this.#play;
    const { positionUs } = player.state();
    const cursor = tape.cursor();
    while (cursor.peekTimeUs() < positionUs && cursor.next()) this.market.warm(cursor.tick);
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
      feedFaults.release(clock.nowUs(), this.#say);
      this.#waitForFaults();
    });
  }
}

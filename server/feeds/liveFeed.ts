import type { TradingCalendar } from '../../market/calendar/types.ts';
import { type CleaningRules, DEFAULT_CLEANING } from '../../market/clean.ts';
import { type Control, type Instrument, type Tick, TickKind } from '../../market/types.ts';
import type { ProviderName } from '../../protocol/providers/names.ts';
import { Chain } from './chain.ts';
import { Duplicates } from './duplicates.ts';
import type { Feed, FeedNotice, FeedState } from './feed.ts';
import { Freshness } from './freshness.ts';
import type { FeedCounts, FeedHealth } from './health.ts';
import { fetchHistory, type History, tellHistory } from './history.ts';
import { Link, type LinkWorld } from './link.ts';
import { MarketTime } from './marketTime.ts';
import type { FeedPorts, Provider } from './provider.ts';
import type { FeedRules } from './rules.ts';
import { SymbolBook } from './symbolBook.ts';

/** Calls of a day are spread over the session that is left, or one to come, but never over less than the hour after the close, ms. */
const SESSION_MS = 6.5 * 3_600_000;
const LEAST_OPEN_MS = 3_600_000;
/** What comes without a time gets one so far behind the market's, µs: what follows with its own time must not seem older. */
const BEHIND_US = 250_000;
/** Prices are told to be stale when nobody has given data for so long, ms: most reconnects take less. */
const STALE_NOTICE_MS = 1_000;

/** What a tick is due at that comes when it comes. */
const NO_SCHEDULE = 0;

export interface LiveFeedOptions {
  /** In the order in which they are wanted; at most 8. */
  readonly providers: readonly Provider[];
  readonly instruments: readonly Instrument[];
  /** When they trade; undefined: always. */
  readonly calendar: TradingCalendar | undefined;
  /** By provider and symbol, the provider's name where it is another. */
  readonly names?: ReadonlyMap<ProviderName, ReadonlyMap<string, string>>;
  readonly rules: FeedRules;
  readonly ports: FeedPorts;
  /** How ticks are cleaned; absent: with a band around the last price and a bound on the time. */
  readonly cleaning?: CleaningRules;
}

type TickSink = (tick: Tick, dueTimeUs: number) => void;
type ControlSink = (control: Control, dueTimeUs: number) => void;

/** A stretch without data. */
interface Gap {
  readonly provider: string;
  readonly detail: string;
  /** The market's time of the last event before it, µs since the epoch. */
  readonly fromUs: number;
  readonly lostUs: number;
}

/** A chain of providers as the server's feed. It has no schedule. */
export class LiveFeed implements Feed {
  readonly instruments: readonly Instrument[];
  readonly calendar: TradingCalendar | undefined;
  readonly cleaning: CleaningRules;
  readonly #options: LiveFeedOptions;
  readonly #chain: Chain;
  /** What is traded, by the names of each provider. */
  readonly #books: ReadonlyMap<Provider, SymbolBook>;
  readonly #duplicates: Duplicates;
  readonly #freshness: Freshness;
  readonly #lastPrice: Int32Array;
  /** By symbol, time of its latest event, µs since the epoch. */
  readonly #symbolUs: Float64Array;
  readonly #source = { provider: 0, session: 0 };
  #time: MarketTime;
  #sink: TickSink = () => undefined;
  #notice: (notice: FeedNotice) => void = () => undefined;
  #end: () => void = () => undefined;
  #callOffStale: () => void = () => undefined;
  #history: History | undefined = undefined;
  #state: FeedState = 'waiting';
  #gap: Gap | undefined = undefined;
  #gaps = 0;
  #duplicatesFound = 0;
  #unneeded = 0;

  /** @throws RangeError without a provider, or with more than 8 */
  constructor(options: LiveFeedOptions) {
    const { providers, instruments, calendar, rules, ports, cleaning = DEFAULT_CLEANING } = options;
    if (providers.length === 0 || providers.length > 8) throw new RangeError(`${providers.length} providers: 1 to 8`);
    this.instruments = instruments;
    this.calendar = calendar;
    this.cleaning = cleaning;
    this.#options = options;
    this.#duplicates = new Duplicates(instruments.length);
    this.#freshness = new Freshness(instruments.length, ports.clock.nowUs());
    this.#lastPrice = new Int32Array(instruments.length);
    this.#symbolUs = new Float64Array(instruments.length);
    this.#time = new MarketTime({ ports, graceMs: rules.minuteGraceMs, control: () => undefined });
    this.#books = new Map(
      providers.map((provider) => [provider, new SymbolBook(instruments, options.names?.get(provider.name))]),
    );
    this.#chain = new Chain({
      links: [...this.#books].map(([provider, symbols]) => new Link(provider, this.#world(symbols))),
      rules,
      ports,
      events: {
        onLost: (link) => this.#onLost(link),
        onCharge: (link, before) => this.#onCharge(link, before),
      },
    });
  }

  get state(): FeedState {
    return this.#state;
  }

  readonly prepare = async (): Promise<void> => {
    for (const [{ name, history }, symbols] of this.#books) {
      if (history === undefined) continue;
      const { log } = this.#options.ports;
      try {
        this.#history = await fetchHistory(history, symbols);
        const { bars, faults } = this.#history;
        log.info({ provider: name, bars: bars.length, faults }, 'the minutes before now are known');
        return;
      } catch (error) {
        log.warn({ provider: name, why: error instanceof Error ? error.message : String(error) }, 'no history');
      }
    }
  };

  readonly warm: NonNullable<Feed['warm']> = (tick, bar) => {
    const history = this.#history;
    this.#history = undefined;
    if (history !== undefined) tellHistory(history, { tick, bar });
    return history?.untilUs;
  };

  readonly play = (sink: TickSink, control: ControlSink, notice: (notice: FeedNotice) => void): Promise<void> => {
    if (this.#state !== 'waiting') return Promise.resolve();
    const { ports, rules } = this.#options;
    this.#sink = sink;
    this.#notice = notice;
    this.#time = new MarketTime({ ports, graceMs: rules.minuteGraceMs, control });
    this.#state = 'playing';
    return new Promise((resolve) => {
      this.#end = resolve;
      this.#chain.start();
    });
  };

  readonly stop = (): void => {
    this.#state = 'ended';
    this.#chain.stop();
    this.#time.stop();
    this.#callOffStale();
    this.#end();
  };

  readonly staleMs = (symbol: number): number | undefined =>
    this.#freshness.staleMs(symbol, this.#options.ports.clock.nowUs());

  readonly health = (): FeedHealth => {
    const nowUs = this.#options.ports.clock.nowUs();
    return {
      provider: this.#chain.inCharge?.provider.name ?? null,
      gaps: this.#gaps,
      chain: this.#chain.links.map((link) => ({
        provider: link.provider.name,
        state: link.state,
        breaker: link.breaker.state,
        symbols: link.covered,
        ...(link.intervalMs > 0 && { intervalMs: Math.round(link.intervalMs) }),
        ageMs: link.heardUs === 0 ? null : Math.floor((nowUs - link.heardUs) / 1000),
        reconnects: link.reconnects,
        ...(link.lastEnd !== undefined && { lastEnd: { reason: link.lastEnd.reason, detail: link.lastEnd.detail } }),
        ...(link.shortfall !== undefined && { shortfall: link.shortfall }),
      })),
    };
  };

  /** The numbers for `/metrics`. */
  readonly counts = (): FeedCounts => {
    const nowUs = this.#options.ports.clock.nowUs();
    return {
      gaps: this.#gaps,
      duplicates: this.#duplicatesFound,
      unneeded: this.#unneeded,
      links: this.#chain.links.map((link) => ({
        provider: link.provider.name,
        isInCharge: link === this.#chain.inCharge,
        breaker: link.breaker.state,
        ticks: link.ticks,
        reconnects: link.reconnects,
        rateLimitWaits: link.rateLimitWaits,
        ageS: link.heardUs === 0 ? Number.NaN : (nowUs - link.heardUs) / 1e6,
        badFrames: link.badFrames,
      })),
    };
  };

  #world(symbols: SymbolBook): LinkWorld {
    const { ports, rules, calendar } = this.#options;
    return {
      symbols,
      ports,
      rules,
      eventTimeUs: (symbol) => this.#timeFor(symbol),
      phase: () => calendar?.sessionAt(this.#marketUs()) ?? 'regular',
      openLeftMs: () => {
        const marketUs = this.#marketUs();
        if (calendar !== undefined && calendar.sessionAt(marketUs) !== 'regular') return SESSION_MS;
        const closeUs = calendar?.nextCloseUs(marketUs) ?? marketUs + SESSION_MS * 1000;
        return Math.max(LEAST_OPEN_MS, (closeUs - marketUs) / 1000);
      },
      lastPrice: (symbol) => this.#lastPrice[symbol] as number,
      onTick: (link, tick, id) => this.#onTick(link, tick, id),
      onConfirmed: (link, symbol) => this.#onConfirmed(link, symbol),
      onChange: (link) => this.#chain.onChange(link),
      onCover: (link, reason) => this.#onCover(link, reason),
    };
  }

  #onTick(link: Link, tick: Tick, id: number): void {
    if (!this.#chain.admits(link)) {
      this.#unneeded++;
      return;
    }
    const arrivalUs = link.heardUs;
    if (!this.#time.passes(tick.eventTimeUs, arrivalUs)) {
      link.badFrames.set('clock_ahead', (link.badFrames.get('clock_ahead') ?? 0) + 1);
      return;
    }
    if (tick.kind === TickKind.TRADE) {
      this.#source.provider = this.#chain.links.indexOf(link);
      this.#source.session = link.session;
      if (this.#duplicates.has(tick, this.#source, id)) {
        this.#duplicatesFound++;
        return;
      }
      this.#lastPrice[tick.symbol] = tick.price;
      this.#freshness.hold(tick.symbol, arrivalUs);
    }
    if (tick.eventTimeUs > (this.#symbolUs[tick.symbol] as number)) this.#symbolUs[tick.symbol] = tick.eventTimeUs;
    if (this.#gap !== undefined) this.#endGap(this.#gap, { link, toUs: tick.eventTimeUs });
    this.#sink(tick, NO_SCHEDULE);
  }

  /** The market's time by its calendar: when nothing has opened since its last event, it is the real one at rest, and its clock ours. */
  #marketUs(): number {
    const { calendar, ports } = this.#options;
    const marketUs = this.#time.nowUs();
    const nowUs = ports.clock.nowUs();
    const openUs = calendar?.nextOpenUs(marketUs);
    return openUs !== undefined && marketUs < nowUs && nowUs < openUs ? nowUs : marketUs;
  }

  #timeFor(symbol: number): number {
    const { latestUs } = this.#time;
    return latestUs === 0 ? 0 : Math.max(this.#symbolUs[symbol] as number, this.#time.nowUs() - BEHIND_US);
  }

  #onConfirmed(link: Link, symbol: number): void {
    if (this.#chain.admits(link)) this.#freshness.hold(symbol, link.heardUs);
  }

  #onCover(link: Link, reason: string | undefined): void {
    if (link === this.#chain.inCharge) this.#freshness.change(vouchingOf(link));
    const { name } = link.provider;
    const told = reason ?? 'everything is covered again';
    this.#options.ports.log.warn({ provider: name, reason: told }, 'what the provider covers has changed');
    this.#notice({ code: 'feed_degraded', message: `${name}: ${told}` });
  }

  #onLost(link: Link): void {
    const { ports } = this.#options;
    this.#freshness.end(link.heardUs);
    const detail = link.lastEnd?.detail ?? 'stopped';
    const { name } = link.provider;
    this.#gap ??= { provider: name, detail, fromUs: this.#time.latestUs, lostUs: ports.clock.nowUs() };
    this.#callOffStale();
    this.#callOffStale = ports.timers.after(STALE_NOTICE_MS, () => {
      this.#notice({ code: 'feed_stale', message: `prices are stale: no data from ${name} (${detail})` });
    });
  }

  #onCharge(link: Link, before: Link | undefined): void {
    this.#callOffStale();
    this.#freshness.begin(vouchingOf(link));
    if (before === undefined || before === link) return;
    const { name } = link.provider;
    const why = before.isLive ? 'it is back' : `${before.provider.name}: ${before.lastEnd?.detail ?? 'stopped'}`;
    this.#options.ports.log.warn(
      { provider: name, before: before.provider.name, why },
      'another provider is in charge',
    );
    this.#notice({
      code: 'feed_failover',
      message: `${name} gives the prices instead of ${before.provider.name} (${why})`,
    });
  }

  #endGap(gap: Gap, { link, toUs }: { readonly link: Link; readonly toUs: number }): void {
    this.#gap = undefined;
    if (gap.fromUs === 0) return;
    this.#gaps++;
    const seconds = (Math.max(0, toUs - gap.fromUs) / 1e6).toFixed(3);
    const { name } = link.provider;
    this.#options.ports.log.warn({ provider: name, fromUs: gap.fromUs, toUs }, 'a gap in the market data');
    const message = `no market data for ${seconds} s, from ${iso(gap.fromUs)} to ${iso(toUs)} (${gap.provider}: ${gap.detail}); ${name} goes on`;
    this.#notice({ code: 'feed_gap', message });
  }
}

function vouchingOf({ provider, covered, intervalMs }: Link) {
  return { kind: provider.kind, covered, intervalMs };
}

/** A time of the market, for people. */
function iso(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}

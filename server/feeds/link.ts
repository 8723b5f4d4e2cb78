import type { Phase } from '../../market/calendar/types.ts';
import { emptyTick, type Tick } from '../../market/types.ts';
import { backoffMs } from './backoff.ts';
import { CircuitBreaker } from './breaker.ts';
import type { BadFrameReason, FeedPorts, Provider, Session, SessionEnd, SessionHost } from './provider.ts';
import type { FeedRules } from './rules.ts';
import type { SymbolBook } from './symbolBook.ts';

/** `idle`: not needed; `connecting`: a session has begun; `live`: it gives data; `waiting`: before the next attempt. */
export type LinkState = 'idle' | 'connecting' | 'live' | 'waiting';

/** What a link knows of the market, and whom it tells. */
export interface LinkWorld {
  readonly symbols: SymbolBook;
  readonly ports: FeedPorts;
  readonly rules: FeedRules;
  readonly eventTimeUs: (symbol: number) => number;
  readonly phase: () => Phase;
  readonly openLeftMs: () => number;
  readonly lastPrice: (symbol: number) => number;
  /** Takes a tick of the link's live session; `id` as {@link SessionHost.take} has it. */
  readonly onTick: (link: Link, tick: Tick, id: number) => void;
  readonly onConfirmed: (link: Link, symbol: number) => void;
  /** The link's state or what it covers has changed. */
  readonly onChange: (link: Link) => void;
  /** It covers less than was wanted, or as much again (`reason` undefined). */
  readonly onCover: (link: Link, reason: string | undefined) => void;
}

/** How often a live stream is looked at for silence, ms. */
const LOOK_MS = 250;
/** A refused key is tried again after this, ms: somebody may have mended it. */
const REFUSED_MS = 300_000;
/** Sessions in a row without any data while the market is open: more connecting won't help. */
const MAX_SILENT_SESSIONS = 2;

/** One provider of a chain, kept connected: attempts with jitter, a circuit breaker around them, and an eye on its silence. */
export class Link {
  readonly provider: Provider;
  readonly breaker: CircuitBreaker;
  readonly badFrames = new Map<BadFrameReason, number>();
  state: LinkState = 'idle';
  /** The number of the session; grows with each attempt. */
  session = 0;
  /** Ticks that it gave, duplicates and those of a stand-by included. */
  ticks = 0;
  reconnects = 0;
  /** Times that a limit of the provider made it wait. */
  rateLimitWaits = 0;
  /** Symbols that it covers, the first ones of the book. */
  covered = 0;
  /** How often it asks for each symbol, ms; 0 for a stream. */
  intervalMs = 0;
  /** Arrival of its last data, µs since the epoch; 0 before the first. */
  heardUs = 0;
  /** Whether the live session has given data. */
  hasSpoken = false;
  /** How its last session ended. */
  lastEnd: SessionEnd | undefined = undefined;
  /** Why it covers less than was wanted. */
  shortfall: string | undefined = undefined;
  readonly #world: LinkWorld;
  #isRunning = false;
  #open: Session | undefined = undefined;
  #liveUs = 0;
  /** When the market was last seen not to be open, µs since the epoch: only from then on does silence count. */
  #closedUs = 0;
  #silentSessions = 0;
  readonly #timers = new Set<() => void>();

  constructor(provider: Provider, world: LinkWorld) {
    this.provider = provider;
    this.#world = world;
    this.breaker = new CircuitBreaker(world.rules.breaker);
    this.covered = world.symbols.size;
  }

  get isLive(): boolean {
    return this.state === 'live';
  }

  /** Since when the session is live, µs since the epoch. */
  get liveUs(): number {
    return this.#liveUs;
  }

  /** Whether more attempts are no use for now. */
  get isHopeless(): boolean {
    return this.breaker.state === 'open' || this.lastEnd?.reason === 'rate_limited';
  }

  /** Begins to keep it connected; again has no effect. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#attempt();
  }

  /** Lets go of the provider. */
  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#close();
    this.state = 'idle';
    this.lastEnd = undefined;
    this.#silentSessions = 0;
  }

  #attempt(): void {
    const { rules, ports } = this.#world;
    const waitMs = this.breaker.attempt(ports.clock.nowUs());
    if (waitMs > 0) {
      this.#enter('waiting');
      this.#after(waitMs, () => this.#attempt());
      return;
    }
    this.session++;
    this.hasSpoken = false;
    const { session } = this;
    this.#enter('connecting');
    if (!this.#isRunning || this.session !== session) return;
    const host = this.#hostOf(session);
    this.#after(rules.connectMs, () => {
      host.ended({ reason: 'timed_out', detail: `no data or confirmation within ${rules.connectMs} ms` });
    });
    const opened = this.provider.open(host);
    // It may have ended while it was opened.
    if (this.#isRunning && this.session === session && this.state !== 'waiting') this.#open = opened;
    else opened.stop();
  }

  #hostOf(session: number): SessionHost {
    const { symbols, ports, eventTimeUs, phase, openLeftMs, lastPrice, onTick, onConfirmed } = this.#world;
    const isOver = (): boolean => !this.#isRunning || this.session !== session || this.state === 'waiting';
    const tick = emptyTick();
    const heard = (): void => {
      this.heardUs = ports.clock.nowUs();
      this.hasSpoken = true;
      this.#silentSessions = 0;
    };
    return {
      symbols,
      ports,
      eventTimeUs,
      phase,
      openLeftMs,
      lastPrice,
      tick,
      take: (id) => {
        if (isOver()) return;
        if (this.state === 'connecting') this.#onLive();
        this.ticks++;
        heard();
        onTick(this, tick, id);
      },
      confirm: (symbol) => {
        if (isOver()) return;
        heard();
        onConfirmed(this, symbol);
      },
      live: () => {
        if (!isOver() && this.state === 'connecting') this.#onLive();
      },
      covers: ({ symbols: count, intervalMs = 0, reason }) => {
        if (!isOver()) this.#onCover({ count, intervalMs, reason });
      },
      waited: () => {
        this.rateLimitWaits++;
      },
      bad: (reason) => {
        this.badFrames.set(reason, (this.badFrames.get(reason) ?? 0) + 1);
      },
      ended: (end) => {
        if (!isOver()) this.#onEnd(end);
      },
    };
  }

  #onLive(): void {
    const { rules, ports } = this.#world;
    this.#callOff();
    this.#liveUs = ports.clock.nowUs();
    this.#after(rules.stableMs, () => {
      this.breaker.succeeded();
      this.#world.onChange(this);
    });
    ports.log.info({ provider: this.provider.name }, 'the provider is live');
    if (this.provider.kind === 'stream') this.#after(LOOK_MS, () => this.#look());
    this.#enter('live');
  }

  #onCover(cover: { readonly count: number; readonly intervalMs: number; readonly reason: string | undefined }): void {
    const { count, intervalMs, reason } = cover;
    const before = this.shortfall;
    this.covered = count;
    this.intervalMs = intervalMs;
    this.shortfall = reason;
    if (reason !== before) this.#world.onCover(this, reason);
  }

  #look(): void {
    const { rules, ports, phase } = this.#world;
    const nowUs = ports.clock.nowUs();
    if (phase() !== 'regular') this.#closedUs = nowUs;
    const lastUs = Math.max(this.hasSpoken ? this.heardUs : this.#liveUs, this.#closedUs);
    const silentMs = (nowUs - lastUs) / 1000;
    if (silentMs >= rules.silenceMs) {
      this.#silentSessions++;
      this.#onEnd({ reason: 'silent', detail: `no data for ${Math.round(silentMs)} ms while the market is open` });
    } else {
      this.#after(LOOK_MS, () => this.#look());
    }
  }

  #onEnd(end: SessionEnd): void {
    const { rules, ports } = this.#world;
    const nowUs = ports.clock.nowUs();
    this.#close();
    this.lastEnd = end;
    this.reconnects++;
    if (end.reason === 'auth_refused') this.breaker.trip(nowUs, REFUSED_MS);
    else if (this.#silentSessions >= MAX_SILENT_SESSIONS) this.breaker.trip(nowUs);
    else this.breaker.failed(nowUs);
    const { provider, breaker } = this;
    ports.log.warn({ provider: provider.name, ...end, breaker: breaker.state }, 'the session with the provider ended');
    const waitMs = backoffMs(rules.backoff, { failures: breaker.failures, draw: ports.random() });
    this.#after(Math.max(waitMs, end.retryAfterMs ?? 0), () => this.#attempt());
    this.#enter('waiting');
  }

  #enter(state: LinkState): void {
    this.state = state;
    this.#world.onChange(this);
  }

  #close(): void {
    this.#callOff();
    this.#open?.stop();
    this.#open = undefined;
  }

  #after(delayMs: number, callback: () => void): void {
    const callOff = this.#world.ports.timers.after(delayMs, () => {
      this.#timers.delete(callOff);
      callback();
    });
    this.#timers.add(callOff);
  }

  #callOff(): void {
    for (const callOff of this.#timers) callOff();
    this.#timers.clear();
  }
}

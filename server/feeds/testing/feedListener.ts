import { pino } from 'pino';
import type { Tick } from '../../../market/types.ts';
import type { ProviderName } from '../../../protocol/providers/names.ts';
import { testClock } from '../../testing/testServer.ts';
import type { FeedNotice } from '../feed.ts';
import type { LiveFeed } from '../liveFeed.ts';
import { openLiveFeed } from '../open.ts';
import type { PlanLimits } from '../provider.ts';
import { DEFAULT_FEED_RULES } from '../rules.ts';

/** A key that must be found nowhere. */
export const SECRET_KEY = 'a-key-that-no-log-may-hold';

/** However often it fails. */
const NEVER_OPEN = { failures: 1_000_000, openMs: 1, maxOpenMs: 1 };

/** A feed of one provider: what it gives, tells and logs is kept, and can be waited for. */
export class FeedListener {
  readonly ticks: Tick[] = [];
  readonly notices: FeedNotice[] = [];
  readonly feed: LiveFeed;
  /** All that was logged, at every level. */
  logged = '';
  #waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  constructor(provider: {
    readonly name: ProviderName;
    readonly url: string;
    readonly symbols: readonly string[];
    readonly quantityDecimals?: number;
    readonly plan?: PlanLimits;
    readonly calendar?: 'nyse' | 'always';
    /** By symbol, the provider's name where it is another. */
    readonly names?: ReadonlyMap<string, string>;
  }) {
    const { name, url, symbols, quantityDecimals = 0, plan = {}, calendar = 'always', names } = provider;
    const write = (line: string): void => {
      this.logged += line;
      this.#look();
    };
    this.feed = openLiveFeed(
      {
        providers: [{ name, access: { url, key: SECRET_KEY, plan, pollMs: 20, maxPollMs: 60_000 } }],
        instruments: symbols.map((symbol, index) => {
          return { symbol, index, priceDecimals: 2, quantityDecimals, previousClose: 0 };
        }),
        ...(names !== undefined && { names: new Map([[name, names]]) }),
        calendar,
        cleaning: 'market',
        rules: { ...DEFAULT_FEED_RULES, backoff: { baseMs: 5, maxMs: 20 }, breaker: NEVER_OPEN },
      },
      { clock: testClock, log: pino({ level: 'trace' }, { write }), random: Math.random },
    );
    void this.feed.play(
      (tick) => {
        this.ticks.push({ ...tick });
        this.#look();
      },
      () => undefined,
      (notice) => {
        this.notices.push(notice);
        this.#look();
      },
    );
  }

  /** Resolves once a condition on what it has heard holds. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isMet, resolve }));
  }

  /** Resolves when the provider is live. */
  live(): Promise<void> {
    return this.until(() => this.logged.includes('the provider is live'));
  }

  /** Resolves when a session with the provider has ended. */
  ended(): Promise<void> {
    return this.until(() => this.logged.includes('the session with the provider ended'));
  }

  /** How often parts of frames were skipped, by reason. */
  get bad(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.feed.counts().links[0]?.badFrames ?? []);
  }

  get lastEnd() {
    return this.feed.health().chain[0]?.lastEnd;
  }

  #look(): void {
    const met = this.#waiters.filter(({ isMet }) => isMet());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve();
  }
}

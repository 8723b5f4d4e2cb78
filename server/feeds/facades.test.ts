import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type Tick, TickKind } from '../../market/types.ts';
import type { ProviderName } from '../../protocol/providers/names.ts';
import { PROVIDER_KINDS } from '../../simulator/providers/kinds.ts';
import {
  openTestHost,
  quoteAt,
  SYMBOLS,
  type TestHost,
  type TestHostOptions,
  tradeAt,
} from '../../simulator/providers/testing/testHost.ts';
import { testClock } from '../testing/testServer.ts';
import type { LiveFeed } from './liveFeed.ts';
import { openLiveFeed } from './open.ts';
import { DEFAULT_FEED_RULES } from './rules.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

async function facade(name: ProviderName, options: Omit<TestHostOptions, 'kind'>): Promise<TestHost> {
  const host = await openTestHost({ kind: PROVIDER_KINDS[name], plan: 'unlimited', ...options });
  closers.push(host.close);
  return host;
}

/** A feed of one façade: what it gives is kept, and can be waited for. */
class Listener {
  readonly ticks: Tick[] = [];
  readonly feed: LiveFeed;
  /** Resolves when the provider is live. */
  readonly live: Promise<void>;
  readonly #waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  constructor(name: ProviderName, host: TestHost) {
    let isLive = (): void => undefined;
    this.live = new Promise((resolve) => {
      isLive = resolve;
    });
    const write = (line: string): void => {
      if (line.includes('the provider is live')) isLive();
    };
    const log = pino({ level: 'info' }, { write });
    const isHttp = ['alpha-vantage', 'yahoo', 'tradier'].includes(name);
    const url = (isHttp ? host.httpUrl('') : host.url('')).replace(/\/$/, '');
    const access = { url, key: 'k', plan: {}, pollMs: 20, maxPollMs: 1_000 };
    const instruments = SYMBOLS.map((symbol, index) => {
      return { symbol, index, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 };
    });
    this.feed = openLiveFeed(
      {
        providers: [{ name, access }],
        instruments,
        calendar: 'nyse',
        cleaning: 'market',
        rules: { ...DEFAULT_FEED_RULES, backoff: { baseMs: 5, maxMs: 20 } },
      },
      { clock: testClock, log, random: Math.random },
    );
    closers.push(() => this.feed.stop());
    void this.feed.play(
      (tick) => {
        this.ticks.push({ ...tick });
        this.#look();
      },
      () => undefined,
      () => undefined,
    );
  }

  /** Resolves once a condition on the ticks holds. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isMet, resolve }));
  }

  of(kind: TickKind): readonly Tick[] {
    return this.ticks.filter((tick) => tick.kind === kind);
  }

  #look(): void {
    for (const waiter of this.#waiters) if (waiter.isMet()) waiter.resolve();
  }
}

/** Trades in turn of all symbols, a quote after each fourth; a whole ms apart, as the wire's times are. */
function someTicks(count: number): Tick[] {
  return Array.from({ length: count }, (_, at) => {
    const symbol = at % SYMBOLS.length;
    return at % 4 === 3
      ? quoteAt(100 + at, { symbol, bid: 9_990 + (at % 5) })
      : tradeAt(100 + at, { symbol, price: 10_000 + (at % 7), size: 100 * (1 + (at % 3)) });
  });
}

describe('a feed of a façade', () => {
  it.each(['polygon', 'binance', 'finnhub', 'tradier'] as const)(
    'should hear of %s what its tape holds',
    async (name) => {
      const ticks = someTicks(2_000);
      const host = await facade(name, { ticks });
      const listener = new Listener(name, host);
      await listener.live;
      void host.host.run();
      const trades = ticks.filter(({ kind }) => kind === TickKind.TRADE);
      await listener.until(() => listener.of(TickKind.TRADE).length >= trades.length);

      expect(listener.of(TickKind.TRADE)).toEqual(trades);
      const bids = ticks.filter(({ kind }) => kind === TickKind.QUOTE).map(({ symbol, bid }) => ({ symbol, bid }));
      const heard = listener.of(TickKind.QUOTE).map(({ symbol, bid }) => ({ symbol, bid }));
      if (name !== 'finnhub') expect(heard.slice(0, 100)).toEqual(bids.slice(0, 100));
      const { badFrames } = listener.feed.counts().links[0] ?? {};
      expect([...(badFrames ?? [])]).toEqual([]);
      expect(listener.feed.counts().duplicates).toBe(0);
    },
  );

  it.each(['alpha-vantage', 'yahoo'] as const)(
    'should find by polling %s the last price of each symbol',
    async (name) => {
      const host = await facade(name, { ticks: someTicks(60), speed: 1 });
      const listener = new Listener(name, host);
      await listener.live;
      await host.host.run();
      const last = SYMBOLS.map((_, symbol) =>
        someTicks(60).findLast((tick) => tick.symbol === symbol && tick.price > 0),
      );
      const lastOf = (symbol: number): number | undefined =>
        listener.ticks.findLast((tick) => tick.symbol === symbol)?.price;
      await listener.until(() => SYMBOLS.every((_, symbol) => lastOf(symbol) === last[symbol]?.price));

      // What was traded between two polls is one trade of all of it.
      const volume = listener.ticks.filter(({ symbol }) => symbol === 0).reduce((sum, { size }) => sum + size, 0);
      expect(volume).toBeGreaterThan(0);
      expect(SYMBOLS.map((_, symbol) => listener.feed.staleMs(symbol))).toEqual([undefined, undefined, undefined]);
    },
  );
});

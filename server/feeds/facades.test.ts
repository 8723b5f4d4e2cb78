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
import { FeedListener } from './testing/feedListener.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

async function facade(name: ProviderName, options: Omit<TestHostOptions, 'kind'>): Promise<TestHost> {
  const host = await openTestHost({ kind: PROVIDER_KINDS[name], plan: 'unlimited', ...options });
  closers.push(host.close);
  return host;
}

function listen(name: ProviderName, host: TestHost): FeedListener {
  const isHttp = ['alpha-vantage', 'yahoo', 'tradier'].includes(name);
  const url = isHttp ? host.httpUrl('') : host.url('');
  const listener = new FeedListener({ name, url, symbols: SYMBOLS, calendar: 'nyse' });
  closers.push(() => listener.feed.stop());
  return listener;
}

function ofKind({ ticks }: FeedListener, kind: TickKind): readonly Tick[] {
  return ticks.filter((tick) => tick.kind === kind);
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
      const listener = listen(name, host);
      await listener.live();
      void host.host.run();
      const trades = ticks.filter(({ kind }) => kind === TickKind.TRADE);
      await listener.until(() => ofKind(listener, TickKind.TRADE).length >= trades.length);

      expect(ofKind(listener, TickKind.TRADE)).toEqual(trades);
      const bids = ticks.filter(({ kind }) => kind === TickKind.QUOTE).map(({ symbol, bid }) => ({ symbol, bid }));
      const heard = ofKind(listener, TickKind.QUOTE).map(({ symbol, bid }) => ({ symbol, bid }));
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
      const listener = listen(name, host);
      await listener.live();
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

import { Counter, Gauge, type Registry } from 'prom-client';
import type { FeedCounts, LinkCounts } from './health.ts';

/** Publishes the numbers of a feed of providers; they are read when they are scraped. */
export function registerFeedMetrics(registry: Registry, read: () => FeedCounts): void {
  const registers = [registry];
  const totals: readonly (readonly [string, string, (counts: FeedCounts) => number])[] = [
    ['tapedeck_feed_gaps_total', 'Stretches without data from any provider that were marked', ({ gaps }) => gaps],
    ['tapedeck_feed_duplicates_total', 'Trades that had been taken already', ({ duplicates }) => duplicates],
    ['tapedeck_feed_unneeded_ticks_total', 'Ticks of providers that were not in charge', ({ unneeded }) => unneeded],
  ];
  for (const [name, help, value] of totals) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value(read()));
      },
    });
  }
  const perLink: readonly (readonly [string, string, (counts: LinkCounts) => number])[] = [
    ['tapedeck_feed_ticks_total', 'Ticks that a provider gave', ({ ticks }) => ticks],
    ['tapedeck_feed_reconnects_total', 'Sessions with a provider that ended', ({ reconnects }) => reconnects],
    [
      'tapedeck_feed_rate_limit_waits_total',
      "Times that a provider's limit made us wait",
      ({ rateLimitWaits }) => rateLimitWaits,
    ],
  ];
  for (const [name, help, value] of perLink) {
    new Counter({
      name,
      help,
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const link of read().links) this.inc({ provider: link.provider }, value(link));
      },
    });
  }
  new Counter({
    name: 'tapedeck_feed_bad_frames_total',
    help: 'Frames of a provider, or parts of them, that were skipped, by reason',
    labelNames: ['provider', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const { provider, badFrames } of read().links) {
        for (const [reason, count] of badFrames) this.inc({ provider, reason }, count);
      }
    },
  });
  new Gauge({
    name: 'tapedeck_feed_in_charge',
    help: 'Whether the provider gives the data',
    labelNames: ['provider'],
    registers,
    collect() {
      for (const { provider, isInCharge } of read().links) this.set({ provider }, isInCharge ? 1 : 0);
    },
  });
  new Gauge({
    name: 'tapedeck_feed_breaker_open',
    help: "The provider's circuit breaker: 0 closed, 1 open, 0.5 half-open",
    labelNames: ['provider'],
    registers,
    collect() {
      for (const { provider, breaker } of read().links) this.set({ provider }, BREAKER_VALUES[breaker]);
    },
  });
  new Gauge({
    name: 'tapedeck_feed_age_seconds',
    help: "Time since a provider's last data",
    labelNames: ['provider'],
    registers,
    collect() {
      for (const { provider, ageS } of read().links) if (!Number.isNaN(ageS)) this.set({ provider }, ageS);
    },
  });
}

const BREAKER_VALUES: Readonly<Record<LinkCounts['breaker'], number>> = { closed: 0, half_open: 0.5, open: 1 };

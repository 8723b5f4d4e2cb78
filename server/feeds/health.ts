import type { ProviderName } from '../../protocol/providers/names.ts';
import type { BreakerState } from './breaker.ts';
import type { LinkState } from './link.ts';
import type { BadFrameReason } from './provider.ts';

/** How one provider of a chain is. */
export interface LinkHealth {
  readonly provider: ProviderName;
  readonly state: LinkState;
  readonly breaker: BreakerState;
  /** Symbols that it covers. */
  readonly symbols: number;
  /** How often it is asked for each of them, ms; absent for a stream. */
  readonly intervalMs?: number;
  /** Time since its last data, ms; null before the first. */
  readonly ageMs: number | null;
  readonly reconnects: number;
  /** How its last session ended; absent before the first end and once it rests. */
  readonly lastEnd?: { readonly reason: string; readonly detail: string };
  /** Why it covers less than was wanted. */
  readonly shortfall?: string;
}

/** How a feed of providers is. */
export interface FeedHealth {
  /** The provider in charge; null while there is none. */
  readonly provider: ProviderName | null;
  /** Stretches without data from anybody that were marked. */
  readonly gaps: number;
  readonly chain: readonly LinkHealth[];
}

/** The numbers of one provider, for `/metrics`. */
export interface LinkCounts {
  readonly provider: ProviderName;
  readonly isInCharge: boolean;
  readonly breaker: BreakerState;
  readonly ticks: number;
  readonly reconnects: number;
  readonly rateLimitWaits: number;
  /** s since its last data; NaN before the first. */
  readonly ageS: number;
  readonly badFrames: ReadonlyMap<BadFrameReason, number>;
}

/** The numbers of a feed of providers, for `/metrics`. */
export interface FeedCounts {
  readonly gaps: number;
  readonly duplicates: number;
  /** Ticks of a provider that was not in charge. */
  readonly unneeded: number;
  readonly links: readonly LinkCounts[];
}

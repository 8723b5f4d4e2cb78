import type { Instrument } from '../../market/types.ts';
import type { ProviderName } from '../../protocol/providers/names.ts';
import type { ProviderAccess } from './provider.ts';
import type { FeedRules } from './rules.ts';

/** When what a feed gives is traded: New York's hours, or always. */
export type FeedCalendar = 'nyse' | 'always';

/** A chain of providers as the server's feed. */
export interface LiveFeedConfig {
  /** In the order in which they are wanted. */
  readonly providers: readonly { readonly name: ProviderName; readonly access: ProviderAccess }[];
  readonly instruments: readonly Instrument[];
  /** By provider and symbol, the provider's name where it is another. */
  readonly names?: ReadonlyMap<ProviderName, ReadonlyMap<string, string>>;
  readonly calendar: FeedCalendar;
  /** `market`: prices far off the last and times far ahead must be confirmed; `form`: by form and order alone, as a tape's. */
  readonly cleaning: 'market' | 'form';
  readonly rules: FeedRules;
}

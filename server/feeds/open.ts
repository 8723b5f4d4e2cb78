import { CRYPTO, NYSE } from '../../market/calendar/calendars.ts';
import type { TradingCalendar } from '../../market/calendar/types.ts';
import { TAPE_CLEANING } from '../../market/servedMarket.ts';
import type { ProviderName } from '../../protocol/providers/names.ts';
import type { FeedCalendar, LiveFeedConfig } from './liveConfig.ts';
import { LiveFeed } from './liveFeed.ts';
import { type FeedPorts, hostFeedTimers, type Provider, type ProviderAccess } from './provider.ts';
import { alphaVantage } from './providers/alphaVantage.ts';
import { binance } from './providers/binance.ts';
import { finnhub } from './providers/finnhub.ts';
import { polygon } from './providers/polygon.ts';
import { tradier } from './providers/tradier.ts';
import { yahoo } from './providers/yahoo.ts';

/** How each provider is made. */
const PROVIDERS: Readonly<Record<ProviderName, (access: ProviderAccess) => Provider>> = {
  polygon,
  binance,
  finnhub,
  tradier,
  yahoo,
  'alpha-vantage': alphaVantage,
};

const CALENDARS: Readonly<Record<FeedCalendar, TradingCalendar>> = { nyse: NYSE, always: CRYPTO };

/** Makes the feed that a configuration names; it begins when it is played. */
export function openLiveFeed(config: LiveFeedConfig, ports: Omit<FeedPorts, 'timers'>): LiveFeed {
  const { providers, instruments, names, calendar, rules, cleaning } = config;
  return new LiveFeed({
    providers: providers.map(({ name, access }) => PROVIDERS[name](access)),
    instruments,
    ...(names !== undefined && { names }),
    calendar: CALENDARS[calendar],
    rules,
    ports: { ...ports, timers: hostFeedTimers },
    ...(cleaning === 'form' && { cleaning: TAPE_CLEANING }),
  });
}

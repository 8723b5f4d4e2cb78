import type { ProviderName } from '../../protocol/providers/names.ts';
import { ALPHA_VANTAGE } from './alphaVantage.ts';
import { BINANCE } from './binance.ts';
import type { ProviderKind } from './facade.ts';
import { FINNHUB } from './finnhub.ts';
import { POLYGON } from './polygon.ts';
import { TRADIER } from './tradier.ts';
import { YAHOO } from './yahoo.ts';

/** Every provider that the simulator can be. */
export const PROVIDER_KINDS: Readonly<Record<ProviderName, ProviderKind>> = {
  polygon: POLYGON,
  binance: BINANCE,
  'alpha-vantage': ALPHA_VANTAGE,
  tradier: TRADIER,
  finnhub: FINNHUB,
  yahoo: YAHOO,
};

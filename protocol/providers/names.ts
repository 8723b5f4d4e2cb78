/** Providers of market data whose wire formats the simulator speaks and the server's feeds read. */
export const PROVIDER_NAMES = ['polygon', 'binance', 'alpha-vantage', 'tradier', 'finnhub', 'yahoo'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

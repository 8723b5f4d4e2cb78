import type { TapeFacts } from '../../protocol/tapeFacts.ts';

const lags = (first: number): number[] => Array.from({ length: 20 }, (_, lag) => first / (lag + 1));

/** Facts of a small tape for tests. */
export const FACTS: TapeFacts = {
  version: 1,
  tape: {
    name: 'universe-3-2020-03-16',
    sessionDate: '2020-03-16',
    kind: 'derived',
    description: 'Derived, not recorded: 3 symbols.',
    symbols: 3,
    events: 5_000,
    trades: 2_000,
    quotes: 3_000,
    eventHash: '0123456789abcdef',
  },
  source: { file: 'sp500.csv', days: 5_105, firstDate: '2000-01-03', lastDate: '2020-04-17', isOrigin: true },
  returns: (['source', 'tape'] as const).map((role) => ({
    name: `returns of the ${role}`,
    role,
    interval: role === 'source' ? 'day' : 'minute',
    returns: 389,
    series: 1,
    kurtosis: 14.24,
    kurtosisOfFive: 9.5,
    autocorrelation: lags(-0.11),
    absoluteAutocorrelation: lags(0.31),
    band: 0.1,
  })),
  intraday: Array.from({ length: 78 }, (_, at) => ({ minute: 5 * at, events: 1 + at / 78, absoluteReturn: 1 })),
  priceLevels: [
    { fromPrice: 0, toPrice: 5, symbols: 2, spreadTicks: 1, spreadBp: 26.98, quoteSize: 1_666, tradeSize: 368 },
    { fromPrice: 500, symbols: 1, spreadTicks: 14.1, spreadBp: 2.8, quoteSize: 177, tradeSize: 122 },
  ],
  arrivals: {
    symbols: 3,
    longer: [1, 10, 30].map((gaps) => ({ gaps, share: 1 / (gaps * gaps), poisson: Math.exp(-gaps) })),
    ranks: [
      { rank: 1, events: 3_000 },
      { rank: 3, events: 400 },
    ],
  },
  auctions: { openings: 3, closings: 3, openingShare: 0.02, closingShare: 0.08 },
};

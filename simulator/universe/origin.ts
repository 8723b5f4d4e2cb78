import { type History, USERS_LICENCE } from '../history.ts';
import type { TapeOrigin } from '../tape/types.ts';
import type { BuildOptions } from './build.ts';
import type { Universe } from './universe.ts';

/** Says in a sentence what a universe was made from, and that it never happened. */
export function describeOrigin(made: {
  readonly options: BuildOptions;
  readonly history: History;
  readonly universe: Universe;
}): TapeOrigin {
  const { options, history, universe } = made;
  const { daily } = options;
  const refused = [...history.reports, ...(daily?.reports ?? [])].reduce((sum, report) => sum + report.badRows, 0);
  const days = `${history.index[0]?.date} to ${history.index.at(-1)?.date}`;
  const met = universe.meetsIndex ? `, led through that day's true open, high, low and close` : '';
  const known = universe.knownBars;
  const parts = [
    `Derived, not recorded: ${options.symbols} symbols over the regular session of ${options.sessionDate}, by block bootstrap of real ` +
      `daily index returns (${days}) in their volatility clusters as the common factor${met}, and of ${history.stocks.length} real stocks' own ` +
      `monthly returns in made-up sectors`,
    known === 0
      ? 'real tickers name the stocks drawn from, all others are made up'
      : `${known} real tickers meet their own true bars of the day, all others are made up`,
    ...(options.indexSymbol === undefined ? [] : [`${options.indexSymbol} is the index`]),
    universe.hasAuctions ? 'auctions are modelled, halts are not' : 'auctions and halts are not modelled',
    `${refused} bad rows refused.`,
  ];
  const sources = [...history.sources, ...(daily?.sources ?? [])];
  const isOurs = sources.every(({ licence }) => licence !== USERS_LICENCE);
  return {
    kind: 'derived',
    description: parts.join('; '),
    sources,
    ...(isOurs && { buildOptions: buildOptionsOf(options) }),
  };
}

function buildOptionsOf({ symbols, seed, events, sessionDate, indexSymbol }: BuildOptions): string {
  const size = `--symbols ${symbols} --seed ${seed} --events ${events} --date ${sessionDate}`;
  return indexSymbol === undefined ? size : `${size} --with-index ${indexSymbol}`;
}

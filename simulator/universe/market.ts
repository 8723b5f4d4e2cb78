import type { IndexBar } from '../history.ts';
import { drawPath, type Knot, meetRange } from './path.ts';
import type { Random } from './random.ts';
import type { Returns } from './returns.ts';
import type { Clusters } from './volatility.ts';

/** The common factor of a session. */
export interface MarketFactor {
  /** Log return of the index since the session's open, at the start of each second; one entry more than seconds. */
  readonly path: Float64Array;
  /** Where the path meets the day's true prices; empty when the history doesn't hold the day. */
  readonly knots: readonly Knot[];
  /** Log return from the last close to this open. */
  readonly gap: number;
  /** Standard deviation of the index's log return over the session. */
  readonly deviation: number;
  /** The index's level at the open, and at the close before. */
  readonly open: number;
  readonly previousClose: number;
}

/**
 * Makes the market's path through a session from resampled real returns. A session that the history holds has that day's
 * volatility (Parkinson, from high and low) and gap, and meets its open, high, low and close exactly; another is a typical day
 * after the last one before it.
 */
export function makeMarketFactor(options: {
  readonly sessionDate: string;
  readonly index: readonly IndexBar[];
  readonly returns: Returns;
  readonly clusters: Clusters;
  readonly varianceClock: Float64Array;
  readonly random: Random;
}): MarketFactor {
  const { sessionDate, index, returns, varianceClock } = options;
  const bar = index.find((candidate) => candidate.date === sessionDate);
  const before = index.findLast((candidate) => candidate.date < sessionDate);
  const deviation = bar === undefined ? returns.deviation : parkinson(bar) || returns.deviation;
  const path = drawPath(options).map((value) => deviation * value);
  const open = bar?.open ?? before?.close ?? (index[0] as IndexBar).open;
  const previousClose = before?.close ?? open;
  const shared = { path, deviation, open, previousClose, gap: Math.log(open / previousClose) };
  if (bar === undefined) return { ...shared, knots: [] };
  const range = {
    high: Math.log(bar.high / bar.open),
    low: Math.log(bar.low / bar.open),
    close: Math.log(bar.close / bar.open),
  };
  return { ...shared, knots: meetRange(path, varianceClock, range) };
}

/** Volatility of a day from its range (Parkinson 1980). */
function parkinson({ high, low }: IndexBar): number {
  return Math.log(high / low) / (2 * Math.sqrt(Math.LN2));
}

/** As many as the exchanges' common classification has. */
export const SECTORS = 11;

/** The paths of the sectors beside the market: each has variance 1 over the session, in clusters of its own. */
export function makeSectorPaths(options: {
  readonly clusters: Clusters;
  readonly varianceClock: Float64Array;
  readonly random: Random;
}): readonly Float64Array[] {
  return Array.from({ length: SECTORS }, () => drawPath(options));
}

import type { IndexBar } from '../history.ts';
import type { Random } from './random.ts';
import { BlockBootstrap, type Returns } from './returns.ts';

/** The common factor of a session. */
export interface MarketFactor {
  /** Log return of the index since the session's open, at the start of each second; one entry more than seconds. */
  readonly path: Float64Array;
  /** Log return from the last close to this open. */
  readonly gap: number;
  /** Standard deviation of the index's log return over the session. */
  readonly deviation: number;
}

/** Days that stay together when returns are resampled: about a month. */
const INDEX_BLOCK_DAYS = 20;

/**
 * Makes the market's path through a session: one real daily return per second, resampled in blocks and scaled to the
 * session's variance. A session that the history holds takes its volatility (Parkinson, from high and low), its gap at
 * the open and its return from open to close from there; another is a typical day.
 */
export function makeMarketFactor(options: {
  readonly sessionDate: string;
  readonly index: readonly IndexBar[];
  readonly returns: Returns;
  readonly varianceClock: Float64Array;
  readonly random: Random;
}): MarketFactor {
  const { index, returns, varianceClock, random } = options;
  const day = index.findIndex((bar) => bar.date === options.sessionDate);
  const bar = index[day];
  const before = index[day - 1];
  const deviation = bar ? Math.log(bar.high / bar.low) / (2 * Math.sqrt(Math.LN2)) : returns.deviation;
  const gap = bar && before ? Math.log(bar.open / before.close) : 0;
  const bootstrap = new BlockBootstrap(returns.standardised, { blockLength: INDEX_BLOCK_DAYS, random });
  const path = new Float64Array(varianceClock.length);
  for (let second = 1; second < path.length; second++) {
    const variance = (varianceClock[second] as number) - (varianceClock[second - 1] as number);
    path[second] = (path[second - 1] as number) + deviation * Math.sqrt(variance) * bootstrap.next();
  }
  if (bar) bendTo(path, varianceClock, Math.log(bar.close / bar.open));
  return { path, gap, deviation };
}

/** Bends the path so that it ends at `target`, most where it moves most. */
function bendTo(path: Float64Array, varianceClock: Float64Array, target: number): void {
  const miss = target - (path.at(-1) as number);
  for (let second = 0; second < path.length; second++) {
    path[second] = (path[second] as number) + miss * (varianceClock[second] as number);
  }
}

import type { ProviderBar, ProviderMarket } from './facade.ts';

const MINUTE_US = 60_000_000;

/** Joins bars, oldest first, into one from `startUs` to `endUs`; undefined of none. */
export function joinBars(
  bars: readonly ProviderBar[],
  span: { readonly startUs: number; readonly endUs: number },
): ProviderBar | undefined {
  const first = bars[0];
  const last = bars.at(-1);
  if (first === undefined || last === undefined) return undefined;
  let { high, low } = first;
  let volume = 0;
  let notional = 0;
  let trades = 0;
  for (const bar of bars) {
    high = Math.max(high, bar.high);
    low = Math.min(low, bar.low);
    volume += bar.volume;
    notional += bar.notional;
    trades += bar.trades;
  }
  const { symbol, open } = first;
  const seconds = (span.endUs - span.startUs) / 1_000_000;
  return { symbol, seconds, ...span, open, high, low, close: last.close, volume, notional, trades };
}

/** What of a symbol's minutes a chart shows, and how. */
export interface BarsQuery {
  readonly minutesPerBar: number;
  /** Bars begin whole multiples of their length from here, µs since the epoch. Default: the epoch. */
  readonly anchorUs?: number;
  /** Only minutes that begin in this stretch (end exclusive), µs since the epoch. */
  readonly fromUs?: number;
  readonly toUs?: number;
}

/** A symbol's bars of some minutes each, the forming one included, oldest first; none where nothing was traded. */
export function barsOf(
  market: Pick<ProviderMarket, 'minutes' | 'forming'>,
  symbol: number,
  query: BarsQuery,
): ProviderBar[] {
  const { anchorUs = 0, fromUs = 0, toUs = Number.POSITIVE_INFINITY } = query;
  const lengthUs = query.minutesPerBar * MINUTE_US;
  const forming = market.forming(symbol);
  const minutes = [...market.minutes(symbol, fromUs, toUs)];
  if (forming !== undefined && forming.startUs >= fromUs && forming.startUs < toUs) minutes.push(forming);
  if (query.minutesPerBar === 1) return minutes;
  const bars: ProviderBar[] = [];
  let group: ProviderBar[] = [];
  let groupStartUs = Number.NaN;
  const close = () => {
    const bar = joinBars(group, { startUs: groupStartUs, endUs: groupStartUs + lengthUs });
    if (bar !== undefined) bars.push(bar);
  };
  for (const minute of minutes) {
    const startUs = anchorUs + Math.floor((minute.startUs - anchorUs) / lengthUs) * lengthUs;
    if (startUs !== groupStartUs) {
      close();
      group = [];
      groupStartUs = startUs;
    }
    group.push(minute);
  }
  close();
  return bars;
}

import type { BarTrade, FrameIndex } from '../../market/bars/types.ts';
import type { TradingCalendar } from '../../market/calendar/types.ts';

const MINUTE_US = 60_000_000;
const MINUTES = [1, 5, 15, 60];

/** A bar as the naive builder makes it. */
export interface NaiveBar {
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly notional: number;
  readonly trades: number;
  readonly isFilled: boolean;
  readonly isAfterGap: boolean;
}

/** What the naive builder is asked: the closed bars of one symbol and time frame at `clockUs`. */
export interface NaiveQuestion {
  /** All trades of the symbol, in the order in which they came. */
  readonly trades: readonly BarTrade[];
  readonly calendar: TradingCalendar;
  readonly frame: FrameIndex;
  readonly clockUs: number;
  readonly fillGaps: boolean;
}

/** Builds bars the plain way: sorts all trades by time, groups them by the bar they fall in, and looks at each group as a whole. Oldest first. */
export function barsByHand({ trades, calendar, frame, clockUs, fillGaps }: NaiveQuestion): NaiveBar[] {
  const frameUs = (MINUTES[frame] ?? 0) * MINUTE_US;
  const groups = new Map<number, BarTrade[]>();
  for (const trade of [...trades].sort((a, b) => a.eventTimeUs - b.eventTimeUs)) {
    const { startUs } = calendar.spanAt(trade.eventTimeUs);
    const barUs = startUs + Math.floor((trade.eventTimeUs - startUs) / frameUs) * frameUs;
    groups.set(barUs, [...(groups.get(barUs) ?? []), trade]);
  }
  const bars: NaiveBar[] = [];
  const [first = Number.POSITIVE_INFINITY] = groups.keys();
  for (let startUs = first; startUs < clockUs; ) {
    const span = calendar.spanAt(startUs);
    const endUs = Math.min(startUs + frameUs, span.endUs);
    if (span.phase === 'closed') {
      startUs = span.endUs;
      continue;
    }
    const group = groups.get(startUs);
    const before = bars.at(-1);
    const isRegular = span.phase === 'regular';
    if (endUs <= clockUs && group !== undefined) {
      const isMissing = before !== undefined && before.startUs !== startUs - frameUs && startUs > span.startUs;
      bars.push({ startUs, ...summed(group), isFilled: false, isAfterGap: isRegular && isMissing });
    } else if (endUs <= clockUs && isRegular && fillGaps && before !== undefined) {
      const { close } = before;
      const prices = { open: close, high: close, low: close, close };
      bars.push({ startUs, ...prices, volume: 0, notional: 0, trades: 0, isFilled: true, isAfterGap: false });
    }
    startUs = endUs;
  }
  return bars;
}

function summed(group: readonly BarTrade[]): Omit<NaiveBar, 'startUs' | 'isFilled' | 'isAfterGap'> {
  const prices = group.map(({ price }) => price);
  return {
    open: prices[0] ?? 0,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices.at(-1) ?? 0,
    volume: group.reduce((sum, { size }) => sum + size, 0),
    notional: group.reduce((sum, { price, size }) => sum + price * size, 0),
    trades: group.length,
  };
}

import type { JudgedPattern } from '../../protocol/run.ts';
import type { NaiveBar } from './bars.ts';

/** A candle is white when it closes at or over its open, else black. */
function isWhite(bar: NaiveBar): boolean {
  return bar.close >= bar.open;
}

/** The second body covers the first, which is of the other colour. One end may coincide, not both; `strictly` none. */
function engulfs(second: NaiveBar, first: NaiveBar, strictly: boolean): boolean {
  if (isWhite(second) === isWhite(first)) return false;
  const top = Math.max(second.open, second.close);
  const bottom = Math.min(second.open, second.close);
  const firstTop = Math.max(first.open, first.close);
  const firstBottom = Math.min(first.open, first.close);
  if (strictly) return top > firstTop && bottom < firstBottom;
  return top >= firstTop && bottom <= firstBottom && (top > firstTop || bottom < firstBottom);
}

/**
 * The patterns that the bar at `at` completes, by PROTOCOL.md's words and nothing else. Only those that need no average:
 * an engulfing from the symbol's third bar on, three outside from its fourth.
 */
export function patternsAt(bars: readonly NaiveBar[], at: number): JudgedPattern[] {
  const [before2, before1, bar] = [bars[at - 2], bars[at - 1], bars[at]];
  if (before2 === undefined || before1 === undefined || bar === undefined) return [];
  const found: JudgedPattern[] = [];
  if (engulfs(bar, before1, false)) found.push(isWhite(bar) ? 'bullish_engulfing' : 'bearish_engulfing');
  if (at < 3 || !engulfs(before1, before2, true)) return found;
  if (isWhite(before1) && bar.close > before1.close) found.push('three_outside_up');
  if (!isWhite(before1) && bar.close < before1.close) found.push('three_outside_down');
  return found;
}

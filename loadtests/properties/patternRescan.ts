import type { OpenBar } from '../../market/patterns/types.ts';

/*
 * What the pattern engine keeps as running sums and a moving zigzag, worked out anew from the whole history: plain
 * loops that follow the definitions of market/patterns/README.md and share no code with the engine.
 */

/** A pattern by the number of the bar that completes it, from 0. */
export interface Rescanned {
  readonly bar: number;
  readonly type: string;
}

interface Pivot {
  readonly isHigh: boolean;
  readonly price: number;
  readonly bar: number;
  /** Bar that confirmed it. */
  readonly confirmedAt: number;
}

/** Finds what rests on averages, levels and pivots: crosses, squeezes, gaps, breakouts, double tops and bottoms. */
export function rescan(bars: readonly OpenBar[]): Rescanned[] {
  const found: Rescanned[] = [];
  const pivots = findPivots(bars);
  rescanLevels(bars, found);
  rescanBreakouts({ bars, pivots, found });
  rescanDoubles({ bars, pivots, found });
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Average true range of the 14 bars before, 0 while there are fewer with a close before them. */
function atrBefore(bars: readonly OpenBar[], bar: number): number {
  if (bar < 15) return 0;
  const ranges = bars.slice(bar - 14, bar).map((one, index) => {
    const close = bars[bar - 14 + index - 1]?.close ?? one.open;
    return Math.max(one.high, close) - Math.min(one.low, close);
  });
  return mean(ranges);
}

function closesUntil(bars: readonly OpenBar[], bar: number, count: number): number[] {
  return bars.slice(bar - count + 1, bar + 1).map((one) => one.close);
}

function rescanLevels(bars: readonly OpenBar[], found: Rescanned[]): void {
  let side = 0;
  let squeezed = 0;
  for (const [bar, one] of bars.entries()) {
    const atr = atrBefore(bars, bar);
    if (atr === 0) continue;
    const before = bars[bar - 1];
    if (before && one.low - before.high >= 0.25 * atr) found.push({ bar, type: 'gap_up' });
    if (before && before.low - one.high >= 0.25 * atr) found.push({ bar, type: 'gap_down' });
    if (bar >= 30) {
      const now = Math.sign(mean(closesUntil(bars, bar, 10)) - mean(closesUntil(bars, bar, 30)));
      if (now !== 0 && side !== 0 && now !== side) {
        found.push({ bar, type: now > 0 ? 'moving_average_cross_up' : 'moving_average_cross_down' });
      }
      if (now !== 0) side = now;
    }
    if (bar >= 20) {
      const closes = closesUntil(bars, bar, 20);
      const middle = mean(closes);
      const deviation = Math.sqrt(mean(closes.map((close) => (close - middle) ** 2)));
      if (2 * deviation < 1.5 * atr) squeezed++;
      else {
        if (squeezed >= 6 && one.close !== middle) found.push({ bar, type: 'bollinger_squeeze' });
        squeezed = 0;
      }
    }
  }
}

/** The zigzag: from the first pivot on, each is the extreme from which price came back by two average true ranges. */
function findPivots(bars: readonly OpenBar[]): Pivot[] {
  const pivots: Pivot[] = [];
  let extremeHigh = { price: Number.NEGATIVE_INFINITY, bar: -1 };
  let extremeLow = { price: Number.POSITIVE_INFINITY, bar: -1 };
  for (const [bar, { high, low }] of bars.entries()) {
    const atr = atrBefore(bars, bar);
    if (atr === 0) continue;
    const last = pivots.at(-1);
    const seeksHigh = last === undefined || !last.isHigh;
    const seeksLow = last === undefined || last.isHigh;
    if (seeksHigh && high > extremeHigh.price) extremeHigh = { price: high, bar };
    else if (seeksHigh && extremeHigh.price - low >= 2 * atr) {
      pivots.push({ isHigh: true, ...extremeHigh, confirmedAt: bar });
      extremeLow = { price: low, bar };
      continue;
    }
    if (seeksLow && low < extremeLow.price) extremeLow = { price: low, bar };
    else if (seeksLow && high - extremeLow.price >= 2 * atr) {
      pivots.push({ isHigh: false, ...extremeLow, confirmedAt: bar });
      extremeHigh = { price: high, bar };
    }
  }
  return pivots;
}

interface Part {
  readonly bars: readonly OpenBar[];
  readonly pivots: readonly Pivot[];
  readonly found: Rescanned[];
}

/** The first close beyond the last pivot of that side, if its volume is half as much again as the mean of the 20 bars before. */
function rescanBreakouts({ bars, pivots, found }: Part): void {
  const broken = new Set<Pivot>();
  for (const [bar, { close, volume }] of bars.entries()) {
    const known = pivots.filter((pivot) => pivot.confirmedAt <= bar);
    if (known.length < 2) continue;
    const high = known.findLast((pivot) => pivot.isHigh);
    const low = known.findLast((pivot) => !pivot.isHigh);
    const level = high && close > high.price ? high : low && close < low.price ? low : undefined;
    if (level === undefined || broken.has(level)) continue;
    broken.add(level);
    const usual = bar >= 20 ? mean(bars.slice(bar - 20, bar).map((one) => one.volume)) : 0;
    if (usual > 0 && volume >= 1.5 * usual) found.push({ bar, type: level.isHigh ? 'breakout_up' : 'breakout_down' });
  }
}

function rescanDoubles({ bars, pivots, found }: Part): void {
  const shapes = pivots.flatMap((second, index) => {
    const [before, first, middle] = pivots.slice(Math.max(0, index - 3), index);
    if (!before || !first || !middle) return [];
    const sign = second.isHigh ? 1 : -1;
    const height = Math.min(sign * first.price, sign * second.price) - sign * middle.price;
    const isDouble =
      height >= 3 * atrBefore(bars, second.confirmedAt) &&
      Math.abs(first.price - second.price) <= 0.2 * height &&
      sign * (first.price - before.price) >= height &&
      second.bar - first.bar <= 100;
    return isDouble ? [{ sign, first, second, neck: middle.price }] : [];
  });
  for (const [index, { sign, first, second, neck }] of shapes.entries()) {
    const deadline = second.bar + Math.max(10, second.bar - first.bar);
    const until = Math.min(deadline, (shapes[index + 1]?.second.confirmedAt ?? bars.length) - 1, bars.length - 1);
    const peak = Math.max(sign * first.price, sign * second.price);
    for (let bar = second.confirmedAt; bar <= Math.max(until, second.confirmedAt) && bar < bars.length; bar++) {
      const close = sign * (bars[bar]?.close ?? 0);
      if (close > peak) break;
      if (close < sign * neck) {
        found.push({ bar, type: sign > 0 ? 'double_top' : 'double_bottom' });
        break;
      }
    }
  }
}

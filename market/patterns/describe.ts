import { FRAME_MINUTES, type FrameIndex } from '../bars/types.ts';
import { CANDLESTICK_COUNT, patternType } from './catalog.ts';
import * as at from './layout.ts';
import type { Outcomes, Stored } from './outcomes.ts';
import { newestIsHigh } from './pivots.ts';
import type { Found, Scan } from './scan.ts';
import {
  type Direction,
  type DirectionName,
  type EarlierPattern,
  type Formation,
  type FormationBar,
  type FormationPivot,
  MAX_FORMATION_BARS,
  type PatternEvent,
  type PatternSignal,
} from './types.ts';

/** Makes the immutable event of a signal while the bar that completed it is at work. */
export function describe(parts: {
  readonly signal: PatternSignal;
  readonly found: Found;
  readonly scan: Scan;
  readonly outcomes: Outcomes;
}): PatternEvent {
  const { signal, found, scan, outcomes } = parts;
  const key = signal.symbol * FRAME_MINUTES.length + signal.frame;
  return {
    type: patternType(signal.type),
    kind: signal.type < CANDLESTICK_COUNT ? 'candlestick' : 'chart',
    symbol: signal.symbol,
    frame: signal.frame,
    minutes: FRAME_MINUTES[signal.frame],
    early: signal.early,
    direction: directionName(signal.direction),
    confidence: signal.confidence,
    price: signal.price,
    invalidationPrice: signal.invalidationPrice === 0 ? undefined : signal.invalidationPrice,
    formation: formationOf(scan, found),
    earlier: outcomes.earlier(signal.symbol).map(earlierOf),
    successRate: outcomes.rate(signal.type, { from: key, to: key + 1 }),
  };
}

function formationOf(scan: Scan, found: Found): Formation {
  const pivots = pivotsOf(scan, found);
  const bars: FormationBar[] = [];
  for (let back = Math.min(found.barCount, MAX_FORMATION_BARS) - 1; back >= 0; back--) bars.push(barAt(scan, back));
  const oldestPivot = pivots[0];
  // A shape may be older than the window: its oldest pivot knows when it began.
  const fromUs = oldestPivot?.startUs ?? scan.bars.startUs(found.barCount - 1);
  return { fromUs, toUs: scan.startUs, barCount: found.barCount, bars, pivots };
}

function barAt(scan: Scan, back: number): FormationBar {
  const { bars } = scan;
  return {
    startUs: bars.startUs(back),
    open: bars.open(back),
    high: bars.high(back),
    low: bars.low(back),
    close: bars.close(back),
    volume: bars.volume(back),
  };
}

/** The pivots of a chart pattern, oldest first. */
function pivotsOf(scan: Scan, found: Found): readonly FormationPivot[] {
  const { pivots = 0, pivotFrom = 0 } = found;
  const isHigh = newestIsHigh(scan);
  const list: FormationPivot[] = [];
  for (let back = pivotFrom + pivots - 1; back >= pivotFrom; back--) {
    list.push({
      kind: (back % 2 === 0) === isHigh ? 'high' : 'low',
      price: scan.pivotPrice(back),
      startUs: scan.get(at.PIVOTS + at.PIVOT_WIDTH * back + 2),
    });
  }
  return list;
}

function earlierOf(stored: Stored): EarlierPattern {
  return {
    type: patternType(stored.type),
    frame: frameIndex(stored.frame),
    startUs: stored.startUs,
    direction: directionName(stored.direction),
    confidence: stored.confidence,
    outcome: stored.outcome,
  };
}

function frameIndex(frame: number): FrameIndex {
  if (frame === 0 || frame === 1 || frame === 2 || frame === 3) return frame;
  throw new RangeError(`no time frame ${frame}`);
}

function directionName(direction: Direction): DirectionName {
  return direction > 0 ? 'up' : direction < 0 ? 'down' : 'neutral';
}

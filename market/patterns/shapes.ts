import { arm, Family, FULL_HEIGHT_ATR } from './armed.ts';
import { patternIndex } from './catalog.ts';
import * as at from './layout.ts';
import { newestIsHigh } from './pivots.ts';
import type { Scan } from './scan.ts';

const DOUBLE_TOP = patternIndex('double_top');
const DOUBLE_BOTTOM = patternIndex('double_bottom');
const HEAD_AND_SHOULDERS = patternIndex('head_and_shoulders');
const INVERSE_HEAD_AND_SHOULDERS = patternIndex('inverse_head_and_shoulders');
const ASCENDING_TRIANGLE = patternIndex('ascending_triangle');
const DESCENDING_TRIANGLE = patternIndex('descending_triangle');
const SYMMETRICAL_TRIANGLE = patternIndex('symmetrical_triangle');
const RISING_WEDGE = patternIndex('rising_wedge');
const FALLING_WEDGE = patternIndex('falling_wedge');
const CHANNEL_UP = patternIndex('channel_up');
const CHANNEL_DOWN = patternIndex('channel_down');
const CHANNEL_FLAT = patternIndex('channel_flat');

/** What counts as a shape. Heights in average true ranges; the others are shares of the shape's own height or width. */
export const SHAPE_LIMITS = {
  doubleHeightAtr: 3,
  doubleMismatch: 0.2,
  doubleMaxBars: 100,
  headHeightAtr: 4,
  headOverShoulders: 0.2,
  shoulderMismatch: 0.3,
  neckMismatch: 0.3,
  shoulderOverNeck: 0.25,
  /** Longer half over shorter half. */
  headAsymmetry: 2.5,
  linesWidthAtr: 3,
  /** How far the middle pivot of the three may lie off its line. */
  lineMismatch: 0.15,
  parallel: 0.2,
  channelSlope: 0.35,
  flatSlope: 0.15,
  risingSlope: 0.25,
  /** Width at the newest pivot over width at the oldest one, for lines that converge. */
  converged: 0.7,
  /** Lines count until this share of the way to their apex. */
  apexShare: 0.9,
} as const;

/** Looks for shapes that the pivot just confirmed completes: they are armed, or told at once if they need no break. */
export function findShapes(scan: Scan): void {
  const total = scan.get(at.PIVOT_TOTAL);
  if (total >= 4) armDouble(scan);
  if (total >= 5) {
    armHead(scan);
    findLines(scan);
  }
}

/** Two highs of one height with a low between them, after a rise as high (or upside down). Breaks through the level of the low. */
function armDouble(scan: Scan): void {
  const sign = newestIsHigh(scan) ? 1 : -1;
  const second = scan.pivotPrice(0) * sign;
  const middle = scan.pivotPrice(1) * sign;
  const first = scan.pivotPrice(2) * sign;
  const height = Math.min(first, second) - middle;
  const mismatch = Math.abs(first - second) / (SHAPE_LIMITS.doubleMismatch * height);
  if (height < SHAPE_LIMITS.doubleHeightAtr * scan.atr || mismatch > 1) return;
  if (first - scan.pivotPrice(3) * sign < height) return;
  const span = scan.pivotBar(0) - scan.pivotBar(2);
  if (span > SHAPE_LIMITS.doubleMaxBars) return;
  const peak = Math.max(first, second);
  arm(scan, Family.DOUBLE, {
    type: sign > 0 ? DOUBLE_TOP : DOUBLE_BOTTOM,
    direction: sign > 0 ? -1 : 1,
    deadline: scan.pivotBar(0) + Math.max(10, span),
    reference: scan.pivotBar(0),
    upper: sign > 0 ? peak : -middle,
    upperSlope: 0,
    lower: sign > 0 ? middle : -peak,
    lowerSlope: 0,
    fit: 1 - mismatch,
    height,
    pivots: 3,
  });
}

/** A head over two shoulders of about one height (or upside down). Breaks through the line of the two lows between them. */
function armHead(scan: Scan): void {
  const sign = newestIsHigh(scan) ? 1 : -1;
  const right = scan.pivotPrice(0) * sign;
  const neckRight = scan.pivotPrice(1) * sign;
  const head = scan.pivotPrice(2) * sign;
  const neckLeft = scan.pivotPrice(3) * sign;
  const left = scan.pivotPrice(4) * sign;
  const neckSlope = (neckRight - neckLeft) / (scan.pivotBar(1) - scan.pivotBar(3));
  const neckAt = (back: number) => neckRight + neckSlope * (scan.pivotBar(back) - scan.pivotBar(1));
  const height = head - neckAt(2);
  if (height < SHAPE_LIMITS.headHeightAtr * scan.atr) return;
  if (head - Math.max(left, right) < SHAPE_LIMITS.headOverShoulders * height) return;
  if (Math.min(left - neckAt(4), right - neckAt(0)) < SHAPE_LIMITS.shoulderOverNeck * height) return;
  const mismatch = Math.max(
    Math.abs(left - right) / (SHAPE_LIMITS.shoulderMismatch * height),
    Math.abs(neckLeft - neckRight) / (SHAPE_LIMITS.neckMismatch * height),
  );
  const halves = (scan.pivotBar(0) - scan.pivotBar(2)) / (scan.pivotBar(2) - scan.pivotBar(4));
  if (mismatch > 1 || Math.max(halves, 1 / halves) > SHAPE_LIMITS.headAsymmetry) return;
  const neck = neckAt(0);
  arm(scan, Family.HEAD, {
    type: sign > 0 ? HEAD_AND_SHOULDERS : INVERSE_HEAD_AND_SHOULDERS,
    direction: sign > 0 ? -1 : 1,
    deadline: scan.pivotBar(0) + Math.max(10, scan.pivotBar(0) - scan.pivotBar(2)),
    reference: scan.pivotBar(0),
    upper: sign > 0 ? right : -neck,
    upperSlope: sign > 0 ? 0 : -neckSlope,
    lower: sign > 0 ? neck : -right,
    lowerSlope: sign > 0 ? neckSlope : 0,
    fit: 1 - mismatch,
    height,
    pivots: 5,
  });
}

/** Two lines that hold the last five pivots: three on one side, two on the other. Slopes as shares of the width over the span. */
interface Lines {
  readonly upper: number;
  readonly upperSlope: number;
  readonly lower: number;
  readonly lowerSlope: number;
  /** Bars from the oldest pivot to the newest, at which `upper` and `lower` hold. */
  readonly span: number;
  /** Width at the oldest pivot, ticks. */
  readonly width: number;
  readonly fit: number;
}

function findLines(scan: Scan): void {
  const lines = drawLines(scan);
  if (lines === undefined) return;
  const rise = (lines.upperSlope * lines.span) / lines.width;
  const fall = (lines.lowerSlope * lines.span) / lines.width;
  if (Math.abs(rise - fall) <= SHAPE_LIMITS.parallel) tellChannel(scan, lines, (rise + fall) / 2);
  else if (lines.upper - lines.lower <= SHAPE_LIMITS.converged * lines.width)
    armConverging(scan, lines, { rise, fall });
}

function drawLines(scan: Scan): Lines | undefined {
  const outer = lineThrough(scan, { from: 4, to: 0 });
  const inner = lineThrough(scan, { from: 3, to: 1 });
  const newest = scan.pivotBar(0);
  const span = newest - scan.pivotBar(4);
  const innerEnd = inner.price + inner.slope * (newest - scan.pivotBar(1));
  const innerStart = innerEnd - inner.slope * span;
  const isHigh = newestIsHigh(scan);
  const width = isHigh ? scan.pivotPrice(4) - innerStart : innerStart - scan.pivotPrice(4);
  const end = isHigh ? outer.price - innerEnd : innerEnd - outer.price;
  if (width < SHAPE_LIMITS.linesWidthAtr * scan.atr || end <= 0) return undefined;
  const middle = outer.price - outer.slope * (newest - scan.pivotBar(2));
  const mismatch = Math.abs(scan.pivotPrice(2) - middle) / (SHAPE_LIMITS.lineMismatch * width);
  if (mismatch > 1) return undefined;
  return {
    upper: isHigh ? outer.price : innerEnd,
    upperSlope: isHigh ? outer.slope : inner.slope,
    lower: isHigh ? innerEnd : outer.price,
    lowerSlope: isHigh ? inner.slope : outer.slope,
    span,
    width,
    fit: 1 - mismatch,
  };
}

/** The line through two pivots: its price at the newer one and its slope per bar. */
function lineThrough(scan: Scan, ends: { readonly from: number; readonly to: number }) {
  const price = scan.pivotPrice(ends.to);
  const bars = scan.pivotBar(ends.to) - scan.pivotBar(ends.from);
  return { price, slope: (price - scan.pivotPrice(ends.from)) / bars };
}

/** A channel is told when its fifth pivot is confirmed: price goes on in it, until it leaves on the other side. */
function tellChannel(scan: Scan, lines: Lines, slope: number): void {
  const direction = slope > SHAPE_LIMITS.channelSlope ? 1 : slope < -SHAPE_LIMITS.channelSlope ? -1 : 0;
  const bars = scan.now - scan.pivotBar(0);
  const upper = lines.upper + lines.upperSlope * bars;
  const lower = lines.lower + lines.lowerSlope * bars;
  if (scan.close > upper || scan.close < lower) return;
  scan.found({
    type: direction > 0 ? CHANNEL_UP : direction < 0 ? CHANNEL_DOWN : CHANNEL_FLAT,
    direction,
    barCount: scan.now - scan.pivotBar(4) + 1,
    invalidation: direction > 0 ? lower : direction < 0 ? upper : 0,
    fit: lines.fit,
    size: lines.width / (FULL_HEIGHT_ATR * scan.atr),
    pivots: 5,
    pivotFrom: 0,
  });
}

function armConverging(scan: Scan, lines: Lines, slopes: { readonly rise: number; readonly fall: number }): void {
  const { rise, fall } = slopes;
  const kind = convergingKind(rise, fall);
  if (kind === undefined) return;
  const toApex = (lines.upper - lines.lower) / (lines.lowerSlope - lines.upperSlope);
  arm(scan, Family.LINES, {
    type: kind.type,
    direction: kind.direction,
    deadline: scan.pivotBar(0) + Math.min(lines.span, Math.floor(toApex * SHAPE_LIMITS.apexShare)),
    reference: scan.pivotBar(0),
    upper: lines.upper,
    upperSlope: lines.upperSlope,
    lower: lines.lower,
    lowerSlope: lines.lowerSlope,
    fit: lines.fit,
    height: lines.width,
    pivots: 5,
  });
}

/** Names the shape of two converging lines whose upper one moves by `rise` widths over the span and the lower one by `fall`. */
function convergingKind(rise: number, fall: number) {
  const { flatSlope, risingSlope } = SHAPE_LIMITS;
  if (Math.abs(rise) <= flatSlope && fall >= risingSlope) return { type: ASCENDING_TRIANGLE, direction: 1 } as const;
  if (Math.abs(fall) <= flatSlope && rise <= -risingSlope) return { type: DESCENDING_TRIANGLE, direction: -1 } as const;
  if (rise <= -flatSlope && fall >= flatSlope) return { type: SYMMETRICAL_TRIANGLE, direction: 0 } as const;
  if (rise > flatSlope && fall > rise) return { type: RISING_WEDGE, direction: -1 } as const;
  if (fall < -flatSlope && rise < fall) return { type: FALLING_WEDGE, direction: 1 } as const;
  return undefined;
}

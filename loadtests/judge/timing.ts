import type { Target } from '../../protocol/schemas/targets.ts';
import type { Histogram } from '../../reports/histogram.ts';
import type { Measured } from './lateness.ts';
import { mergeWindows, type Windows } from './merge.ts';

/** A percentile needs this many samples per unit of its tail: p99 needs 10 / (1 - 0.99) = 1000. */
const SAMPLES_PER_TAIL = 10;

/** Statistics that are percentiles, as shares; the others of a row of time are its maximum. */
export const QUANTILES: ReadonlyMap<Target['statistic'], number> = new Map([
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
]);

/** How a row of time came out. Figures in µs, of rows in shares in millionths. */
export interface TimingFinding {
  readonly verdict: 'pass' | 'fail' | 'invalid';
  readonly reason: string;
  readonly valueUs: number | null;
  readonly intervalUs?: readonly [number, number];
  readonly samples: number;
  /** True when the row was judged by its maximum, for want of samples. */
  readonly byMaximum: boolean;
}

/**
 * What one of a row's unit is in its histograms: ms in µs, shares in millionths.
 */
export function unitsOf(target: Target): number {
  return target.unit === 'share' ? 1e6 : 1000;
}

/** A value of a row's histograms for a reader. */
export function words(target: Target, value: number): string {
  return target.unit === 'share' ? `${(value / 1e4).toFixed(1)} %` : ms(value);
}

export interface TimingInput {
  readonly target: Target;
  readonly windows: Windows;
  readonly leastSamples: number;
  /** Why the machine or the generator was late in a second, for this row's bound and what was measured; empty when it wasn't. */
  readonly lateIn: (second: number, measured: Measured) => readonly string[];
  /** The generator didn't do its part (died, or was late most of the time): too few samples are its fault. */
  readonly generatorAtFault: string;
}

/**
 * Judges a row of time: over the whole run, per window, and by its `never`. What is broken only in seconds in which the
 * machine or a generator was late is `invalid`; what stays broken without those seconds is `fail`.
 */
export function judgeTiming(input: TimingInput): TimingFinding {
  const { target, windows } = input;
  const all = mergeWindows(windows);
  const figure = figureOf(target, all);
  const base = {
    valueUs: all.count === 0 ? null : figure.valueUs,
    samples: all.count,
    byMaximum: figure.byMaximum,
    ...(figure.intervalUs === undefined ? {} : { intervalUs: figure.intervalUs }),
  };
  if (all.count < input.leastSamples) {
    const few = `${all.count} samples, ${input.leastSamples} needed`;
    return input.generatorAtFault === ''
      ? { ...base, verdict: 'fail', reason: few }
      : { ...base, verdict: 'invalid', reason: `${few}; ${input.generatorAtFault}` };
  }
  if (breach(target, windows) === '') return { ...base, verdict: 'pass', reason: '' };

  const clean: Windows = new Map(
    [...windows].filter(([second, histogram]) => input.lateIn(second, measuredOf(target, histogram)).length === 0),
  );
  const cleanCount = mergeWindows(clean).count;
  // A part of the run needs more certainty than the whole: the seconds left may be too few to carry the percentile.
  const isSureAlone = clean.size === windows.size || figure.byMaximum;
  const judged = { windows: windows.size, by: isSureAlone ? 'figure' : 'interval' } as const;
  const stillBroken = cleanCount === 0 ? '' : breach(target, clean, judged);
  if (stillBroken !== '') return { ...base, verdict: 'fail', reason: stillBroken };
  return { ...base, verdict: 'invalid', reason: `broken only ${lateness(input, windows, clean)}` };
}

/**
 * Which promise of the row the windows break, in words; '' when none.
 *
 * @param judged.windows how many windows the run has, of which these may be a part
 * @param judged.by what must be over the bound: the figure, or a percentile's interval with both its ends
 */
function breach(
  target: Target,
  windows: Windows,
  judged: { readonly windows: number; readonly by: 'figure' | 'interval' } = { windows: windows.size, by: 'figure' },
): string {
  const scale = unitsOf(target);
  const bound = target.bound * scale;
  const all = mergeWindows(windows);
  const whole = figureOf(target, all);
  const quantile = judged.by === 'interval' ? QUANTILES.get(target.statistic) : undefined;
  const isBroken = (histogram: Histogram): boolean => {
    if (quantile === undefined) return !holds(target, figureOf(target, histogram).valueUs, bound);
    // Of a handful the ranks of the interval are those of the samples themselves.
    if (histogram.count < LEAST_OF_AN_INTERVAL) return false;
    return percentileInterval(histogram, quantile).every((valueUs) => !holds(target, valueUs, bound));
  };
  if (isBroken(all)) {
    return `${whole.byMaximum ? 'max' : target.statistic} ${words(target, whole.valueUs)} over the whole run`;
  }
  if (target.never !== undefined && all.max > target.never * scale) {
    const when = [...windows].filter(([, histogram]) => histogram.max > (target.never as number) * scale);
    return `${words(target, all.max)} in second ${when.map(([second]) => second).join(', ')}, never over ${target.never} ms`;
  }
  if (target.windowShare === undefined) return '';
  const bad = [...windows].filter(([, histogram]) => isBroken(histogram));
  const allowed = Math.floor((1 - target.windowShare) * judged.windows + 1e-9);
  if (bad.length <= allowed) return '';
  const seconds = bad.map(([second]) => second).sort((a, b) => a - b);
  return `${bad.length} of ${windows.size} one-second windows broken (${allowed} allowed): second ${listed(seconds)}`;
}

/** Fewer samples than this say nothing sure of a percentile. */
const LEAST_OF_AN_INTERVAL = 100;

/** Which seconds were late and what was late in them, the cause that explains most of them first. */
function lateness(input: TimingInput, windows: Windows, clean: Windows): string {
  const late = [...windows.keys()].filter((second) => !clean.has(second)).sort((a, b) => a - b);
  const causes = new Map<string, number>();
  for (const second of late) {
    const histogram = windows.get(second);
    if (histogram === undefined) continue;
    for (const why of input.lateIn(second, measuredOf(input.target, histogram))) {
      const cause = why.replace(/ [\d.]+ (ms|%)$/, '');
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    }
  }
  const [first = '', ...others] = [...causes].sort((a, b) => b[1] - a[1]).map(([cause]) => cause);
  const more = others.length === 0 ? '' : `, ${others.length === 1 ? others[0] : `and ${others.length} more`}`;
  return `in seconds that were late through no fault of the target's: ${listed(late)} (${first}${more})`;
}

const LEAST_OF_A_MEDIAN = 3;

function measuredOf(target: Target, histogram: Histogram): Measured {
  return {
    // Of one or two messages it says nothing of most of them.
    medianUs: histogram.count < LEAST_OF_A_MEDIAN ? 0 : histogram.percentile(50),
    figureUs: figureOf(target, histogram).valueUs,
    ...(target.never === undefined ? {} : { never: { maxUs: histogram.max, boundUs: target.never * unitsOf(target) } }),
    // An opening counts from its plan: what it slipped is in it whole, with what the target took on top.
    ...(target.id === 'connect' ? { allowanceUs: target.bound * unitsOf(target) } : {}),
  };
}

export interface Figure {
  readonly valueUs: number;
  readonly byMaximum: boolean;
  readonly intervalUs?: readonly [number, number];
}

/** The figure by which a row is judged: its percentile, or the maximum where the samples don't carry a percentile. */
export function figureOf(target: Target, histogram: Histogram): Figure {
  const quantile = QUANTILES.get(target.statistic);
  if (quantile === undefined) return { valueUs: histogram.max, byMaximum: false };
  // Rounded: 1 - 0.9 is a little less than a tenth.
  const least = Math.round(SAMPLES_PER_TAIL / (1 - quantile));
  if (histogram.count < least) return { valueUs: histogram.max, byMaximum: true };
  const valueUs = histogram.percentile(quantile * 100);
  return { valueUs, byMaximum: false, intervalUs: percentileInterval(histogram, quantile) };
}

/** 95 % confidence interval of a quantile from order statistics: the ranks n q ± 1.96 sqrt(n q (1 - q)). */
export function percentileInterval(histogram: Histogram, quantile: number): readonly [number, number] {
  const n = histogram.count;
  const spread = 1.96 * Math.sqrt(n * quantile * (1 - quantile));
  const low = Math.max(1, Math.floor(n * quantile - spread));
  const high = Math.min(n, Math.ceil(n * quantile + spread));
  return [histogram.valueAtRank(low), histogram.valueAtRank(high)];
}

/** Whether `value` keeps the row's comparison with `bound`, both in one unit. */
export function holds(target: Target, value: number, bound: number): boolean {
  switch (target.comparison) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
  }
}

/** Seconds as a short list: `3, 7-9, 12, ... (20)`. */
export function listed(seconds: readonly number[]): string {
  const runs: string[] = [];
  for (let at = 0; at < seconds.length; ) {
    let end = at;
    while (end + 1 < seconds.length && seconds[end + 1] === (seconds[end] as number) + 1) end += 1;
    runs.push(end === at ? `${seconds[at]}` : `${seconds[at]}-${seconds[end]}`);
    at = end + 1;
  }
  return runs.length <= 6 ? runs.join(', ') : `${runs.slice(0, 5).join(', ')}, ... (${seconds.length})`;
}

/** Microseconds as milliseconds for a reader: three significant digits. */
export function ms(us: number): string {
  const value = us / 1000;
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

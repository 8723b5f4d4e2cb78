import type { ComparedMetric } from '../../protocol/schemas/comparison.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { Target, TargetSet } from '../../protocol/schemas/targets.ts';
import { Histogram, highestOf } from '../../reports/histogram.ts';
import { symbolsReached } from '../gate/part.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { lateIn } from '../judge/lateness.ts';
import { mergeWindows, windowsOf } from '../judge/merge.ts';
import { TIMING_ROWS } from '../judge/rows.ts';
import type { Judgement } from '../judge/verdict.ts';
import { distribution } from './ks.ts';
import type { Figure } from './ratio.ts';

/** Seconds at a block's start that aren't counted: the server's code is still cold. */
export const WARM_UP_S = 2;
/** Fewer samples than this give no percentile. */
const LEAST_SAMPLES = 50;
/** A block is late as if its bound were this, µs: from a pause of 100 ms on, or 400 ms in a second without a core. */
const LATE_BOUND_US = 400_000;

/** What a block has measured. */
export interface BlockFigures {
  readonly figures: Readonly<Record<ComparedMetric, Figure>>;
  /** The distribution of tick latency, on the grid of ks.ts; undefined with no tick. */
  readonly ticks: readonly number[] | undefined;
}

/** The figures of one block, its warm-up left out. */
export function figuresOf(evidence: Pick<RunEvidence, 'generators' | 'inside' | 'scenario'>): BlockFigures {
  const { generators, inside, scenario } = evidence;
  const counts = (second: number): boolean => second >= WARM_UP_S && second < Math.floor(scenario.tape.durationS);
  const ticks = mergeWindows(windowsOf(generators, 'tick'), counts);
  const triggers = mergeWindows(windowsOf(generators, 'trigger'), counts);
  const publish = inside === undefined ? new Histogram() : mergeWindows(inside.publish, counts);
  const process = inside === undefined ? new Histogram() : mergeWindows(inside.process, counts);
  return {
    figures: {
      'tick.p50': percentile(ticks, 50),
      'tick.p99': percentile(ticks, 99),
      'trigger.p99': percentile(triggers, 99),
      'publish.p99': percentileWithin(publish, 99),
      'process.p99': percentileWithin(process, 99),
      cpu: cpuPerMessage(evidence, counts),
      rss: largest(inside?.rssBytes, counts),
    },
    ticks: ticks.count < LEAST_SAMPLES ? undefined : distribution(ticks),
  };
}

function percentile(histogram: Histogram, percent: number): Figure {
  return histogram.count < LEAST_SAMPLES ? null : histogram.percentile(percent);
}

/** A bucket of the server's own histograms ends at this many times where it begins. */
const BUCKET_RATIO = 1.25;

/**
 * A percentile between its bucket's ends, by the logarithm: the server's own histograms have so few buckets that their
 * bounds alone would jump from block to block. Empty buckets before it are no part of it.
 */
function percentileWithin(histogram: Histogram, percent: number): Figure {
  if (histogram.count < LEAST_SAMPLES) return null;
  const rank = (percent / 100) * histogram.count;
  let before = 0;
  let below = 0;
  for (const [index, count] of histogram.buckets()) {
    const high = highestOf(index);
    const low = Math.max(below, high / BUCKET_RATIO);
    if (before + count >= rank) return low * (high / low) ** ((rank - before) / count);
    before += count;
    below = high;
  }
  return histogram.max;
}

type Counts = (second: number) => boolean;

/** CPU time of the server for a message that a client read, µs, in the seconds for which both are known. */
function cpuPerMessage({ inside, generators }: Pick<RunEvidence, 'generators' | 'inside'>, counts: Counts): Figure {
  let cpuUs = 0;
  let messages = 0;
  for (const [second, share] of inside?.cpu ?? []) {
    if (!counts(second)) continue;
    cpuUs += share * 1e6;
    for (const { received } of generators) messages += received.get(second) ?? 0;
  }
  return cpuUs > 0 && messages > 0 ? cpuUs / messages : null;
}

function largest(series: ReadonlyMap<number, number> | undefined, counts: Counts): Figure {
  const values = [...(series ?? [])].filter(([second]) => counts(second)).map(([, value]) => value);
  return values.length === 0 ? null : Math.max(...values);
}

/** Why the machine, or a generator of ours, was too late for a block to count; '' where it wasn't. */
export function lateBlock({ lateness, scenario }: Pick<RunEvidence, 'lateness' | 'scenario'>): string {
  for (let second = WARM_UP_S; second < Math.floor(scenario.tape.durationS); second++) {
    const [reason] = lateIn(lateness, second, LATE_BOUND_US);
    if (reason !== undefined) return `${reason} in second ${second}`;
  }
  return '';
}

/** Promises that no lateness of ours can break: what TCP has kept in order isn't lost in the middle. */
const NEVER_EXCUSED: ReadonlySet<string> = new Set(['loss', 'resume']);

/** The promise that a block broke, in words; '' where none, or where the machine's lateness may have broken it. */
export function brokenIn({ verdict, why, rows }: Judgement, late: string): string {
  if (verdict !== 'fail') return '';
  const isCertain = rows.some((row) => row.verdict === 'fail' && NEVER_EXCUSED.has(row.id));
  return late === '' || isCertain ? why : '';
}

/**
 * The targets of a block: its promises that aren't of time; those of coming back only where somebody is cut, and no more
 * clients and symbols than its scenario has.
 */
export function promisesOf(targets: TargetSet, scenario: Scenario): TargetSet {
  const { cuts, load } = scenario;
  const isPromise = ({ id }: Target): boolean => !TIMING_ROWS.has(id) && (id !== 'resume' || cuts.length > 0);
  const most: Partial<Record<Target['id'], number>> = {
    clients: load.clients,
    symbols: symbolsReached(scenario),
  };
  const asPlayed = (target: Target): Target => ({
    ...target,
    // A block is short: what it has too few of is no promise that its arm broke.
    minSamples: Math.min(target.minSamples, 1),
    bound: Math.min(target.bound, most[target.id] ?? target.bound),
  });
  return { ...targets, targets: targets.targets.filter(isPromise).map(asPlayed) };
}

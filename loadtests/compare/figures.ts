import type { ComparedMetric } from '../../protocol/schemas/comparison.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { Target, TargetSet } from '../../protocol/schemas/targets.ts';
import { Histogram, highestOf } from '../../reports/histogram.ts';
import type { RunEvidence } from '../judge/evidence.ts';
import { mergeWindows, windowsOf } from '../judge/merge.ts';
import { TIMING_ROWS } from '../judge/rows.ts';
import { distribution } from './ks.ts';
import type { Figure } from './ratio.ts';

/** Seconds at a block's start that aren't counted: the server's code is still cold. */
export const WARM_UP_S = 2;
/** Fewer samples than this give no percentile. */
const LEAST_SAMPLES = 50;
/** Lateness of the machine from which a block doesn't count: a second in which nobody could have been on time, µs. */
const LATE_CANARY_US = 100_000;
const LATE_STEAL = 0.2;

/** What a block has measured. */
export interface BlockFigures {
  readonly figures: Readonly<Record<ComparedMetric, Figure>>;
  /** The distribution of tick latency, on the grid of ks.ts; undefined with no tick. */
  readonly ticks: readonly number[] | undefined;
}

/** The figures of one block, its warm-up left out. */
export function figuresOf(evidence: RunEvidence): BlockFigures {
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

/**
 * A percentile between its bucket's ends, by the logarithm: the server's own histograms have so few buckets that their
 * bounds alone would jump from block to block.
 */
function percentileWithin(histogram: Histogram, percent: number): Figure {
  if (histogram.count < LEAST_SAMPLES) return null;
  const rank = (percent / 100) * histogram.count;
  let before = 0;
  let low = 0;
  for (const [index, count] of histogram.buckets()) {
    const high = highestOf(index);
    if (before + count >= rank) return low === 0 ? high : low * (high / low) ** ((rank - before) / count);
    before += count;
    low = high;
  }
  return histogram.max;
}

type Counts = (second: number) => boolean;

/** CPU time of the server for a message that a client read, µs, in the seconds for which both are known. */
function cpuPerMessage({ inside, generators }: RunEvidence, counts: Counts): Figure {
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

/** Why the machine was too late for a block to count; '' where it wasn't. */
export function lateBlock({ lateness, scenario }: Pick<RunEvidence, 'lateness' | 'scenario'>): string {
  for (let second = WARM_UP_S; second < Math.floor(scenario.tape.durationS); second++) {
    const canaryUs = lateness.canaryUs.get(second) ?? 0;
    if (canaryUs > LATE_CANARY_US)
      return `the machine's canary was ${Math.round(canaryUs / 1000)} ms late in second ${second}`;
    const steal = lateness.stealShare.get(second) ?? 0;
    if (steal > LATE_STEAL)
      return `${Math.round(steal * 100)} % of second ${second} went to other guests of the machine`;
  }
  return '';
}

/** The targets of a block: its promises that aren't of time; those of coming back only where somebody is cut. */
export function promisesOf(targets: TargetSet, { cuts }: Scenario): TargetSet {
  const isPromise = ({ id }: Target): boolean => !TIMING_ROWS.has(id) && (id !== 'resume' || cuts.length > 0);
  return { ...targets, targets: targets.targets.filter(isPromise) };
}

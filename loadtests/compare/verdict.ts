import {
  type Arm,
  COMPARED_METRICS,
  type ComparedMetric,
  type ComparedRow,
  type ComparisonVerdict,
} from '../../protocol/schemas/comparison.ts';
import { type Detection, detection } from './power.ts';
import { median } from './quantiles.ts';
import { type Figure, pairRatios, sameArmRatios } from './ratio.ts';
import { centre, type Flips, flipInterval, flipsFor, jointChances } from './signFlip.ts';

/** A run without any difference is called slower or faster at most this often, all metrics together. */
export const ALARM_LEVEL = 0.05;
/** With fewer pairs that count nothing is said. */
export const LEAST_PAIRS = 6;

/** Blocks in the order played. */
export interface PlayedBlocks {
  readonly order: readonly Arm[];
  /** One a block; null where it wasn't seen or doesn't count. */
  readonly figures: Readonly<Record<ComparedMetric, readonly Figure[]>>;
}

export interface VerdictOptions {
  readonly metrics: readonly ComparedMetric[];
  /** Smaller differences don't count, as a ratio above 1. */
  readonly minEffect: number;
  /** The slowdown that must be found, as a ratio above 1. */
  readonly gate: (metric: ComparedMetric) => number;
  readonly seed: number;
}

/**
 * Judges the blocks of two builds, metric by metric.
 *
 * @param aa the blocks of A against itself that were played first
 */
export function judgeBlocks(aa: PlayedBlocks, ab: PlayedBlocks, options: VerdictOptions): ComparedRow[] {
  const judged = options.metrics.filter((metric) => ab.figures[metric].some((figure) => figure !== null));
  const pairs = Math.floor(ab.order.length / 2);
  const flips = flipsFor(pairs, options.seed);
  const ratios = judged.map((metric) => pairRatios(ab.figures[metric], ab.order));
  const chances = jointChances(ratios, flips);
  const level = ALARM_LEVEL / Math.max(1, judged.length);
  return options.metrics.map((metric) => {
    const at = judged.indexOf(metric);
    const gate = options.gate(metric);
    if (at < 0) return unseen(metric, gate, { aa, ab });
    const found = detection(sameArm(metric, aa, ab), {
      pairs,
      level,
      minEffect: Math.log(options.minEffect),
      gate: Math.log(gate),
      seed: options.seed,
    });
    const given = { metric, ratios: ratios[at] ?? [], p: chances[at] ?? 1, flips, found, gate };
    return judgeMetric(given, { ab, minEffect: options.minEffect });
  });
}

/** What the machine can detect before the arms are compared: `pairs` are those that are still to be played. */
export function lookAtMachine(
  aa: PlayedBlocks,
  options: VerdictOptions & { readonly pairs: number },
): Map<ComparedMetric, Detection | undefined> {
  const seen = options.metrics.filter((metric) => aa.figures[metric].some((figure) => figure !== null));
  return new Map(
    seen.map((metric) => [
      metric,
      detection(sameArmRatios(aa.figures[metric], aa.order), {
        pairs: options.pairs,
        level: ALARM_LEVEL / seen.length,
        minEffect: Math.log(options.minEffect),
        gate: Math.log(options.gate(metric)),
        seed: options.seed,
      }),
    ]),
  );
}

function sameArm(metric: ComparedMetric, aa: PlayedBlocks, ab: PlayedBlocks): number[] {
  return [...sameArmRatios(aa.figures[metric], aa.order), ...sameArmRatios(ab.figures[metric], ab.order)];
}

interface Judged {
  readonly metric: ComparedMetric;
  readonly ratios: readonly number[];
  readonly p: number;
  readonly flips: Flips;
  readonly found: Detection | undefined;
  readonly gate: number;
}

function judgeMetric(
  { metric, ratios, p, flips, found, gate }: Judged,
  { ab, minEffect }: { readonly ab: PlayedBlocks; readonly minEffect: number },
): ComparedRow {
  const pairs = ratios.filter((ratio) => !Number.isNaN(ratio)).length;
  const middle = centre(ratios);
  const interval = pairs === 0 ? undefined : flipInterval(ratios, flips, ALARM_LEVEL);
  const row = {
    id: metric,
    a: armMedian(ab, metric, 'a'),
    b: armMedian(ab, metric, 'b'),
    ratio: Number.isNaN(middle) ? null : Math.exp(middle),
    interval: interval === undefined ? null : ([Math.exp(interval[0]), Math.exp(interval[1])] as [number, number]),
    p,
    detectable: found === undefined ? null : Math.exp(found.detectable),
    gate,
    blocksNeeded: found?.blocksNeeded ?? null,
    pairs,
  };
  if (pairs < LEAST_PAIRS) {
    return { ...row, verdict: "can't tell", reason: tooFew(pairs, ab) };
  }
  if (p <= ALARM_LEVEL && Math.abs(middle) >= Math.log(minEffect)) {
    return { ...row, verdict: middle > 0 ? 'slower' : 'faster', reason: '' };
  }
  if (interval !== undefined && interval[0] > -Math.log(gate) && interval[1] < Math.log(gate)) {
    return { ...row, verdict: 'same', reason: '' };
  }
  return { ...row, verdict: "can't tell", reason: whyUnclear(found, gate) };
}

/** A metric that no block of A and B has: where blocks of A against itself had it, it can be seen, and can't be told. */
function unseen(
  id: ComparedMetric,
  gate: number,
  { aa, ab }: { readonly aa: PlayedBlocks; readonly ab: PlayedBlocks },
): ComparedRow {
  const nothing = { a: null, b: null, ratio: null, interval: null, p: null, detectable: null, blocksNeeded: null };
  const row = { id, ...nothing, gate, pairs: 0 };
  const isSeen = aa.figures[id].some((figure) => figure !== null);
  if (isSeen) return { ...row, verdict: "can't tell", reason: tooFew(0, ab) };
  return { ...row, verdict: 'not applicable', reason: 'not seen from outside the server' };
}

function tooFew(pairs: number, { order }: PlayedBlocks): string {
  if (order.length < 2) return 'no pair of blocks was played to its end';
  return `${pairs} ${pairs === 1 ? 'pair of blocks counts' : 'pairs of blocks count'}, ${LEAST_PAIRS} are needed`;
}

/** Why a metric can't be told, and what would help. */
export function whyUnclear(found: Detection | undefined, gate: number): string {
  const wanted = `the gate is ${percent(gate)}`;
  if (found === undefined) return `${wanted}; too few blocks to say what this machine can detect`;
  const detectable = `here and now a slowdown must be ${percent(Math.exp(found.detectable))} to be found in 9 of 10 runs`;
  const { blocksNeeded } = found;
  if (Math.log(gate) >= found.detectable) return `${wanted}, and the interval reaches beyond it; repeat the run`;
  const more =
    blocksNeeded === undefined ? 'no number of blocks below 2,000 would do' : `about ${blocksNeeded} blocks would do`;
  return `${detectable}, and ${wanted}; ${more}`;
}

/** A ratio as a change: 1.1 is `10 %`. */
export function percent(ratio: number): string {
  const change = Math.abs(ratio - 1) * 100;
  return `${change.toFixed(change < 9.95 ? 1 : 0).replace(/\.0$/, '')} %`;
}

function armMedian(blocks: PlayedBlocks, metric: ComparedMetric, arm: Arm): number | null {
  const figures = blocks.figures[metric].filter(
    (figure, at): figure is number => figure !== null && blocks.order[at] === arm,
  );
  return figures.length === 0 ? null : median(figures);
}

/** The whole verdict: slower where any metric is; can't tell where any can't be told; faster where any is; else the same. */
export function wholeVerdict(rows: readonly ComparedRow[]): { verdict: ComparisonVerdict; why: string } {
  const of = (verdict: ComparedRow['verdict']): ComparedRow[] => rows.filter((row) => row.verdict === verdict);
  const [slower, unclear, faster, same] = [of('slower'), of("can't tell"), of('faster'), of('same')];
  if (slower.length > 0) return { verdict: 'slower', why: `slower in ${listed(slower)}` };
  const [first] = unclear;
  if (first !== undefined) {
    const others = unclear.length === 1 ? '' : ` (and ${unclear.length - 1} more metrics)`;
    return { verdict: "can't tell", why: `${first.id}: ${first.reason}${others}` };
  }
  if (faster.length > 0) return { verdict: 'faster', why: `faster in ${listed(faster)}` };
  if (same.length > 0)
    return { verdict: 'same', why: `no slowdown as large as its gate in any of ${same.length} metrics` };
  return { verdict: "can't tell", why: 'nothing was measured in both arms' };
}

function listed(rows: readonly ComparedRow[]): string {
  return rows
    .map(({ id, ratio, interval }) => {
      const within = interval === null ? '' : ` (${change(interval[0])} to ${change(interval[1])})`;
      return `${id} ${change(ratio ?? 1)}${within}`;
    })
    .join(', ');
}

/** A ratio as a signed change: `+10 %`. */
export function change(ratio: number): string {
  return `${ratio < 1 ? '-' : '+'}${percent(ratio)}`;
}

/** Figures of blocks, metric by metric. */
export function byMetric(
  blocks: readonly { readonly figures: Readonly<Record<string, Figure>> }[],
): Record<ComparedMetric, Figure[]> {
  const figures = (metric: ComparedMetric): Figure[] => blocks.map((block) => block.figures[metric] ?? null);
  return Object.fromEntries(COMPARED_METRICS.map((metric) => [metric, figures(metric)])) as Record<
    ComparedMetric,
    Figure[]
  >;
}

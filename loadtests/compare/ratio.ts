import type { Arm } from '../../protocol/schemas/comparison.ts';
import { seededRandom } from '../gate/random.ts';

/** A block's figure: null where it wasn't seen or doesn't count. */
export type Figure = number | null;

/**
 * The order of arms: pairs of A B or B A, each dealt by a coin of its own, from the seed. So a drift or a hiccup of the
 * machine falls on either arm alike, and flipping a pair's sign is as likely as what was played.
 *
 * @param blocks an even number
 */
export function armOrder(blocks: number, seed: number): Arm[] {
  const random = seededRandom(seed);
  const order: Arm[] = [];
  while (order.length < blocks) order.push(...(random() < 0.5 ? PAIRS[0] : PAIRS[1]));
  return order;
}

const PAIRS = [
  ['a', 'b'],
  ['b', 'a'],
] as const;

/**
 * The log ratios, B's figure over A's, of blocks played next to each other: the first with the second, the third with
 * the fourth. NaN where either has no figure.
 */
export function pairRatios(figures: readonly Figure[], order: readonly Arm[]): number[] {
  const ratios: number[] = [];
  for (let at = 0; at + 1 < order.length; at += 2) {
    const ratio = logRatio(figures[at], figures[at + 1]);
    ratios.push(order[at] === 'a' ? ratio : -ratio);
  }
  return ratios;
}

/** The log ratios of neighbours that are of one arm, the later over the earlier: what the machine alone does. */
export function sameArmRatios(figures: readonly Figure[], order: readonly Arm[]): number[] {
  const ratios: number[] = [];
  for (let at = 1; at < order.length; at++) {
    if (order[at] !== order[at - 1]) continue;
    const ratio = logRatio(figures[at - 1], figures[at]);
    if (!Number.isNaN(ratio)) ratios.push(ratio);
  }
  return ratios;
}

function logRatio(before: Figure | undefined, after: Figure | undefined): number {
  if (before === null || after === null || before === undefined || after === undefined) return Number.NaN;
  return before > 0 && after > 0 ? Math.log(after / before) : Number.NaN;
}

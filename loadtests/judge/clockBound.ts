import type { Target, TargetId } from '../../protocol/schemas/targets.ts';
import type { Finding } from './samples.ts';
import { holds, unitsOf } from './timing.ts';

/** Rows that subtract one machine's time from another's; all others are measured on one clock. */
const BETWEEN_CLOCKS: ReadonlySet<TargetId> = new Set(['tick', 'pattern', 'trigger', 'freshness']);

/**
 * A finding as far as the clocks can tell: no gate is tighter than their error. Held or broken by less than that, the
 * bound is neither.
 *
 * @param measured.figureUs what the row is judged by
 * @param measured.maxUs the largest sample
 */
export function withinClocks(
  target: Target,
  finding: Finding,
  measured: { readonly figureUs: number | null; readonly maxUs: number; readonly clockErrorUs: number },
): Finding {
  const { figureUs, maxUs, clockErrorUs } = measured;
  if (!BETWEEN_CLOCKS.has(target.id) || clockErrorUs === 0 || figureUs === null) return finding;
  const scale = unitsOf(target);
  const heldAt = (shiftUs: number): boolean =>
    holds(target, (figureUs + shiftUs) / scale, target.bound) &&
    (target.never === undefined || (maxUs + shiftUs) / scale <= target.never);
  const isUnclear =
    (finding.verdict === 'pass' && !heldAt(clockErrorUs)) ||
    // What breaks it by its windows alone isn't looked at here: their lateness has weighed the clocks.
    (finding.verdict === 'fail' && !heldAt(0) && heldAt(-clockErrorUs));
  if (!isUnclear) return finding;
  const reason = `times are known to ${(clockErrorUs / 1000).toFixed(1)} ms only (clocks differ by so much, or messages state times so far ahead), and the bound lies within that of what was measured`;
  return { ...finding, verdict: 'invalid', reason };
}

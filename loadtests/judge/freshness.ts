import type { Row } from '../../protocol/schemas/summary.ts';
import type { RunEvidence } from './evidence.ts';
import { type Breach, breaches } from './promises.ts';

/** Prices shown as fresh that weren't, where our own lateness doesn't explain each; undefined when there are none. */
export function staleAsFresh(evidence: RunEvidence): Breach | undefined {
  return breaches(evidence, ['stale_as_fresh']).find(({ count, excused }) => count > excused);
}

/** The row `freshness`: the ages are as they should be, and no price is shown as fresh that isn't. */
export function withStale<Finding extends Pick<Row, 'verdict' | 'reason'>>(
  found: Finding,
  evidence: RunEvidence,
): Finding {
  const [all] = breaches(evidence, ['stale_as_fresh']);
  if (all === undefined || all.count === 0) return found;
  const reason = `${all.count} times a stale price: ${all.example?.detail ?? 'none of them is listed'}`;
  if (staleAsFresh(evidence) !== undefined) return { ...found, verdict: 'fail', reason };
  return found.verdict === 'pass'
    ? { ...found, verdict: 'invalid', reason: `${reason}, while our own generator was late` }
    : found;
}

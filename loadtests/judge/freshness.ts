import type { Row } from '../../protocol/schemas/summary.ts';
import type { RunEvidence } from './evidence.ts';
import { type Breach, breaches } from './promises.ts';

/** Prices shown as fresh that weren't, where our own lateness doesn't explain it. */
export function staleAsFresh(evidence: RunEvidence): Breach | undefined {
  return breaches(evidence, ['stale_as_fresh']).find(({ count, excused }) => count > excused);
}

/** The row `freshness`: the ages are as they should be, and no price is shown as fresh that isn't. */
export function withStale<Finding extends Pick<Row, 'verdict' | 'reason'>>(
  found: Finding,
  evidence: RunEvidence,
): Finding {
  const broken = staleAsFresh(evidence);
  if (broken === undefined) return found;
  const reason = `${broken.count} times a stale price: ${broken.example?.detail ?? 'none of them is listed'}`;
  return { ...found, verdict: 'fail', reason };
}

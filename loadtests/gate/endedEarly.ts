import type { ViolationKind } from '../../protocol/run.ts';
import type { EndedEarly, RunEvidence } from '../judge/evidence.ts';

/** What a run that was ended has left out, without anybody having lost it. */
const LEFT_OUT: ReadonlySet<ViolationKind> = new Set(['missing_tail', 'missing_pattern', 'missing_bar']);
const ORDERS_LEFT_OUT: ReadonlySet<string> = new Set(['never', 'never_filled', 'never_canceled', 'never_answered']);

/** The evidence of a run that an abort rule ended, without what was still to come then. */
export function cutShort(evidence: RunEvidence, endedEarly: EndedEarly): RunEvidence {
  const { market, orders } = evidence;
  return {
    ...evidence,
    endedEarly,
    // They were told to stop; anything else that befell them is theirs.
    generatorFailed: evidence.generatorFailed === 'interrupted' ? '' : evidence.generatorFailed,
    expectedHeads: new Map(),
    market: { ...market, faults: market.faults.filter(({ violation }) => !LEFT_OUT.has(violation)) },
    orders: { ...orders, faults: orders.faults.filter(({ kind }) => !ORDERS_LEFT_OUT.has(kind)) },
  };
}

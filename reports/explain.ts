import type { Summary } from '../protocol/schemas/summary.ts';

type Mark = Pick<Summary['marks'][number], 'fromS' | 'toS' | 'kind'>;

/** Clocks and rounding may put what a fault caused a little before it. */
const BEFORE_S = 0.1;
/** A client notices what a fault took from it when it is back, or when its stream's next message comes. */
const AFTER_S = 3;

/**
 * The fault that explains what a client noticed at `atS`: one that lasted then, or that ended at most 3 s before; of
 * several the one that began last. Undefined: nothing on the time axis explains it. Phases explain nothing.
 */
export function explainedBy<Of extends Mark>(atS: number, marks: readonly Of[]): Of | undefined {
  let best: Of | undefined;
  for (const mark of marks) {
    const isNear = atS >= mark.fromS - BEFORE_S && atS <= mark.toS + AFTER_S;
    if (mark.kind !== 'fault' || !isNear) continue;
    if (best === undefined || isCloser(mark, best, atS)) best = mark;
  }
  return best;
}

/** A fault that lasts is closer than one that has ended; of two such the later one. */
function isCloser(mark: Mark, than: Mark, atS: number): boolean {
  const lasts = atS <= mark.toS;
  const thanLasts = atS <= than.toS;
  return lasts === thanLasts ? mark.fromS > than.fromS : lasts;
}

/** How long to wait between attempts, ms. */
export interface BackoffRules {
  /** Bound of the first wait; each one after it has twice the bound of the one before. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Gives the wait before an attempt with full jitter: anything up to the bound, so that clients that were cut together don't
 * come back together.
 *
 * @param draw from 0 to below 1
 */
export function backoffMs(
  { baseMs, maxMs }: BackoffRules,
  { failures, draw }: { readonly failures: number; readonly draw: number },
): number {
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.floor(draw * bound);
}

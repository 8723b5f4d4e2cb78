import type { ViolationKind } from '../../protocol/run.ts';
import { type RunEvidence, secondOf } from './evidence.ts';
import { generatorLateIn } from './lateness.ts';

/**
 * Violations that a starved or paused generator can cause by itself: it didn't read in time, so the server gave up on
 * it, or what was sent stood unread in a buffer at the end. Loss inside a stream is not among them: TCP keeps order.
 */
const GENERATOR_CAN_CAUSE: ReadonlySet<ViolationKind> = new Set([
  'unplanned_close',
  'no_welcome',
  'no_answer',
  'missing_tail',
  // To a reader that doesn't read the server conflates, and here it has no words to say so.
  'unexplained_gap',
  'missing_pattern',
  'missing_bar',
  'heartbeat_head',
  // Our own provider answers late, or the price stands unread.
  'stale_as_fresh',
]);
/** A generator counts as late for these from this lateness on: a quarter of it, see LATE_SHARE. */
const EXCUSE_BOUND_US = 1_000_000;
/** Seconds before a violation in which lateness may have caused it. */
const EXCUSE_WINDOW_S = 6;

/** Whether our own lateness shortly before `atUs` may be why a promise seems broken. */
export function isExcused(evidence: RunEvidence, violation: ViolationKind, atUs: number): boolean {
  if (!GENERATOR_CAN_CAUSE.has(violation)) return false;
  const second = secondOf(evidence.schedule, atUs);
  for (let at = second - EXCUSE_WINDOW_S; at <= second; at++) {
    if (generatorLateIn(evidence.lateness, at, EXCUSE_BOUND_US)) return true;
  }
  return false;
}

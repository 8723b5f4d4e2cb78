import type { ClockRecord } from './records.ts';

/** One question for the time, µs: own clock, the gate's, own clock. */
export interface ClockSample {
  readonly sentUs: number;
  readonly gateUs: number;
  readonly receivedUs: number;
}

/** How far another clock lies ahead, by one round of questions. */
export interface ClockEstimate {
  /** Own clock's time at which it was made, µs. */
  readonly atUs: number;
  readonly offsetUs: number;
  /** The true offset lies no further away than this: half of the shortest round trip. */
  readonly errorUs: number;
}

/**
 * Cristian's estimate: the gate read its clock somewhere between question and answer, so the shortest round trip tells
 * most. It holds whatever the way there and the way back took.
 *
 * @throws RangeError without samples
 */
export function estimateOffset(samples: readonly ClockSample[]): ClockEstimate {
  let best: ClockEstimate | undefined;
  for (const { sentUs, gateUs, receivedUs } of samples) {
    const errorUs = (receivedUs - sentUs) / 2;
    if (best !== undefined && errorUs >= best.errorUs) continue;
    const atUs = (sentUs + receivedUs) / 2;
    best = { atUs, offsetUs: gateUs - atUs, errorUs };
  }
  if (best === undefined) throw new RangeError('no samples to estimate a clock from');
  return best;
}

/**
 * How far a clock that was set by `set` was off over a run, at the most: each later estimate says by how much, give or take
 * its own error. Between two estimates a clock that runs evenly is no worse than at one of them.
 */
export function clockOver(set: ClockEstimate, later: readonly ClockEstimate[]): ClockRecord {
  let errorUs = set.errorUs;
  let drift = { ppm: 0, knownBy: Number.POSITIVE_INFINITY };
  for (const estimate of later) {
    const offUs = estimate.offsetUs - set.offsetUs;
    errorUs = Math.max(errorUs, Math.abs(offUs) + estimate.errorUs);
    const spanUs = estimate.atUs - set.atUs;
    const knownBy = (set.errorUs + estimate.errorUs) / spanUs;
    if (spanUs <= 0 || knownBy >= drift.knownBy) continue;
    drift = { ppm: Math.abs(offUs) > set.errorUs + estimate.errorUs ? (offUs / spanUs) * 1e6 : 0, knownBy };
  }
  return {
    method: 'estimated',
    offsetUs: set.offsetUs,
    errorUs: Math.ceil(errorUs),
    driftPpm: Number(drift.ppm.toFixed(3)),
    estimates: 1 + later.length,
  };
}

/** Two crystals run apart by no more than this, in millionths: what a clock is given for a time in which nobody asked it. */
export const UNWATCHED_DRIFT_PPM = 100;

/** A clock that was asked before the run alone: it may have drifted since, for `forUs`. */
export function clockUnwatched(set: ClockEstimate, forUs: number): ClockRecord {
  const errorUs = Math.ceil(set.errorUs + (Math.max(0, forUs) * UNWATCHED_DRIFT_PPM) / 1e6);
  return { method: 'estimated', offsetUs: set.offsetUs, errorUs, driftPpm: 0, estimates: 1 };
}

/** The gate's own clock: one kernel, one time. */
export const SAME_CLOCK: ClockRecord = { method: 'same', offsetUs: 0, errorUs: 0, driftPpm: 0, estimates: 0 };

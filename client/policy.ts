/** A connection that couldn't be made or didn't last. */
export interface Failure {
  /** Failures in a row before this one. */
  readonly attempt: number;
  /** Whether the server asked for more distance (close codes 4100 to 4199). */
  readonly isBackOff: boolean;
  /** From 0 up to but without 1. */
  readonly random: () => number;
}

/** What to do after a {@link Failure}. */
export interface NextTry {
  /** Until the next attempt, ms. */
  readonly delayMs: number;
  /** Whether to poll over HTTP meanwhile, now and again with each attempt, until one succeeds. */
  readonly isPolling: boolean;
}

/** Decides when to connect again. */
export type ReconnectPolicy = (failure: Failure) => NextTry;

const FIRST_MS = 250;
const CAP_MS = 30_000;
const BACK_OFF_FIRST_MS = 2_000;
/** 2^7 times the first delay is over the cap. */
const MAX_DOUBLINGS = 7;

/**
 * Waits a random time up to 250 ms at first, up to double that at each further failure, up to 30 s at most: clients that
 * were cut together come back spread out. A server that asks for distance gets at least half of a window that starts at 2 s.
 */
export const fullJitter: ReconnectPolicy = ({ attempt, isBackOff, random }) => {
  const doubled = 2 ** Math.min(attempt, MAX_DOUBLINGS);
  const windowMs = Math.min(CAP_MS, (isBackOff ? BACK_OFF_FIRST_MS : FIRST_MS) * doubled);
  const delayMs = isBackOff ? (windowMs * (1 + random())) / 2 : windowMs * random();
  return { delayMs, isPolling: false };
};

const US_001_DELAYS_MS: readonly number[] = [2_000, 4_000, 8_000];
const US_001_POLL_MS = 60_000;

/** US-001's way: three tries after 2, 4 and 8 s, then polling every 60 s, each time with another try of the socket. */
export const us001: ReconnectPolicy = ({ attempt }) => {
  const delayMs = US_001_DELAYS_MS[attempt];
  return delayMs === undefined ? { delayMs: US_001_POLL_MS, isPolling: true } : { delayMs, isPolling: false };
};

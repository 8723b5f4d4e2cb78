import { CLOCK_OFFSET_ENV, type Clock, createClock } from '../../protocol/clock.ts';

/**
 * Makes the clock of a generator's process: the host's monotonic clock plus the offset that the gate hands on in
 * {@link CLOCK_OFFSET_ENV}; without it, what the wall clock says now (to 1 ms). Reading it allocates nothing.
 *
 * @throws RangeError when the variable is no number
 */
export function hostClock(env: Readonly<Record<string, string | undefined>>): Clock {
  const startUs = processStartUs();
  const monotonicUs = (): number => startUs + performance.now() * 1_000;
  const text = env[CLOCK_OFFSET_ENV];
  if (text === undefined) return createClock(monotonicUs, Date.now() * 1_000 - monotonicUs());
  const offsetUs = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(offsetUs)) throw new RangeError(`${CLOCK_OFFSET_ENV}: "${text}" is no number of µs`);
  return createClock(monotonicUs, offsetUs);
}

/** What `performance.now()` lacks to the host's monotonic clock, µs: both read next to each other, the closest pair kept. */
function processStartUs(): number {
  let bestGapMs = Number.POSITIVE_INFINITY;
  let startUs = 0;
  for (let attempt = 0; attempt < 20; attempt++) {
    const beforeMs = performance.now();
    const hostUs = Number(process.hrtime.bigint()) / 1_000;
    const afterMs = performance.now();
    if (afterMs - beforeMs >= bestGapMs) continue;
    bestGapMs = afterMs - beforeMs;
    startUs = hostUs - ((beforeMs + afterMs) / 2) * 1_000;
  }
  return startUs;
}

import { CLOCK_OFFSET_ENV, type Clock, createClock } from '../protocol/clock.ts';

/** Edges of the wall clock's millisecond that are caught; each takes up to 1 ms. */
const EDGES = 5;

/**
 * Makes the clock of this process: the host's monotonic clock, shared by all its processes, plus an offset that comes
 * from {@link CLOCK_OFFSET_ENV} or is measured against the wall clock, to some µs. Reading it allocates nothing.
 *
 * @throws RangeError when the variable is no number, in one line
 */
export function hostClock(env: Readonly<Record<string, string | undefined>>): Clock {
  const text = env[CLOCK_OFFSET_ENV];
  if (text === undefined) return createClock(monotonicUs, measureOffsetUs());
  const offsetUs = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(offsetUs)) return createClock(monotonicUs, offsetUs);
  throw new RangeError(`${CLOCK_OFFSET_ENV}: "${text}" is no number of µs; unset it, or hand on the parent's`);
}

/** What `performance.now()` (since the process started) lacks to the host's monotonic clock (since boot), µs. */
const processStartUs = measureProcessStartUs();

/** The host's monotonic clock, µs since boot. */
function monotonicUs(): number {
  return processStartUs + performance.now() * 1_000;
}

/** Reads both clocks next to each other some times and keeps the pair that lies closest. */
function measureProcessStartUs(): number {
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

/** Catches the wall clock where its millisecond turns. Noticing late makes an offset too small, so the largest is best. */
function measureOffsetUs(): number {
  let offsetUs = Number.NEGATIVE_INFINITY;
  for (let edge = 0; edge < EDGES; edge++) {
    const startMs = Date.now();
    let nowMs = startMs;
    while (nowMs === startMs) nowMs = Date.now();
    offsetUs = Math.max(offsetUs, nowMs * 1_000 - monotonicUs());
  }
  return offsetUs;
}

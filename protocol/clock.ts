/**
 * The one clock of a run: integer microseconds since the Unix epoch, read from a monotonic source plus one offset
 * taken at start. All processes of one host share the offset (see {@link CLOCK_OFFSET_ENV}), so that their times can be
 * subtracted from one another.
 */
export interface Clock {
  /** Now, in whole µs since the Unix epoch; never runs backwards. */
  readonly nowUs: () => number;
  /** What is added to the host's monotonic clock (µs since boot) to get µs since the epoch. */
  readonly offsetUs: number;
}

/** Environment variable by which a parent process hands its clock offset (µs, a decimal number) to its children. */
export const CLOCK_OFFSET_ENV = 'TAPEDECK_CLOCK_OFFSET_US';

/**
 * Makes a clock from a monotonic source.
 *
 * @param monotonicUs reads the host's monotonic clock in µs (fractions allowed)
 * @param offsetUs µs to add to reach the Unix epoch
 */
export function createClock(monotonicUs: () => number, offsetUs: number): Clock {
  return { nowUs: () => Math.floor(monotonicUs() + offsetUs), offsetUs };
}

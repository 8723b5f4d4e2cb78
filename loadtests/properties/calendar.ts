import type { SessionCalendar } from '../../market/types.ts';

/** Length of a day of the laws' calendar, µs: short, so that a random session sees many. */
export const DAY_US = 4_000_000;
/** The phases of such a day, each with the µs of the day at which it ends. */
const PHASES = [
  { phase: 'pre', untilUs: 600_000 },
  { phase: 'regular', untilUs: 2_800_000 },
  { phase: 'post', untilUs: 3_400_000 },
  { phase: 'closed', untilUs: DAY_US },
] as const;
/** Every fourth day is a half day: its regular session ends here. */
const HALF_DAY_CLOSE_US = 1_600_000;

/** A trading calendar of days of four seconds, every fourth a half day, for ever. */
export const SHORT_DAYS: SessionCalendar = {
  spanAt: (timeUs) => {
    const dayStartUs = Math.floor(timeUs / DAY_US) * DAY_US;
    let startUs = dayStartUs;
    for (const { phase, untilUs } of PHASES) {
      const endUs = dayStartUs + (phase === 'regular' ? regularEndUs(dayStartUs) : untilUs);
      if (timeUs < endUs) return { phase, startUs, endUs };
      startUs = endUs;
    }
    throw new Error(`no phase at ${timeUs}`);
  },
  nextCloseUs: (timeUs) => {
    const dayStartUs = Math.floor(timeUs / DAY_US) * DAY_US;
    const closeUs = dayStartUs + regularEndUs(dayStartUs);
    return closeUs > timeUs ? closeUs : dayStartUs + DAY_US + regularEndUs(dayStartUs + DAY_US);
  },
};

function regularEndUs(dayStartUs: number): number {
  return (dayStartUs / DAY_US) % 4 === 3 ? HALF_DAY_CLOSE_US : PHASES[1].untilUs;
}

import { NYSE } from './calendars.ts';

/** A session's bounds, µs since the epoch; `closeUs` is the first instant after it. */
export interface Session {
  readonly openUs: number;
  readonly closeUs: number;
}

/**
 * Gives the bounds of the regular New York session of a date: 09:30 to 16:00 on the wall clock there but on half days, daylight
 * saving included.
 *
 * @param isoDate `YYYY-MM-DD`
 * @throws RangeError when it is no date of that form, a weekend, a holiday, or beyond the tables
 */
export function regularSession(isoDate: string): Session {
  const day = NYSE.sessionOf(isoDate);
  if (day === undefined) throw new RangeError(`${isoDate} is ${NYSE.whyClosed(isoDate)}: no regular session`);
  return { openUs: day.openUs, closeUs: day.closeUs };
}

import { Temporal } from 'temporal-polyfill';

const ZONE = 'America/New_York';
const OPEN = Temporal.PlainTime.from('09:30');
const CLOSE = Temporal.PlainTime.from('16:00');
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** A session's bounds, µs since the epoch; `closeUs` is the first instant after it. */
export interface Session {
  readonly openUs: number;
  readonly closeUs: number;
}

/**
 * Gives the bounds of the regular New York session of a date: 09:30 to 16:00 on the wall clock there, daylight saving
 * included. Holidays and half days are not known yet: every weekday has a whole session.
 *
 * @param isoDate `YYYY-MM-DD`
 * @throws RangeError when it is no date of that form, or a Saturday or Sunday
 */
export function regularSession(isoDate: string): Session {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(isoDate)) throw new RangeError(`"${isoDate}" is no date of the form YYYY-MM-DD`);
  const date = parseDate(isoDate);
  if (date.dayOfWeek > 5) throw new RangeError(`${isoDate} is a ${WEEKDAYS[date.dayOfWeek - 1]}: no regular session`);
  return { openUs: instantUs(date, OPEN), closeUs: instantUs(date, CLOSE) };
}

function parseDate(isoDate: string): Temporal.PlainDate {
  try {
    return Temporal.PlainDate.from(isoDate);
  } catch {
    throw new RangeError(`"${isoDate}" is no date of the calendar`);
  }
}

function instantUs(date: Temporal.PlainDate, plainTime: Temporal.PlainTime): number {
  return date.toZonedDateTime({ timeZone: ZONE, plainTime }).epochMilliseconds * 1000;
}

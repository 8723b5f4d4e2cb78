export const DAY_US = 86_400_000_000;

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Days since 1970-01-01 of a date `YYYY-MM-DD`. @throws RangeError when it is no such date */
export function dayNumber(isoDate: string): number {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(isoDate)) throw new RangeError(`"${isoDate}" is no date of the form YYYY-MM-DD`);
  const timeMs = Date.parse(isoDate);
  // February 30 is no date, yet it parses as March 1 or 2.
  if (Number.isNaN(timeMs) || new Date(timeMs).toISOString().slice(0, 10) !== isoDate) {
    throw new RangeError(`"${isoDate}" is no date of the calendar`);
  }
  return (timeMs * 1000) / DAY_US;
}

/** The date `YYYY-MM-DD` of a number of days since 1970-01-01. */
export function isoDateOf(day: number): string {
  return new Date((day * DAY_US) / 1000).toISOString().slice(0, 10);
}

/** The weekday of a number of days since 1970-01-01, which was a Thursday. */
export function weekdayOf(day: number): Weekday {
  return WEEKDAYS[(((day + 4) % 7) + 7) % 7] as Weekday;
}

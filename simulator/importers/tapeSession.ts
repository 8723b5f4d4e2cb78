import { NYSE } from '../../market/calendar/calendars.ts';
import { DAY_US, dayNumber, isoDateOf } from '../../market/calendar/days.ts';
import type { TapeHeader } from '../tape/types.ts';
import { ImportError } from './errors.ts';
import { newYorkDate } from './times.ts';

/** Which hours a tape's market keeps: New York's sessions, or around the clock. */
export type CalendarName = 'us' | '24x7';

type TapeSession = Pick<TapeHeader, 'sessionDate' | 'sessionOpenUs' | 'sessionCloseUs'>;

/** A closed day is followed by an open one within so many; in September 2001 there were six between. */
const MAX_CLOSED_DAYS = 10;

/**
 * The session that a tape's header names: the first one with events. In New York that of the first event's date there, or the
 * next when the exchange is closed that day; around the clock the whole UTC day.
 *
 * @throws ImportError when New York's calendar doesn't reach there
 */
export function tapeSession(firstEventUs: number, calendar: CalendarName): TapeSession {
  if (calendar === '24x7') {
    const day = Math.floor(firstEventUs / DAY_US);
    return { sessionDate: isoDateOf(day), sessionOpenUs: day * DAY_US, sessionCloseUs: (day + 1) * DAY_US };
  }
  const firstDay = dayNumber(newYorkDate(firstEventUs));
  for (let day = firstDay; day < firstDay + MAX_CLOSED_DAYS; day++) {
    const session = sessionOf(isoDateOf(day));
    if (session) return { sessionDate: session.date, sessionOpenUs: session.openUs, sessionCloseUs: session.closeUs };
  }
  throw new ImportError(
    'bad',
    `no session of New York's exchanges follows ${isoDateOf(firstDay)}; import with --calendar 24x7`,
  );
}

function sessionOf(date: string) {
  try {
    return NYSE.sessionOf(date);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ImportError(
      'bad',
      `the calendar of New York's exchanges doesn't know ${date}; import with --calendar 24x7`,
    );
  }
}

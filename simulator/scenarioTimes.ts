import { Temporal } from 'temporal-polyfill';
import { NYSE } from '../market/calendar/calendars.ts';
import type { Scenario } from '../protocol/schemas/scenario.ts';
import { parsePlace } from './play/place.ts';
import type { TapeHeader } from './tape/types.ts';
import { calendarOf } from './tapeCalendar.ts';

/** The day of the built universe, played where a scenario names none. */
const DEFAULT_DATE = '2020-03-16';

/** The day against which a scenario's times are read. */
export interface ScenarioDay {
  /** `YYYY-MM-DD`, on the exchange's clock. */
  readonly date: string;
  /** Zone of the exchange's clock. */
  readonly zone: 'America/New_York' | 'UTC';
  /** The day's regular session, of a day without one the last before it; µs since the epoch. */
  readonly openUs: number;
  readonly closeUs: number;
}

/** The day of a date at New York's exchange; absent: that of the built universe. @throws RangeError when it is no date or beyond the calendar */
export function scenarioDay(date = DEFAULT_DATE): ScenarioDay {
  let plain = Temporal.PlainDate.from(date, { overflow: 'reject' });
  let session = NYSE.sessionOf(date);
  while (session === undefined) {
    plain = plain.subtract({ days: 1 });
    session = NYSE.sessionOf(plain.toString());
  }
  return { date, zone: 'America/New_York', openUs: session.openUs, closeUs: session.closeUs };
}

/** The date of a scenario's tape: its own day, or the last before it on which there was a session. */
export function tapeDateOf({ tape }: Pick<Scenario, 'tape'>): string {
  return new Date(scenarioDay(tape.date).openUs / 1e3).toISOString().slice(0, 10);
}

/** The day of a tape: New York's clock for its sessions, UTC for any other market. `date` is the scenario's, where it names one. */
export function dayOfTape(
  header: Pick<TapeHeader, 'sessionDate' | 'sessionOpenUs' | 'sessionCloseUs'>,
  date: string | undefined,
): ScenarioDay {
  return {
    date: date ?? header.sessionDate,
    zone: calendarOf(header) === undefined ? 'UTC' : 'America/New_York',
    openUs: header.sessionOpenUs,
    closeUs: header.sessionCloseUs,
  };
}

/** When a moment like `10:05`, `open+30s` or `close-5min` is on a day, µs since the epoch. @throws RangeError for what its schema refuses */
export function momentUs(moment: string, { date, zone, openUs, closeUs }: ScenarioDay): number {
  const placeUs = parsePlace(moment, { sessionDate: date, sessionOpenUs: openUs, sessionCloseUs: closeUs, zone });
  if (placeUs === undefined) throw new RangeError(`${moment} is no moment of a day`);
  return placeUs;
}

/** The part of a tape that a scenario plays, the end exclusive; µs since the epoch. */
export function partOf(
  { tape }: Pick<Scenario, 'tape'>,
  header: Pick<TapeHeader, 'sessionDate' | 'sessionOpenUs' | 'sessionCloseUs'>,
): { readonly fromUs: number; readonly toUs: number } {
  const fromUs =
    tape.from === undefined
      ? header.sessionOpenUs + Math.round(tape.fromS * 1e6)
      : momentUs(tape.from, dayOfTape(header, tape.date));
  return { fromUs, toUs: fromUs + Math.round(tape.durationS * tape.speed * 1e6) };
}

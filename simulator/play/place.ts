import { Temporal } from 'temporal-polyfill';
import { parseIsoTime } from '../tape/time.ts';
import type { TapeHeader } from '../tape/types.ts';
import { calendarOf } from '../tapeCalendar.ts';

/** What places of a tape are counted from. */
export interface PlaceOrigin extends Pick<TapeHeader, 'sessionDate' | 'sessionOpenUs' | 'sessionCloseUs'> {
  /** Of the exchange's clock; default: New York's where the session is one of its exchanges, else UTC. */
  readonly zone?: 'America/New_York' | 'UTC';
}

const US_PER: Readonly<Record<string, number>> = { '': 1e6, ms: 1e3, s: 1e6, m: 60e6, min: 60e6, h: 3600e6 };
const LENGTH = String.raw`(\d+(?:\.\d+)?)(ms|s|min|m|h)?`;

/** What a place may be given as, for messages. */
export const PLACE_FORMS =
  'seconds after the open (90), exchange time (10:15 or 10:15:30), open+30s, close-5m, or ISO 8601 with its zone (2020-03-16T14:15:00Z)';

/**
 * Reads a place of a tape: seconds after the session's open, a time of day at the exchange, `open` or `close` with a length
 * after (`open+90s`, `close-5m`), an ISO 8601 instant; with `positionUs`, `+30s` and `-2m` from there too.
 *
 * @returns event time, µs since the epoch; undefined when the text is no place
 */
export function parsePlace(text: string, origin: PlaceOrigin, positionUs?: number): number | undefined {
  const { sessionOpenUs, sessionCloseUs } = origin;
  if (/^-?\d+(\.\d+)?$/.test(text)) {
    const isRelative = positionUs !== undefined && text.startsWith('-');
    return (isRelative ? positionUs : sessionOpenUs) + Math.round(Number(text) * 1e6);
  }
  const [, anchor, sign, amount, unit] = new RegExp(`^(open|close|)(?:([+-])${LENGTH})?$`).exec(text) ?? [];
  if (anchor !== undefined && (anchor !== '' || (sign !== undefined && positionUs !== undefined))) {
    const fromUs = anchor === 'open' ? sessionOpenUs : anchor === 'close' ? sessionCloseUs : (positionUs as number);
    const lengthUs = amount === undefined ? 0 : Math.round(Number(amount) * (US_PER[unit ?? ''] as number));
    return sign === '-' ? fromUs - lengthUs : fromUs + lengthUs;
  }
  return timeOfDayUs(text, origin) ?? parseIsoTime(text);
}

/** A time of day on the session's date, on the exchange's clock. */
function timeOfDayUs(text: string, origin: PlaceOrigin): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$/.exec(text);
  if (match === null) return undefined;
  const [hour = 0, minute = 0, second = 0] = match.slice(1, 4).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const time = Temporal.PlainDate.from(origin.sessionDate).toZonedDateTime({
    timeZone: zoneOf(origin),
    plainTime: { hour, minute, second },
  });
  return time.epochMilliseconds * 1000 + Number((match[4] ?? '').padEnd(6, '0'));
}

/** The time of day at the exchange, `HH:MM:SS.mmm`. */
export function timeOfDay(eventUs: number, origin: PlaceOrigin): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(eventUs / 1000));
  return instant.toZonedDateTimeISO(zoneOf(origin)).toPlainTime().toString({ fractionalSecondDigits: 3 });
}

function zoneOf(origin: PlaceOrigin): string {
  return origin.zone ?? (calendarOf(origin) === undefined ? 'UTC' : 'America/New_York');
}

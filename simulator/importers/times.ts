import { Temporal } from 'temporal-polyfill';
import { ImportError } from './errors.ts';

/** What a time column counts. `auto`: seconds, ms, µs or ns since the epoch by the number of digits, or ISO 8601. */
export type TimeUnit = 'auto' | 'ms' | 'us' | 'ns' | 'ms-of-day';

/** Times outside these are taken for a wrong unit: 1990 to 2100, µs. */
const FIRST_US = Date.parse('1990-01-01') * 1_000;
const END_US = Date.parse('2100-01-01') * 1_000;

const MS_OF_DAY = 86_400_000;
const ZERO = 48;
const POINT = 46;

/** Decimal places that lie between a unit and µs. */
const PLACES = { s: 6, ms: 3, us: 0, ns: -3 } as const;

/** Reads the times of one file as µs since the epoch; finer ones are cut off. */
export class TimeReader {
  readonly #unit: TimeUnit;
  readonly #midnightUs: number;
  readonly #zone: WallClock;

  /**
   * @param options.midnightUs what `ms-of-day` counts from
   * @param options.zone where a text without a zone was written, an IANA name
   */
  constructor(options: { readonly unit: TimeUnit; readonly midnightUs?: number; readonly zone?: string }) {
    this.#unit = options.unit;
    this.#midnightUs = options.midnightUs ?? 0;
    this.#zone = new WallClock(options.zone ?? 'UTC');
  }

  /** What is expected, for a bad row's reason. */
  get expected(): string {
    if (this.#unit === 'auto') return 'a time from 1990 to 2099 (seconds, ms, µs or ns since 1970, or ISO 8601)';
    if (this.#unit === 'ms-of-day') return 'a number of ms since midnight';
    const unit = this.#unit === 'us' ? 'µs' : this.#unit;
    return `a number of ${unit} since 1970, from 1990 to 2099`;
  }

  /** The time in µs, NaN when it is none. */
  read(bytes: Buffer, start: number, end: number): number {
    const digits = leadingDigits(bytes, start, end);
    if (digits === 0) return Number.NaN;
    if (this.#unit === 'ms-of-day') {
      const ofDayUs = this.#count(bytes, { start, end, digits, places: 3 });
      return ofDayUs < MS_OF_DAY * 1_000 ? this.#midnightUs + ofDayUs : Number.NaN;
    }
    if (digits <= 4 && end > start + digits) return inRange(this.#readText(bytes.toString('latin1', start, end)));
    const places = this.#unit === 'auto' ? placesOf(digits) : PLACES[this.#unit];
    return places === undefined ? Number.NaN : inRange(this.#count(bytes, { start, end, digits, places }));
  }

  /** The time of a date and a time of day in two columns (`2024-01-02` or `20240102`; `09:30`, `9:30:00.5`, `093000`), NaN when it is none. */
  readTwo(date: string, timeOfDay: string): number {
    const [, year, month, day] = /^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})$/.exec(date) ?? [];
    const [, hour = '', minute, second = '00', fraction = ''] =
      /^(\d{1,2}):?(\d{2})(?::?(\d{2})([.,]\d{1,9})?)?$/.exec(timeOfDay) ?? [];
    if (year === undefined || minute === undefined) return Number.NaN;
    const time = `${hour.padStart(2, '0')}:${minute}:${second}${fraction}`;
    return inRange(this.#readText(`${year}-${month}-${day} ${time}`));
  }

  /** Takes the digits down to the µs; the rest must be digits too. */
  #count(
    bytes: Buffer,
    part: { readonly start: number; readonly end: number; readonly digits: number; readonly places: number },
  ): number {
    const { start, end, digits } = part;
    let wanted = digits + part.places;
    let value = 0;
    for (let at = start; at < end; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (wanted > 0) {
          value = value * 10 + digit;
          wanted--;
        }
      } else if (bytes[at] !== POINT || at !== start + digits) return Number.NaN;
    }
    for (; wanted > 0; wanted--) value *= 10;
    return value;
  }

  #readText(text: string): number {
    const match =
      /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|UTC|[+-]\d{2}:?\d{2})?$/.exec(
        text,
      );
    if (!match) return Number.NaN;
    const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = match;
    const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    if (new Date(ms).getUTCDate() !== Number(day)) return Number.NaN;
    const wallUs = ms * 1_000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
    if (zone === undefined) return wallUs - this.#zone.offsetUs(wallUs);
    return wallUs - fixedOffsetUs(zone);
  }
}

function leadingDigits(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= ZERO + 9) at++;
  return at - start;
}

/** Seconds have 9 or 10 digits since 1973, each finer unit three more. */
function placesOf(digits: number): number | undefined {
  if (digits === 9 || digits === 10) return PLACES.s;
  if (digits === 12 || digits === 13) return PLACES.ms;
  if (digits === 15 || digits === 16) return PLACES.us;
  return digits === 18 || digits === 19 ? PLACES.ns : undefined;
}

function inRange(timeUs: number): number {
  return timeUs >= FIRST_US && timeUs < END_US ? timeUs : Number.NaN;
}

function fixedOffsetUs(zone: string): number {
  if (zone === 'Z' || zone === 'UTC') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60e6;
}

/** The clock on the wall somewhere. */
class WallClock {
  readonly #zone: string;
  #hour = Number.NaN;
  #offsetUs = 0;

  constructor(zone: string) {
    this.#zone = zone;
  }

  /** How far it is ahead of UTC when it shows `wallUs`. An hour that a change of the clock doubles is taken as its first. */
  offsetUs(wallUs: number): number {
    if (this.#zone === 'UTC') return 0;
    const hour = Math.floor(wallUs / 3_600e6);
    if (hour !== this.#hour) {
      const shown = new Date(hour * 3_600e3).toISOString().slice(0, 19);
      this.#offsetUs = Temporal.PlainDateTime.from(shown).toZonedDateTime(this.#zone).offsetNanoseconds / 1_000;
      this.#hour = hour;
    }
    return this.#offsetUs;
  }
}

/** Checks the name of a time zone. @throws ImportError when there is none of that name */
export function checkZone(zone: string): string {
  try {
    Temporal.PlainDate.from('2020-01-01').toZonedDateTime(zone);
    return zone;
  } catch {
    throw new ImportError('usage', `time zone "${zone}" is unknown; give an IANA name such as UTC or America/New_York`);
  }
}

/** Midnight in New York, µs since the epoch; undefined when `isoDate` is no date. */
export function newYorkMidnightUs(isoDate: string): number | undefined {
  try {
    return Temporal.PlainDate.from(isoDate).toZonedDateTime('America/New_York').epochMilliseconds * 1_000;
  } catch {
    return undefined;
  }
}

/** The date `YYYY-MM-DD` in New York at an instant, µs since the epoch. */
export function newYorkDate(timeUs: number): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(timeUs / 1_000));
  return instant.toZonedDateTimeISO('America/New_York').toPlainDate().toString();
}

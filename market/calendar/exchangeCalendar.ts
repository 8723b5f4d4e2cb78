import { Temporal } from 'temporal-polyfill';
import { DAY_US, dayNumber, isoDateOf, weekdayOf } from './days.ts';
import type { Phase, SessionSpan, TradingCalendar, TradingDay } from './types.ts';

/** A day on which an exchange doesn't keep its usual session. */
export interface SpecialDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly event: 'closed' | 'early close' | 'late open';
  /** `HH:MM` on the exchange's wall clock: when it closes or opens. */
  readonly time?: string;
  readonly reason: string;
}

/** All special days between two dates, both included. */
export interface CalendarTable {
  readonly firstDate: string;
  readonly lastDate: string;
  readonly days: readonly SpecialDay[];
}

const ZONE = 'America/New_York';
const HOUR_US = 3_600_000_000;
/** New York's time is UTC less so much in winter, an hour less in summer: either way every session's date comes out right. */
const WINTER_OFFSET_US = 5 * HOUR_US;

/**
 * The sessions of a US stock exchange, on New York's wall clock: pre from 04:00, regular 09:30 to 16:00, post for four hours
 * after the close. Days are worked out when first asked for and kept.
 */
export class ExchangeCalendar implements TradingCalendar {
  readonly name: string;
  readonly #firstDate: string;
  readonly #lastDate: string;
  readonly #firstDay: number;
  readonly #lastDay: number;
  /** A day may both open late and close early. */
  readonly #special = new Map<string, readonly SpecialDay[]>();
  readonly #days = new Map<number, TradingDay | undefined>();
  #last: SessionSpan = { phase: 'closed', startUs: Number.NaN, endUs: Number.NaN };

  constructor(name: string, table: CalendarTable) {
    this.name = name;
    this.#firstDate = table.firstDate;
    this.#lastDate = table.lastDate;
    this.#firstDay = dayNumber(table.firstDate);
    this.#lastDay = dayNumber(table.lastDate);
    for (const day of table.days) this.#special.set(day.date, [...(this.#special.get(day.date) ?? []), day]);
  }

  sessionAt(timeUs: number): Phase {
    return this.spanAt(timeUs).phase;
  }

  spanAt(timeUs: number): SessionSpan {
    if (timeUs >= this.#last.startUs && timeUs < this.#last.endUs) return this.#last;
    this.#last = this.#findSpan(timeUs);
    return this.#last;
  }

  sessionOf(isoDate: string): TradingDay | undefined {
    const day = dayNumber(isoDate);
    if (day < this.#firstDay || day > this.#lastDay) {
      throw new RangeError(`${isoDate} is beyond the tables of ${this.name}, ${this.#firstDate} to ${this.#lastDate}`);
    }
    return this.#day(day);
  }

  /** Says what kind of day a date without a regular session is, `a Sunday` or `closed for Christmas Day`; undefined for others. @throws RangeError like {@link ExchangeCalendar.sessionOf} */
  whyClosed(isoDate: string): string | undefined {
    if (this.sessionOf(isoDate) !== undefined) return undefined;
    const reason = this.#special.get(isoDate)?.[0]?.reason;
    return reason === undefined ? `a ${weekdayOf(dayNumber(isoDate))}` : `closed for ${reason}`;
  }

  nextOpenUs(timeUs: number): number | undefined {
    for (let day = this.#dayAt(timeUs); day <= this.#lastDay; day++) {
      const found = this.#day(day);
      if (found !== undefined && found.openUs > timeUs) return found.openUs;
    }
    return undefined;
  }

  nextCloseUs(timeUs: number): number | undefined {
    for (let day = this.#dayAt(timeUs); day <= this.#lastDay; day++) {
      const found = this.#day(day);
      if (found !== undefined && found.closeUs > timeUs) return found.closeUs;
    }
    return undefined;
  }

  /** The table's day that holds an instant, its first for all before it. */
  #dayAt(timeUs: number): number {
    return Math.max(Math.floor((timeUs - WINTER_OFFSET_US) / DAY_US), this.#firstDay);
  }

  #findSpan(timeUs: number): SessionSpan {
    const number = this.#dayAt(timeUs);
    const day = this.#day(number);
    if (day !== undefined && timeUs >= day.preOpenUs && timeUs < day.postCloseUs) {
      const { preOpenUs, openUs, closeUs, postCloseUs } = day;
      if (timeUs < openUs) return { phase: 'pre', startUs: preOpenUs, endUs: openUs };
      if (timeUs < closeUs) return { phase: 'regular', startUs: openUs, endUs: closeUs };
      return { phase: 'post', startUs: closeUs, endUs: postCloseUs };
    }
    const isBefore = day === undefined || timeUs < day.preOpenUs;
    return {
      phase: 'closed',
      startUs: this.#previousEndUs(isBefore ? number - 1 : number),
      endUs: this.#nextStartUs(isBefore ? number : number + 1),
    };
  }

  #previousEndUs(from: number): number {
    for (let day = Math.min(from, this.#lastDay); day >= this.#firstDay; day--) {
      const found = this.#day(day);
      if (found !== undefined) return found.postCloseUs;
    }
    return Number.NEGATIVE_INFINITY;
  }

  #nextStartUs(from: number): number {
    for (let day = from; day <= this.#lastDay; day++) {
      const found = this.#day(day);
      if (found !== undefined) return found.preOpenUs;
    }
    return Number.POSITIVE_INFINITY;
  }

  #day(number: number): TradingDay | undefined {
    if (number < this.#firstDay || number > this.#lastDay) return undefined;
    if (this.#days.has(number)) return this.#days.get(number);
    const made = this.#makeDay(number);
    this.#days.set(number, made);
    return made;
  }

  #makeDay(number: number): TradingDay | undefined {
    const date = isoDateOf(number);
    const weekday = weekdayOf(number);
    const events = new Map(this.#special.get(date)?.map(({ event, time }) => [event, time]));
    if (weekday === 'Saturday' || weekday === 'Sunday' || events.has('closed')) return undefined;
    const closeUs = instantUs(date, events.get('early close') ?? '16:00');
    return {
      date,
      preOpenUs: instantUs(date, '04:00'),
      openUs: instantUs(date, events.get('late open') ?? '09:30'),
      closeUs,
      postCloseUs: closeUs + 4 * HOUR_US,
      isEarlyClose: events.has('early close'),
    };
  }
}

function instantUs(isoDate: string, time: string): number {
  return Temporal.ZonedDateTime.from(`${isoDate}T${time}[${ZONE}]`).epochMilliseconds * 1000;
}

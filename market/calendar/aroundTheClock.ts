import { DAY_US, dayNumber } from './days.ts';
import type { Phase, SessionSpan, TradingCalendar, TradingDay } from './types.ts';

/** Trading that never stops, as crypto's: one regular session a day, from midnight to midnight UTC, weekends included. */
export class AroundTheClock implements TradingCalendar {
  readonly name = 'around the clock';

  sessionAt(_timeUs: number): Phase {
    return 'regular';
  }

  spanAt(timeUs: number): SessionSpan {
    const startUs = Math.floor(timeUs / DAY_US) * DAY_US;
    return { phase: 'regular', startUs, endUs: startUs + DAY_US };
  }

  sessionOf(isoDate: string): TradingDay {
    const openUs = dayNumber(isoDate) * DAY_US;
    const closeUs = openUs + DAY_US;
    return { date: isoDate, preOpenUs: openUs, openUs, closeUs, postCloseUs: closeUs, isEarlyClose: false };
  }

  nextOpenUs(timeUs: number): number {
    return this.spanAt(timeUs).endUs;
  }

  nextCloseUs(timeUs: number): number {
    return this.spanAt(timeUs).endUs;
  }
}

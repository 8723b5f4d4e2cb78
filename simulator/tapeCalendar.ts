import { NYSE } from '../market/calendar/calendars.ts';
import type { TradingCalendar, TradingDay } from '../market/calendar/types.ts';
import type { TapeHeader } from './tape/types.ts';

/**
 * Finds the exchange's calendar for a tape: New York's, when the tape's session opens as that of its date does there; else
 * undefined, and the market counts as always open.
 */
export function calendarOf(header: Pick<TapeHeader, 'sessionDate' | 'sessionOpenUs'>): TradingCalendar | undefined {
  return sessionOf(header.sessionDate)?.openUs === header.sessionOpenUs ? NYSE : undefined;
}

function sessionOf(isoDate: string): TradingDay | undefined {
  try {
    return NYSE.sessionOf(isoDate);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

import { AroundTheClock } from './aroundTheClock.ts';
import { ExchangeCalendar } from './exchangeCalendar.ts';
import { US_EQUITIES } from './usEquities.ts';

/** The New York Stock Exchange, 1990 to 2030. */
export const NYSE = new ExchangeCalendar('NYSE', US_EQUITIES);
/** Nasdaq, 1990 to 2030. Its special days have been NYSE's. */
export const NASDAQ = new ExchangeCalendar('Nasdaq', US_EQUITIES);
/** Trading that never stops. */
export const CRYPTO = new AroundTheClock();

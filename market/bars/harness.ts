import { CRYPTO } from '../calendar/calendars.ts';
import type { TradingCalendar } from '../calendar/types.ts';
import { BarBuilder, type BarBuilderOptions } from './builder.ts';
import type { BarSink, ProviderBar } from './types.ts';

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;

/** A time as written, in µs since the epoch. */
export function at(iso: string): number {
  return Date.parse(iso) * 1000;
}

/** Where the tests' time begins: an hour's start around the clock. */
export const START_US = at('2025-03-03T15:00:00Z');

/** A builder of two symbols whose effects are kept as lines: `closed 0 5m`, with times in minutes since the start. */
export function build(options: Partial<BarBuilderOptions> = {}) {
  const told: string[] = [];
  const minutes = ['1m', '5m', '15m', '60m'];
  const sink: BarSink = {
    barClosed: (symbol, frame) => void told.push(`closed ${symbol} ${minutes[frame]}`),
    barCorrected: (symbol, frame, back) => void told.push(`corrected ${symbol} ${minutes[frame]} ${back}`),
    gap: (symbol, frame, startUs) =>
      void told.push(`gap ${symbol} ${minutes[frame]} +${(startUs - START_US) / MINUTE_US}`),
  };
  const bars = new BarBuilder({ symbols: 2, calendar: CRYPTO, sink, latenessUs: 5 * MINUTE_US, ...options });
  const trade = (price: number, seconds: number, more: { symbol?: number; size?: number } = {}) =>
    bars.onTrade({ symbol: 0, size: 1, ...more, price, eventTimeUs: START_US + seconds * SECOND_US });
  const clock = (seconds: number) => bars.onClock(START_US + seconds * SECOND_US);
  const news = () => told.splice(0);
  return { bars, trade, clock, news };
}

/** A provider's bar of the first minute. */
export function minuteBar(fields: Partial<ProviderBar> = {}): ProviderBar {
  const prices = { open: 100, high: 110, low: 95, close: 105 };
  return { symbol: 0, startUs: START_US, ...prices, volume: 10, notional: 1_020, trades: 4, ...fields };
}

/** A calendar of one regular session, which holds all times. */
export function oneSession(startUs: number): TradingCalendar {
  const endUs = startUs + 100 * MINUTE_US;
  return {
    name: 'one session',
    sessionAt: () => 'regular',
    spanAt: () => ({ phase: 'regular', startUs, endUs }),
    sessionOf: () => undefined,
    nextOpenUs: () => undefined,
    nextCloseUs: () => undefined,
  };
}

import type { BarSink } from './bars/types.ts';
import { CRYPTO } from './calendar/calendars.ts';
import type { TradingCalendar } from './calendar/types.ts';
import { type CleaningRules, DEFAULT_CLEANING } from './clean.ts';
import type { MarketEngineOptions } from './engine.ts';
import type { Instrument } from './types.ts';

/**
 * How ticks of a tape are cleaned: by form and order alone. A tape is data that somebody chose to play, and the gate's
 * oracle judges orders from its raw ticks, so no tick is refused for its price or for a gap in time
 * (docs/decisions/0005).
 */
export const TAPE_CLEANING: CleaningRules = {
  ...DEFAULT_CLEANING,
  bandBp: 0,
  maxAheadUs: Number.POSITIVE_INFINITY,
};

/** What decides, beside the inputs, what an engine answers; a run and its repetition must agree on it. */
export interface MarketRules {
  readonly instruments: readonly Instrument[];
  /** Sessions of orders and bars; undefined: it is always the regular session, and bars are aligned to midnight UTC. */
  readonly calendar: TradingCalendar | undefined;
  /** Cash units of a new account; undefined: the engine's default. */
  readonly startingCash: number | undefined;
  /** Closed orders of an account that are remembered; undefined: the engine's default. */
  readonly closedOrdersKept?: number | undefined;
  /** Span of event time in which an order's ratchets are told once; undefined: the engine's default. */
  readonly ratchetWindowUs: number | undefined;
  /** How ticks are cleaned; undefined: as a tape's. */
  readonly cleaning?: CleaningRules | undefined;
}

/** The options of an engine over a tape: a run and its repetition are made from the same. */
export function marketOptions(rules: MarketRules, bars: BarSink): Omit<MarketEngineOptions, 'sink'> {
  const { instruments, calendar, startingCash, closedOrdersKept, ratchetWindowUs, cleaning = TAPE_CLEANING } = rules;
  return {
    instruments,
    ...(calendar !== undefined && { calendar }),
    ...(startingCash !== undefined && { startingCash }),
    ...(closedOrdersKept !== undefined && { closedOrdersKept }),
    ...(ratchetWindowUs !== undefined && { ratchetWindowUs }),
    data: { calendar: calendar ?? CRYPTO, sink: bars, rules: cleaning },
  };
}

/** Hears of bars and does nothing. */
export const NO_BAR_SINK: BarSink = {
  barClosed: () => undefined,
  barCorrected: () => undefined,
  gap: () => undefined,
};

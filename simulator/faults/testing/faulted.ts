import { type Instrument, type Tick, TickKind } from '../../../market/types.ts';
import type { Schedule } from '../../../protocol/run.ts';
import type { Fault } from '../../../protocol/schemas/faults.ts';
import type { Scenario } from '../../../protocol/schemas/scenario.ts';
import type { EventTimes, HaltChange } from '../../play/types.ts';
import { loadScenario } from '../../scenario.ts';
import { createFeedFaults } from '../feedFaults.ts';
import type { FaultOptions } from '../plan.ts';

/** 16 March 2020, 9:30 in New York; µs since the epoch. */
export const OPEN_US = 1_584_365_400_000_000;

const instruments: readonly Instrument[] = ['AAPL', 'MSFT', 'IBM', 'ORCL'].map((symbol, index) => ({
  symbol,
  index,
  priceDecimals: 2,
  quantityDecimals: 0,
  previousClose: 10_000,
}));

export const HEADER: FaultOptions['header'] = {
  instruments,
  sessionDate: '2020-03-16',
  sessionOpenUs: OPEN_US,
  sessionCloseUs: OPEN_US + 390 * 60e6,
};

/** A scenario with these faults, else the default one. */
export function scenarioWith(faults: readonly Fault[], speed = 1): Scenario {
  const scenario = loadScenario('default');
  return { ...scenario, tape: { ...scenario.tape, speed }, faults: [...faults] };
}

export function scheduleAt(speed: number): Schedule {
  return { startUs: 2e15, fromEventUs: OPEN_US, toEventUs: OPEN_US + 3600e6, speed };
}

/** Trades, and every seventh a quote, by turns in four symbols, each `everyUs` after the one before; some share their µs. */
export function market(count: number, everyUs = 10_000): Tick[] {
  return Array.from({ length: count }, (_, at): Tick => {
    const isQuote = at % 7 === 6;
    const price = 10_000 + (at % 50);
    return {
      kind: isQuote ? TickKind.QUOTE : TickKind.TRADE,
      symbol: at % 3 === 0 ? 0 : at % 4,
      eventTimeUs: OPEN_US + (at - (at % 5 === 4 ? 1 : 0)) * everyUs,
      price: isQuote ? 0 : price,
      size: isQuote ? 0 : at + 1,
      bid: isQuote ? price - 1 : 0,
      ask: isQuote ? price + 1 : 0,
      bidSize: isQuote ? at + 1 : 0,
      askSize: isQuote ? 5 : 0,
      flags: 0,
    };
  });
}

/** What came out of the faults: a tick or a halt, with its times. */
export interface Said {
  readonly tick?: Tick;
  readonly halt?: HaltChange;
  readonly times: EventTimes;
}

/** Plays ticks through faults, as fast as possible. */
export function played(
  ticks: readonly Tick[],
  faults: readonly Fault[],
  options: { readonly seed?: number } = {},
): Said[] {
  const said: Said[] = [];
  const feed = createFeedFaults({
    scenario: scenarioWith(faults),
    header: HEADER,
    schedule: scheduleAt(Number.POSITIVE_INFINITY),
    onHalt: (halt, times) => said.push({ halt, times: { ...times } }),
    ...options,
  });
  const emit = (tick: Tick, times: EventTimes): void => void said.push({ tick: { ...tick }, times: { ...times } });
  for (const tick of ticks) {
    feed.tick(tick, { eventTimeUs: tick.eventTimeUs, dueTimeUs: 7, shownTimeUs: tick.eventTimeUs }, emit);
  }
  feed.release(Number.POSITIVE_INFINITY, emit);
  return said;
}

/** The ticks alone. */
export function ticksOf(said: readonly Said[]): Tick[] {
  return said.flatMap(({ tick }) => tick ?? []);
}

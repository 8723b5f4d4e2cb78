import type { Instrument, Tick, TickKind } from '../../market/types.ts';
import type { TapeSymbol } from '../../protocol/generatorPlan.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { TapeReader } from '../../simulator/tape/types.ts';
import { type NaiveBar, NaiveBars } from '../oracle/bars.ts';

/** Load tests know the core by its types alone; this is its `TickKind.TRADE`. */
export const TRADE: typeof TickKind.TRADE = 0;

/** The part of a tape that a run plays, in memory: what should have arrived. */
export interface PlayedPart {
  readonly instruments: readonly Instrument[];
  readonly fromUs: number;
  /** Exclusive. */
  readonly toUs: number;
  /** Events in tape order; copies, safe to keep. */
  readonly ticks: readonly Tick[];
  /** Events by symbol index: positions in `ticks`; the symbol's sequence number is the place plus one. */
  readonly bySymbol: readonly (readonly number[])[];
  /** The oracle's one-minute bars by symbol index, from the start of what its server knows to the part's end. */
  readonly bars: readonly (readonly NaiveBar[])[];
}

/** A part of which nothing is known but its symbols and its time: its server has a feed of its own. */
export function unknownPart(symbols: readonly string[], span: { fromUs: number; toUs: number }): PlayedPart {
  const nothing = { priceDecimals: 0, quantityDecimals: 0, previousClose: 0 };
  return {
    instruments: symbols.map((symbol, index) => ({ symbol, index, ...nothing })),
    ...span,
    ticks: [],
    bySymbol: symbols.map(() => []),
    bars: symbols.map(() => []),
  };
}

/** Reads the events of `[fromUs, toUs)`, and the trades from `barsFromUs` on (default: the tape's start) for the bars that a server has built by then. */
export function readPart(reader: TapeReader, span: { fromUs: number; toUs: number; barsFromUs?: number }): PlayedPart {
  const { instruments } = reader.header;
  const ticks: Tick[] = [];
  const bySymbol: number[][] = instruments.map(() => []);
  const bars = new NaiveBars(instruments.length);
  const cursor = reader.cursor(span.barsFromUs);
  while (cursor.peekTimeUs() < span.toUs && cursor.next()) {
    bars.add(cursor.tick);
    if (cursor.tick.eventTimeUs < span.fromUs) continue;
    bySymbol[cursor.tick.symbol]?.push(ticks.length);
    ticks.push({ ...cursor.tick });
  }
  return { instruments, fromUs: span.fromUs, toUs: span.toUs, ticks, bySymbol, bars: bars.bySymbol };
}

/** The part's events of some symbols, as clients without sequence numbers need them. */
export function tapeSymbols(part: PlayedPart, symbols: ReadonlySet<string>): TapeSymbol[] {
  return part.instruments.flatMap(({ symbol, index, priceDecimals }) => {
    if (!symbols.has(symbol)) return [];
    const timesUs: number[] = [];
    const prices: number[] = [];
    const trades: number[] = [];
    let last = 0;
    for (const at of part.bySymbol[index] ?? []) {
      const tick = part.ticks[at] as Tick;
      if (tick.kind === TRADE) last = tick.price;
      timesUs.push(tick.eventTimeUs);
      prices.push(last);
      trades.push(tick.kind === TRADE ? 1 : 0);
    }
    return [{ symbol, priceDecimals, timesUs, prices, trades }];
  });
}

/** Trades of each symbol in the part. */
export function tradesBySymbol(part: PlayedPart): Map<string, number> {
  return new Map(
    part.instruments.map(({ symbol, index }) => [
      symbol,
      (part.bySymbol[index] ?? []).filter((at) => part.ticks[at]?.kind === TRADE).length,
    ]),
  );
}

/** Events due in each second of the run; with `isMeant`, of those alone. */
export function duePerSecond(
  part: PlayedPart,
  speed: number,
  isMeant: (tick: Tick) => boolean = () => true,
): Map<number, number> {
  const due = new Map<number, number>();
  for (const tick of part.ticks) {
    if (!isMeant(tick)) continue;
    const second = Math.floor((tick.eventTimeUs - part.fromUs) / speed / 1e6);
    due.set(second, (due.get(second) ?? 0) + 1);
  }
  return due;
}

/** How many symbols a scenario's clients see between them: those of the tape, or as many as they have hands for. */
export function symbolsReached({ tape, load }: Pick<Scenario, 'tape' | 'load'>): number {
  return Math.min(tape.symbols, load.clients * load.symbolsPerClient);
}

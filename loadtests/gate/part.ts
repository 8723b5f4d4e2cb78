import type { Instrument, Tick, TickKind } from '../../market/types.ts';
import type { TapeReader } from '../../simulator/tape/types.ts';

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
}

/** Reads the events of `[fromUs, toUs)` of the first `symbols` instruments. */
export function readPart(reader: TapeReader, span: { fromUs: number; toUs: number }): PlayedPart {
  const { instruments } = reader.header;
  const ticks: Tick[] = [];
  const bySymbol: number[][] = instruments.map(() => []);
  const cursor = reader.cursor(span.fromUs);
  while (cursor.peekTimeUs() < span.toUs && cursor.next()) {
    bySymbol[cursor.tick.symbol]?.push(ticks.length);
    ticks.push({ ...cursor.tick });
  }
  return { instruments, fromUs: span.fromUs, toUs: span.toUs, ticks, bySymbol };
}

/** Events due in each second of the run. */
export function duePerSecond(part: PlayedPart, speed: number): Map<number, number> {
  const due = new Map<number, number>();
  for (const tick of part.ticks) {
    const second = Math.floor((tick.eventTimeUs - part.fromUs) / speed / 1e6);
    due.set(second, (due.get(second) ?? 0) + 1);
  }
  return due;
}

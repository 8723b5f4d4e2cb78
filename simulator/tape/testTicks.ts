import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Instrument, type Tick, TickKind } from '../../market/types.ts';
import type { TapeCursor, TapeHalt } from './types.ts';
import { createTapeWriter, type TapeWriter } from './writer.ts';

/** Runs `work` with a folder that is gone afterwards. */
export async function inFolder<Result>(work: (folder: string) => Result | Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-tape-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A symbol table of made-up names. */
function someInstruments(count: number): Instrument[] {
  return Array.from({ length: count }, (_, index) => ({
    symbol: `S${index}`,
    index,
    priceDecimals: 2,
    quantityDecimals: 0,
    previousClose: 10_000,
  }));
}

/** A trade of symbol 0 at time 0, but for the given values. */
export function aTrade(values: Partial<Tick> = {}): Tick {
  const zeros = { price: 0, size: 0, bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
  return { kind: TickKind.TRADE, symbol: 0, eventTimeUs: 0, ...zeros, ...values };
}

/** Starts a tape that says it was made by a test. */
export function openWriter(
  path: string,
  options: { symbols: number; blockEvents?: number; halts?: readonly TapeHalt[] },
): TapeWriter {
  const { symbols, blockEvents, halts } = options;
  return createTapeWriter({
    path,
    name: 'test',
    seed: 7,
    origin: { kind: 'recorded', description: 'made by a test', sources: [] },
    instruments: someInstruments(symbols),
    sessionDate: '2020-03-16',
    sessionOpenUs: 0,
    sessionCloseUs: 1_000_000,
    ...(blockEvents === undefined ? {} : { blockEvents }),
    ...(halts === undefined ? {} : { halts }),
  });
}

/** Writes a whole tape. */
export function writeTape(path: string, ticks: readonly Tick[], options: { symbols: number; blockEvents?: number }) {
  const writer = openWriter(path, options);
  for (const tick of ticks) writer.append(tick);
  return writer.finish();
}

/** Copies of all events that are left. */
export function drain(cursor: TapeCursor): Tick[] {
  const ticks: Tick[] = [];
  while (cursor.next()) ticks.push({ ...cursor.tick });
  return ticks;
}

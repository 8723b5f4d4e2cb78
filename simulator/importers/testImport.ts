import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instrument, Tick } from '../../market/types.ts';
import { projectFile } from '../paths.ts';
import { openTape } from '../tape/reader.ts';
import { drain } from '../tape/testTicks.ts';
import { type ImportOptions, type ImportReport, type ImportWatch, importTape } from './import.ts';

/** What an import made, read back from the tape. */
export interface Imported {
  readonly report: ImportReport;
  readonly instruments: readonly Instrument[];
  readonly ticks: readonly Tick[];
  readonly bytes: Buffer;
}

type Wishes = Partial<ImportOptions> & Pick<ImportWatch, 'onText'>;

/** Imports files into a tape of `folder`. */
export async function importInto(folder: string, inputs: readonly string[], wishes: Wishes = {}): Promise<Imported> {
  const out = join(folder, 'out.tape');
  const report = await importTape(
    {
      ...{ inputs, out, format: 'auto', calendar: 'auto', maxBadShare: 0.01, licence: 'made up' },
      ...{ columns: {}, mayGuess: true, zone: 'UTC', bufferEvents: 4_096 },
      ...wishes,
    },
    wishes.onText ? { onText: wishes.onText } : {},
  );
  const tape = openTape(out);
  try {
    return { report, instruments: tape.header.instruments, ticks: drain(tape.cursor()), bytes: readFileSync(out) };
  } finally {
    tape.close();
  }
}

/** A path of the examples in the published layouts. */
export function example(...parts: readonly string[]): string {
  return projectFile('fixtures', 'archives', ...parts);
}

/** Writes a file of lines, gives its path. */
export function fileOf(folder: string, name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

/** A tick in few words: its symbol, its time, then `price x size`, or bid and ask, in decimals. */
export function brief({ instruments, ticks }: Imported): string[] {
  return ticks.map((tick) => {
    const { symbol, priceDecimals, quantityDecimals } = instruments[tick.symbol] ?? assertNever(tick);
    const price = (value: number) => (value / 10 ** priceDecimals).toFixed(priceDecimals);
    const size = (value: number) => (value / 10 ** quantityDecimals).toFixed(quantityDecimals);
    const time = `${new Date(Math.floor(tick.eventTimeUs / 1_000)).toISOString().slice(0, -1)}${String(tick.eventTimeUs % 1_000).padStart(3, '0')}`;
    return tick.kind === 0
      ? `${symbol} ${time} ${price(tick.price)} x ${size(tick.size)}`
      : `${symbol} ${time} ${price(tick.bid)} x ${size(tick.bidSize)} / ${price(tick.ask)} x ${size(tick.askSize)}`;
  });
}

function assertNever(tick: Tick): never {
  throw new Error(`no instrument ${tick.symbol}`);
}

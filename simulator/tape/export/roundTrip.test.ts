import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Tick, TickKind } from '../../../market/types.ts';
import { importTape } from '../../importers/import.ts';
import { buildTape, DEFAULT_UNIVERSE } from '../../universe/build.ts';
import { readPart } from '../part.ts';
import { openTape } from '../reader.ts';
import { aTrade, drain, inFolder } from '../testTicks.ts';
import type { TapeHeader, TapeReader } from '../types.ts';
import { createTapeWriter } from '../writer.ts';
import { exportToFile } from './files.ts';
import { type ExportFormat, tickFormat } from './formats.ts';

const OPEN_US = 1_584_365_400_000_000;
/** In the order of their names, as an import numbers them. */
const INSTRUMENTS = [
  { symbol: 'AAPL', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 },
  { symbol: 'BRK.B', index: 1, priceDecimals: 4, quantityDecimals: 0, previousClose: 0 },
  { symbol: 'ZZUSDT', index: 2, priceDecimals: 8, quantityDecimals: 5, previousClose: 0 },
] as const;

/** Of every symbol a trade that needs all its decimals, then any sound events in time order. */
const soundTicks: fc.Arbitrary<Tick[]> = fc
  .array(
    fc.record({
      symbol: fc.nat(INSTRUMENTS.length - 1),
      passedUs: fc.oneof(fc.constant(0), fc.nat(2_000_000)),
      isQuote: fc.boolean(),
      price: fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 1_000_000_000 })),
      spread: fc.nat(1_000),
      size: fc.oneof(fc.nat(500), fc.nat(10 ** 12 - 3)),
      flags: fc.oneof(fc.constant(0), fc.nat(255)),
    }),
    { maxLength: 40 },
  )
  .map((events) => {
    let eventTimeUs = OPEN_US;
    const first = INSTRUMENTS.map(({ index }) => aTrade({ eventTimeUs, symbol: index, price: 10_001, size: 1 }));
    const others = events.map(({ symbol, passedUs, isQuote, price, spread, size, flags }) => {
      eventTimeUs += passedUs;
      const common = { symbol, eventTimeUs, flags };
      if (!isQuote) return aTrade({ ...common, price, size: size + 1 });
      return aTrade({
        ...{ ...common, kind: TickKind.QUOTE, bid: price, ask: price + spread, bidSize: size, askSize: size + 3 },
      });
    });
    return [...first, ...others];
  });

function writeTape(path: string, ticks: readonly Tick[]): TapeReader {
  const writer = createTapeWriter({
    ...{ path, name: 'any', seed: 0, sessionDate: '2020-03-16', sessionOpenUs: OPEN_US },
    ...{ sessionCloseUs: OPEN_US + 23_400_000_000, instruments: INSTRUMENTS },
    origin: { kind: 'recorded', description: 'made by a test', sources: [] },
  });
  for (const tick of ticks) writer.append(tick);
  writer.finish();
  return openTape(path);
}

/** Exports the tape and imports what came of it. */
async function thereAndBack(
  tape: TapeReader,
  options: { readonly folder: string; readonly format: ExportFormat; readonly time?: 'us' | 'iso' },
): Promise<{ readonly header: TapeHeader; readonly read: string; readonly out: string }> {
  const csv = join(options.folder, 'events.csv');
  const out = join(options.folder, 'again.tape');
  const format = tickFormat(options.format, tape.header, options.time);
  await exportToFile(readPart(tape, {}), { format, path: csv });
  const { header, formats } = await importTape({
    ...{ inputs: [csv], out, format: 'auto', calendar: 'us', maxBadShare: 0, licence: 'made up' },
    ...{ columns: {}, mayGuess: false, zone: 'UTC', bufferEvents: 4_096 },
  });
  return { header, read: formats.map(({ format: name }) => name).join(), out };
}

describe('export and import', () => {
  it('should choose the decimals of a symbol by its own events, whatever another symbol was quoted before', () =>
    inFolder(async (folder) => {
      const eventTimeUs = OPEN_US;
      const quote = { kind: TickKind.QUOTE, bid: 1, ask: 1, bidSize: 99_999_999_998, askSize: 100_000_000_001 };
      const tape = writeTape(join(folder, 'any.tape'), [
        ...INSTRUMENTS.map(({ index }) => aTrade({ eventTimeUs, symbol: index, price: 10_001, size: 1 })),
        aTrade({ eventTimeUs, ...quote }),
        aTrade({ eventTimeUs, symbol: 2, price: 1, size: 318_388_336_780 }),
      ]);
      const { header } = await thereAndBack(tape, { folder, format: 'csv', time: 'us' });
      expect(header.eventHash).toBe(tape.header.eventHash);
      tape.close();
    }));

  test.prop([soundTicks, fc.constantFrom('us', 'iso')], { numRuns: 40 })(
    'should give the same events back, by their hash, from CSV',
    (ticks, time) =>
      inFolder(async (folder) => {
        const tape = writeTape(join(folder, 'any.tape'), ticks);

        const { header, read } = await thereAndBack(tape, { folder, format: 'csv', time });

        expect(read).toBe('tapedeck');
        expect(header.eventHash).toBe(tape.header.eventHash);
        expect(header).toMatchObject({ sessionDate: '2020-03-16', sessionOpenUs: OPEN_US, events: ticks.length });
        tape.close();
      }),
  );

  it("should give the universe's events back, symbols by name", () =>
    inFolder(async (folder) => {
      const path = join(folder, 'small.tape');
      await buildTape({ ...DEFAULT_UNIVERSE, symbols: 20, events: 20_000, path });
      const tape = openTape(path);

      const { out } = await thereAndBack(tape, { folder, format: 'csv' });

      const again = openTape(out);
      expect(named(again)).toEqual(named(tape));
      expect(again.header.origin.description).toContain("doesn't say whether that tape was recorded or derived");
      again.close();
      tape.close();
    }));

  it("should give the trades back from Polygon's layout", () =>
    inFolder(async (folder) => {
      const trades = [10_001, 10_002, 9_999].map((price, at) =>
        aTrade({ eventTimeUs: OPEN_US + at, symbol: at % 3, price, size: 7 + at }),
      );
      const tape = writeTape(join(folder, 'any.tape'), trades);

      const { header, read } = await thereAndBack(tape, { folder, format: 'polygon-trades' });

      expect(read).toBe('polygon-trades');
      expect(header.eventHash).toBe(tape.header.eventHash);
      tape.close();
    }));

  it.each([
    ['trade', 'swap', 'is neither trade nor quote'],
    [',0\n', ',256\n', 'is no whole number from 0 to 255'],
    [',0\n', ',-1\n', 'is no whole number from 0 to 255'],
    [',0\n', ',1.5\n', 'is no whole number from 0 to 255'],
  ])('should refuse a row with %j for %j', (was, is, reason) =>
    inFolder(async (folder) => {
      const tape = writeTape(join(folder, 'any.tape'), [aTrade({ eventTimeUs: OPEN_US, price: 1, size: 1 })]);
      await thereAndBack(tape, { folder, format: 'csv' });
      tape.close();
      const csv = join(folder, 'events.csv');
      writeFileSync(csv, readFileSync(csv, 'utf8').replace(was, is));

      const importing = importTape({
        ...{ inputs: [csv], out: join(folder, 'x.tape'), format: 'auto', calendar: 'us', maxBadShare: 1, licence: '' },
        ...{ columns: {}, mayGuess: false, zone: 'UTC', bufferEvents: 4_096 },
      });

      await expect(importing).rejects.toThrow('no event is left');
      expect(readFileSync(join(folder, 'rejects.csv'), 'utf8')).toContain(reason);
    }),
  );
});

function named(tape: TapeReader) {
  const { instruments } = tape.header;
  return drain(tape.cursor()).map((tick) => ({ ...tick, symbol: instruments[tick.symbol]?.symbol }));
}

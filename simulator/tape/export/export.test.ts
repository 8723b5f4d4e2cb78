import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Tick, TickKind } from '../../../market/types.ts';
import { buildTape, DEFAULT_UNIVERSE } from '../../universe/build.ts';
import { readPart } from '../part.ts';
import { openTape } from '../reader.ts';
import { aTrade, inFolder } from '../testTicks.ts';
import type { TapeHeader, TapePart, TapeReader } from '../types.ts';
import { createTapeWriter } from '../writer.ts';
import { exportLines, exportToFile, exportToFolder } from './files.ts';
import { type ExportFormat, tickFormat, tickRecord } from './formats.ts';

const OPEN_US = 1_584_365_400_000_000;
const TICKS: readonly Tick[] = [
  aTrade({ eventTimeUs: OPEN_US + 5, price: 12_305, size: 300 }),
  aTrade({
    kind: TickKind.QUOTE,
    eventTimeUs: OPEN_US + 5,
    bid: 9_990,
    ask: 10_000,
    bidSize: 1,
    askSize: 2_500,
    symbol: 1,
  }),
  aTrade({ eventTimeUs: OPEN_US + 1_000_000, price: 2_000_000_000, size: 2 ** 50, symbol: 1, flags: 5 }),
];

/** Of stocks by the cent and a coin by 1e-8, whose name needs quotes in a CSV. */
function writeTape(folder: string): TapeReader {
  const writer = createTapeWriter({
    ...{ path: join(folder, 'any.tape'), name: 'any', seed: 0, sessionDate: '2020-03-16' },
    ...{ sessionOpenUs: OPEN_US, sessionCloseUs: OPEN_US + 1_000_000 },
    origin: { kind: 'recorded', description: 'made by a test', sources: [] },
    instruments: [
      { symbol: 'AAPL', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 },
      { symbol: 'A"B,C', index: 1, priceDecimals: 8, quantityDecimals: 3, previousClose: 0 },
    ],
  });
  for (const tick of TICKS) writer.append(tick);
  writer.finish();
  return openTape(join(folder, 'any.tape'));
}

/** All that a format makes of a part. */
async function exported(
  format: ExportFormat,
  options: { readonly part?: TapePart; readonly time?: 'us' | 'iso' } = {},
) {
  let text = '';
  const counts = await inFolder(async (folder) => {
    const tape = writeTape(folder);
    const take = (piece: string): void => {
      text += piece;
    };
    const made = tickFormat(format, tape.header, options.time);
    const result = await exportLines(readPart(tape, options.part ?? {}), { format: made, take });
    tape.close();
    return result;
  });
  return { lines: text.trimEnd().split('\n'), ...counts };
}

describe('exportLines', () => {
  it('should write every event with all its decimals as CSV', async () => {
    expect(await exported('csv')).toEqual({
      lines: [
        'time_us,symbol,kind,price,size,bid,ask,bid_size,ask_size,flags',
        '1584365400000005,AAPL,trade,123.05,300,,,,,0',
        '1584365400000005,"A""B,C",quote,,,0.00009990,0.00010000,0.001,2.500,0',
        '1584365401000000,"A""B,C",trade,20.00000000,1125899906842.624,,,,,5',
      ],
      written: 3,
      leftOut: 0,
    });
  });

  it('should write times in ISO 8601 with all µs, and a part alone', async () => {
    const { lines } = await exported('csv', { time: 'iso', part: { toUs: OPEN_US + 6, symbols: ['AAPL'] } });

    expect(lines).toEqual([
      'time,symbol,kind,price,size,bid,ask,bid_size,ask_size,flags',
      '2020-03-16T13:30:00.000005Z,AAPL,trade,123.05,300,,,,,0',
    ]);
  });

  it('should write JSON by lines, decimals as text', async () => {
    const { lines } = await exported('ndjson');

    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { timeUs: OPEN_US + 5, symbol: 'AAPL', kind: 'trade', price: '123.05', size: '300' },
      {
        ...{ timeUs: OPEN_US + 5, symbol: 'A"B,C', kind: 'quote' },
        ...{ bid: '0.00009990', ask: '0.00010000', bidSize: '0.001', askSize: '2.500' },
      },
      {
        ...{ timeUs: OPEN_US + 1_000_000, symbol: 'A"B,C', kind: 'trade' },
        ...{ price: '20.00000000', size: '1125899906842.624', flags: 5 },
      },
    ]);
  });

  it("should write trades alone in Polygon's columns, and count what is left out", async () => {
    expect(await exported('polygon-trades')).toEqual({
      lines: [
        'ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,sip_timestamp,size,tape,trf_id,trf_timestamp',
        'AAPL,,0,0,1,1584365400000005000,123.05,1,1584365400000005000,300,0,0,0',
        '"A""B,C",,0,0,2,1584365401000000000,20.00000000,2,1584365401000000000,1125899906842.624,0,0,0',
      ],
      written: 2,
      leftOut: 1,
    });
  });

  it("should write trades in Binance's columns, worth exactly price times quantity", async () => {
    const { lines } = await exported('binance-trades', { part: { symbols: ['A"B,C'] } });

    expect(lines).toEqual(['1,20.00000000,1125899906842.624,22517998136852.48000000000,1584365401000000,False,True']);
  });
});

describe('exportToFile and exportToFolder', () => {
  it('should give each symbol a file whose name is no path', () =>
    inFolder(async (folder) => {
      const tape = writeTape(folder);
      const out = join(folder, 'out');
      const format = tickFormat('binance-trades', tape.header);

      const { files } = await exportToFolder(readPart(tape, {}), {
        ...{ format, folder: out, header: tape.header, name: 'trades-2020-03-16' },
      });

      expect(files).toBe(2);
      expect(readdirSync(out)).toEqual(['AAPL-trades-2020-03-16.csv', 'A_B_C-trades-2020-03-16.csv']);
      expect(readFileSync(join(out, 'AAPL-trades-2020-03-16.csv'), 'utf8')).toBe(
        '1,123.05,300,36915.00,1584365400000005,False,True\n',
      );
      tape.close();
    }));

  it('should keep symbols apart whose names come to the same as a file', () =>
    inFolder(async (folder) => {
      const tape = writeTape(folder);
      const out = join(folder, 'out');
      const instruments = tape.header.instruments.map((known, at) => ({ ...known, symbol: at === 0 ? 'X/Y' : 'X_Y' }));

      const { files } = await exportToFolder(readPart(tape, {}), {
        ...{ format: tickFormat('binance-trades', tape.header), folder: out, header: { instruments }, name: 'trades' },
      });

      expect(files).toBe(2);
      expect(readdirSync(out)).toEqual(['X_Y-trades.csv', 'X_Y_1-trades.csv']);
      tape.close();
    }));

  it('should leave no file behind when it fails, and none of another name', () =>
    inFolder(async (folder) => {
      const tape = writeTape(folder);
      const path = join(folder, 'out', 'any.csv');
      const format = tickFormat('csv', tape.header);
      const broken = { ...format, line: () => failing() };

      await expect(exportToFile(readPart(tape, {}), { format: broken, path })).rejects.toThrow('no more');
      expect(readdirSync(join(folder, 'out'))).toEqual([]);

      await exportToFile(readPart(tape, {}), { format, path });
      expect(readdirSync(join(folder, 'out'))).toEqual(['any.csv']);
      tape.close();
    }));

  it('should take at least five times the bytes of the tape as CSV', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'small.tape');
      await buildTape({ ...DEFAULT_UNIVERSE, symbols: 200, events: 100_000, path });
      const tape = openTape(path);
      const csv = join(folder, 'small.csv');

      await exportToFile(readPart(tape, {}), { format: tickFormat('csv', tape.header), path: csv });

      expect(statSync(path).size / statSync(csv).size).toBeLessThan(1 / 5);
      tape.close();
    }));
});

describe('tickRecord', () => {
  it('should hold no symbol that the tape lacks', () => {
    const header: Pick<TapeHeader, 'instruments'> = { instruments: [] };

    expect(() => tickRecord(aTrade(), header)).toThrow(RangeError);
  });
});

function failing(): never {
  throw new Error('no more');
}

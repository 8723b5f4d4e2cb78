import { describe, expect, it } from 'vitest';
import { inFolder } from '../tape/testTicks.ts';
import { brief, example, fileOf, importInto } from './testImport.ts';

describe('the published formats', () => {
  it('should read Binance trades with times in ms, without a header', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('binance', 'BTCUSDT-trades-2024-01-02.csv')]);

      expect(brief(imported)).toEqual([
        'BTCUSDT 2024-01-02T00:00:00.012000 44179.55 x 0.00123',
        'BTCUSDT 2024-01-02T00:00:00.012000 44179.56 x 0.50000',
        'BTCUSDT 2024-01-02T00:00:00.250000 44180.00 x 1.00000',
        'BTCUSDT 2024-01-02T00:00:01.999000 44178.10 x 0.00007',
      ]);
      expect(imported.report.formats).toEqual([
        { format: 'binance-trades', title: 'Binance trades', texts: 1, rows: 4 },
      ]);
    }));

  it('should read Binance trades with a header', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('binance', 'ETHUSDT-trades-2024-01-03.csv')]);

      expect(brief(imported)).toEqual([
        'ETHUSDT 2024-01-03T00:00:00.001000 2251.10 x 0.25',
        'ETHUSDT 2024-01-03T00:00:00.105000 2251.11 x 1.00',
      ]);
    }));

  it('should read Binance aggregated trades with times in µs, from a zip', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('binance', 'BTCUSDT-aggTrades-2025-01-02.zip')]);

      expect(brief(imported)).toEqual([
        'BTCUSDT 2025-01-02T00:00:00.001234 94500.01 x 0.002',
        'BTCUSDT 2025-01-02T00:00:00.001290 94500.00 x 0.015',
        'BTCUSDT 2025-01-02T00:00:00.800001 94512.34 x 2.000',
      ]);
    }));

  it('should play Binance klines as four trades each, and leave those without volume out', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('binance', 'ETHUSDT-1m-2025-01-02.csv')]);

      expect(brief(imported)).toEqual([
        'ETHUSDT 2025-01-02T00:00:00.000000 3350.00 x 30.1',
        'ETHUSDT 2025-01-02T00:00:20.000000 3349.00 x 30.1',
        'ETHUSDT 2025-01-02T00:00:40.000000 3356.50 x 30.1',
        'ETHUSDT 2025-01-02T00:00:59.999999 3355.25 x 30.1',
        'ETHUSDT 2025-01-02T00:01:00.000000 3355.25 x 22.0',
        'ETHUSDT 2025-01-02T00:01:20.000000 3355.25 x 22.0',
        'ETHUSDT 2025-01-02T00:01:40.000000 3340.00 x 22.0',
        'ETHUSDT 2025-01-02T00:01:59.999999 3341.10 x 22.0',
      ]);
      expect(imported.report).toMatchObject({ rows: 3, taken: 2, filtered: 1, rejected: 0 });
    }));

  it('should read recorded Binance frames: trades, aggregated trades and best bid and ask, at the time of receipt', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('binance', 'frames.ndjson')]);

      expect(brief(imported)).toEqual([
        'BTCUSDT 2025-01-02T00:00:00.005001 94500.01 x 0.002',
        'BTCUSDT 2025-01-02T00:00:00.005002 94500.00 x 3.100 / 94500.01 x 0.400',
        'ETHUSDT 2025-01-02T00:00:00.009000 3350.1 x 1.5',
      ]);
      expect(imported.report).toMatchObject({ rows: 5, taken: 3, filtered: 2 });
    }));

  it('should read Polygon trades with quoted conditions and times in ns, from gzip', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('polygon', 'trades_v1')]);

      expect(brief(imported)).toEqual([
        'AAPL 2024-01-02T14:30:00.123471 187.1500 x 100',
        'MSFT 2024-01-02T14:30:00.150010 373.86 x 25',
        'AAPL 2024-01-02T14:30:00.200012 187.1499 x 3',
        'BRK.A 2024-01-02T14:30:00.900000 542625 x 1',
      ]);
      const { header, calendar } = imported.report;
      expect(calendar).toBe('us');
      expect(header).toMatchObject({
        sessionDate: '2024-01-02',
        sessionOpenUs: Date.parse('2024-01-02T14:30Z') * 1_000,
      });
    }));

  it('should play Polygon aggregates by their columns names, small volumes in fewer trades', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('polygon', 'minute_aggs_v1', '2024-01-02.csv')], {
        symbols: ['AAPL'],
      });

      expect(brief(imported)).toEqual([
        'AAPL 2024-01-02T14:30:00.000000 187.15 x 1000',
        'AAPL 2024-01-02T14:30:20.000000 187.10 x 1000',
        'AAPL 2024-01-02T14:30:40.000000 187.50 x 1000',
        'AAPL 2024-01-02T14:30:59.999999 187.30 x 1000',
        'AAPL 2024-01-02T14:31:00.000000 187.30 x 1',
        'AAPL 2024-01-02T14:31:40.000000 187.20 x 2',
      ]);
      expect(imported.report).toMatchObject({ rows: 3, taken: 2, filtered: 1 });
    }));

  it('should read tardis.dev trades, numbers with exponents too', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('tardis', 'binance_trades_2024-01-02_BTCUSDT.csv.gz')]);

      expect(brief(imported)).toEqual([
        'BTCUSDT 2024-01-02T00:00:00.012000 44179.55 x 0.00123',
        'BTCUSDT 2024-01-02T00:00:00.250000 44180.00 x 1.00000',
        'BTCUSDT 2024-01-02T00:00:01.999000 44178.10 x 0.00007',
      ]);
    }));

  it('should read LEAN minute bars of trades and quotes, symbol and date from the path', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('lean', 'equity', 'usa', 'minute')]);

      expect(brief(imported)).toEqual([
        'SPY 2020-03-16T13:30:00.000000 240.99 x 300 / 241.01 x 500',
        'SPY 2020-03-16T13:30:00.000000 241.00 x 250100',
        'SPY 2020-03-16T13:30:20.000000 241.89 x 300 / 241.91 x 500',
        'SPY 2020-03-16T13:30:20.000000 241.90 x 250100',
        'SPY 2020-03-16T13:30:40.000000 239.98 x 300 / 240.02 x 500',
        'SPY 2020-03-16T13:30:40.000000 240.00 x 250100',
        'SPY 2020-03-16T13:30:59.999999 241.24 x 300 / 241.26 x 500',
        'SPY 2020-03-16T13:30:59.999999 241.25 x 250100',
        'SPY 2020-03-16T13:31:00.000000 241.25 x 200000',
        'SPY 2020-03-16T13:31:20.000000 241.50 x 200000',
        'SPY 2020-03-16T13:31:40.000000 240.50 x 200000',
        'SPY 2020-03-16T13:31:59.999999 240.61 x 200001',
      ]);
    }));

  it('should read LEAN ticks and leave suspicious ones out', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('lean', 'equity', 'usa', 'tick')]);

      expect(brief(imported)).toEqual([
        'SPY 2020-03-16T13:30:00.010000 240.99 x 300 / 241.01 x 500',
        'SPY 2020-03-16T13:30:00.015000 241.00 x 100',
        'SPY 2020-03-16T13:30:00.500000 241.00 x 100 / 241.01 x 200',
        'SPY 2020-03-16T13:30:00.999000 241.01 x 250',
      ]);
      expect(imported.report.filtered).toBe(1);
    }));

  it('should read all files of a zip', () =>
    inFolder(async (folder) => {
      const imported = await importInto(folder, [example('many.zip')]);

      expect(brief(imported)).toEqual([
        'BTCUSDT 2024-01-03T00:00:00.000000 44200.1 x 0.50',
        'BTCUSDT 2024-01-04T00:00:00.000000 44300.2 x 0.25',
      ]);
      expect(imported.report.header.origin.sources).toMatchObject([{ file: example('many.zip'), licence: 'made up' }]);
    }));

  it('should refuse a file that fits no format and name those known', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'poem.txt', ['Shall I compare thee', 'to a market day?']);

      await expect(importInto(folder, [path])).rejects.toThrow(
        /^.*poem\.txt: fits no format known \(binance-trades, .*, csv\): its first line is "Shall I compare thee"; name /,
      );
      await expect(importInto(folder, [path], { format: 'tardis-trades' })).rejects.toThrow(
        'poem.txt: is not tardis-trades',
      );
    }));

  it('should ask for the symbol of a Binance file whose name has none', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'mine.csv', ['1,44200.1,0.5,22100.05,1704240000000,true,true']);

      await expect(importInto(folder, [path])).rejects.toThrow(
        "mine.csv: holds Binance trades, but its name doesn't say of which symbol (as BTCUSDT-trades-2024-01-02.csv does); give --symbol NAME",
      );
      expect(brief(await importInto(folder, [path], { symbol: 'BTCUSDT' }))).toHaveLength(1);
    }));
});

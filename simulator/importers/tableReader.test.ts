import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder } from '../tape/testTicks.ts';
import { brief, fileOf, importInto } from './testImport.ts';

/** The list of bad rows without the file's name. */
function rejectsIn(folder: string): string[] {
  const lines = readFileSync(join(folder, 'rejects.csv'), 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => line.slice(line.indexOf('.csv,') + '.csv,'.length));
}

describe('rows of tables', () => {
  it('should refuse quotes that cross, have a side without price, or too many columns', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, '20200316_spy_tick_quote.csv', [
        ...['34200010,2409900,300,2410100,500,P,0,0', '34200011,2410100,300,2409900,500,P,0,0'],
        ...['34200012,0,0,2410100,500,P,0,0', '34200013,2410000,0,2410000,0,P,0,0', '34200014,1,1,1,1,P,0,0,9'],
      ]);

      const imported = await importInto(folder, [path], { maxBadShare: 1 });

      expect(brief(imported)).toEqual([
        'SPY 2020-03-16T13:30:00.010000 240.99 x 300 / 241.01 x 500',
        'SPY 2020-03-16T13:30:00.013000 241.00 x 0 / 241.00 x 0',
      ]);
      expect(rejectsIn(folder)).toEqual([
        '2,ask,2409900,is below the bid',
        '3,bid,0,is not above 0',
        '5,,"34200014,1,1,1,1,P,0,0,9","has 9 columns, expected 8"',
      ]);
    }));

  it('should refuse bars whose extremes are none', () =>
    inFolder(async (folder) => {
      const trades = fileOf(folder, '20200316_spy_minute_trade.csv', [
        ...['34200000,2410000,2419000,2400000,2412500,1000', '34260000,2420000,2419000,2400000,2412500,1000'],
        ...['34320000,2410000,2419000,2411000,2412500,1000', '34380000,2410000,2419000,2400000,2412500,'],
      ]);
      const quotes = fileOf(folder, '20200316_spy_minute_quote.csv', [
        ...['34200000,2409900,2418900,2399800,2412400,3,2410100,2419100,2400200,2412600,5'],
        ...['34260000,2409900,2418900,2399800,2412400,3,2410100,2410000,2400200,2412600,5'],
        ...['34320000,2409900,2418900,2399800,2412400,3,2409800,2419100,2400200,2412600,5'],
      ]);

      const imported = await importInto(folder, [trades, quotes], { maxBadShare: 1 });

      expect(imported.report).toMatchObject({ rows: 7, taken: 2, rejected: 5 });
      expect(rejectsIn(folder)).toEqual([
        '2,high,2419000,is below the open or the close',
        '3,low,2411000,is above the open or the close',
        '4,volume,,is not a decimal number',
        '2,ask high,2410000,is below the open or the close',
        '3,ask open,2409800,is below the bid',
      ]);
    }));

  it('should count a bar once whose trades do not fit among the prices of their symbol', () =>
    inFolder(async (folder) => {
      const usual = Array.from({ length: 200 }, (_, at) => `${1_704_205_800 + 60 * at},700.5,700.75,700.25,700.5,8`);
      const odd = fileOf(folder, 'odd.csv', [
        'time,open,high,low,close,volume',
        ...usual,
        '1704217800,1,1.0000001,1,1,8',
      ]);
      const { report, ticks } = await importInto(folder, [odd], { symbol: 'A', maxBadShare: 0.01 });
      expect(report).toMatchObject({ rows: 201, taken: 200, rejected: 1 });
      expect(ticks).toHaveLength(800);
      expect(rejectsIn(folder)).toEqual([
        `202,price,1.0000000,"doesn't fit among the prices of A, which have 2 decimals"`,
      ]);
    }));

  it('should count a volume of few units in finer ones, and refuse one that is too fine for that', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'bars.csv', [
        ...['time,open,high,low,close,volume', '1704205800,2,3,1,2,1', '1704205860,2,3,1,2,0.000000000001'],
      ]);

      const imported = await importInto(folder, [path], { symbol: 'A', maxBadShare: 1 });

      expect(brief(imported).map((line) => line.slice(29))).toEqual(['2 x 0.2', '1 x 0.2', '3 x 0.2', '2 x 0.4']);
      expect(rejectsIn(folder)).toEqual(['3,volume,0.000000000001,has more than 12 decimal places']);
    }));

  it('should refuse frames that are none, and take those of other streams for what they are', () =>
    inFolder(async (folder) => {
      const ns = '1735776000005001500';
      const trade = (data: object) => `${ns} ${JSON.stringify({ e: 'trade', s: 'BTCUSDT', p: '1', q: '1', ...data })}`;
      const path = fileOf(folder, 'frames.csv', [
        ...[trade({}), ns, `${ns} {"stream":`, trade({ p: 'abc' }), trade({ q: '0' }), trade({ p: 5 })],
        ...[`${ns} {"s":"BTCUSDT","b":"2","B":"1","a":"1","A":"1"}`, '12 {"e":"trade"}', `${ns} {"e":"24hrTicker"}`],
      ]);

      const imported = await importInto(folder, [path], { maxBadShare: 1 });

      expect(imported.report).toMatchObject({ rows: 9, taken: 1, filtered: 1, rejected: 7 });
      expect(rejectsIn(folder)).toEqual([
        `2,,${ns},"is not ""<ns> {frame}"""`,
        '3,frame,"{""stream"":",is not readable as JSON',
        '4,p,abc,is not a decimal number',
        '5,q,0,is not above 0',
        '6,frame,"{""e"":""trade"",""s"":""BTCUSDT"",""p"":5,""q"":""1""}","is no trade, aggTrade or bookTicker"',
        '7,a,1,is below the bid',
        '8,time,12,"is not a number of ns since 1970, from 1990 to 2099"',
      ]);
    }));

  it('should keep the SHA-256 of each file in the origin', () =>
    inFolder(async (folder) => {
      const path = fileOf(folder, 'trades.csv', ['time,symbol,price,size', '1704205800,A,1,1']);

      const { report } = await importInto(folder, [path]);

      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      expect(report.header.origin.sources).toEqual([{ file: path, sha256, licence: 'made up' }]);
    }));
});

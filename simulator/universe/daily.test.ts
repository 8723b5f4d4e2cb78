import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder } from '../tape/testTicks.ts';
import { loadDailyBars } from './daily.ts';

const MANY = `date,symbol,open,high,low,close,volume
2020-03-13,AAPL,264.89,279.92,252.95,277.97,370732000
2020-03-16,AAPL,241.95,259.08,240.00,242.21,322423600
2020-03-16,BRK.B,191.00,202.00,184.40,185.75,9000000
2020-03-16,BAD,5.00,4.00,3.00,3.50,100
2020-03-17,AAPL,247.51,257.61,238.40,252.86,324056000
`;
const MSFT = `date,open,high,low,close,volume
2020-03-13,147.50,161.91,140.73,158.83,92727400
2020-03-16,140.00,149.35,135.00,135.42,87905900
2020-03-16,140.00,149.35,135.00,135.42,87905900
`;

/** Writes files into a folder and reads one day of them. */
function load(files: Readonly<Record<string, string>>, date: string): ReturnType<typeof loadDailyBars> {
  return inFolder((folder) => {
    const paths = Object.entries(files).map(([name, text]) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    });
    return loadDailyBars({ paths, date });
  });
}

describe('loadDailyBars', () => {
  it('should read files of many symbols and of one, the most traded symbol first', async () => {
    const { bars, sources, reports } = await load({ 'all.csv': MANY, 'msft.csv': MSFT }, '2020-03-16');

    expect(bars).toEqual([
      {
        symbol: 'AAPL',
        open: 241.95,
        high: 259.08,
        low: 240,
        close: 242.21,
        volume: 322_423_600,
        previousClose: 277.97,
      },
      { symbol: 'MSFT', open: 140, high: 149.35, low: 135, close: 135.42, volume: 87_905_900, previousClose: 158.83 },
      { symbol: 'BRK.B', open: 191, high: 202, low: 184.4, close: 185.75, volume: 9_000_000 },
    ]);
    expect(sources.map(({ licence }) => licence)).toEqual(new Array(2).fill('not stated (a file of the user)'));
    expect(reports.map(({ rows, badRows }) => [rows, badRows])).toEqual([
      [4, 1],
      [2, 1],
    ]);
    expect(reports[0]?.problems[0]).toMatchObject({ line: 5, column: 'high', value: '4' });
    expect(reports[1]?.problems[0]).toMatchObject({ line: 4, column: 'date', reason: 'is there twice for MSFT' });
  });

  it.each([
    [
      { 'all.csv': MANY },
      '2020-03-18',
      'all.csv: no row of 2020-03-18 (2020-03-13 to 2020-03-17); choose another --date',
    ],
    [{ 'all.csv': MANY.replace('volume', 'vol') }, '2020-03-16', 'all.csv:1: the header lacks the column "volume"'],
    [{ 'my prices.csv': MSFT }, '2020-03-16', 'has no column "symbol", and its name is not a ticker'],
    [{ 'all.csv': 'date,symbol,open,high,low,close,volume\nx,,,,,,\n' }, '2020-03-16', 'no good row at all'],
    [
      { 'all.csv': 'date,symbol,open,high,low,close,volume\n2020-03-16,A,10,9,12,11,5\n' },
      '2020-03-16',
      'all.csv:2: column "high": "9" is not the highest price',
    ],
  ])('should say what is wrong with %j on %s', async (files, date, reason) => {
    await expect(load(files, date)).rejects.toThrow(reason);
  });

  it('should name a file that is missing', async () => {
    await expect(loadDailyBars({ paths: ['nowhere.csv'], date: '2020-03-16' })).rejects.toThrow('no such file');
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CsvFileError, type CsvReport, formatCsvProblem, isoDate, month, positiveNumber, readCsv } from './csv.ts';
import { inFolder } from './tape/testTicks.ts';

interface Read {
  readonly path: string;
  readonly report: CsvReport;
  readonly rows: readonly object[];
}

/** Reads this text as a file of dates and closes. */
function read(text: string): Promise<Read> {
  return inFolder(async (folder) => {
    const path = join(folder, 'prices.csv');
    writeFileSync(path, text);
    const rows: object[] = [];
    const report = await readCsv({
      path,
      columns: { date: isoDate, close: positiveNumber },
      onRow: (row) => {
        if (row.close === 13) return { column: 'close', value: '13', reason: 'is refused by the caller' };
        rows.push(row);
        return undefined;
      },
    });
    return { path, report, rows };
  });
}

describe('readCsv', () => {
  it('should read columns by name, whatever their order, and leave others out', async () => {
    const { rows, report } = await read('close,note,date\n12.5,"a, b",2020-03-16\n\n11,,2020-03-17\n');

    expect(rows).toEqual([
      { date: '2020-03-16', close: 12.5 },
      { date: '2020-03-17', close: 11 },
    ]);
    expect(report).toMatchObject({ rows: 2, badRows: 0, problems: [] });
  });

  it('should count and list each bad row with line, column, value and reason, and go on', async () => {
    const lines = [
      'date,close',
      '2020-03-16,1',
      '2020-02-30,2',
      '2020-03-17,-3',
      '2020-03-18',
      'x"y,4',
      '2020-03-19,13',
      '2020-03-20,',
      '2020-03-21,1e9',
      '2020-03-22,6',
    ];

    const { path, report, rows } = await read(`${lines.join('\n')}\n`);

    expect(rows).toEqual([
      { date: '2020-03-16', close: 1 },
      { date: '2020-03-22', close: 6 },
    ]);
    expect(report.rows + report.badRows).toBe(lines.length - 1);
    const told = report.problems.map((problem) => formatCsvProblem(problem).replace(`${path}:`, ''));
    expect(told.sort()).toEqual([
      '3: column "date": "2020-02-30" is not a date (YYYY-MM-DD)',
      '4: column "close": "-3" is not a positive number',
      '5: the row has 1 columns, the header has 2',
      '6: the row can\'t be read (Invalid Opening Quote: a quote is found on field 0 at line 6, value is "x")',
      '7: column "close": "13" is refused by the caller',
      '8: column "close": an empty value is not a positive number',
      '9: column "close": "1e9" is not a positive number',
    ]);
  });

  it('should count a quote that is never closed', async () => {
    const { report } = await read('date,close\n2020-03-16,1\n2020-03-17,"2\n2020-03-18,3\n');

    expect(report).toMatchObject({ rows: 1, badRows: 1 });
    expect(report.problems[0]?.reason).toContain('Quote Not Closed');
  });

  it('should refuse a file without rows, with a wrong header, without anything, or absent', async () => {
    await expect(read('date,close\n')).rejects.toThrow('prices.csv: has a header but no rows');
    await expect(read('')).rejects.toThrow('prices.csv: is empty');
    await expect(read('day,close\n2020-03-16,1\n')).rejects.toThrow(
      'prices.csv:1: the header lacks the column "date" (it reads: "day,close")',
    );
    await expect(read('date,close,close\n2020-03-16,1,2\n')).rejects.toThrow('has the column "close" 2 times');
    const absent = readCsv({ path: 'no/such.csv', columns: {}, onRow: () => undefined });
    await expect(absent).rejects.toThrow('no/such.csv: no such file');
    await expect(absent).rejects.toBeInstanceOf(CsvFileError);
  });

  it('should read months in both ways of writing them', () => {
    expect(month.parse('Mar 1 2010')).toBe('2010-03');
    expect(month.parse('2010-03-31')).toBe('2010-03');
    expect(month.parse('Mar 32 2010')).toBeUndefined();
    expect(month.parse('Mrz 1 2010')).toBeUndefined();
  });
});

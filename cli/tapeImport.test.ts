import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';
import { openTape } from '../simulator/tape/reader.ts';
import { inFolder } from '../simulator/tape/testTicks.ts';
import { runCli } from './program.ts';

const EXAMPLES = relative(projectFile(), projectFile('fixtures', 'archives'));

afterEach(() => {
  process.exitCode = undefined;
});

/** Runs `tapedeck tape import` in a process of its own and gives what it prints. */
async function tapeImport(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const command = ['--import', 'tsx', projectFile('cli', 'main.ts'), 'tape', 'import', ...args];
  return promisify(execFile)(process.execPath, command, { cwd: projectFile() });
}

/** Runs a command line that fails, in this process, and gives its exit code and its one line. */
async function failing(...args: string[]): Promise<{ code: number; line: string }> {
  let line = '';
  const code = await runCli(
    ['tape', 'import', ...args],
    { out: () => undefined, err: (text) => (line += text) },
    false,
  );
  expect(line.match(/\n/g)).toHaveLength(1);
  return { code, line };
}

describe('tapedeck tape import', () => {
  it('should make a tape of a folder, and say what it took the files for and what became of the rows', () =>
    inFolder(async (folder) => {
      const out = join(folder, 'spy.tape');

      const { stdout, stderr } = await tapeImport(`${EXAMPLES}/lean`, '--out', out, '--licence', 'ours');

      expect(stderr).toContain('20200316_spy_tick_trade.csv: taken as LEAN tick trades\n');
      expect(stdout).toContain('read        LEAN minute trades: 2 rows, files: 1\n');
      expect(stdout).toContain('rows        8: 7 taken, 1 left out, 0 bad\n');
      expect(stdout).toContain("calendar    New York's sessions\n");
      expect(stdout).toMatch(
        /^origin +recorded: Imported: LEAN minute quotes \(1 file\), .*bars are played as trades/m,
      );
      expect(stdout).toMatch(
        /^source +fixtures\/archives\/lean\/equity\/usa\/minute\/spy\/20200316_quote\.zip \(ours, sha256 /m,
      );
      const tape = openTape(out);
      expect(tape.header).toMatchObject({ name: 'spy', events: 16, sessionDate: '2020-03-16' });
      tape.close();
    }));

  it('should show what it guessed, list bad rows and give the summary as JSON', () =>
    inFolder(async (folder) => {
      const csv = join(folder, 'own.csv');
      writeFileSync(csv, 'When,Px,Qty\n1704205800,1.5,10\n1704205801,abc,10\n');
      const out = join(folder, 'own.tape');

      const { stdout, stderr } = await tapeImport(
        ...[csv, '--out', out, '--symbol', 'OWN', '--column', 'time=When', '--max-bad', '50%', '--summary', 'json'],
      );

      expect(stderr).toContain(
        `${csv}: taken as a CSV of trades, guessed: time=When, price=Px, size=Qty, times without a zone are UTC (--no-guess refuses)\n`,
      );
      expect(stderr).toContain(`1 bad rows refused, listed in ${join(folder, 'rejects.csv')}\n`);
      expect(JSON.parse(stdout)).toMatchObject({
        ...{ tape: out, rows: 2, taken: 1, filtered: 0, rejected: 1, calendar: '24x7', header: { events: 1 } },
        formats: [{ format: 'csv', title: 'a CSV of trades', texts: 1, rows: 2 }],
      });
      expect(readFileSync(join(folder, 'rejects.csv'), 'utf8')).toContain(`${csv},3,Px,abc,is not a decimal number\n`);
    }));

  it('should leave with 66 for a missing file, 65 for bad data and 64 for what the user must say', () =>
    inFolder(async (folder) => {
      const out = join(folder, 'never.tape');
      const csv = join(folder, 'own.csv');
      writeFileSync(csv, 'ts,px,qty\n1704205800,abc,10\n');

      expect(await failing(join(folder, 'absent'), '--out', out)).toEqual({
        code: 66,
        line: `tapedeck: ${join(folder, 'absent')}: no such file\n`,
      });
      expect(await failing(csv, '--symbol', 'A', '--out', out)).toEqual({
        code: 65,
        line: `tapedeck: ${csv}:2: column "px": "abc" is not a decimal number; 1 of 1 rows are bad, more than --max-bad 1%; they are listed in ${join(folder, 'rejects.csv')}\n`,
      });
      expect(await failing(csv, '--no-guess', '--symbol', 'A', '--out', out)).toEqual({
        code: 64,
        line: `tapedeck: ${csv}: columns would have to be guessed; if the guess is right, name them: --column time=ts --column price=px --column size=qty\n`,
      });
    }));

  it.each([
    [['--max-bad', '2'], 'Give a percentage from 0% to 100%, such as 1%'],
    [['--bar', '0m'], 'Give a number with s, m, h or d, such as 1m'],
    [['--from', '10:15'], 'Give a date or an instant, such as 2024-01-02'],
    [['--column', 'bid'], 'Give ROLE=COLUMN, with ROLE one of time, date, symbol, price, size, '],
    [['--symbol', 'A B'], 'Give 1 to 32 printable ASCII characters without spaces'],
    [['--out', '-'], "a tape can't go to stdout: name a file with --out"],
    [['--timezone', 'Mars'], 'time zone "Mars" is unknown'],
    [['--format', 'parquet'], 'Allowed choices are auto, binance-trades, '],
    [['--calendar', 'nyse'], 'Allowed choices are auto, us, 24x7'],
  ])('should refuse %j and say what fits', async (args, line) => {
    expect(await failing('x.csv', '--out', 'y.tape', ...args)).toEqual({
      code: 64,
      line: expect.stringContaining(line),
    });
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTape } from '../simulator/tape/reader.ts';
import { inFolder } from '../simulator/tape/testTicks.ts';
import { capture } from './capture.ts';

/** Runs `tapedeck tape` and gives what it prints to stdout. */
async function tape(...args: string[]): Promise<string> {
  return (await capture('tape', ...args)).out;
}

/** Runs a command line that fails, in this process, and gives its exit code and its one line. */
async function failing(...args: string[]): Promise<{ code: number; line: string }> {
  const { code, err: line } = await capture('tape', ...args);
  expect(line.match(/\n/g)).toHaveLength(1);
  return { code, line };
}

const DAILY = `date,symbol,open,high,low,close,volume
2020-03-13,AAPL,264.89,279.92,252.95,277.97,370732000
2020-03-16,AAPL,241.95,259.08,240.00,242.21,322423600
2020-03-16,MSFT,140.00,149.35,135.00,135.42,87905900
`;

describe('tapedeck tape build', () => {
  it('should meet the bars of --daily, with the index beside them; tape facts should tell what came of it', () =>
    inFolder(async (folder) => {
      const daily = join(folder, 'daily.csv');
      writeFileSync(daily, DAILY);
      const file = join(folder, 'day.tape');
      const page = join(folder, 'facts', 'facts.html');
      const built = await tape('build', '--daily', daily, '--with-index', '--events', '4000', '--out', file);
      const json = await tape('facts', file, '--format', 'json');
      const text = await tape('facts', file);
      const told = await tape('facts', file, '--out', page);

      const opened = openTape(file);
      opened.close();
      expect(opened.header.instruments.map(({ symbol }) => symbol)).toEqual(['AAPL', 'MSFT', 'SPX']);
      expect(opened.header.instruments[0]?.previousClose).toBe(27_797);
      expect(built).toContain('2 real tickers meet their own true bars of the day');
      expect(built).toMatch(/^source +\S+daily\.csv \(not stated \(a file of the user\), /m);
      expect(JSON.parse(json)).toMatchObject({
        tape: { kind: 'derived', events: 4_000 },
        auctions: { openings: 2, closings: 2 },
      });
      expect(text).toMatch(/^tape +universe-2-2020-03-16, derived$/m);
      expect(told).toMatch(/^\S+facts\.html: \d+ kB\n$/);
      expect(readFileSync(page, 'utf8')).toContain('<strong>Derived.</strong>');
    }));

  it('should be rebuilt by the command that is told of a damaged tape', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'with-index.tape');
      await tape('build', '--symbols', '3', '--seed', '7', '--events', '2000', '--with-index', 'XAX', '--out', file);
      const sound = readFileSync(file);
      writeFileSync(
        file,
        sound.map((byte, at) => (at === 200 ? byte ^ 0xff : byte)),
      );
      const { line } = await failing('verify', file);
      const command = /rebuild it with "tapedeck tape ([^"]+)"/.exec(line)?.[1] ?? '';
      await tape(...command.split(' '));
      expect(readFileSync(file).equals(sound)).toBe(true);

      const daily = join(folder, 'daily.csv');
      writeFileSync(daily, DAILY);
      await tape('build', '--daily', daily, '--events', '4000', '--out', file);
      writeFileSync(
        file,
        readFileSync(file).map((byte, at) => (at === 200 ? byte ^ 0xff : byte)),
      );
      expect((await failing('verify', file)).line).toMatch(
        /rebuild it as it was made from \S+ and \d more, with "tapedeck tape build \.\.\. --out /,
      );
    }));

  it('should refuse what cannot be built from daily bars, with the way out', () =>
    inFolder(async (folder) => {
      const daily = join(folder, 'daily.csv');
      writeFileSync(daily, DAILY);
      const out = join(folder, 'never.tape');

      expect(await failing('build', '--daily', daily)).toMatchObject({
        code: 64,
        line: expect.stringContaining('--index, --stocks and --daily need --out FILE'),
      });
      expect(await failing('build', '--daily', daily, '--date', '2020-03-18', '--out', out)).toEqual({
        code: 65,
        line: `tapedeck: ${daily}: no row of 2020-03-18 (2020-03-13 to 2020-03-16); choose another --date\n`,
      });
      expect(await failing('build', '--daily', daily, '--events', '10', '--out', out)).toMatchObject({
        code: 64,
        line: expect.stringContaining('10 events: at least'),
      });
      expect(await failing('build', '--with-index', 'spx', '--out', out)).toMatchObject({
        code: 64,
        line: expect.stringContaining('--with-index spx: is not a ticker'),
      });
      expect(await failing('facts', join(folder, 'none.tape'))).toMatchObject({ code: 66 });
    }));
});

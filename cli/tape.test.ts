import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';
import { inFolder } from '../simulator/tape/testTicks.ts';
import { type Captured, capture } from './capture.ts';

/** Runs `tapedeck tape` in this process and gathers what it prints. */
function tape(...args: string[]): Promise<Captured> {
  return capture('tape', ...args);
}

/** Runs a command line that fails and gives its exit code and its one line. */
async function failing(...args: string[]): Promise<{ code: number; line: string }> {
  const { code, err } = await tape(...args);
  const [line = '', ...others] = err.split('\n').filter((text) => text.startsWith('tapedeck: '));
  expect(others).toEqual([]);
  return { code, line: `${line}\n` };
}

describe('tapedeck tape', () => {
  it('should build a tape, describe it and verify it', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'small.tape');
      const built = await tape('build', '--symbols', '30', '--events', '4000', '--seed', '9', '--out', file);
      const info = await tape('info', file, '--quick');
      const infoJson = await tape('info', file, '--format', 'json');
      const verified = await tape('verify', file, '--format', 'json');

      expect(built.err).toContain('100 %');
      expect(built.out).toContain('4,000 (');
      expect(built.out).toContain(info.out);
      expect(info.out).toMatch(/^origin +derived: Derived, not recorded: 30 symbols/m);
      expect(info.out).toMatch(/^source +fixtures\/history\/sp500-2000\.csv \(BSD-3-Clause, /m);
      const header: unknown = JSON.parse(infoJson.out);
      expect(header).toMatchObject({ tape: file, version: 1, seed: 9, events: 4_000 });
      expect(JSON.parse(verified.out)).toMatchObject({ sound: true, events: 4_000 });
    }));

  it('should list bad rows of a CSV with their places and count them', () =>
    inFolder(async (folder) => {
      const index = join(folder, 'index.csv');
      const real = readFileSync(projectFile('fixtures', 'history', 'sp500-2000.csv'), 'utf8')
        .split('\n')
        .slice(0, 301);
      writeFileSync(index, [...real, '2020-01-01,1,x,1,1,1,1'].join('\n'));
      const out = join(folder, 'own.tape');

      const built = await tape('build', '--index', index, '--symbols', '5', '--events', '100', '--out', out);

      expect(built.err).toContain(`${index}:302: column "high": "x" is not a positive number\n`);
      expect(built.err).toContain(`${index}: 1 bad rows refused, 300 good rows taken\n`);
      expect(built.out).toContain('1 bad rows refused');
    }));

  it('should leave with 65 for a truncated tape and for a bad CSV, 66 for a missing file, and say why', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'small.tape');
      await tape('build', '--symbols', '30', '--events', '4000', '--out', file);
      const sound = readFileSync(file);
      writeFileSync(file, sound.subarray(0, 9_000));
      const csv = join(folder, 'bad.csv');
      writeFileSync(csv, 'day,price\n');
      const out = join(folder, 'never.tape');

      expect(await failing('verify', file)).toMatchObject({
        code: 65,
        line: expect.stringContaining(`tapedeck: tape ${file}: is truncated (9000 bytes of ${sound.length})`),
      });
      expect(await failing('build', '--index', csv, '--out', out)).toEqual({
        code: 65,
        line: `tapedeck: ${csv}:1: the header lacks the column "date" (it reads: "day,price")\n`,
      });
      const absent = join(folder, 'none');
      expect(await failing('info', absent)).toMatchObject({ code: 66, line: expect.stringContaining('no such file') });
      expect(await failing('build', '--stocks', absent, '--out', out)).toMatchObject({ code: 66 });
      expect(existsSync(out)).toBe(false);
    }));

  it.each([
    [['build', '--symbols', '0'], 'Give a whole number from 1 to 10000'],
    [['build', '--date', '2020-03-15'], '2020-03-15 is a Sunday: no regular session'],
    [['build', '--symbols', '50', '--events', '20'], '20 events: 50 (one per symbol) to 1000000000 can be built'],
    [['build', '--index', 'own.csv'], '--index, --stocks and --daily need --out FILE'],
    [['build', '--out', 'package.json/x.tape', '--events', '2000'], "package.json/x.tape: can't be written"],
    [['info'], "missing required argument 'files'"],
  ])('should leave with 64 for %j', async (args, reason) => {
    expect(await failing(...args)).toMatchObject({ code: 64, line: expect.stringContaining(reason) });
  });
});

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';
import { inFolder } from '../simulator/tape/testTicks.ts';
import { runCli } from './program.ts';

afterEach(() => {
  process.exitCode = undefined;
});

/** Runs `tapedeck tape` in a process of its own and gives what it prints. */
async function tape(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const main = projectFile('cli', 'main.ts');
  return promisify(execFile)(process.execPath, ['--import', 'tsx', main, 'tape', ...args], { cwd: projectFile() });
}

/** Runs a command line that fails, in this process, and gives its exit code and its one line. */
async function failing(...args: string[]): Promise<{ code: number; line: string }> {
  let line = '';
  const code = await runCli(['tape', ...args], { out: () => undefined, err: (text) => (line += text) }, false);
  expect(line.match(/\n/g)).toHaveLength(1);
  return { code, line };
}

describe('tapedeck tape', () => {
  it('should build a tape, describe it and verify it', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'small.tape');
      const built = await tape('build', '--symbols', '30', '--events', '4000', '--seed', '9', '--out', file);
      const [info, infoJson, verified] = await Promise.all([
        tape('info', file, '--quick'),
        tape('info', file, '--format', 'json'),
        tape('verify', file, '--format', 'json'),
      ]);

      expect(built.stderr).toContain('100 %');
      expect(built.stdout).toContain('4,000 (');
      expect(built.stdout).toContain(info.stdout);
      expect(info.stdout).toMatch(/^origin +derived: Derived, not recorded: 30 symbols/m);
      expect(info.stdout).toMatch(/^source +fixtures\/history\/sp500-2000\.csv \(BSD-3-Clause, /m);
      const header: unknown = JSON.parse(infoJson.stdout);
      expect(header).toMatchObject({ tape: file, version: 1, seed: 9, events: 4_000 });
      expect(JSON.parse(verified.stdout)).toMatchObject({ sound: true, events: 4_000 });
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

      expect(built.stderr).toContain(`${index}:302: column "high": "x" is not a positive number\n`);
      expect(built.stderr).toContain(`${index}: 1 bad rows refused, 300 good rows taken\n`);
      expect(built.stdout).toContain('1 bad rows refused');
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

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ExitCode } from '../protocol/codes.ts';
import { TapeError, TapeMissingError } from '../simulator/tape/types.ts';
import { CliError, describeFailure } from './errors.ts';

describe('describeFailure', () => {
  it.each([
    [new CliError('port 1 is taken', ExitCode.UNAVAILABLE), 'port 1 is taken', 69],
    [new TapeError('x.tape: altered'), 'x.tape: altered', 65],
    [new TapeMissingError('x.tape: not there'), 'x.tape: not there', 66],
    [new CliError('two\n  lines\n', ExitCode.USAGE), 'two lines', 64],
  ])('should tell %s as it is', (error, line, exitCode) => {
    expect(describeFailure(error)).toEqual({ line, exitCode });
  });

  it.each([new RangeError('bad index'), 'bad index'])('should tell %s as an internal error, in one line', (error) => {
    expect(describeFailure(error)).toEqual({
      line: 'internal error: bad index (set TAPEDECK_DEBUG=1 for the stack)',
      exitCode: 70,
    });
  });

  it('should tell in words what the system says of a path', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-errors-'));
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const failureOf = (act: () => unknown) => {
      try {
        act();
      } catch (error) {
        return describeFailure(error);
      }
      return undefined;
    };
    expect(failureOf(() => writeFileSync(folder, ''))).toEqual({
      line: `${folder}: is a folder; name a file`,
      exitCode: 64,
    });
    expect(failureOf(() => mkdirSync(file, { recursive: true }))).toEqual({
      line: `${file}: is a file; name a folder`,
      exitCode: 64,
    });
    expect(failureOf(() => mkdirSync(join(file, 'x')))?.line).toMatch(/x: a part of this path is a file/);
    expect(failureOf(() => readFileSync(join(folder, 'none')))).toEqual({
      line: `${join(folder, 'none')}: no such file or folder`,
      exitCode: 66,
    });
    rmSync(folder, { recursive: true });
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(describeFailure(full)).toEqual({ line: 'no space is left on the device', exitCode: 74 });
    const strange = Object.assign(new Error('ENOENT: x'), { code: 'ENOENT' });
    expect(describeFailure(strange).exitCode).toBe(70);
  });
});

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
});

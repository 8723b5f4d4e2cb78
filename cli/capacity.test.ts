import { describe, expect, it } from 'vitest';
import { ExitCode } from '../protocol/codes.ts';
import type { Bracket } from '../protocol/schemas/capacity.ts';
import { exitCodeOf } from './capacity.ts';
import { runCli } from './program.ts';

async function told(...args: string[]): Promise<{ code: number; err: string }> {
  let err = '';
  const code = await runCli(
    ['capacity', ...args],
    {
      out: () => undefined,
      err: (text) => {
        err += text;
      },
    },
    false,
  );
  return { code, err };
}

describe('tapedeck capacity', () => {
  it('should refuse in one line what can not be searched', async () => {
    const cases: [string[], string][] = [
      [['--from', '100', '--max', '50'], '--max 50 is below --from 100'],
      [['--vary', 'symbols', '--tape', 'x.tape'], 'leave out --tape'],
      [['--plateau', '15'], 'Give a time with its unit, like 15s or 20m, from 2s to 600s'],
      [['--budget', '2d'], 'Give a time with its unit'],
      [['--vary', 'rate', '--target', 'ws://127.0.0.1:1/'], 'vary clients or orders'],
      [['--target', 'ws://127.0.0.1:1/', '--fed-by', 'polygon'], '--fed-by polygon'],
    ];
    for (const [args, words] of cases) {
      const { code, err } = await told(...args);

      expect(err).toContain(words);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect(code).toBe(ExitCode.USAGE);
    }
  });

  it('should name a scenario or targets that are not there', async () => {
    expect(await told('--scenario', 'capacty')).toMatchObject({ code: ExitCode.MISSING_INPUT });
    expect(await told('--targets', 'defalt')).toMatchObject({ code: ExitCode.MISSING_INPUT });
  });

  it('should fail where the least load broke, and say where it can not tell', () => {
    const nothing = { holds: null, breaks: null, unclearFrom: 1, isRepeated: false, why: '' };
    const code = (given: Pick<Bracket, 'end'> & Partial<Bracket>) => exitCodeOf({ ...nothing, ...given });

    expect(code({ end: 'least broke', breaks: 1 })).toBe(ExitCode.FAIL);
    expect(code({ end: 'generator' })).toBe(ExitCode.INVALID);
    expect(code({ end: 'machine', breaks: 2 })).toBe(ExitCode.INVALID);
    expect(code({ end: 'noise', breaks: 2 })).toBe(ExitCode.INVALID);
    expect(code({ end: 'generator', holds: 100 })).toBe(ExitCode.PASS);
  });
});

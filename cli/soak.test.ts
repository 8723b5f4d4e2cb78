import { describe, expect, it } from 'vitest';
import { ExitCode } from '../protocol/codes.ts';
import { runCli } from './program.ts';

async function soak(...args: readonly string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const out = (part: string): void => {
    text += part;
  };
  const code = await runCli(['soak', ...args], { out, err: out }, false);
  return { code, text };
}

describe('tapedeck soak', () => {
  it.each([
    [
      ['--resume', './nowhere'],
      ExitCode.MISSING_INPUT,
      /^tapedeck: \.\/nowhere: there is no soak\.json; name the folder/,
    ],
    [['--hours', '0'], ExitCode.USAGE, /Give a number above 0, at most 1000;/],
    [['--hours', '1', '--minutes', '5'], ExitCode.USAGE, /--minutes.*--hours/],
    [['--resume', 'x', '--lap', '30'], ExitCode.USAGE, /--resume.*--lap/],
    [['--lap', '2'], ExitCode.USAGE, /Give a whole number from 4 to 3600;/],
    [
      ['--target', 'ws://127.0.0.1:1'],
      ExitCode.USAGE,
      /unknown option '--target'; a soak plays into this build's server only; gate, capacity, conform and http take yours by --target/,
    ],
    [['--target-command', 'x'], ExitCode.USAGE, /'--target-command'; a soak plays into this build's server only/],
    [['--targts', 'x'], ExitCode.USAGE, /did you mean --targets\?/],
    [['--scenario', 'soap'], ExitCode.MISSING_INPUT, /soak/],
  ] as const)('should refuse %j in one line', async (args, code, message) => {
    const refused = await soak(...args);

    expect(refused.text).toMatch(message);
    expect(refused.text.trim().split('\n')).toHaveLength(1);
    expect(refused.code).toBe(code);
  });

  it('should tell units and defaults in its help, and hide what is for tests', async () => {
    const { text } = await soak('--help');

    expect(text.replace(/\s+/g, ' ')).toContain('how long, in hours, fractions allowed (default: 1)');
    expect(text).not.toContain('preload');
  });
});

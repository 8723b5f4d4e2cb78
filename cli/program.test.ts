import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from './program.ts';

afterEach(() => {
  process.exitCode = undefined;
});

/** Runs a command line in this process and gathers what it prints about itself. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runCli(args, { out: (text) => (out += text), err: (text) => (err += text) }, false);
  return { code, out, err };
}

describe('runCli', () => {
  it('should print the version', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
  });

  it('should list every command in its help', async () => {
    const { code, out, err } = await run('--help');

    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const name of ['gate', 'serve', 'tape', 'replay', 'trust', 'config']) {
      expect(out).toMatch(new RegExp(`^  ${name} .*[a-z]{3}`, 'm'));
    }
  });

  it.each([
    [['confg'], "tapedeck: unknown command 'confg'; did you mean config?; see tapedeck --help\n"],
    [
      ['config', '--formt', 'json'],
      "tapedeck: unknown option '--formt'; did you mean --format?; see tapedeck config --help\n",
    ],
    [
      ['config', 'all'],
      "tapedeck: too many arguments for 'config'. Expected 0 arguments but got 1; see tapedeck config --help\n",
    ],
    [['config', '--config'], "tapedeck: option '--config <file>' argument missing; see tapedeck config --help\n"],
    [
      ['serve', '--port', 'x'],
      /--port <number>' argument 'x' is invalid\. Give a whole number from 0 to 65535; see tapedeck serve/,
    ],
    [
      ['serve', '--port', '1', '--listen', '2'],
      /'--listen <host:port>' cannot be used with option '--port <number>'; see/,
    ],
    [['serve', '--speed', '0'], /Give a number above 0, at most 1000; see/],
    [
      ['serve', '--listen', '0.0.0.0:0'],
      /^tapedeck: --listen: 0\.0\.0\.0:0 is open to other machines, which needs a secret/,
    ],
    [[], /^tapedeck: no command given; there are: gate, .*; see tapedeck --help\n$/],
  ])('should answer %j with one line and exit code 64', async (args, expected) => {
    const { code, out, err } = await run(...args);

    expect(code).toBe(64);
    expect(out).toBe('');
    if (typeof expected === 'string') expect(err).toBe(expected);
    else expect(err).toMatch(expected);
    expect(err.split('\n')).toHaveLength(2);
  });
});

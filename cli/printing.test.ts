import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';
import { exitCodeAfter, printingFailed } from './printing.ts';

/** Runs a command line in a shell, where `tapedeck` is this source. */
async function shell(line: string): Promise<{ code: number; err: string }> {
  const tapedeck = `tapedeck() { ${process.execPath} --import tsx ${projectFile('cli', 'main.ts')} "$@"; }`;
  const child = spawn('bash', ['-c', `set -o pipefail; ${tapedeck}; ${line}`]);
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'exit'), text(child.stdout)]);
  return { code, err };
}

describe('standard output', () => {
  it.skipIf(!existsSync('/dev/full'))('should be no success where it could not be written', async () => {
    const { code, err } = await shell('tapedeck config > /dev/full');
    expect([code, err]).toEqual([
      74,
      'tapedeck: standard output: no space is left on the device; what was printed is not whole\n',
    ]);
  });

  it('should change no verdict', () => {
    const [full, gone] = ['ENOSPC', 'EPIPE'].map((code) => printingFailed(Object.assign(new Error(code), { code })));
    expect(gone).toBeUndefined();
    expect([0, 1, 3, 130].map((code) => exitCodeAfter(code, full))).toEqual([74, 1, 3, 130]);
    expect([0, 1, 3, 130].map((code) => exitCodeAfter(code, gone))).toEqual([0, 1, 3, 130]);
  });
});

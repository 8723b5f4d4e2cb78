import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Runs the command line to its end. */
function tapedeck(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, ['--import', 'tsx', MAIN, ...args], (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

describe('tapedeck gate', () => {
  it.each([
    [['gate', '--scenario', 'smok'], 66, /^tapedeck: scenario smok: unknown; there are smoke, /],
    [['gate', '--targets', 'strikt'], 66, /^tapedeck: unknown targets 'strikt'; known are strict, /],
    [['gate', '--load', 'jmeter'], 64, /^tapedeck: .*jmeter.*auto, k6, swarm/],
    [['gate', '--codec', 'msgpack', '--load', 'k6'], 64, /^tapedeck: .*msgpack.*--load swarm/],
    [['gate', '--codec', 'msgpack', '--dialect', 'paiid'], 64, /^tapedeck: .*paiid speaks JSON alone/],
    [['gate', '--dialect', 'klingon'], 64, /^tapedeck: .*klingon.*native, ai-trading-v2, us-001, paiid, tickstock/],
    [['gate', '--seed', '-3'], 64, /^tapedeck: .*--seed.*whole number/],
    [['gate', '--tape', 'nowhere.tape'], 66, /^tapedeck: .*nowhere\.tape/],
    [['trust', '--only', 'gremlins'], 64, /^tapedeck: unknown case 'gremlins'; known are /],
  ])('should refuse %j with exit code %i and one line', async (args, code, line) => {
    const ended = await tapedeck(...args);

    expect(ended.code, ended.err).toBe(code);
    expect(ended.err).toMatch(line);
    expect(ended.err.trim().split('\n')).toHaveLength(1);
  });
});

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, ComparisonSchema } from '../protocol/schemas/comparison.ts';
import { projectFile } from '../simulator/paths.ts';

const MAIN = projectFile('dist', 'cli', 'main.js');
/** A gate so tight that the look at the machine ends the comparison: six real blocks, and no more. */
const HOPELESS = ['--gate', '0.1%', '--min-effect', '0.01%'];
/** Blocks as short as they can be: this is about the way from command to report, not about what they measure. */
const SHORT = `version: 1
name: short-blocks
tape: { symbols: 1000, fromS: 592, durationS: 3, speed: 1.6 }
load:
  clients: 20
  symbolsPerClient: 50
  connectOverS: 0.2
  ordersPerS: 20
  probes: 1
  graceS: 0.5
  reconnect: { firstDelayMs: 250, capMs: 30000 }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-compare-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tapedeck(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [MAIN, ...args], { maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

describe('a comparison of real blocks', () => {
  it("should say can't tell of a gate tighter than any machine, with what it can detect and its whole report", async () => {
    const scenario = join(folder, 'short-blocks.yaml');
    writeFileSync(scenario, SHORT);
    const out = join(folder, 'report');
    const ended = await tapedeck(
      'compare',
      '--against',
      'HEAD',
      ...HOPELESS,
      '--scenario',
      scenario,
      '--out',
      out,
      '--format',
      'json',
    );
    expect([ended.code, ended.err]).toEqual([3, expect.stringContaining('A against itself')]);
    const printed: unknown = JSON.parse(ended.out);
    const stored: unknown = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8'));
    expect(stored).toEqual(printed);
    const comparison: Comparison = Value.Parse(ComparisonSchema, printed);
    expect(comparison.verdict).toBe("can't tell");
    expect(comparison.blocks.map(({ phase, arm }) => phase + arm)).toEqual(new Array(6).fill('aaa'));
    expect(comparison.blocks.filter(({ late }) => late === '').every(({ figures }) => (figures['rss'] ?? 0) > 0)).toBe(
      true,
    );
    for (const name of ['report.html', 'junit.xml', 'summary.md']) expect(existsSync(join(out, name))).toBe(true);
    expect(readdirSync(join(out, 'blocks'))).toEqual([]);
  }, 240_000);
});

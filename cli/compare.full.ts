import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, ComparisonSchema } from '../protocol/schemas/comparison.ts';
import { projectFile } from '../simulator/paths.ts';

const MAIN = projectFile('dist', 'cli', 'main.js');
/** A gate so tight that the look at the machine ends the comparison: six real blocks, and no more. */
const HOPELESS = ['--gate', '0.1%', '--min-effect', '0.01%'];
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
    const out = join(folder, 'report');
    const ended = await tapedeck(
      'compare',
      '--against',
      'HEAD',
      ...HOPELESS,
      '--scenario',
      projectFile('fixtures', 'compare', 'short-blocks.yaml'),
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

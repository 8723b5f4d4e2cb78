import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveRun, storedRuns } from './stored.ts';

const root = mkdtempSync(join(tmpdir(), 'tapedeck-stored-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder with runs of these names, each a minute younger than the one before. */
function folderOf(name: string, runs: readonly string[]): string {
  runs.forEach((run, at) => {
    mkdirSync(join(root, name, run), { recursive: true });
    const file = join(root, name, run, 'summary.json');
    writeFileSync(file, '{}');
    utimesSync(file, 1_000_000 + at * 60, 1_000_000 + at * 60);
  });
  mkdirSync(join(root, name, 'interrupted-before-its-summary'), { recursive: true });
  writeFileSync(join(root, name, 'a-file'), '');
  return join(root, name);
}

describe('storedRuns', () => {
  it('should give runs with a summary, the newest first', () => {
    expect(storedRuns(folderOf('three', ['b', 'a', 'c'])).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  it('should give none where there is no folder', () => {
    expect(storedRuns(join(root, 'nowhere'))).toEqual([]);
  });
});

describe('resolveRun', () => {
  it('should know the newest as last, and those before it', () => {
    const folder = folderOf('four', ['w', 'x', 'y', 'z']);

    expect(resolveRun('last', folder)).toBe(join(folder, 'z'));
    expect(resolveRun('last~0', folder)).toBe(join(folder, 'z'));
    expect(resolveRun('last~3', folder)).toBe(join(folder, 'w'));
    expect(() => resolveRun('last~4', folder)).toThrow(/last~4: .* holds 4 runs; make one with "tapedeck gate"/);
  });

  it('should know a path before a name, and a name among the runs kept', () => {
    const folder = folderOf('two', ['old', 'new']);

    expect(resolveRun(folder, join(root, 'three'))).toBe(folder);
    expect(resolveRun('old', folder)).toBe(join(folder, 'old'));
    expect(() => resolveRun('neither', folder)).toThrow(/neither: no such run; "tapedeck report list" names those/);
  });
});

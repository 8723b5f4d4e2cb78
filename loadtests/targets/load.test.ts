import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TARGET_IDS } from '../../protocol/schemas/targets.ts';
import { loadTargets } from './load.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-targets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'mine.yaml');
  writeFileSync(path, text);
  return path;
}

const ROW = '{ id: tick, title: t, statistic: p99, comparison: <, bound: 100, unit: ms, minSamples: 1, needs: [] }';

describe('loadTargets', () => {
  it.each(['default', 'strict', 'polled'])('should read %s, with a row for every target', (name) => {
    const wanted = TARGET_IDS.filter((id) => id !== 'freshness' || name === 'polled');
    expect(loadTargets(name).targets.map((target) => target.id)).toEqual(wanted);
  });

  it('should name what is known when a name is not, the nearest first', () => {
    expect(() => loadTargets('strikt')).toThrow(/unknown targets 'strikt'; known are strict, default/);
  });

  it('should name the line and the field of what is wrong', () => {
    const path = file(`version: 1\nname: mine\ndescription: d\ntargets:\n  - ${ROW.replace('p99', 'p42')}\n`);

    expect(() => loadTargets(path)).toThrow(/mine\.yaml:5: targets\.0\.statistic: expected .* found "p42"/);
  });

  it('should refuse a target that stands there twice', () => {
    const path = file(`version: 1\nname: mine\ndescription: d\ntargets:\n  - ${ROW}\n  - ${ROW}\n`);

    expect(() => loadTargets(path)).toThrow(/'tick' stands there twice/);
  });

  it('should say so when a file is not there', () => {
    expect(() => loadTargets('./nowhere.yaml')).toThrow(/no such file/);
  });
});

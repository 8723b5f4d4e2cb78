import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TARGET_IDS } from '../../protocol/schemas/targets.ts';
import { projectFile } from '../../simulator/paths.ts';
import { soundEvidence } from '../judge/testEvidence.ts';
import { judge } from '../judge/verdict.ts';
import { loadTargets } from './load.ts';

const BACK_ENDS = ['paiid', 'concept', 'ai-trading-v2', 'us-001', 'tickstock'];

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
  it.each(['default', 'strict', 'polled', 'soak', ...BACK_ENDS])(
    'should read %s, in the order of the table',
    (name) => {
      const { targets } = loadTargets(name);
      const ids = targets.map((target) => target.id);

      expect(ids).toEqual(TARGET_IDS.filter((id) => ids.includes(id)));
      expect(ids).toEqual(expect.arrayContaining(TARGET_IDS.slice(0, TARGET_IDS.indexOf('freshness'))));
      expect(ids.includes('freshness')).toBe(name === 'polled');
      expect(ids.includes('leak')).toBe(name === 'soak');
    },
  );

  it.each(BACK_ENDS)('should judge a sound run by %s: all held, with uptime left to a soak', (name) => {
    const absent = new Map([['soak', 'only a soak can tell: tapedeck soak']] as const);
    const { verdict, rows } = judge({ ...soundEvidence(), targets: loadTargets(name), absent });

    expect(rows.filter((row) => row.verdict !== 'pass')).toEqual(
      rows
        .filter((row) => row.id === 'uptime')
        .map((row) => expect.objectContaining({ verdict: 'not applicable', id: row.id })),
    );
    expect(verdict).toBe('pass');
  });

  it.each([
    ['paiid', ['tick', 'clients', 'errors', 'stability', 'loss', 'uptime']],
    ['concept', ['tick', 'errors', 'stability']],
    ['ai-trading-v2', ['tick', 'trigger', 'cadence', 'reconnect', 'uptime']],
    ['us-001', ['connect', 'tick', 'reconnect', 'heartbeat', 'clients']],
    ['tickstock', ['process', 'pattern', 'publish', 'resume', 'symbols', 'memory', 'loss', 'uptime']],
  ])('should fail a run by what %s promises alone', (name, promised) => {
    const failing = loadTargets(name).targets.filter((target) => target.severity !== 'warn');
    expect(failing.map((target) => target.id)).toEqual(promised);
  });

  it('should be what the editor is told by the first line of each file', () => {
    for (const [folder, schema] of [
      ['loadtests/targets', 'targets'],
      ['fixtures/scenarios', 'scenario'],
    ] as const) {
      const path = projectFile(folder);
      for (const name of readdirSync(path).filter((each) => each.endsWith('.yaml'))) {
        const [first] = readFileSync(join(path, name), 'utf8').split('\n');
        expect(`${name}: ${first}`).toBe(
          `${name}: # yaml-language-server: $schema=../../protocol/generated/${schema}.schema.json`,
        );
      }
    }
  });

  it('should name the nearest metric, with its line, when one is unknown', () => {
    const path = file(`version: 1\nname: mine\ndescription: d\ntargets:\n  - ${ROW.replace('id: tick', 'id: tik')}\n`);

    expect(() => loadTargets(path)).toThrow(/mine\.yaml:5: targets\.0\.id: .*\(nearest: tick\), found "tik"/);
  });

  it.each([
    ['id: memory', 'abortAfterWindows: 3', /mine\.yaml:5: targets\.0\.abortAfterWindows: .*not of memory/],
    ['id: tick', 'computedInMs: 3', /mine\.yaml:5: targets\.0\.computedInMs: .*cadence alone/],
    ['id: tick', 'growthPerHour: { rssMb: 1, handles: 0, timers: 0 }', /growthPerHour: .*leak alone/],
  ])('should refuse what the metric of %s does not know: %s', (id, field, message) => {
    const row = ROW.replace('id: tick', id).replace('needs', `${field}, needs`);
    const path = file(`version: 1\nname: mine\ndescription: d\ntargets:\n  - ${row}\n`);

    expect(() => loadTargets(path)).toThrow(message);
  });

  it('should name what is known when a name is not, the nearest first', () => {
    expect(() => loadTargets('strikt')).toThrow(/unknown targets 'strikt'; known are strict, soak/);
  });

  it('should name the line and the field of what is wrong', () => {
    const path = file(`version: 1\nname: mine\ndescription: d\ntargets:\n  - ${ROW.replace('p99', 'p42')}\n`);

    expect(() => loadTargets(path)).toThrow(/mine\.yaml:5: targets\.0\.statistic: expected .* found "p42"/);
  });

  it('should refuse a target that stands there twice', () => {
    const path = file(`version: 1\nname: mine\ndescription: d\ntargets:\n  - ${ROW}\n  - ${ROW}\n`);

    expect(() => loadTargets(path)).toThrow(/mine\.yaml:6: targets\.1\.id: .*'tick' stands there twice/);
  });

  it('should say so when a file is not there', () => {
    expect(() => loadTargets('./nowhere.yaml')).toThrow(/no such file/);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckSchema } from '../protocol/schemas/checks.ts';
import { FaultSchema } from '../protocol/schemas/faults.ts';
import { projectFile } from './paths.ts';
import { loadScenario, ScenarioError, scenarioNames } from './scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-scenario-'));
const path = join(folder, 'mine.yaml');
const sound = readFileSync(projectFile('fixtures', 'scenarios', 'default.yaml'), 'utf8');
afterAll(() => rmSync(folder, { recursive: true }));

/** What is said of the default scenario with one thing in it replaced. */
function reasonToRefuse(from: string, to: string): string {
  expect(sound).toContain(from);
  writeFileSync(path, sound.replace(from, to));
  try {
    loadScenario(path);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.slice(error.message.indexOf('mine.yaml'));
    throw error;
  }
  return 'taken';
}

describe('loadScenario', () => {
  it('should read every scenario that comes with the project, under its own name', () => {
    expect(scenarioNames()).toEqual(expect.arrayContaining(['default', 'smoke']));
    for (const name of scenarioNames()) expect(loadScenario(name).name).toBe(name);
  });

  it.each(scenarioNames())('should find a check in %s if something goes wrong in it or must hold in it', (name) => {
    const { faults, must, checks } = loadScenario(name);
    // Without checks `scenario run` would hold for sound whatever it sees; gate, compare and the like judge the rest.
    expect(checks !== undefined).toBe(faults !== undefined || must !== undefined);
    expect(checks).not.toEqual([]);
  });

  it('should read a file by its path', () => {
    writeFileSync(path, sound);
    expect(loadScenario(path)).toEqual(loadScenario('default'));
  });

  it('should fill in what a file leaves out', () => {
    writeFileSync(path, 'version: 1\nname: short\nfaults: [{ kind: cut, at: "10:05" }]\n');
    expect(loadScenario(path)).toEqual({
      ...{ version: 1, name: 'short', description: 'short', seed: 1, targets: 'default', cuts: [] },
      tape: { symbols: 1_000, fromS: 0, durationS: 23_400, speed: 1, isWhole: true },
      load: loadScenario('default').load,
      faults: [{ kind: 'cut', at: '10:05' }],
    });
  });

  it('should name the line, the field, what was expected and what was found', () => {
    const line = sound.slice(0, sound.indexOf('durationS: 60')).split('\n').length;
    expect(reasonToRefuse('durationS: 60', 'durationS: -1')).toBe(
      `mine.yaml:${line}: tape.durationS: expected number to be greater than 0, found -1`,
    );
    expect(reasonToRefuse('durationS: 60', 'durationS: long')).toBe(
      `mine.yaml:${line}: tape.durationS: expected number, found "long"`,
    );
    expect(reasonToRefuse('durationS: 60, ', '')).toBe(
      `mine.yaml:${line}: tape.durationS: expected a value, found nothing`,
    );
    expect(reasonToRefuse('durationS: 60', 'durationS: 60, sped: 2')).toBe(
      `mine.yaml:${line}: tape.sped: expected one of symbols, events, date, fromS, from, durationS, speed (nearest: speed), found sped`,
    );
  });

  it('should name the line inside a list', () => {
    const cut = '{ atS: 20, overS: 0, fromShare: 0, toShare: 0.5 }';
    const line = sound.slice(0, sound.indexOf(cut)).split('\n').length;
    expect(reasonToRefuse(cut, cut.replace('atS: 20', 'atS: soon'))).toBe(
      `mine.yaml:${line}: cuts.0.atS: expected number, found "soon"`,
    );
    expect(reasonToRefuse(cut, cut.replace('fromShare: 0', 'fromShare: 0.9'))).toBe(
      `mine.yaml:${line}: cuts.0: expected fromShare <= toShare`,
    );
  });

  it('should name what is wrong in a fault by its kind, and the nearest kind for none', () => {
    const line = sound.split('\n').length;
    const told = (fault: string): string => reasonToRefuse(sound, `${sound}faults:\n  - ${fault}\n`);
    expect(told('{ kind: dropp, share: 0.1 }')).toMatch(
      new RegExp(
        `^mine.yaml:${line + 1}: faults.0.kind: expected one of drop, delay, .*latency \\(nearest: drop\\), found "dropp"$`,
      ),
    );
    expect(told('{ share: 0.1 }')).toMatch(/: faults\.0\.kind: expected one of .*, found nothing$/);
    expect(told('{ kind: drop, share: 2 }')).toBe(
      `mine.yaml:${line + 1}: faults.0.share: expected number to be less or equal to 1, found 2`,
    );
    expect(told('{ kind: drop, sahre: 0.5 }')).toMatch(/: faults\.0\.share: expected a value, found nothing/);
    expect(told('{ kind: gap, forS: 2, shar: 0.5 }')).toMatch(
      /: faults\.0\.shar: expected one of kind, at, when, forS, symbols \(nearest: .*\), found shar$/,
    );
    expect(told('{ kind: gap, forS: 2, at: noon }')).toMatch(
      /: faults\.0\.at: expected seconds after the start, or a time like 10:05, open\+30s or close-5min, found "noon"$/,
    );
    expect(told('{ kind: delay, byMs: { distribution: uniform, from: 5 } }')).toMatch(
      /: faults\.0\.byMs\.to: expected a value, found nothing/,
    );
    expect(told('{ kind: delay, byMs: { distribution: normal } }')).toMatch(
      /: faults\.0\.byMs\.distribution: expected one of uniform, exponential, pareto .*, found "normal"$/,
    );
    expect(told('{ kind: delay, byMs: { distribution: uniform, from: 5, to: 1 } }')).toMatch(
      /: faults\.0: expected from <= to$/,
    );
    expect(told('{ kind: cut, share: 0.5 }')).toMatch(/: faults\.0: expected at or when: when to cut$/);
    expect(told('{ kind: down, on: polygone }')).toMatch(
      /: faults\.0\.on: expected one of polygon, .*, found "polygone"$/,
    );
    expect(told('{ kind: gap, forS: 1, at: 2, when: { events: 3 } }')).toMatch(
      /: faults\.0: expected one of at and when, found both$/,
    );
  });

  it('should read a place in the day: by a clock, or from the open or close, on any day of the calendar', () => {
    const from = (fields: string): number => {
      writeFileSync(path, sound.replace('fromS: 532', fields));
      return loadScenario(path).tape.fromS;
    };
    expect(from("from: '10:05'")).toBe(35 * 60);
    expect(from('from: close-60s')).toBe(390 * 60 - 60);
    expect(from('from: open+1500ms')).toBe(1.5);
    expect(from('date: 2019-11-29, from: close')).toBe(210 * 60);
    // The half day of the 24th opened 24 hours and a half before.
    expect(from("date: 2019-12-25, from: '10:00'")).toBe(24.5 * 3600);
    expect(from("from: '9:00'")).toBe(-30 * 60);
    expect(reasonToRefuse('fromS: 532, ', '')).toMatch(/: tape: expected one of fromS and from, found none$/);
    expect(reasonToRefuse('fromS: 532', 'fromS: 532, from: open')).toMatch(
      /: tape: expected one of fromS and from, found both$/,
    );
    expect(reasonToRefuse('fromS: 532', 'fromS: 532, date: 2020-02-31')).toMatch(
      /: tape\.date: expected a date of the exchange's calendar/,
    );
  });

  it('should be told in docs/scenarios.md: every scenario with what it must do, every kind of fault, every check', () => {
    const page = readFileSync(projectFile('docs', 'scenarios.md'), 'utf8');
    const kinds = FaultSchema.anyOf.map((schema) => schema.properties.kind.const);
    const checks = CheckSchema.anyOf.map((schema) => schema.properties.check.const);
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    writeFileSync(path, example);
    expect(loadScenario(path)).toMatchObject({ name: 'my-bad-morning', tape: { fromS: 34 * 60 } });
    for (const word of [...kinds, ...checks]) expect(page).toContain(`\`${word}\``);
    for (const { name, must = [] } of scenarioNames().map((known) => loadScenario(known))) {
      expect(page).toContain(`### ${name}`);
      for (const sentence of must) expect(page).toContain(`- ${sentence}`);
    }
  });

  it('should tell what is no YAML, and an empty file', () => {
    expect(reasonToRefuse('version: 1', 'version: 1\nversion: 2')).toMatch(
      /^mine.yaml:\d+: not readable as YAML: Map keys/,
    );
    expect(reasonToRefuse(sound, '')).toMatch(/^mine.yaml:1: the file: expected object, found null/);
  });

  it('should list the known names for an unknown one, the nearest first', () => {
    expect(() => loadScenario('smok')).toThrow(/^scenario smok: unknown; there are smoke, /);
    expect(() => loadScenario(join(folder, 'none.yaml'))).toThrow(/none.yaml: there is no such file$/);
  });
});

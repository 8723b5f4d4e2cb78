import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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

  it('should read a file by its path', () => {
    writeFileSync(path, sound);
    expect(loadScenario(path)).toEqual(loadScenario('default'));
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

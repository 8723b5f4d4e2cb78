import { readdirSync, readFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TARGET_SETS } from '../loadtests/k6/lib/targets.ts';
import { BEHAVIOURS } from '../protocol/generatorPlan.ts';
import { ScenarioSchema } from '../protocol/schemas/scenario.ts';
import { projectFile } from '../simulator/paths.ts';

const page = readFileSync(new URL('load.md', import.meta.url), 'utf8');
const k6Folder = projectFile('loadtests', 'k6');
const sources = readdirSync(k6Folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(`${k6Folder}/${name}`, 'utf8'));

describe('docs/load.md', () => {
  it('should name every script that is run by hand', () => {
    const scripts = readdirSync(k6Folder).filter((name) => name.endsWith('.ts') && name !== 'gate.ts');
    for (const script of scripts) expect(page).toContain(`| \`${script}\` |`);
  });

  it('should name every variable, and none that there is not', () => {
    // What the gate tells its own k6, what docs/many-generators.md is about, and one that takes a single value.
    const own = new Set(['TAPEDECK_LINES', 'TAPEDECK_SEGMENTS', 'TAPEDECK_DIALECT']);
    const read = sources.flatMap((source) => source.match(/(?<=')TAPEDECK_[A-Z0-9_]+(?=')/g) ?? []);
    const named = page.match(/TAPEDECK_[A-Z0-9_]+/g) ?? [];
    expect([...new Set(named)].sort()).toEqual([...new Set(read)].filter((name) => !own.has(name)).sort());
  });

  it('should name every set of targets and every behaviour', () => {
    for (const name of [...Object.keys(TARGET_SETS), ...BEHAVIOURS]) expect(page).toContain(`\`${name}\``);
  });

  it('should show a load that a scenario may have', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const scenario = { version: 1, name: 'shown', ...parse(yaml) };
    expect([...Value.Errors(ScenarioSchema, scenario)]).toEqual([]);
  });
});

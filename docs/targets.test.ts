import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../cli/program.ts';
import { loadTargets } from '../loadtests/targets/load.ts';
import { NEEDS, STATISTICS, TARGET_IDS, TargetSchema } from '../protocol/schemas/targets.ts';
import { projectFile } from '../simulator/paths.ts';

const page = readFileSync(new URL('targets.md', import.meta.url), 'utf8');
const soakPage = readFileSync(new URL('soak.md', import.meta.url), 'utf8');
/** First cells of all tables, where they are one name in backticks. */
const named = new Set([...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name = '']) => name));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-docs-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function tapedeck(...args: readonly string[]): Promise<string> {
  let text = '';
  const out = (part: string): void => {
    text += part;
  };
  await runCli(args, { out, err: out }, false);
  return text;
}

describe('docs/targets.md', () => {
  it('should name every set, every metric, and every field of a row', () => {
    const sets = readdirSync(projectFile('loadtests', 'targets')).filter((name) => name.endsWith('.yaml'));
    expect([...named]).toEqual(expect.arrayContaining(sets.map((name) => name.slice(0, -'.yaml'.length))));
    expect([...named]).toEqual(expect.arrayContaining([...TARGET_IDS]));
    const told = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) => [
      ...cell.matchAll(/\w+/g),
    ]);
    expect(told.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(TargetSchema.properties)));
    for (const word of [...NEEDS, ...STATISTICS]) expect(page).toContain(`\`${word}\``);
  });

  it('should show a set that loads, and the mistake as it is told', async () => {
    const [, example = ''] = /```yaml\n([\s\S]+?)```/.exec(page) ?? [];
    const path = join(folder, 'mine.yaml');
    writeFileSync(path, example);
    expect(loadTargets(path).targets.map(({ id }) => id)).toEqual(['tick', 'memory']);

    writeFileSync(path, example.replace('id: tick', 'id: tik'));
    const [, shown = ''] = /^ {4}tapedeck: (.*)$/m.exec(page) ?? [];
    const [before = '', after = ''] = shown.replace('mine.yaml:6', 'mine.yaml:6').split('tick, ... ');
    const told = await tapedeck('gate', '--targets', path);
    expect(told).toContain(before);
    expect(told).toContain(after);
  });

  it('should name commands whose options there are, and sets that load', async () => {
    const help = await tapedeck('gate', '--help');
    const commands = [...page.matchAll(/^npx tapedeck gate (.*?)(?: +#.*)?$/gm)].map(([, args = '']) =>
      args.split(' '),
    );
    expect(commands.length).toBeGreaterThan(2);
    for (const args of commands) {
      for (const option of args.filter((arg) => arg.startsWith('--'))) expect(help).toContain(option);
      const set = args[args.indexOf('--targets') + 1] ?? '';
      if (!set.includes('/')) expect(loadTargets(set).name).toBe(set);
    }
  });
});

describe('docs/soak.md', () => {
  it('should name options that exist, and all that a user may give', async () => {
    const help = await tapedeck('soak', '--help');
    const given = new Set([...soakPage.matchAll(/(?<=[ `])--[a-z-]+/g)].map(([option]) => option));
    expect(given.size).toBeGreaterThan(5);
    for (const option of given) expect(help).toContain(option);
  });

  it('should have the bounds that the set has', () => {
    const rows = new Map(loadTargets('soak').targets.map((target) => [target.id, target]));
    const { bound, growthPerHour } = rows.get('leak') ?? {};
    expect(soakPage).toContain(`heap ${bound} MB/h, RSS ${growthPerHour?.rssMb} MB/h, no handles, no timers`);
    expect(soakPage).toContain(`> ${(rows.get('uptime')?.bound ?? 0) * 100} %`);
  });
});

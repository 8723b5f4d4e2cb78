import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCli } from '../cli/program.ts';
import { VARIED, VARIED_UNITS } from '../protocol/schemas/capacity.ts';

const page = readFileSync(new URL('capacity.md', import.meta.url), 'utf8');

async function help(): Promise<string> {
  let text = '';
  const out = (part: string): void => {
    text += part;
  };
  await runCli(['capacity', '--help'], { out, err: out }, false);
  return text.replace(/\s+/g, ' ');
}

describe('docs/capacity.md', () => {
  it('should name all that can be raised, with unit and span as the help has them', async () => {
    const told = await help();
    for (const name of VARIED) {
      const [, unit = '', from = '', to = ''] =
        new RegExp(`^\\| \`${name}\` \\| ([^|]+) \\| ([\\d,]+) to ([\\d,]+) \\|`, 'm').exec(page) ?? [];
      expect(unit).toBe(VARIED_UNITS[name]);
      expect(told).toContain(`${name} ${from.replace(',', '')} to ${to.replace(',', '')}`);
    }
  });

  it('should name options that exist alone', async () => {
    const told = await help();
    const named = new Set([...page.matchAll(/`(?:[^`]* )?(--[a-z-]+)/g)].map(([, option = '']) => option));
    expect(named.size).toBeGreaterThan(8);
    for (const option of named) expect(told).toContain(`${option} `);
  });
});

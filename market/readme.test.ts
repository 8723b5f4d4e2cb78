import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');

function fenced(language: string): string {
  const [, block] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readme) ?? [];
  if (block === undefined) throw new Error(`README.md has no ${language} block`);
  return block;
}

it('should print what the README says its example prints', async () => {
  const file = new URL(`./readme-example-${process.pid}.ts`, import.meta.url);
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
  writeFileSync(file, fenced('ts'));
  try {
    await import(file.href);
  } finally {
    rmSync(file);
    log.mockRestore();
  }
  expect(`${printed.join('\n')}\n`).toBe(fenced('text'));
});

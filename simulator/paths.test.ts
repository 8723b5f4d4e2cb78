import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { projectFile } from './paths.ts';

/** How a command is repeated by somebody in this folder. */
function prefixFrom(cwd: string): string {
  const told = `import(${JSON.stringify(projectFile('simulator', 'paths.ts'))}).then((paths) => console.log(paths.commandPrefix()))`;
  const tsx = import.meta.resolve('tsx');
  return execFileSync(process.execPath, ['--import', tsx, '-e', told], { cwd, encoding: 'utf8' }).trim();
}

it('should name a command that works where it was called from', () => {
  expect(prefixFrom(projectFile())).toBe('node dist/cli/main.js');
  expect(prefixFrom(tmpdir())).toBe(`node ${projectFile('dist', 'cli', 'main.js')}`);
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BuildError, buildRevision, buildWorkingTree } from './build.ts';

let root: string;
let cacheDir: string;

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { encoding: 'utf8' });

/** A build that needs a package, and writes what it is made of. */
function commit(says: string, build = 'node build.mjs'): void {
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'built', scripts: { build } }));
  writeFileSync(
    join(root, 'build.mjs'),
    `import { mkdirSync, writeFileSync } from 'node:fs';
     import { word } from 'some-package';
     mkdirSync('dist/cli', { recursive: true });
     writeFileSync('dist/cli/main.js', '${says} ' + word);`,
  );
  git('add', '-A');
  git('commit', '-qm', says);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tapedeck-build-'));
  cacheDir = join(root, '.cache', 'compare');
  git('init', '-q', '-b', 'main');
  writeFileSync(join(root, '.gitignore'), 'node_modules/\n.cache/\ndist/\n');
  writeFileSync(join(root, 'package-lock.json'), '{}');
  mkdirSync(join(root, 'node_modules', 'some-package'), { recursive: true });
  writeFileSync(
    join(root, 'node_modules', 'some-package', 'package.json'),
    '{"name":"some-package","type":"module","exports":"./index.mjs"}',
  );
  writeFileSync(join(root, 'node_modules', 'some-package', 'index.mjs'), "export const word = 'shared';");
  commit('first');
  commit('second');
  commit('broken', 'node -e "console.error(1+1); process.exit(2)"');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const build = (revision: string): ReturnType<typeof buildRevision> =>
  buildRevision({ projectRoot: root, cacheDir, revision, onProgress: () => undefined });

describe('buildRevision', () => {
  it('should build a revision beside the working tree with its packages, and only once', async () => {
    const first = await build('main~2');
    expect(readFileSync(first.cli, 'utf8')).toBe('first shared');
    expect(git('rev-parse', 'main~2')).toMatch(new RegExp(`^${first.commit}`));
    const builtMs = statSync(first.cli).mtimeMs;
    const again = await build('main~2');
    expect([again, statSync(again.cli).mtimeMs]).toEqual([first, builtMs]);
    expect(readFileSync((await build('main~1')).cli, 'utf8')).toBe('second shared');
  });

  it('should tell a build that fails in one line with the path of its log', async () => {
    const failed = await build('main').catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(BuildError);
    const [, log = ''] =
      /^main \([0-9a-f]{12}\): building failed \(exit code 2\); log: (\S+)$/.exec(
        String(Reflect.get(Object(failed), 'message')),
      ) ?? [];
    expect(readFileSync(log, 'utf8')).toContain('2');
    await expect(buildWorkingTree({ projectRoot: root, cacheDir })).rejects.toThrow(
      /working tree failed .*working-tree.log$/,
    );
  });

  it("should name a revision that isn't there, and take no option for one", async () => {
    await expect(build('nowhere')).rejects.toThrow(/there's no revision 'nowhere'/);
    await expect(build('--help')).rejects.toThrow(/there's no revision '--help'/);
  });
});

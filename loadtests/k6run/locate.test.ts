import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateK6 } from './locate.ts';

const K6_OLD = 'k6 v0.54.0 (commit/baba871c8a, go1.23.1, linux/amd64)';
const K6_NOW = 'k6 v2.2.0 (go1.26.8, linux/amd64)';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tapedeck-locate-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Puts a command into a folder of its own that prints one line; returns the folder. */
async function fake(folder: string, name: string, line: string, exitCode = 0): Promise<string> {
  const path = join(root, folder);
  await mkdir(path, { recursive: true });
  const file = join(path, name);
  await writeFile(file, `#!/bin/sh\necho '${line}'\nexit ${exitCode}\n`);
  await chmod(file, 0o755);
  return path;
}

describe('locateK6', () => {
  it('should take a 2.x from PATH', async () => {
    const path = await fake('now', 'k6', K6_NOW);
    expect(await locateK6({ path, projectRoot: root })).toEqual({
      kind: 'found',
      path: join(path, 'k6'),
      version: '2.2.0',
      from: 'PATH',
      passedOver: [],
    });
  });

  it('should name an older one on PATH and take a newer one behind it', async () => {
    const old = await fake('old', 'k6', K6_OLD);
    const now = await fake('now', 'k6', K6_NOW);
    const location = await locateK6({ path: [old, now].join(delimiter), projectRoot: root });
    expect(location).toMatchObject({ kind: 'found', path: join(now, 'k6') });
    expect(location.passedOver).toEqual([{ path: join(old, 'k6'), why: 'is 0.54.0, 2.x is needed' }]);
  });

  it('should take the built one when PATH has only an older one', async () => {
    const old = await fake('old', 'k6', K6_OLD);
    const built = await fake('.tools/bin', 'k6', K6_NOW);
    const location = await locateK6({ path: old, projectRoot: root });
    expect(location).toMatchObject({ kind: 'found', path: join(built, 'k6'), from: '.tools/bin' });
    expect(location.passedOver).toHaveLength(1);
  });

  it('should pass over one that does not start', async () => {
    const broken = await fake('broken', 'k6', 'Exec format error', 126);
    const location = await locateK6({ path: broken, projectRoot: root });
    expect(location.kind).toBe('unavailable');
    expect(location.passedOver).toEqual([{ path: join(broken, 'k6'), why: 'does not tell its version' }]);
  });

  it.each(['go1.25.0', 'go1.26.8', 'go1.27rc1', 'go2.0'])('should offer to build with %s', async (version) => {
    const path = await fake('go', 'go', `go version ${version} linux/amd64`);
    const location = await locateK6({ path, projectRoot: root });
    expect(location).toMatchObject({ kind: 'buildable', goPath: join(path, 'go') });
  });

  it('should not build with an older Go, and say which it saw', async () => {
    const path = await fake('go', 'go', 'go version go1.24.9 linux/amd64');
    const location = await locateK6({ path, projectRoot: root });
    expect(location).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('only Go 1.24.9 on PATH') });
  });

  it('should say what to install when there is nothing', async () => {
    const location = await locateK6({ path: '', projectRoot: root });
    expect(location).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('npm run setup:k6') });
  });
});

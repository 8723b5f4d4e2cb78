import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFile } from '../simulator/paths.ts';

/** Another project, into which the packed one is installed as any other package is. */
let project: string;

function run(
  file: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    const options = { cwd, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...env } };
    execFile(file, args, options, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'tapedeck-pack-'));
  writeFileSync(join(project, 'package.json'), '{ "name": "another-project", "private": true }\n');
  const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: projectFile() });
  expect(packed.code, packed.err).toBe(0);
  const [archive = ''] = readdirSync(project).filter((file) => file.endsWith('.tgz'));
  const args = ['install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', join(project, archive)];
  const installed = await run('npm', args, { cwd: project });
  expect(installed.code, installed.err).toBe(0);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the packed project, installed into another', () => {
  it('should hold no tests and none of what was built for them', async () => {
    const files = readdirSync(join(project, 'node_modules', 'tapedeck'), { recursive: true, encoding: 'utf8' });

    expect(files.filter((file) => /\.(test|full)\.|(^|\/)\.cache\//.test(file))).toEqual([]);
  });

  it('should judge a server by its URL, and leave its report with the project and not with the package', async () => {
    const env = { TAPEDECK_JWT_SECRET: 's'.repeat(32), XDG_CACHE_HOME: join(project, 'cache') };
    const bin = join(project, 'node_modules', '.bin', 'tapedeck');
    const server = spawn(bin, ['serve', '--port', '0', '--ready-json', '--end-with-stdin'], {
      cwd: project,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    try {
      const port = await portOf(server.stdout);
      const secretFile = join(project, 'secret');
      writeFileSync(secretFile, env.TAPEDECK_JWT_SECRET);
      const target = ['--target', `ws://127.0.0.1:${port}`, '--fed-by', 'own', '--jwt-secret-file', secretFile];
      const args = ['tapedeck', 'gate', ...target, '--scenario', 'smoke', '--load', 'swarm', '--format', 'json'];
      const ended = await run('npx', ['--no-install', ...args], { cwd: project, env });

      expect([0, 3], ended.out + ended.err).toContain(ended.code);
      const [folder = ''] = readdirSync(join(project, 'tapedeck-runs'));
      const summary = join(project, 'tapedeck-runs', folder, 'summary.json');
      expect(JSON.parse(readFileSync(summary, 'utf8'))).toEqual(JSON.parse(ended.out));
      expect(existsSync(join(project, 'node_modules', 'tapedeck', 'reports', 'runs'))).toBe(false);
    } finally {
      server.stdin.end();
      await once(server, 'close');
    }
  });
});

/** The port that a server tells when it listens. */
async function portOf(stdout: NodeJS.ReadableStream): Promise<number> {
  for await (const line of createInterface({ input: stdout })) {
    if (!line.startsWith('{"ready":true')) continue;
    const { ports }: { ports: readonly number[] } = JSON.parse(line);
    return ports[0] ?? 0;
  }
  throw new Error('the server ended before it listened');
}

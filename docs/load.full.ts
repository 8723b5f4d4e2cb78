import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateK6 } from '../loadtests/k6run/locate.ts';
import { SummarySchema } from '../protocol/schemas/summary.ts';
import { projectFile } from '../simulator/paths.ts';

const page = readFileSync(new URL('load.md', import.meta.url), 'utf8');
const k6 = await locateK6({ path: process.env['PATH'] ?? '', projectRoot: projectFile() });
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-load-'));
let server: ChildProcess;
let port = 0;

beforeAll(async () => {
  const args = ['dist/cli/main.js', 'serve', '--port', '0', '--ready-json', '--end-with-stdin'];
  server = spawn(process.execPath, args, { cwd: projectFile(), stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await new Promise<string[]>((resolve) =>
    createInterface({ input: server.stdout ?? process.stdin }).once('line', (text) => resolve([text])),
  );
  const ready: { readonly ports: readonly number[] } = JSON.parse(line ?? '');
  port = ready.ports[0] ?? 0;
}, 60_000);
afterAll(() => {
  server.stdin?.end();
  rmSync(folder, { recursive: true, force: true });
});

function run(command: string): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile('bash', ['-c', command], { cwd: projectFile() }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

/** The page's commands that hold these words, for the server of this test. */
const commands = (words: string): string[] =>
  (page.match(/(?<=^```sh\n).+$/gm) ?? [])
    .filter((command) => command.includes(words))
    .map((command) => command.replace('127.0.0.1:8000', `127.0.0.1:${port}`));

describe("docs/load.md's commands", () => {
  it('should measure HTTP routes', { timeout: 30_000 }, async () => {
    const [command = ''] = commands('tapedeck http');
    const ended = await run(
      `${command.replace('npx tapedeck', 'node dist/cli/main.js')} --target http://127.0.0.1:${port}`,
    );
    // Beside other work the probe may be too late for a verdict (3); that is no fault of the code.
    expect([0, 3], ended.err).toContain(ended.code);
    expect(ended.out).toMatch(/^open model {3}50 requests\/s, 150 of 150 well answered/);
    expect(ended.out).toContain('closed loop');
  });

  it.runIf(k6.kind === 'found')('should run k6 alone, with its dashboard', { timeout: 60_000 }, async () => {
    const found = commands('k6 run');
    expect(found).toHaveLength(2);
    const dashboard = join(folder, 'k6.html');
    const runs = found.map((command, at) => {
      const path = k6.kind === 'found' ? k6.path : '';
      const summary = join(folder, `${at}.json`);
      const short = `-e TAPEDECK_DURATION=4s -e TAPEDECK_CLIENTS=5 -e TAPEDECK_SUMMARY=${summary}`;
      return {
        summary,
        command: command
          .replace('K6_WEB_DASHBOARD_EXPORT=k6.html', `K6_WEB_DASHBOARD_PORT=-1 K6_WEB_DASHBOARD_EXPORT=${dashboard}`)
          .replace('-e TAPEDECK_DURATION=10s', '')
          .replace('k6 run', `${path} run ${short}`),
      };
    });
    for (const { command, summary } of runs) {
      const ended = await run(command);
      // 99: a target is missed, as it may be beside other work.
      expect([0, 99], ended.err).toContain(ended.code);
      const told = Value.Decode(SummarySchema, JSON.parse(readFileSync(summary, 'utf8')));
      expect(told.rows.find(({ id }) => id === 'loss')).toMatchObject({ verdict: 'pass' });
      expect(told.histograms['tick']?.count).toBeGreaterThan(100);
    }
    expect(readFileSync(dashboard, 'utf8')).toContain('k6');
  });
});

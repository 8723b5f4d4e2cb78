import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { afterAll, describe, expect, it } from 'vitest';
import type { Row } from '../protocol/schemas/summary.ts';
import { projectFile } from '../simulator/paths.ts';

const page = readFileSync(new URL('target.md', import.meta.url), 'utf8');
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
const [sound = '', late = '', serve = '', ours = ''] = commands;
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-target-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const Rows = Type.Object({
  verdict: Type.String(),
  why: Type.String(),
  command: Type.String(),
  notes: Type.Array(Type.String()),
  rows: Type.Array(
    Type.Object({ id: Type.String(), verdict: Type.String(), value: Type.Union([Type.Number(), Type.Null()]) }),
  ),
  histograms: Type.Object({ tick: Type.Object({ min: Type.Number() }) }),
});

/** Runs a command of the page: this build's, into a folder of its own; its summary is what it prints last. */
function run(command: string, name: string) {
  return ended(`${command} --format json --out ${join(folder, name)}`);
}

function ended(command: string) {
  const args = command.replaceAll('npx tapedeck', 'node dist/cli/main.js');
  return new Promise<{
    code: number;
    summary: typeof Rows.static;
    row: (id: Row['id']) => (typeof Rows.static)['rows'][number] | undefined;
  }>((resolve, reject) => {
    execFile('bash', ['-c', args], { cwd: projectFile(), maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      const summary: unknown = JSON.parse(out.trim().split('\n').at(-1) ?? '');
      if (!Value.Check(Rows, summary)) return reject(new Error(`no summary: ${err}`));
      const code = typeof error?.code === 'number' ? error.code : 0;
      resolve({ code, summary, row: (id) => summary.rows.find((row) => row.id === id) });
    });
  });
}

describe("docs/target.md's server that isn't ours", () => {
  it('should be held for sound, whatever this machine does beside', async () => {
    const { code, summary, row } = await run(sound, 'sound');

    // On a machine that is late itself it may be invalid, with the machine named.
    expect([0, 3], summary.why).toContain(code);
    expect(row('loss')).toMatchObject({ verdict: 'pass', value: 0 });
    expect(row('reconnect')?.verdict).not.toBe('not applicable');
    expect(row('memory')?.value).toBeGreaterThan(10);
    expect(row('orders' as Row['id'])).toBeUndefined();
    expect(summary.rows.filter(({ verdict }) => verdict === 'not applicable').map(({ id }) => id)).toEqual(
      expect.arrayContaining(['process', 'pattern', 'publish', 'trigger', 'cadence', 'resume', 'heartbeat']),
    );
    expect(summary.notes[0]).toMatch(/^judged: the server started by: node examples/);
    expect(summary.command).toContain("--target-command 'node examples/foreign-server.mjs'");
  });

  it('should be late by what was planted', async () => {
    const { code, summary, row } = await run(late, 'late');

    expect(code, summary.why).toBe(1);
    expect(row('tick')?.verdict).toBe('fail');
    expect(summary.why).toMatch(/^tick /);
    expect(summary.histograms.tick.min / 1000).toBeGreaterThan(149);
    expect(summary.histograms.tick.min / 1000).toBeLessThan(157.5);
  });

  it('should be found losing one message in a hundred', async () => {
    const losing = `${late.replace('--late-ms 150', '--drop-every 100')} --out ${join(folder, 'drop')}`;
    // Nobody reads on after its first line: that ends neither the run nor its verdict.
    const { code, summary, row } = await ended(
      `set -o pipefail; { ${losing} | head -n 1 >&2; code=$?; cat ${join(folder, 'drop', 'summary.json')} | tr -d '\\n'; exit $code; }`,
    );

    expect(code, summary.why).toBe(1);
    expect(row('loss')?.verdict).toBe('fail');
    expect(summary.why).toMatch(/^loss /);
  });
});

describe("docs/target.md's server that speaks our dialect", () => {
  it('should be judged from outside, by its own word of when a message was due', async () => {
    const line = `${serve.replace('8000', '8791')} & server=$!; ${ours.replaceAll('8000', '8791')}`;
    // The server is waited for by its port, and told to end when the gate has.
    const waiting = line.replace(
      '; npx',
      '; until (exec 3<>/dev/tcp/127.0.0.1/8791) 2>/dev/null; do sleep 0.2; done; npx',
    );
    const { code, summary, row } = await run(`exec 2>/dev/null; trap 'kill $server' EXIT; ${waiting}`, 'ours');

    expect([0, 3], summary.why).toContain(code);
    expect(row('loss')).toMatchObject({ verdict: 'pass', value: 0 });
    expect(row('process')?.value).toBeGreaterThan(0);
    expect(row('trigger')?.verdict).toBe('not applicable');
  });
});

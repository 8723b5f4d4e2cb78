import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SoakState } from '../loadtests/soak/state.ts';
import type { Summary } from '../protocol/schemas/summary.ts';
import { projectFile } from '../simulator/paths.ts';

const MAIN = projectFile('dist', 'cli', 'main.js');
const LEAKING = projectFile('dist', 'loadtests', 'soak', 'testing', 'leaking.js');
let folder: string;
let scenario: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-soak-'));
  scenario = join(folder, 'small.yaml');
  // The soak's own, with fewer clients, which are there sooner.
  const own = readFileSync(projectFile('fixtures', 'scenarios', 'soak.yaml'), 'utf8');
  writeFileSync(scenario, own.replace('connectOverS: 2', 'connectOverS: 0.5').replace('graceS: 2', 'graceS: 1'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Runs a soak; `onText` sees what it has printed so far. */
function soak(args: readonly string[], onText: (text: string, child: ChildProcess) => void = () => undefined) {
  return new Promise<Ended>((done) => {
    const child = spawn(process.execPath, [MAIN, 'soak', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      onText(text, child);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('close', (code) => done({ code, text }));
  });
}

function read<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

function rowOf({ rows }: Summary, id: string) {
  return rows.find((row) => row.id === id);
}

describe('tapedeck soak', () => {
  it('should never fail the reference server, and go on after an interruption where it was', async () => {
    const out = join(folder, 'sound');
    let isTold = false;
    const first = await soak(
      ['--minutes', '0.5', '--lap', '4', '--scenario', scenario, '--out', out],
      (text, child) => {
        if (isTold || !/lap 2 midday: \w+, tick/.test(text)) return;
        isTold = true;
        child.kill('SIGINT');
      },
    );

    expect(first.code, first.text).toBe(130);
    expect(first.text).toContain('go on with tapedeck soak --resume');
    expect(read<SoakState>(out, 'soak.json').laps.map(({ kind }) => kind)).toEqual(['open', 'midday']);
    const second = await soak(['--resume', out]);

    expect([0, 3], second.text).toContain(second.code);
    const { laps, readings } = read<SoakState>(out, 'soak.json');
    expect(laps.map(({ kind }) => kind).slice(0, 6)).toEqual(['open', 'midday', 'close', 'open', 'midday', 'close']);
    expect(readings.map(({ server }) => server).slice(0, 4)).toEqual([1, 1, 2, 2]);
    const summary = read<Summary>(out, 'summary.json');
    expect(summary.violations.counts).toEqual({});
    expect(rowOf(summary, 'loss')).toMatchObject({ verdict: 'pass' });
    expect(rowOf(summary, 'uptime')?.verdict).not.toBe('fail');
    expect(summary.orders).toMatchObject({ wrongTick: 0, triggersSeen: summary.orders.triggersExpected });
    expect(summary.notes.join()).toContain('interrupted and gone on with: 2 servers');
  });

  it('should fail a server that leaks, by `leak`, with what grew', async () => {
    const out = join(folder, 'leaking');
    const ended = await soak([
      ...['--minutes', '0.5', '--lap', '4', '--scenario', scenario, '--out', out],
      ...['--server-preload', LEAKING],
    ]);

    expect(ended.code, ended.text).toBe(1);
    const summary = read<Summary>(out, 'summary.json');
    const leak = rowOf(summary, 'leak');
    expect(leak?.verdict).toBe('fail');
    for (const name of ['heap', 'RSS', 'handles', 'timers']) expect(leak?.reason).toContain(`${name} grew by`);
    // 24 MB each six seconds.
    expect(leak?.value).toBeGreaterThan(14_400 * 0.9);
    expect(leak?.value).toBeLessThan(14_400 * 1.15);
  });

  it('should fail by the death of the server, and say when', async () => {
    const out = join(folder, 'dying');
    const dying = join(folder, 'dying.mjs');
    writeFileSync(dying, 'setTimeout(() => process.kill(process.pid, "SIGKILL"), 8_000).unref();\n');
    const ended = await soak([
      ...['--minutes', '0.5', '--lap', '4', '--scenario', scenario, '--out', out],
      ...['--server-preload', dying],
    ]);

    expect(ended.code, ended.text).toBe(1);
    expect(read<Summary>(out, 'summary.json').why).toMatch(
      /^the server ended .*SIGKILL.* lap 1.*, 0:00:\d\d into the soak$/,
    );
    expect((await soak(['--resume', out])).text).toMatch(/that soak is over, begin another/);
  });
});

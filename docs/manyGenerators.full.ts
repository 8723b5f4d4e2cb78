import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSummary } from '../reports/read.ts';
import { projectFile } from '../simulator/paths.ts';

const MAIN = projectFile('dist', 'cli', 'main.js');
const page = readFileSync(new URL('many-generators.md', import.meta.url), 'utf8');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-many-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly err: string;
}

function tapedeck(...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, _, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, err });
    });
  });
}

/** Starts a command, and tells when it has said something on stderr that matches. */
function started(
  args: readonly string[],
  said: RegExp,
): { readonly ready: Promise<void>; readonly ended: Promise<number> } {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code) => resolve(code ?? -1));
  });
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => said.test(line) && resolve());
    void ended.then((code) => reject(new Error(`it ended with ${code} before`)));
  });
  return { ready, ended };
}

describe("docs/many-generators.md's commands", () => {
  it('should play one run with four generators, and merge it again to the same', { timeout: 120_000 }, async () => {
    const [, command = ''] = /^npx tapedeck (gate --scenario smoke .*)$/m.exec(page) ?? [];
    const gate = await tapedeck(...command.split(' '), '--out', 'four', '--format', 'json');
    // Beside other work the machine may be too late for a verdict (3); that is no fault of the code.
    expect([0, 3], gate.err).toContain(gate.code);
    const merged = await tapedeck('report', 'merge', 'four', '--out', 'again', '--format', 'json');
    const [first, again] = ['four', 'again'].map((name) => readSummary(join(folder, name)));

    expect(merged.code, merged.err).toBe(gate.code);
    expect(again?.rows).toEqual(first?.rows);
    expect(again?.histograms).toEqual(first?.histograms);
    expect(again?.violations).toEqual(first?.violations);
    expect(first?.notes.filter((note) => /^swarm \d\/4 on .*25 clients, the gate's own clock/.test(note))).toHaveLength(
      4,
    );
  });

  it('should play segments from files alone, and name the one that is missing', { timeout: 120_000 }, async () => {
    const asked = ['gate', '--scenario', 'smoke', '--segments', '2', '--lead', '8', '--out', 'run', '--format', 'json'];
    const gate = started(asked, /the plan is in/);
    await gate.ready;
    const ends = await Promise.all(
      ['1/2', '2/2'].map((segment, at) =>
        tapedeck('swarm', 'run/offer.json', '--segment', segment, '--out', `part-${at}`),
      ),
    );
    await gate.ended;
    const half = await tapedeck('report', 'merge', 'run', 'part-0', '--out', 'half');
    const whole = await tapedeck('report', 'merge', 'run', 'part-0', 'part-1', '--out', 'whole');

    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(half.code).toBe(3);
    expect(readSummary(join(folder, 'half')).why).toContain('segment 2/2 is missing');
    expect([0, 3], whole.err).toContain(whole.code);
    expect(readSummary(join(folder, 'whole')).rows.find(({ id }) => id === 'clients')?.measured).toBe(
      '102 of 102 planned',
    );
  });
});

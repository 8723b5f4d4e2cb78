/**
 * Shows that four generators say of a server what one says: plays one scenario with one and with four, by turns, and
 * prints both tables side by side. `npm run build`, then `node dist/tools/four-generators.js [--scenario NAME] [--turns N]`,
 * alone on the machine. Exit code 1: they disagree by more than two runs of one generator do; 3: a run was invalid.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { ExitCode } from '../protocol/codes.ts';
import type { Summary } from '../protocol/schemas/summary.ts';
import { readSummary } from '../reports/read.ts';
import { projectFile } from '../simulator/paths.ts';

const { values } = parseArgs({
  options: { scenario: { type: 'string', default: 'smoke' }, turns: { type: 'string', default: '2' } },
});
const MANY = 4;
const turns = Math.max(2, Number(values.turns));

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-four-'));
const one: Summary[] = [];
const four: Summary[] = [];
try {
  for (let turn = 0; turn < turns; turn++) {
    one.push(await play(1, turn));
    four.push(await play(MANY, turn));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = print();

async function play(generators: number, turn: number): Promise<Summary> {
  const out = join(folder, `${generators}-${turn}`);
  const gate = ['gate', '--scenario', values.scenario, '--load', 'swarm', '--generators', String(generators)];
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, [projectFile('dist', 'cli', 'main.js'), ...gate, '--out', out], (error, _, told) => {
      const code = error === null ? ExitCode.PASS : Number(error.code);
      if (code === ExitCode.PASS || code === ExitCode.FAIL || code === ExitCode.INVALID) resolve();
      else reject(new Error(told.trim()));
    });
  });
  const summary = readSummary(out);
  process.stdout.write(`${generators} generator${generators === 1 ? '' : 's'}: ${summary.verdict}: ${summary.why}\n`);
  return summary;
}

function print(): ExitCode {
  const table = new Table({ head: ['', ...one.map(() => '1 generator'), ...four.map(() => `${MANY} generators`)] });
  const all = [...one, ...four];
  table.push(['verdict', ...all.map(({ verdict }) => verdict)]);
  for (const { id } of one[0]?.rows ?? []) {
    table.push([id, ...all.map(({ rows }) => rows.find((row) => row.id === id)?.measured ?? '')]);
  }
  table.push(['ticks timed', ...all.map(({ histograms }) => String(histograms['tick']?.count ?? 0))]);
  table.push(['orders placed', ...all.map(({ orders }) => String(orders.placed))]);
  table.push([
    'triggers seen, expected',
    ...all.map(({ orders }) => `${orders.triggersSeen}, ${orders.triggersExpected}`),
  ]);
  process.stdout.write(`${table.toString()}\n`);

  const within = spread(one);
  const between = Math.abs(mean(one) - mean(four));
  process.stdout.write(
    `tick p99: ${mean(one).toFixed(1)} ms by one, ${mean(four).toFixed(1)} ms by four: ${between.toFixed(1)} ms apart; runs of one alone: ${within.toFixed(1)} ms\n`,
  );
  if (all.some(({ verdict }) => verdict === 'invalid')) return ExitCode.INVALID;
  const sameWords = new Set(all.map(({ verdict }) => verdict)).size === 1;
  // Below a millisecond two runs differ by chance.
  return sameWords && between <= Math.max(within, spread(four), 1) ? ExitCode.PASS : ExitCode.FAIL;
}

function p99Of({ rows }: Summary): number {
  return rows.find(({ id }) => id === 'tick')?.value ?? Number.NaN;
}

function mean(runs: readonly Summary[]): number {
  return runs.reduce((sum, run) => sum + p99Of(run), 0) / runs.length;
}

function spread(runs: readonly Summary[]): number {
  const all = runs.map(p99Of);
  return Math.max(...all) - Math.min(...all);
}

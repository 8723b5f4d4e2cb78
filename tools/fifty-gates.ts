/**
 * `npm run gates:fifty -- [--times 50] [--load swarm|k6] [--scenario default] [--seed 1]`: plays the gate on the sound
 * server again and again while a neighbour process takes one core in bursts at random. Exit code 1 when a verdict was
 * `fail`: a gate must not be red by its neighbours.
 */
import { execFile, spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { seededRandom } from '../loadtests/gate/random.ts';
import { projectFile } from '../simulator/paths.ts';

/** Bursts and pauses of the neighbour are uniform up to these, ms. */
const BURST_UP_TO_MS = 4_000;
const PAUSE_UP_TO_MS = 6_000;
/** It spins while its standard input says so: one line switches it. */
const NEIGHBOUR = `
let busy = false;
process.stdin.on('data', (data) => { busy = String(data).trim().endsWith('1'); if (busy) spin(); });
process.stdin.on('end', () => process.exit(0));
function spin() { const end = Date.now() + 5; while (Date.now() < end); if (busy) setImmediate(spin); }`;

const VERDICTS: Readonly<Record<number | string, string>> = { 0: 'pass', 1: 'fail', 3: 'invalid' };

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    load: { type: 'string', default: 'swarm' },
    scenario: { type: 'string', default: 'default' },
    seed: { type: 'string', default: '1' },
  },
});
const random = seededRandom(Number(values.seed));
const neighbour = spawn(process.execPath, ['-e', NEIGHBOUR], { stdio: ['pipe', 'ignore', 'ignore'] });
let burstMs = 0;
let timer: NodeJS.Timeout | undefined;
function turn(busy: boolean): void {
  const forMs = random() * (busy ? BURST_UP_TO_MS : PAUSE_UP_TO_MS);
  if (busy) burstMs += forMs;
  neighbour.stdin.write(busy ? '1\n' : '0\n');
  timer = setTimeout(() => turn(!busy), forMs);
}
turn(true);

const counts = new Map<string, number>();
const startedMs = performance.now();
for (let at = 1; at <= Number(values.times); at++) {
  const { verdict, why, tookS } = await gate();
  counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  console.log(`${at} of ${values.times}: ${verdict} in ${tookS.toFixed(0)} s: ${why}`);
}
clearTimeout(timer);
neighbour.stdin.end();
const share = burstMs / (performance.now() - startedMs);
const words = [...counts].map(([verdict, count]) => `${verdict} ${count}`).join(', ');
console.log(`${words}; the neighbour took a core ${(100 * share).toFixed(0)} % of the time`);
process.exitCode = [...counts.keys()].every((verdict) => verdict === 'pass' || verdict === 'invalid') ? 0 : 1;

/** One gate: its verdict is its exit code, as a CI job sees it. */
function gate(): Promise<{ verdict: string; why: string; tookS: number }> {
  const args = ['gate', '--scenario', values.scenario, '--load', values.load, '--format', 'json'];
  const fromMs = performance.now();
  return new Promise((done) => {
    const main = projectFile('dist', 'cli', 'main.js');
    execFile(process.execPath, [main, ...args], { maxBuffer: 256 * 1024 * 1024 }, (error, out, err) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? 'none');
      const why = code === 0 || code === 1 || code === 3 ? whyOf(out) : (err.trim().split('\n').at(-1) ?? '');
      done({ verdict: VERDICTS[code] ?? `exit code ${code}`, why, tookS: (performance.now() - fromMs) / 1000 });
    });
  });
}

function whyOf(summaryJson: string): string {
  const { why }: { why: string } = JSON.parse(summaryJson);
  return why;
}

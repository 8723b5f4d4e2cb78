import { Worker } from 'node:worker_threads';
import type { Clock } from '../../protocol/clock.ts';
import { procText, statFields } from '../../simulator/procfs.ts';

/** Series by second since the tape's start. */
export type Series = Map<number, number>;

export function keepMax(series: Series, second: number, value: number): void {
  if (value > (series.get(second) ?? Number.NEGATIVE_INFINITY)) series.set(second, value);
}

/**
 * A thread that asks to be woken each millisecond and notes how much later it was: what the machine does to everybody.
 * It reports once a second; nothing else runs in it.
 */
const CANARY = `
const { parentPort } = require('node:worker_threads');
const cell = new Int32Array(new SharedArrayBuffer(4));
let worst = 0, since = performance.now();
for (;;) {
  const before = performance.now();
  Atomics.wait(cell, 0, 0, 1);
  const now = performance.now();
  if (now - before - 1 > worst) worst = now - before - 1;
  if (now - since >= 200) { parentPort.postMessage(worst * 1000); worst = 0; since = now; }
}`;

export interface HostWatch {
  readonly canaryUs: Series;
  readonly stealShare: Series;
  readonly stop: () => Promise<void>;
}

/** Watches the machine beside a run: canary and steal, by second since `startUs`. */
export function watchHost(clock: Clock, startUs: number): HostWatch {
  const canaryUs: Series = new Map();
  const stealShare: Series = new Map();
  const secondNow = () => Math.floor((clock.nowUs() - startUs) / 1e6);
  const worker = new Worker(CANARY, { eval: true });
  worker.on('message', (worstUs: number) => keepMax(canaryUs, secondNow(), worstUs));
  let before = cpuTimes();
  const timer = setInterval(() => {
    const now = cpuTimes();
    const total = now.total - before.total;
    if (total > 0) keepMax(stealShare, secondNow(), (now.steal - before.steal) / total);
    before = now;
  }, 1000);
  return {
    canaryUs,
    stealShare,
    stop: async () => {
      clearInterval(timer);
      await worker.terminate();
    },
  };
}

/** Jiffies of all cores together, from the first line of /proc/stat; zero where there is none. */
function cpuTimes(): { total: number; steal: number } {
  const line = procText('/proc/stat').split('\n', 1)[0] ?? '';
  const fields = line.split(/\s+/).slice(1).map(Number);
  const total = fields.slice(0, 8).reduce((sum, value) => sum + (Number.isFinite(value) ? value : 0), 0);
  return { total, steal: fields[7] ?? 0 };
}

/** The kernel's clock ticks: /proc counts CPU time in hundredths of a second on Linux. */
const JIFFY_US = 10_000;

/**
 * What the kernel knows of a process: CPU time of all its threads, time for which its first thread (the event loop) was
 * runnable and waited for a core, both µs, and its resident bytes. Undefined once it is gone, or where there is no /proc.
 */
export function readProcess(pid: number): { cpuUs: number; runQueueUs: number; rssBytes: number } | undefined {
  const fields = statFields(`/proc/${pid}`);
  const cpuUs = (Number(fields[11]) + Number(fields[12])) * JIFFY_US;
  const runQueueUs = Number(procText(`/proc/${pid}/schedstat`).split(' ')[1] ?? Number.NaN) / 1000;
  const rssBytes = Number(procText(`/proc/${pid}/statm`).split(' ')[1] ?? Number.NaN) * 4096;
  return Number.isNaN(cpuUs + runQueueUs + rssBytes) ? undefined : { cpuUs, runQueueUs, rssBytes };
}

/**
 * How far the host's wall clock lies ahead of the run's clock, µs: found at the edge of a millisecond of `Date.now()`,
 * the best of several; k6 stamps its messages with the wall clock.
 */
export function wallAheadUs(clock: Clock): { aheadUs: number; errorUs: number } {
  let best = { aheadUs: 0, errorUs: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 5; round++) {
    let before = clock.nowUs();
    const start = Date.now();
    let wall = start;
    let previous = before;
    while (wall === start) {
      previous = before;
      before = clock.nowUs();
      wall = Date.now();
    }
    const after = clock.nowUs();
    const errorUs = after - previous;
    if (errorUs < best.errorUs) best = { aheadUs: wall * 1000 - (previous + after) / 2, errorUs };
  }
  return best;
}

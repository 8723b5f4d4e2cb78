/**
 * Measures the market core beside a ceiling in one run: `npm run bench:market`. Contenders take turns on the same ticks, so a
 * noisy machine hits all alike; what counts is the ratio to the ceiling in the same round, not the rate. Each lives in a
 * thread of its own: in one, the compiler would see a loop that calls many targets, as no server's does.
 */
import { once } from 'node:events';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CONTENDERS, LAP_US, makeTicks, SYMBOLS, TICKS, withPatterns } from './marketContenders.ts';

const WARM_ROUNDS = 3;
const ROUNDS = 15;
const HEAP_LAPS = Math.ceil(50_000_000 / TICKS);

/** What a contender is asked: to play one lap, or the laps over which the heap is watched. */
type Turn = { readonly kind: 'lap' | 'heap'; readonly lap: number };

/** What it measured. */
interface Measured {
  readonly elapsedNs: number;
  readonly grownBytes: number;
  readonly collections: number;
}

/** A contender's thread: makes it and answers turn after turn. */
function serveTurns(index: number): void {
  const play = CONTENDERS[index]?.make(makeTicks());
  let collections = 0;
  new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  }).observe({ entryTypes: ['gc'] });
  parentPort?.on('message', async ({ kind, lap }: Turn) => {
    if (kind === 'heap') globalThis.gc?.();
    // Collections are told some time later.
    await after(20);
    collections = 0;
    const before = process.memoryUsage().heapUsed;
    const startedNs = process.hrtime.bigint();
    for (let at = 0; at < (kind === 'lap' ? 1 : HEAP_LAPS); at++) play?.((lap + at) * LAP_US);
    const elapsedNs = Number(process.hrtime.bigint() - startedNs);
    const grownBytes = process.memoryUsage().heapUsed - before;
    await after(20);
    const measured: Measured = { elapsedNs, grownBytes, collections };
    parentPort?.postMessage(measured);
  });
}

async function ask(worker: Worker, turn: Turn): Promise<Measured> {
  const answer: Promise<Measured[]> = once(worker, 'message');
  worker.postMessage(turn);
  const [measured] = await answer;
  if (measured === undefined) throw new Error('a contender answered nothing');
  return measured;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Lets all contenders play in turn, forwards and backwards by rounds; prints median rates and ratios, and returns whether every floor held. */
async function race(workers: readonly Worker[]): Promise<boolean> {
  const rates = workers.map((): number[] => []);
  const ratios = workers.map((): number[] => []);
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
    const order = round % 2 === 0 ? [...workers.entries()] : [...workers.entries()].reverse();
    const now: number[] = [];
    for (const [at, worker] of order) {
      now[at] = (TICKS * 1e9) / (await ask(worker, { kind: 'lap', lap: round })).elapsedNs;
    }
    if (round < WARM_ROUNDS) continue;
    now.forEach((rate, at) => {
      rates[at]?.push(rate);
      ratios[at]?.push(rate / (now[0] ?? Number.NaN));
    });
  }
  console.log(`${TICKS} trades of ${SYMBOLS} symbols, ${ROUNDS} rounds, Node ${process.version}: medians`);
  let hold = true;
  CONTENDERS.forEach(({ name, floor }, at) => {
    const ratio = median(ratios[at] ?? []);
    if (ratio < floor) hold = false;
    const judged = floor === 0 ? '' : `, at least ${floor.toFixed(2)}: ${ratio < floor ? 'FAILS' : 'holds'}`;
    const rate = (median(rates[at] ?? []) / 1e6).toFixed(1);
    console.log(`  ${name.padEnd(44)} ${rate.padStart(6)} M/s  ${ratio.toFixed(2)} of the ceiling${judged}`);
  });
  return hold;
}

/** Has warm contenders play 50 million ticks; prints how their heaps grew and how often they were collected meanwhile. */
async function watchHeaps(workers: readonly Worker[]): Promise<boolean> {
  let hold = true;
  for (const [at, worker] of workers.entries()) {
    const contender = CONTENDERS[at];
    if (contender?.judgesHeap !== true) continue;
    const { grownBytes, collections } = await ask(worker, { kind: 'heap', lap: WARM_ROUNDS + ROUNDS });
    const isHeld = grownBytes < 2 ** 20 && collections === 0;
    const growth = `${(grownBytes / 1024).toFixed(0)} KiB, ${collections} collections`;
    const ticks = ((HEAP_LAPS * TICKS) / 1e6).toFixed(0);
    console.log(`  heap over ${ticks} M ticks, ${contender.name}: ${growth}: ${isHeld ? 'holds' : 'FAILS'}`);
    hold &&= isHeld;
  }
  return hold;
}

/** Prints what windows and state of so many symbols take. */
function measureMemory(symbols: number): void {
  const used = () => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const data = withPatterns(symbols);
  const grownMb = (used() - before) / 2 ** 20;
  const bars = data.bars.stores[0]?.capacity;
  console.log(`  ${symbols} symbols, four windows of ${bars} bars, patterns: ${grownMb.toFixed(1)} MiB`);
}

async function main(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('bench-market needs node --expose-gc: use npm run bench:market');
  measureMemory(1_000);
  measureMemory(10_000);
  const workers = CONTENDERS.map((_, index) => new Worker(new URL(import.meta.url), { workerData: index }));
  const isFast = await race(workers);
  const isFlat = await watchHeaps(workers);
  await Promise.all(workers.map((worker) => worker.terminate()));
  process.exitCode = isFast && isFlat ? 0 : 1;
}

if (isMainThread) await main();
else serveTurns(Number(workerData));

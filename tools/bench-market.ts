/**
 * Measures the market core against its goals, in one run: `npm run bench:market`. Contenders take turns on the same ticks, so a
 * noisy machine hits all alike; what counts is the ratio to the first in the same round, not the rate. Each lives in a
 * thread of its own: in one, the compiler would see a loop that calls many targets, as no server's does. What is timed is the
 * processor time of the process, in which nobody else works meanwhile: other processes' turns aren't charged.
 */
import { once } from 'node:events';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { MarketEngine } from '../market/engine.ts';
import { CORE_RACE, LAP_US, makeEngine, placeOrders, type Race, SYMBOLS, TICKS } from './marketContenders.ts';
import { ORDER_RACE, triggerTimesUs } from './orderContenders.ts';

const RACES = [CORE_RACE, ORDER_RACE];
const WARM_ROUNDS = 12;
const ROUNDS = 31;
const HEAP_LAPS = Math.ceil(50_000_000 / TICKS);
const SNAPSHOTS = 15;
const MIB = 2 ** 20;

/** What a contender is asked: to play one lap, or the laps over which the heap is watched. */
type Turn = { readonly kind: 'lap' | 'heap'; readonly lap: number };

/** What it measured. */
interface Measured {
  readonly cpuUs: number;
  /** Of the heap, before anything is collected and after. */
  readonly grownBytes: number;
  readonly keptBytes: number;
  readonly collections: number;
}

/** A contender's thread: makes it and answers turn after turn. */
function serveTurns(contender: { readonly race: number; readonly index: number }): void {
  const play = RACES[contender.race]?.contenders[contender.index]?.make();
  if (play === undefined) throw new Error(`there is no contender ${contender.race}/${contender.index}`);
  let collections = 0;
  new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  }).observe({ entryTypes: ['gc'] });
  const heapUsed = () => process.memoryUsage().heapUsed;
  const watchHeap = async (lap: number): Promise<Measured> => {
    globalThis.gc?.();
    // Collections are told some time later.
    await after(20);
    collections = 0;
    const before = heapUsed();
    for (let at = 0; at < HEAP_LAPS; at++) play((lap + at) * LAP_US);
    const grownBytes = heapUsed() - before;
    await after(20);
    const seen = collections;
    globalThis.gc?.();
    return { cpuUs: 0, grownBytes, keptBytes: heapUsed() - before, collections: seen };
  };
  const playLap = (lap: number): Measured => {
    const started = process.cpuUsage();
    play(lap * LAP_US);
    const { user, system } = process.cpuUsage(started);
    return { cpuUs: user + system, grownBytes: 0, keptBytes: 0, collections: 0 };
  };
  parentPort?.on('message', async ({ kind, lap }: Turn) => {
    parentPort?.postMessage(kind === 'lap' ? playLap(lap) : await watchHeap(lap));
  });
}

async function ask(worker: Worker, turn: Turn): Promise<Measured> {
  const answer: Promise<Measured[]> = once(worker, 'message');
  worker.postMessage(turn);
  const [measured] = await answer;
  if (measured === undefined) throw new Error('a contender answered nothing');
  return measured;
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** Prints a row: what was measured, what is asked, whether it holds. */
function tell(what: string, measured: string, goal?: { readonly text: string; readonly holds: boolean }): void {
  const verdict = goal === undefined ? '' : `${goal.text.padEnd(34)} ${goal.holds ? 'holds' : 'MISSED'}`;
  console.log(`  ${what.padEnd(48)} ${measured.padEnd(26)} ${verdict}`.trimEnd());
}

/** Lets the contenders of a race play in turn, forwards and backwards by rounds; tells rates and ratios, then their heaps. */
async function run(index: number, { base, contenders }: Race): Promise<void> {
  const workers = contenders.map(
    (_, at) => new Worker(new URL(import.meta.url), { workerData: { race: index, index: at } }),
  );
  const rates = workers.map((): number[] => []);
  const ratios = workers.map((): number[] => []);
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
    const order = round % 2 === 0 ? [...workers.entries()] : [...workers.entries()].reverse();
    const now: number[] = [];
    for (const [at, worker] of order) now[at] = TICKS / (await ask(worker, { kind: 'lap', lap: round })).cpuUs;
    if (round < WARM_ROUNDS) continue;
    now.forEach((rate, at) => {
      rates[at]?.push(rate);
      ratios[at]?.push(rate / (now[0] ?? Number.NaN));
    });
  }
  contenders.forEach(({ name, floor }, at) => {
    const ratio = quantile(ratios[at] ?? [], 0.5);
    const rate = `${quantile(rates[at] ?? [], 0.5).toFixed(1)} M ticks/s`;
    const goal = { text: `at least ${floor.toFixed(2)} of ${base}`, holds: ratio >= floor };
    if (floor === 0) tell(name, rate);
    else tell(name, `${rate}, ${ratio.toFixed(2)}`, goal);
  });
  for (const [at, worker] of workers.entries()) {
    const { name = '', heap } = contenders[at] ?? {};
    if (heap === undefined) continue;
    const lap = WARM_ROUNDS + ROUNDS;
    const { grownBytes, keptBytes, collections } = await ask(worker, { kind: 'heap', lap });
    const bytes = heap === 'allocates_nothing' ? grownBytes : keptBytes;
    const isFlat = bytes < MIB && (heap === 'keeps_nothing' || collections === 0);
    const text = `< 1 MiB over 50 M ticks${heap === 'allocates_nothing' ? ', 0 collections' : ''}`;
    const growth = `${(bytes / 1024).toFixed(0)} KiB, ${collections} collections`;
    tell(`heap: ${name}`, growth, { text, holds: isFlat });
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}

/** Tells what an engine with windows and pattern state of so many symbols takes beyond what the process took before. */
function measureMemory(symbols: number, goalMiB: number): void {
  const used = () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  const whole = makeEngine({ symbols, hasPatterns: true });
  const grownMiB = (used() - before) / MIB;
  const bars = whole.engine.data?.bars.stores[0]?.capacity;
  const name = `${symbols} symbols, four windows of ${bars}, patterns`;
  tell(name, `${grownMiB.toFixed(1)} MiB`, { text: `under ${goalMiB} MiB`, holds: grownMiB < goalMiB });
}

function measureTriggers(): void {
  const times = triggerTimesUs();
  const p99 = quantile(times, 0.99);
  const measured = `p50 ${quantile(times, 0.5).toFixed(1)} us, p99 ${p99.toFixed(1)} us`;
  tell('trigger decision, from tick to event', measured, { text: 'p99 under 20 us', holds: p99 < 20 });
}

/** Saves the whole state and restores another engine from it, over and over; tells the median. */
function measureSnapshot(): void {
  const { engine, engineOptions, feed } = makeEngine({ symbols: SYMBOLS, hasPatterns: true });
  placeOrders(engine);
  const { data } = engine;
  if (data === undefined || feed === undefined) throw new Error('the engine makes no bars or looks for no patterns');
  const times = Array.from({ length: SNAPSHOTS }, () => {
    // What the last round left behind is not this one's to collect.
    globalThis.gc?.();
    const startedUs = process.cpuUsage();
    const saved = { orders: engine.snapshot(), data: data.save(), patterns: feed.engine.save() };
    const other = MarketEngine.restore(engineOptions, saved.orders);
    other.data?.restore(saved.data);
    feed.engine.restore(saved.patterns);
    const { user, system } = process.cpuUsage(startedUs);
    if (other.workingOrders('a0').length !== 3) throw new Error('a restored engine lacks orders');
    return (user + system) / 1e3;
  });
  const median = quantile(times, 0.5);
  const goal = { text: 'under 100 ms', holds: median < 100 };
  tell(`snapshot and restore, ${SYMBOLS} symbols`, `${median.toFixed(0)} ms`, goal);
}

async function main(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('bench-market needs node --expose-gc: use npm run bench:market');
  console.log(`${TICKS} trades of ${SYMBOLS} symbols a lap, medians of ${ROUNDS} laps, Node ${process.version}`);
  measureMemory(1_000, 128);
  measureMemory(10_000, 1_024);
  for (const [index, race] of RACES.entries()) await run(index, race);
  measureTriggers();
  measureSnapshot();
}

if (isMainThread) await main();
else serveTurns(workerData);

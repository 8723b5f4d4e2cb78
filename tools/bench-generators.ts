/**
 * The swarm beside k6 on the same work: `npm run bench:generators`, alone on the machine, about 5 minutes. A bare server
 * plays one set feed; both generators run the same plan on it with the whole audit on, by turns (k6, swarm, swarm, k6), at a
 * rate below k6's budget. CPU is user and system time of the generator's process tree between two readings inside the run,
 * so that coming up costs nobody anything; memory is what 100, 1,000 and (the swarm) 10,000 idle-ish sockets hold.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { entries } from '../cli/entries.ts';
import { startChild, startReady } from '../loadtests/gate/children.ts';
import { readProcess, wallAheadUs } from '../loadtests/gate/host.ts';
import { locateK6 } from '../loadtests/k6run/locate.ts';
import { runK6 } from '../loadtests/k6run/run.ts';
import { CLOCK_OFFSET_ENV } from '../protocol/clock.ts';
import type { GeneratorPlan } from '../protocol/generatorPlan.ts';
import { hostClock } from '../simulator/hostClock.ts';
import { projectFile } from '../simulator/paths.ts';
import type { FeedJob } from './bench-generators-feed.ts';

type Name = 'k6' | 'swarm';

/** One run's work. */
interface Work {
  readonly sockets: number;
  /** Messages to all sockets together. */
  readonly messagesPerS: number;
  readonly durationS: number;
}

interface Measured {
  readonly messages: number;
  readonly cpuS: number;
  readonly rssBytes: number;
}

const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    rate: { type: 'string', default: '8000' },
    memory: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const BLOCKS = Number(values.blocks);
const RATE: Work = { sockets: 100, messagesPerS: Number(values.rate), durationS: Number(values.seconds) };
const MEMORY = { messagesPerS: 1_000, durationS: 4 };
const SYMBOLS = 100;
const SYMBOLS_PER_SOCKET = 20;
/** Sockets that open in a second. */
const CONNECTS_PER_S = 1_000;
const COME_UP_US = 3_000_000;
/** k6 is late with a thousand sockets on a busy machine: what comes before they are open is heard by nobody. */
const SETTLE_US = 3_000_000;

const clock = hostClock(process.env);
const env = { ...process.env, [CLOCK_OFFSET_ENV]: String(clock.offsetUs) };
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-bench-'));
const symbols = Array.from(
  { length: SYMBOLS },
  (_, n) => `R${String.fromCharCode(65 + (n % 26), 65 + Math.floor(n / 26))}`,
);

/** Plays the work to one generator, and measures it from the feed's first second to its last. */
async function measure(name: Name, work: Work, k6Path: string): Promise<Measured> {
  const { sockets, messagesPerS, durationS } = work;
  const readersOfASymbol = (sockets * SYMBOLS_PER_SOCKET) / SYMBOLS;
  const eventsPerS = Math.round(messagesPerS / readersOfASymbol);
  const startUs = Math.round(clock.nowUs() + COME_UP_US + (sockets / CONNECTS_PER_S) * 1e6 + SETTLE_US);
  const job: FeedJob = { symbols, eventsPerS, durationS, startUs, fromEventUs: 0 };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const feedFile = join(import.meta.dirname, `bench-generators-feed.${extension}`);
  const { child: feed, port } = await startReady('the feed', { file: feedFile, args: [JSON.stringify(job)], env });
  const planPath = join(folder, `${name}.json`);
  const outPath = join(folder, `${name}.ndjson`);
  rmSync(outPath, { force: true });
  writeFileSync(planPath, JSON.stringify(planOf(name, { sockets, port, startUs, durationS })));
  const reading = readDuring(startUs, durationS);
  const generator =
    name === 'swarm'
      ? swarm(planPath, outPath, reading.begin)
      : runK6({
          k6Path,
          script: projectFile('loadtests', 'k6', 'gate.ts'),
          planPath,
          outPath,
          clients: sockets,
          load: { messagesPerS, cores: 1 },
          onStarted: reading.begin,
        }).then((result) => (result.kind === 'done' ? '' : 'why' in result ? result.why : result.kind));
  const failed = await generator;
  await feed.end(500);
  if (failed !== '') throw new Error(`${name}: ${failed}`);
  const expected = eventsPerS * durationS * readersOfASymbol;
  const { received, violations } = countOf(outPath);
  if (received < expected || violations > 0)
    throw new Error(`${name} read ${received} messages of ${expected}, ${violations} violations: nothing can be said`);
  const { cpuS, rssBytes } = await reading.done;
  return { messages: eventsPerS * (durationS - 1) * readersOfASymbol, cpuS, rssBytes };
}

async function swarm(planPath: string, outPath: string, onStarted: (pid: number) => void): Promise<string> {
  const child = startChild({ file: entries().swarm, args: [planPath, '--out', outPath], env });
  onStarted(child.pid);
  const end = await child.ended;
  return end.code === 0 ? '' : `ended with ${end.code}: ${end.lastWords}`;
}

function planOf(
  name: Name,
  run: { readonly sockets: number; readonly port: number; readonly startUs: number; readonly durationS: number },
): GeneratorPlan {
  const { sockets, port, startUs, durationS } = run;
  return {
    version: 1,
    generator: name,
    dialect: 'native',
    schedule: { startUs, fromEventUs: 0, toEventUs: durationS * 1e6, speed: 1 },
    endUs: startUs + durationS * 1e6 + 1_000_000,
    connectTimeoutMs: 5_000,
    reconnect: { firstDelayMs: 250, capMs: 30_000 },
    seed: 1,
    wallAheadUs: wallAheadUs(clock).aheadUs,
    maxListedViolations: 10,
    clients: Array.from({ length: sockets }, (_, client) => ({
      client,
      url: `ws://127.0.0.1:${port}/v1/stream`,
      account: `acct-${client}`,
      symbols: Array.from({ length: SYMBOLS_PER_SOCKET }, (_, n) => symbols[(client + n * 5) % SYMBOLS] ?? ''),
      channels: ['ticker'],
      connectAtUs: Math.round(startUs - SETTLE_US - ((sockets - client) / CONNECTS_PER_S) * 1e6),
      orders: [],
    })),
  };
}

/** Reads the process tree at the feed's first second and at its end. */
function readDuring(startUs: number, durationS: number) {
  let tell: (measured: Pick<Measured, 'cpuS' | 'rssBytes'>) => void = () => undefined;
  const done = new Promise<Pick<Measured, 'cpuS' | 'rssBytes'>>((resolve) => {
    tell = resolve;
  });
  const begin = (pid: number): void => {
    const at = (us: number, action: () => void): void => void setTimeout(action, (us - clock.nowUs()) / 1000);
    let before = { cpuUs: 0, rssBytes: 0 };
    at(startUs + 0.5e6, () => {
      before = treeOf(pid);
    });
    at(startUs + (durationS - 0.5) * 1e6, () => {
      const after = treeOf(pid);
      tell({ cpuS: (after.cpuUs - before.cpuUs) / 1e6, rssBytes: after.rssBytes });
    });
  };
  return { begin, done };
}

/** CPU and resident memory of a process and all below it. */
function treeOf(pid: number): { cpuUs: number; rssBytes: number } {
  const own = readProcess(pid) ?? { cpuUs: 0, rssBytes: 0 };
  const sum = { cpuUs: own.cpuUs, rssBytes: own.rssBytes };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean);
    for (const child of children) {
      const below = treeOf(Number(child));
      sum.cpuUs += below.cpuUs;
      sum.rssBytes += below.rssBytes;
    }
  }
  return sum;
}

function countOf(outPath: string): { received: number; violations: number } {
  const counts = { received: 0, violations: 0 };
  for (const text of readFileSync(outPath, 'utf8').split('\n')) {
    if (!text.startsWith('{"kind":"')) continue;
    const line: { kind: string; streams?: { events: number }[]; violations?: Record<string, number> } =
      JSON.parse(text);
    if (line.kind === 'client') for (const stream of line.streams ?? []) counts.received += stream.events;
    if (line.kind === 'end') for (const count of Object.values(line.violations ?? {})) counts.violations += count;
  }
  return counts;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function benchCpu(k6Path: string): Promise<void> {
  const perCpuS: Record<Name, number[]> = { k6: [], swarm: [] };
  const ratios: number[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const order: readonly Name[] = block % 2 === 0 ? ['k6', 'swarm', 'swarm', 'k6'] : ['swarm', 'k6', 'k6', 'swarm'];
    const inBlock: Record<Name, number[]> = { k6: [], swarm: [] };
    for (const name of order) {
      const { messages, cpuS } = await measure(name, RATE, k6Path);
      inBlock[name].push(messages / cpuS);
      console.log(
        `${name.padEnd(6)} ${Math.round(messages / cpuS)
          .toLocaleString('en-US')
          .padStart(9)} messages/CPU-s`,
      );
    }
    perCpuS.k6.push(...inBlock.k6);
    perCpuS.swarm.push(...inBlock.swarm);
    ratios.push(mean(inBlock.swarm) / mean(inBlock.k6));
  }
  const rate = RATE.messagesPerS.toLocaleString('en-US');
  console.log(
    `\n${RATE.sockets} sockets, ${rate} messages/s, medians of ${2 * BLOCKS}: k6 ${Math.round(median(perCpuS.k6))}, swarm ${Math.round(median(perCpuS.swarm))} messages/CPU-s; swarm/k6 by block ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}, median ${median(ratios).toFixed(2)}`,
  );
}

async function benchMemory(k6Path: string): Promise<void> {
  const perSocket: Record<string, number> = {};
  for (const name of ['k6', 'swarm'] as const) {
    const at = new Map<number, number>();
    for (const sockets of name === 'k6' ? [100, 1_000] : [100, 1_000, 10_000]) {
      const { rssBytes } = await measure(name, { ...MEMORY, sockets, messagesPerS: MEMORY.messagesPerS }, k6Path);
      at.set(sockets, rssBytes);
      console.log(
        `${name.padEnd(6)} ${String(sockets).padStart(6)} sockets ${(rssBytes / 2 ** 20).toFixed(0).padStart(6)} MB`,
      );
    }
    const [most = 0, least = 0] = [[...at.keys()].at(-1), [...at.keys()][0]];
    perSocket[name] = ((at.get(most) ?? 0) - (at.get(least) ?? 0)) / (most - least);
    console.log(`${name}: ${((perSocket[name] ?? 0) / 1024).toFixed(1)} KB a socket, from ${least} to ${most}`);
  }
  console.log(`memory a socket, swarm/k6: ${((perSocket['swarm'] ?? 0) / (perSocket['k6'] ?? 1)).toFixed(3)}`);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

const located = await locateK6({ path: process.env['PATH'] ?? '', projectRoot: projectFile() });
try {
  if (located.kind !== 'found') throw new Error('there is no k6 here: npm run setup:k6');
  await benchCpu(located.path);
  if (values.memory) await benchMemory(located.path);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * Measures the server beside a bare uWebSockets.js loop that publishes the same frames to the same sockets:
 * `npm run bench:server`. Servers and clients have processes of their own; the blocks of both are interleaved (A B B A), and
 * their ratio is what counts, since other work on the machine touches both alike.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import type { LoadAnswer, LoadQuestion } from './bench-server-load.ts';
import type { Answer, Question } from './bench-server-target.ts';

const SYMBOLS = 1000;
const SOCKETS = 1000;
const EACH = 20;
const BLOCK_S = 2;
/** A B B A, so often. */
const ROUNDS = 3;
const MANY_SOCKETS = 10_000;
const CONNECTS = 2_000;
const CONNECTS_PER_SECOND = 500;
const CONNECT_GOAL_US = 20_000;
const ORDERS = 100_000;
/** Sockets that each wait for an answer before the next order. */
const ORDER_WINDOW = 512;
const LONE_ORDERS = 500;
/** Clients that don't wait for one answer before the next order: fewer sockets, as many orders unanswered. */
const PIPELINE = { sockets: 64, each: 8 };

const extension = extname(fileURLToPath(import.meta.url));
const entry = (name: string): string => fileURLToPath(new URL(`./bench-server-${name}${extension}`, import.meta.url));

/** A child that answers each question before the next is asked. */
class Child<Asked extends object, Answered> {
  readonly #process: ChildProcess;

  constructor(name: string) {
    this.#process = fork(entry(name), [], { execArgv: [...process.execArgv, '--expose-gc'] });
  }

  async ask(question: Asked): Promise<Answered> {
    const abort = new AbortController();
    const answered = once(this.#process, 'message', abort);
    const ended = once(this.#process, 'exit', abort).then(() => {
      throw new Error('a process of the bench has ended early');
    });
    this.#process.send(question);
    const [answer] = await Promise.race([answered, ended]);
    ended.catch(() => undefined);
    abort.abort();
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.send({ do: 'stop' });
    await ended;
  }
}

/** A server and its clients. */
class Pair {
  readonly target = new Child<Question, Answer>('target');
  readonly load = new Child<LoadQuestion, LoadAnswer>('load');
  #port = 0;

  async listen(kind: 'whole' | 'bare', journal?: string): Promise<void> {
    const { port } = await this.target.ask({ do: 'listen', kind, symbols: SYMBOLS, ...(journal && { journal }) });
    this.#port = port;
  }

  connect(sockets: number, perSecond = 0): Promise<LoadAnswer> {
    return this.load.ask({ do: 'connect', port: this.#port, sockets, perSecond });
  }

  /** Deliveries for each second of the server's CPU. */
  async block(plan: { readonly symbols: number; readonly ticksPerSecond: number }): Promise<number> {
    const before = await this.load.ask({ do: 'count' });
    const start = await this.target.ask({ do: 'usage' });
    const end = await this.target.ask({ do: 'play', ...plan, seconds: BLOCK_S });
    const after = await this.load.ask({ do: 'count' });
    return ((after.tickers - before.tickers) / (end.cpuUs - start.cpuUs)) * 1e6;
  }

  async stop(): Promise<void> {
    await Promise.all([this.target.stop(), this.load.stop()]);
  }
}

const rows: string[][] = [];

type Verdict = 'holds' | 'falls short' | "can't tell";

function tell(
  what: string,
  row: { readonly goal: string; readonly measured: string; readonly verdict: Verdict },
): void {
  rows.push([what, row.goal, row.measured, row.verdict]);
  console.log(`${what}: ${row.verdict}: ${row.measured} (goal ${row.goal})`);
  if (row.verdict === 'falls short') process.exitCode = 1;
  else if (row.verdict !== 'holds') process.exitCode ??= 3;
}

function verdictOf(holds: boolean): Verdict {
  return holds ? 'holds' : 'falls short';
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const ms = (us: number): string => `${(us / 1000).toFixed(1)} ms`;
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;
const thousands = (count: number): string => Math.round(count).toLocaleString('en-US');

async function throughput(
  what: string,
  plan: { readonly symbols: number; readonly each: number; readonly ticksPerSecond: number },
): Promise<void> {
  const whole = new Pair();
  const bare = new Pair();
  for (const [pair, kind] of [
    [whole, 'whole'],
    [bare, 'bare'],
  ] as const) {
    await pair.listen(kind);
    await pair.connect(SOCKETS);
    await pair.load.ask({ do: 'subscribe', symbols: plan.symbols, each: plan.each });
    // Compiled code on both sides before anything counts.
    await pair.block(plan);
  }
  const figures: Record<'whole' | 'bare', number[]> = { whole: [], bare: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of ['whole', 'bare', 'bare', 'whole'] as const) {
      figures[kind].push(await (kind === 'whole' ? whole : bare).block(plan));
    }
  }
  await Promise.all([whole.stop(), bare.stop()]);
  const ratios = figures.whole.map((figure, at) => figure / (figures.bare[at] ?? Number.NaN));
  const ratio = quantile(ratios, 0.5);
  const of = (kind: 'whole' | 'bare'): string => thousands(quantile(figures[kind], 0.5));
  const measured = `${(ratio * 100).toFixed(0)} % (blocks ${ratios.map((one) => (one * 100).toFixed(0)).join(', ')}): ${of('whole')} of ${of('bare')}`;
  tell(`deliveries per CPU second, ${what}`, {
    goal: '>= 70 % of the bare loop',
    measured,
    verdict: verdictOf(ratio >= 0.7),
  });
}

async function memory(): Promise<void> {
  const pair = new Pair();
  await pair.listen('whole');
  // The first thousand pays for what the server makes once.
  await pair.connect(SOCKETS);
  const before = await pair.target.ask({ do: 'usage' });
  await pair.connect(MANY_SOCKETS - SOCKETS);
  const idle = await pair.target.ask({ do: 'usage' });
  await pair.load.ask({ do: 'subscribe', symbols: SYMBOLS, each: EACH });
  const full = await pair.target.ask({ do: 'usage' });
  await pair.stop();
  const idleBytes = (idle.rssBytes - before.rssBytes) / (MANY_SOCKETS - SOCKETS);
  const fullBytes = idleBytes + (full.rssBytes - idle.rssBytes) / MANY_SOCKETS;
  const sockets = `${thousands(MANY_SOCKETS)} sockets`;
  tell(`memory a connection, idle, ${sockets}`, {
    goal: '< 12 KB',
    measured: kib(idleBytes),
    verdict: verdictOf(idleBytes < 12 * 1024),
  });
  tell(`memory a connection, ${EACH} subscriptions, ${sockets}`, {
    goal: '< 30 KB',
    measured: kib(fullBytes),
    verdict: verdictOf(fullBytes < 30 * 1024),
  });
}

async function connects(): Promise<void> {
  const latenciesUs: Record<'whole' | 'bare', number[]> = { whole: [], bare: [] };
  const pairs = { whole: new Pair(), bare: new Pair() };
  for (const kind of ['whole', 'bare'] as const) {
    await pairs[kind].listen(kind);
    await pairs[kind].connect(CONNECTS_PER_SECOND, CONNECTS_PER_SECOND);
  }
  for (const kind of ['whole', 'bare', 'bare', 'whole'] as const) {
    const answer = await pairs[kind].connect(CONNECTS, CONNECTS_PER_SECOND);
    latenciesUs[kind].push(...answer.latenciesUs);
    await pairs[kind].load.ask({ do: 'close' });
  }
  await Promise.all([pairs.whole.stop(), pairs.bare.stop()]);
  const p99Us = quantile(latenciesUs.whole, 0.99);
  const of = (kind: 'whole' | 'bare'): string =>
    `p50 ${ms(quantile(latenciesUs[kind], 0.5))}, p99 ${ms(quantile(latenciesUs[kind], 0.99))}`;
  const measured = `${of('whole')} (bare loop: ${of('bare')})`;
  // Where the bare loop is as late, the machine is.
  const isMachineLate = quantile(latenciesUs.bare, 0.99) >= CONNECT_GOAL_US;
  const verdict = p99Us >= CONNECT_GOAL_US && isMachineLate ? "can't tell" : verdictOf(p99Us < CONNECT_GOAL_US);
  tell(`connect to welcome, ${CONNECTS_PER_SECOND} new connections/s`, {
    goal: 'p99 < 20 ms',
    measured,
    verdict,
  });
}

function spreadOf({ latenciesUs }: LoadAnswer): string {
  return `p50 ${ms(quantile(latenciesUs, 0.5))}, p99 ${ms(quantile(latenciesUs, 0.99))}`;
}

/** As many orders as the server acknowledges while `each` of each socket wait for their answers. */
async function fullOrders(
  pair: Pair,
  what: string,
  waiting: { readonly sockets: number; readonly each: number },
): Promise<void> {
  const start = await pair.target.ask({ do: 'usage' });
  const full = await pair.load.ask({ do: 'order', orders: ORDERS, ...waiting, symbols: SYMBOLS });
  const end = await pair.target.ask({ do: 'usage' });
  const perSecond = (ORDERS / full.tookMs) * 1000;
  const perCpuSecond = (ORDERS / (end.cpuUs - start.cpuUs)) * 1e6;
  const unanswered = `${waiting.each} unanswered on each of ${waiting.sockets} sockets`;
  const measured = `${thousands(perSecond)}/s (${thousands(perCpuSecond)} a CPU second), ${spreadOf(full)} with ${unanswered}`;
  tell(what, { goal: '>= 20,000/s', measured, verdict: verdictOf(perSecond >= 20_000) });
}

async function orders(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-server-'));
  const pair = new Pair();
  try {
    await pair.listen('whole', join(folder, 'journal'));
    await pair.connect(ORDER_WINDOW);
    const lone = await pair.load.ask({ do: 'order', orders: LONE_ORDERS, sockets: 1, each: 1, symbols: SYMBOLS });
    tell('order command to acknowledgement, journal, one at a time', {
      goal: 'printed',
      measured: spreadOf(lone),
      verdict: 'holds',
    });
    await fullOrders(pair, 'acknowledged orders, journal', { sockets: ORDER_WINDOW, each: 1 });
    await fullOrders(pair, 'the same, pipelined', PIPELINE);
  } finally {
    await pair.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  sparse: () =>
    throughput('1000 symbols, 1000 sockets with 20, 1 tick/s a symbol', {
      symbols: SYMBOLS,
      each: EACH,
      ticksPerSecond: SYMBOLS,
    }),
  busy: () =>
    throughput('1000 symbols, 1000 sockets with 20, 5 ticks/s a symbol', {
      symbols: SYMBOLS,
      each: EACH,
      ticksPerSecond: 5 * SYMBOLS,
    }),
  hot: () => throughput('one symbol to 1000 sockets, 200 ticks/s', { symbols: 1, each: 1, ticksPerSecond: 200 }),
  memory,
  connects,
  orders,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => parts[name] === undefined);
if (unknown !== undefined) {
  console.error(`bench-server: unknown part "${unknown}"; there are ${Object.keys(parts).join(', ')}`);
  process.exitCode = 64;
} else {
  for (const [name, measure] of Object.entries(parts))
    if (wanted.length === 0 || wanted.includes(name)) await measure();
  console.log(`\n${markdownTable([['what', 'goal', 'measured', 'verdict'], ...rows])}`);
}

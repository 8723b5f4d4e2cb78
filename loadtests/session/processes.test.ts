import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { TickKind as Kinds, type TickKind } from '../../market/types.ts';
import { CLOCK_OFFSET_ENV } from '../../protocol/clock.ts';
import type { GeneratorPlan } from '../../protocol/generatorPlan.ts';
import type { GeneratorLine, Schedule } from '../../protocol/run.ts';
import { hostClock } from '../../simulator/hostClock.ts';
import { createTapeWriter } from '../../simulator/tape/writer.ts';
import { readCheckedLines } from '../distributed/checkedLines.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-generators-'));
const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
  rmSync(folder, { recursive: true });
});

const clock = hostClock({});
const EVENTS = 40;
const INTERVAL_US = 20_000;
const FROM_US = 1_000_000;

/** Starts one of our processes from its source, on the test's clock. */
function start(entry: string, args: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(entry, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    env: { ...process.env, [CLOCK_OFFSET_ENV]: String(clock.offsetUs) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  closers.push(() => child.kill());
  return child;
}

function ended(child: ChildProcess): Promise<{ code: number | null; errors: string }> {
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, errors })));
}

/** A native server with one symbol, and how it knows that each of the plan's clients has read all there is. */
interface Served {
  readonly plan: GeneratorPlan;
  readonly allRead: Promise<unknown>;
}

/** Serves a plan of two clients of one account, whatever time the process takes to start: all events are due before. */
async function serve(generator: 'swarm' | 'probe', dropped: number): Promise<Served> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'tapedeck.v1.json' });
  closers.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const plan = planFor(generator, (server.address() as AddressInfo).port);
  const read: (() => void)[] = [];
  const allRead = Promise.all(plan.clients.map(() => new Promise<void>((resolve) => read.push(resolve))));
  server.on('connection', (socket) => {
    socket.once('pong', () => read.pop()?.());
    socket.on('message', (text) => answer(socket, JSON.parse(String(text)), { plan, dropped }));
  });
  return { plan, allRead };
}

function answer(
  socket: WebSocket,
  command: Readonly<Record<string, unknown>>,
  { plan, dropped }: { plan: GeneratorPlan; dropped: number },
): void {
  const { type, id, channel } = command;
  const account = plan.clients[0]?.account ?? '';
  const send = (frame: object) => socket.send(JSON.stringify(frame));
  if (type === 'auth') send({ type: 'welcome', id, account, epoch: 'e', heartbeatMs: 60_000 });
  if (type === 'ping') send({ type: 'pong', id, serverTimeUs: clock.nowUs() });
  if (type !== 'subscribe') return;
  const key = channel === 'ticker' ? 'AAPL' : account;
  send({ type: 'subscribed', id, channel, symbols: [key], recovered: false });
  send({ type: 'snapshot', channel, symbol: key, epoch: 'e', seq: 0, data: null });
  if (channel === 'ticker') sendEvents(socket, plan.schedule, dropped);
}

/** Sends the events, some every few ms, the one numbered `dropped` left out; then a ping, whose pong says that they were read. */
function sendEvents(socket: WebSocket, schedule: Schedule, dropped: number): void {
  let seq = 0;
  const timer = setInterval(() => {
    const nowUs = clock.nowUs();
    const offsetUs = seq * INTERVAL_US;
    const times = { eventTimeUs: FROM_US + offsetUs, dueTimeUs: schedule.startUs + offsetUs };
    const data = { last: 100 + seq, lastSize: 1, bid: null, ask: null, bidSize: null, askSize: null, volume: 0 };
    seq += 1;
    const frame = { type: 'ticker', symbol: 'AAPL', seq, data, ...times, receivedTimeUs: nowUs, sentTimeUs: nowUs };
    if (seq !== dropped) socket.send(JSON.stringify(frame));
    if (seq < EVENTS) return;
    clearInterval(timer);
    socket.ping();
  }, 5);
}

function planFor(generator: 'swarm' | 'probe', port: number): GeneratorPlan {
  const toEventUs = FROM_US + EVENTS * INTERVAL_US;
  const startUs = clock.nowUs() - EVENTS * INTERVAL_US;
  return {
    version: 1,
    generator,
    dialect: 'native',
    schedule: { startUs, fromEventUs: FROM_US, toEventUs, speed: 1 },
    endUs: startUs + 60_000_000,
    connectTimeoutMs: 5_000,
    reconnect: { firstDelayMs: 50, capMs: 1_000 },
    seed: 1,
    wallAheadUs: 0,
    maxListedViolations: 10,
    clients: [0, 1].map((client) => ({
      client,
      url: `ws://127.0.0.1:${port}/v1/stream`,
      account: 'acct',
      symbols: ['AAPL'],
      channels: ['ticker', 'order', 'execution'],
      connectAtUs: startUs,
      orders: [],
    })),
  };
}

function writeTape(): string {
  const path = join(folder, 'one.tape');
  const kind: TickKind = Kinds.TRADE;
  const writer = createTapeWriter({
    path,
    name: 'one',
    seed: 1,
    origin: { kind: 'derived', description: 'made by hand', sources: [] },
    instruments: [{ symbol: 'AAPL', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }],
    sessionDate: '2020-03-16',
    sessionOpenUs: 0,
    sessionCloseUs: 10_000_000,
  });
  const nothing = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
  for (let seq = 0; seq < EVENTS; seq++) {
    // The tape has another price for the tenth event than the server will tell.
    const price = (seq === 9 ? 1 : 100 + seq) * 100;
    writer.append({ ...nothing, kind, symbol: 0, eventTimeUs: FROM_US + seq * INTERVAL_US, price, size: 1 });
  }
  writer.finish();
  return path;
}

async function run(generator: 'swarm' | 'probe', dropped: number, more: readonly string[]): Promise<GeneratorLine[]> {
  const { plan, allRead } = await serve(generator, dropped);
  const name = [generator, ...more.filter((argument) => !argument.includes('/'))].join('');
  const planPath = join(folder, `${name}.json`);
  const outPath = join(folder, `${name}.ndjson`);
  writeFileSync(planPath, JSON.stringify(plan));
  const child = start(`../${generator}/main.ts`, [planPath, '--out', outPath, ...more]);
  const end = ended(child);
  await Promise.race([allRead, end]);
  child.kill('SIGTERM');
  expect(await end).toEqual({ code: 0, errors: '' });
  expect(await readCheckedLines({ generator, path: outPath, isWhole: true })).toMatchObject({ damage: '' });
  return readFileSync(outPath, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): GeneratorLine => JSON.parse(line));
}

describe.concurrent('generators as processes', () => {
  it('should run a swarm that sees a dropped event as a gap', async () => {
    const lines = await run('swarm', 21, []);
    const end = lines.at(-1);
    expect(end).toMatchObject({ kind: 'end', violations: { gap: 2 } });
    const clients = lines.filter((line) => line.kind === 'client');
    expect(clients.map(({ connects, streams }) => [connects, streams[0]?.events])).toEqual([
      [1, EVENTS - 1],
      [1, EVENTS - 1],
    ]);
    const metrics = new Set(lines.flatMap((line) => (line.kind === 'window' ? Object.keys(line.histograms) : [])));
    // How long a connection lasted without a heartbeat is noted as well, once that is over a heartbeat's interval.
    metrics.delete('heartbeat');
    expect([...metrics].sort()).toEqual(['connect', 'loopDelay', 'slip']);
  });

  it('should deal its clients to several processes, and bring their lines together', async () => {
    const lines = await run('swarm', 21, ['--workers', '2']);
    const ends = lines.filter((line) => line.kind === 'end');
    expect(ends).toMatchObject([{ violations: { gap: 1 } }, { violations: { gap: 1 } }]);
    const clients = lines.filter((line) => line.kind === 'client');
    expect(clients.map(({ client, streams }) => [client, streams[0]?.events])).toEqual([
      [0, EVENTS - 1],
      [1, EVENTS - 1],
    ]);
    expect(readdirSync(folder).filter((file) => /-[12]$/.test(file))).toEqual([]);
  });

  it('should run a probe that holds every frame against the tape', async () => {
    const lines = await run('probe', -1, ['--tape', writeTape()]);
    expect(lines.at(-1)).toMatchObject({ kind: 'end', violations: { wrong_content: 2 } });
    expect(lines.find((line) => line.kind === 'violation')).toMatchObject({
      stream: 'ticker:AAPL',
      seq: 10,
      detail: 'last 109, the tape says 1',
    });
  });

  it('should refuse a bad call in one line with the exit code for usage, and a bad plan with that for data', async () => {
    expect(await ended(start('../swarm/main.ts', []))).toEqual({
      code: 64,
      errors: 'swarm: --out is missing; usage: PLAN --out FILE\n',
    });
    const path = join(folder, 'bad.json');
    writeFileSync(path, '{"version":2}');
    expect(await ended(start('../swarm/main.ts', [path, '--out', join(folder, 'none')]))).toMatchObject({ code: 65 });
  });

  it('should run a cut proxy that tells when it is ready and which cuts it made', async () => {
    const { plan } = await serve('swarm', -1);
    const port = new URL(plan.clients[0]?.url ?? '').port;
    const child = start('../proxy/main.ts', ['--target-port', port]);
    const done = ended(child);
    const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
    const next = async (kind: string): Promise<Readonly<Record<string, unknown>>> => {
      for (;;) {
        const { value } = await lines.next();
        const line: Record<string, unknown> = JSON.parse(String(value));
        if (line['kind'] === kind || (kind === 'ready' && line['ready'] === true)) return line;
      }
    };
    expect(await next('ready')).toMatchObject({ ports: [expect.any(Number)], pid: child.pid });
    child.stdin?.write(`${JSON.stringify({ kind: 'cuts', cuts: [{ client: 3, atUs: clock.nowUs() }] })}\n`);
    expect(await next('missed')).toMatchObject({ client: 3, connections: 0 });
    expect(await next('loopDelay')).toMatchObject({ maxUs: expect.any(Number) });
    child.stdin?.end();
    expect(await done).toEqual({ code: 0, errors: '' });
  });
});

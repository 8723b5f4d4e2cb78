import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { projectFile } from '../simulator/paths.ts';
import { createTapeWriter } from '../simulator/tape/writer.ts';
import { trade } from '../simulator/testTape.ts';
import { runCli } from './program.ts';

/** 09:30 in New York. */
const OPEN_US = 1_584_365_400_000_000;
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-as-'));
const tapePath = join(folder, 'small.tape');

/** Trades every 10 ms for a minute. */
beforeAll(() => {
  const writer = createTapeWriter({
    path: tapePath,
    name: 'small',
    seed: 1,
    origin: { kind: 'derived', description: 'a sawtooth', sources: [] },
    instruments: [{ symbol: 'AAPL', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }],
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + 23_400_000_000,
  });
  for (let at = 0; at < 6_000; at++) writer.append(trade({ eventTimeUs: OPEN_US + at * 10_000, price: 10_000 + at }));
  writer.finish();
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', projectFile('cli', 'main.ts'), 'replay', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: projectFile(),
  });
}

interface Ready {
  readonly port: number;
  readonly control: string;
}

/** Starts a façade; its first line says where it is. */
async function startAs(args: readonly string[]): Promise<{ child: ChildProcess; ready: Ready; rest: Promise<string> }> {
  const child = start(['--tape', tapePath, '--port', '0', '--format', 'json', ...args]);
  if (child.stdout === null) throw new Error('no stdout');
  const lines = createInterface({ input: child.stdout });
  const [first] = await once(lines, 'line');
  const more: string[] = [];
  lines.on('line', (line) => more.push(line));
  const rest = once(lines, 'close').then(() => more.join('\n'));
  return { child, ready: JSON.parse(String(first)), rest };
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** Hears trades of a Polygon façade until there are so many. */
async function hear(port: number, count: number): Promise<{ i: string; t: number }[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/stocks`);
  const trades: { i: string; t: number }[] = [];
  socket.on('open', () => {
    socket.send(JSON.stringify({ action: 'auth', params: 'secret' }));
    socket.send(JSON.stringify({ action: 'subscribe', params: 'T.AAPL' }));
  });
  await new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      trades.push(...JSON.parse(String(data)).filter(({ ev }: { ev: string }) => ev === 'T'));
      if (trades.length >= count) resolve();
    });
  });
  socket.terminate();
  return trades;
}

async function refusal(args: readonly string[]): Promise<{ readonly err: string; readonly code: number }> {
  let err = '';
  const code = await runCli(['replay', ...args], { out: () => undefined, err: (text) => (err += text) }, false);
  return { err, code };
}

describe('tapedeck replay --as', () => {
  it('should be Polygon for a client, be steered meanwhile, and end on Ctrl-C with what was played', async () => {
    const { child, ready, rest } = await startAs(['--as', 'polygon', '--key', 'secret', '--loop']);
    const trades = await hear(ready.port, 5);
    expect(trades.slice(1).every(({ t }, at) => t - (trades[at]?.t ?? 0) === 10)).toBe(true);
    const paused = await fetch(`${ready.control}/pause`, { method: 'POST' });
    expect(await paused.json()).toMatchObject({ status: 'paused' });
    child.kill('SIGINT');
    expect(await exitCode(child)).toBe(130);
    const summary = JSON.parse(await rest);
    expect(summary).toMatchObject({ provider: 'polygon', speed: 1, counts: { opened: 1, kicked: 0 } });
    expect(summary.lateness.count).toBe(summary.events);
  });

  it('should say times of now, and end with the tape', async () => {
    const beforeMs = Date.now();
    const part = ['--from', '09:30:10', '--to', '09:30:30', '--speed', '10', '--start', 'now'];
    const { child, ready, rest } = await startAs(['--as', 'polygon', ...part]);
    const [first] = await hear(ready.port, 1);
    expect(Math.abs((first?.t ?? 0) - beforeMs)).toBeLessThan(60_000);
    expect(await exitCode(child)).toBe(0);
    expect(JSON.parse(await rest)).toMatchObject({ events: 2_000, speed: 10, rounds: 0 });
  });

  it.each([
    [['--port', '1'], '--port goes with --as PROVIDER: polygon, binance,'],
    [['--as', 'nasdaq'], "argument 'nasdaq' is invalid. Allowed choices are polygon, binance,"],
    [['--as', 'polygon', '--plan', 'gold', '--tape', 'x'], '--plan gold: polygon has 1 (one connection'],
    [['--as', 'polygon', '--tape', 'none.tape'], 'none.tape'],
    [['--as', 'polygon', '--tape', tapePath, '--from', 'noon'], '--from noon: give seconds after the open'],
    [['--as', 'polygon', '--tape', tapePath, '--from', '12:00'], '--from 12:00: tape '],
    [['--as', 'polygon', '--tape', tapePath, '--from', '60', '--to', '10'], '--from 60: tape '],
    [['--as', 'polygon', '--tape', tapePath, '--from', '30', '--to', '10'], '--to 10: lies before the start, 09:30:30'],
    [['--as', 'polygon', '--tape', tapePath, '--at', '12:00'], '--at 12:00: lies outside the part from 09:30:00'],
    [
      ['--as', 'polygon', '--date', '2020-07-04'],
      '2020-07-04 is a Saturday: no regular session; choose another --date',
    ],
    [['--as', 'polygon', '--tape', 'x', '--date', '2020-03-16'], "cannot be used with option '--tape <file>'"],
    [['--as', 'polygon', '--scenario', 'none', '--tape', 'x'], 'none'],
  ])('should refuse %j in one line', async (args, line) => {
    const { err, code } = await refusal(args);
    expect(err).toContain(line);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(code).toBeGreaterThan(0);
  });
});

/** Cuts everybody after 1.5 s, which are 7.5 s of the market. */
const SCENARIO = `version: 1
name: one-cut
description: all clients are reset after a second and a half
seed: 1
tape: { symbols: 1, fromS: 0, durationS: 50, speed: 5 }
load:
  clients: 1
  symbolsPerClient: 1
  connectOverS: 0
  ordersPerS: 0
  probes: 0
  graceS: 0
  reconnect: { firstDelayMs: 10, capMs: 10 }
cuts: []
targets: default
faults:
  - { kind: cut, at: 1.5 }
`;

describe('tapedeck replay --as with a scenario', () => {
  it('should play its part at its speed and do to connections what it says', async () => {
    const path = join(folder, 'one-cut.yaml');
    writeFileSync(path, SCENARIO);
    const { child, ready, rest } = await startAs(['--as', 'polygon', '--scenario', path]);
    const socket = new WebSocket(`ws://127.0.0.1:${ready.port}/stocks`);
    socket.on('error', () => undefined);
    const [code] = await once(socket, 'close');
    expect(code).toBe(1006);
    const trades = await hear(ready.port, 3);
    expect(trades[0]?.t).toBeGreaterThanOrEqual(OPEN_US / 1_000 + 7_500);
    child.kill('SIGTERM');
    await exitCode(child);
    expect(JSON.parse(await rest)).toMatchObject({ speed: 5, fromUs: OPEN_US, counts: { opened: 2 } });
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MarketEngine } from '../market/engine.ts';
import { RunHash } from '../market/runHash.ts';
import type { Command } from '../market/types.ts';
import { CommandLogWriter } from '../simulator/commandLog.ts';
import { projectFile } from '../simulator/paths.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeHeader } from '../simulator/tape/types.ts';
import { createTapeWriter } from '../simulator/tape/writer.ts';
import { trade } from '../simulator/testTape.ts';
import { capture } from './capture.ts';
import { runCli } from './program.ts';

/** 09:30 in New York. */
const OPEN_US = 1_584_365_400_000_000;
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-replay-'));
const tapePath = join(folder, 'small.tape');
let header: TapeHeader;

/** Trades every 10 ms for a minute. */
function writeTape(): TapeHeader {
  const writer = createTapeWriter({
    path: tapePath,
    name: 'small',
    seed: 1,
    origin: { kind: 'derived', description: 'a sawtooth', sources: [] },
    instruments: [{ symbol: 'A', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }],
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + 60_000_000,
  });
  for (let at = 0; at < 6_000; at++) {
    writer.append(trade({ eventTimeUs: OPEN_US + at * 10_000, price: 10_000 + (at % 40) }));
  }
  return writer.finish();
}

/** A run's folder: its command log, and a summary with the hash that it is said to have had. */
async function writeRun(
  name: string,
  reportedHash?: string,
): Promise<{ readonly run: string; readonly runHash: string }> {
  const run = join(folder, name);
  mkdirSync(run);
  const part = { fromUs: OPEN_US, toUs: OPEN_US + 30_000_000, speed: 1, seed: 1 };
  const log = await CommandLogWriter.open(join(run, 'commands.ndjson'), {
    tape: { path: tapePath, sha256: header.sha256 },
    ...part,
  });
  const tape = openTape(tapePath);
  const hash = new RunHash();
  const engine = new MarketEngine({ instruments: header.instruments, sink: (event) => hash.event(event) });
  const cursor = tape.cursor();
  let inputs = 0;
  while (inputs < 1_000 && cursor.next()) {
    hash.tick(cursor.tick);
    engine.onTick(cursor.tick);
    inputs += 1;
    if (inputs % 100 !== 0) continue;
    const terms = { symbol: 0, side: 'BUY', type: 'MARKET', quantity: 5 } as const;
    const command: Command = { kind: 'place', account: 'a', clientOrderId: `o${inputs}`, ...terms };
    log.command(inputs, command);
    hash.command(command);
    engine.onCommand(command);
    inputs += 1;
  }
  tape.close();
  const runHash = hash.digest();
  await log.close({ inputs, runHash });
  writeFileSync(join(run, 'summary.json'), JSON.stringify({ tape: { runHash: reportedHash ?? runHash } }));
  return { run, runHash };
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', projectFile('cli', 'main.ts'), 'replay', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: projectFile(),
  });
}

async function ended(
  child: ChildProcess,
): Promise<{ readonly out: string; readonly err: string; readonly code: number | null }> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  await once(child, 'close');
  return { out, err, code: child.exitCode };
}

describe('tapedeck replay', () => {
  beforeAll(() => {
    header = writeTape();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('should print the hash of the events, the one in the header for the whole tape', async () => {
    expect(await ended(start(['--tape', tapePath, '--hash']))).toEqual({
      out: `${header.eventHash}\n`,
      err: '',
      code: 0,
    });
  });

  it('should refuse a day without a session, and a speed that is none, in one line', async () => {
    expect(await capture('replay', '--date', '2020-12-25')).toMatchObject({
      code: 64,
      err: 'tapedeck: 2020-12-25 is closed for Christmas Day: no regular session; choose another --date or --tape\n',
    });
    expect((await capture('replay', '--speed', '0')).err).toContain('Give a number above 0, at most 1000000, or max');
  });

  it('should play a part at a pace and sum it up', async () => {
    const part = ['--from', '09:30:20', '--duration', '10', '--speed', '20'];
    const { out, code } = await ended(start(['--tape', tapePath, ...part, '--format', 'json']));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      fromUs: OPEN_US + 20_000_000,
      toUs: OPEN_US + 30_000_000,
      speed: 20,
      ended: 'end',
      events: 1_000,
      lateness: { count: 1_000 },
      eventHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it('should begin inside the part where it is told to', async () => {
    const part = ['--from', '09:30:20', '--to', 'open+30s', '--at', '25', '--speed', 'max'];
    const { out } = await ended(start(['--tape', tapePath, ...part, '--format', 'json']));
    expect(JSON.parse(out)).toMatchObject({
      fromUs: OPEN_US + 25_000_000,
      toUs: OPEN_US + 30_000_000,
      speed: null,
      events: 500,
    });
  });

  it('should end on Ctrl-C with what was played', async () => {
    const child = start(['--tape', tapePath]);
    const result = ended(child);
    if (child.stderr === null) throw new Error('no stderr');
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const { out, code } = await result;
    expect(code).toBe(130);
    expect(out).toMatch(/events +\d+ in /);
    expect(out).toMatch(/ended +interrupted\n$/);
  });

  it('should repeat a run and say that its hash is the same', async () => {
    const { run, runHash } = await writeRun('sound');
    const { out, err, code } = await ended(start(['--commands', run]));
    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(out).toContain(`run's hash  ${runHash}\nrepeated    ${runHash}\nsame\n`);
  });

  it('should fail where the hash differs from the one reported', async () => {
    const { run } = await writeRun('altered', 'feed');
    const { out, code } = await ended(start(['--commands', run]));
    expect(code).toBe(1);
    expect(out).toMatch(/\(its summary says feed\)\n.*\nDIFFERENT\n$/);
  });

  it.each([
    [['--commands', join(folder, 'none')], 66, /there is no .*none/],
    [['--tape', join(folder, 'none.tape')], 66, /none.tape: no such file/],
    [['--tape', tapePath, '--from', '11:00'], 64, /--from 11:00: .* ends before, at 09:30:59/],
    [['--tape', tapePath, '--from', 'noon'], 64, /--from noon: give seconds after the open/],
    [['--tape', tapePath, '--speed', '0'], 64, /--speed/],
    [['--commands', folder, '--speed', '2'], 64, /cannot be used with/],
  ])('should refuse %j in one line', async (args, exitCode, line) => {
    let err = '';
    const output = {
      out: () => undefined,
      err: (text: string) => {
        err += text;
      },
    };
    expect(await runCli(['replay', ...args], output, false)).toBe(exitCode);
    expect(err).toMatch(line);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });
});

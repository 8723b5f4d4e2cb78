import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TickKind } from '../../market/types.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { readCommandLog } from '../../simulator/commandLog.ts';
import { projectFile } from '../../simulator/paths.ts';
import { replayCommands } from '../../simulator/repeat.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import { createTapeWriter } from '../../simulator/tape/writer.ts';
import { startServer } from '../server.ts';
import { testInstruments } from '../testing/manualFeed.ts';
import { StreamClient } from '../testing/streamClient.ts';
import { testClock } from '../testing/testServer.ts';

const OPEN_US = 1_584_365_400_000_000;
const EVENTS = 600;
const log = pino({ level: 'silent' });
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Trades in two symbols by turns, each price a tick above the one before. */
function writeTape(events = EVENTS, everyUs = 1_000): string {
  const path = join(folder, 'test.tape');
  const writer = createTapeWriter({
    path,
    name: 'test',
    seed: 5,
    origin: { kind: 'derived', description: 'made by a test', sources: [] },
    instruments: testInstruments(2),
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + 1e9,
  });
  for (let event = 0; event < events; event++) {
    const trade = { kind: TickKind.TRADE, price: 10_000 + event, size: 1, bid: 0, ask: 0, bidSize: 0, askSize: 0 };
    writer.append({ ...trade, symbol: event % 2, eventTimeUs: OPEN_US + event * everyUs, flags: 0 });
  }
  writer.finish();
  return path;
}

function start(feed: {
  readonly tapePath: string;
  readonly speed: number;
  readonly fromUs?: number;
  readonly toUs?: number;
  readonly startAtUs?: number;
  readonly faults?: string;
}) {
  const listen = [{ host: '127.0.0.1', port: 0 }];
  const limits = { ...DEFAULT_LIMITS, drainMs: 40 };
  const commandLogPath = join(folder, 'commands.ndjson');
  return startServer(
    { listen, limits, allowedOrigins: [], logLevel: 'silent', feed, commandLogPath },
    { clock: testClock, log },
  );
}

describe('a tape in the server', () => {
  it('should come at its due times, and the run be repeated from its command log', async () => {
    const tapePath = writeTape();
    // The client must have subscribed before the first tick is due, however busy the machine.
    const startAtUs = testClock.nowUs() + 1_500_000;
    const server = await start({ tapePath, speed: 1, startAtUs });
    const client = await StreamClient.open(`ws://127.0.0.1:${server.ports[0]}/v1/stream`);
    await client.ask({ type: 'auth', id: 1 });
    await client.ask({ type: 'subscribe', id: 2, channel: 'ticker', symbols: ['S0', 'S1'] });
    await client.first(({ seq, symbol }) => symbol === 'S0' && seq === 50);
    const sell = { type: 'order.place', symbol: 'S0', side: 'SELL', quantity: '1' };
    const trailing = { orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'ticks', value: '5' } };
    await client.ask({ ...sell, ...trailing, id: 3, clientOrderId: 'a' });
    await client.ask({ ...sell, orderType: 'MARKET', id: 4, clientOrderId: 'b' });
    await server.feedEnded;
    await client.first(({ code }) => code === 'feed_ended');
    await server.drain();

    const ticks = client.of('ticker');
    expect(ticks).toHaveLength(EVENTS);
    for (const { eventTimeUs, dueTimeUs, receivedTimeUs } of ticks) {
      expect(Number(dueTimeUs)).toBe(startAtUs + Number(eventTimeUs) - OPEN_US);
      expect(Number(receivedTimeUs)).toBeGreaterThanOrEqual(Number(dueTimeUs));
    }
    const commandLog = readCommandLog(join(folder, 'commands.ndjson'));
    expect(commandLog.logged).toHaveLength(2);
    const tape = openTape(tapePath);
    const repeated = await replayCommands({ log: commandLog, tape });
    tape.close();
    expect(repeated).toMatchObject({ inputs: EVENTS + 2, commands: 2, runHash: commandLog.runHash });
  });

  it('should play only its part, and end at a drain in the middle', async () => {
    const server = await start({ tapePath: writeTape(), speed: Number.POSITIVE_INFINITY, toUs: OPEN_US + 100_000 });
    await server.feedEnded;
    await server.drain();
    expect(readCommandLog(join(folder, 'commands.ndjson')).inputs).toBe(100);
    const waiting = await start({ tapePath: writeTape(), speed: 1, startAtUs: testClock.nowUs() + 3_600_000_000 });
    await waiting.drain();
    await waiting.feedEnded;
    expect(readCommandLog(join(folder, 'commands.ndjson')).inputs).toBe(0);
  });

  it('should warm the windows from before its part, and end minutes on the schedule as inputs that a repetition takes', async () => {
    const tapePath = writeTape(240, 1_000_000);
    const part = { fromUs: OPEN_US + 90e6, toUs: OPEN_US + 200e6 };
    const server = await start({ tapePath, speed: 2_000, ...part });
    await server.feedEnded;
    const client = await StreamClient.open(`ws://127.0.0.1:${server.ports[0]}/v1/stream`);
    await client.ask({ type: 'auth', id: 1 });
    const answer = await client.ask({ type: 'get', id: 2, what: 'bars', symbol: 'S0' });
    const quote = await client.ask({ type: 'get', id: 3, what: 'quote', symbol: 'S0' });
    client.terminate();
    await server.drain();

    // Each minute holds 30 trades of the symbol; the second began before the part.
    expect(answer).toMatchObject({
      data: { bars: [{ trades: 30 }, { trades: 30 }, { trades: 30, close: 101.78 }], forming: { trades: 10 } },
    });
    // The ticker knows of the part alone.
    expect(quote).toMatchObject({ data: { volume: 55 } });
    const commandLog = readCommandLog(join(folder, 'commands.ndjson'));
    expect(commandLog.logged).toEqual([
      { kind: 'control', inputSeq: 30, control: { kind: 'clock', timeUs: OPEN_US + 120e6 } },
      { kind: 'control', inputSeq: 91, control: { kind: 'clock', timeUs: OPEN_US + 180e6 } },
    ]);
    const tape = openTape(tapePath);
    const repeated = await replayCommands({ log: commandLog, tape });
    tape.close();
    expect(repeated).toMatchObject({ ticks: 110, controls: 2, runHash: commandLog.runHash });
  });

  it('should have the faults of a scenario, the same at every pace and in a repetition', async () => {
    const tapePath = writeTape(3_000, 40_000);
    const faults = join(folder, 'faulty.yaml');
    const sound = readFileSync(projectFile('fixtures', 'scenarios', 'smoke.yaml'), 'utf8');
    writeFileSync(
      faults,
      `${sound.replace('speed: 1.6', 'speed: 100')}faults:
  - { kind: drop, at: 0, forS: 0.3, share: 0.5 }
  - { kind: delay, at: 0.3, forS: 0.2, byMs: { distribution: pareto, least: 5, alpha: 1, max: 100 } }
  - { kind: reorder, at: 0.5, forS: 0.2, windowMs: 10 }
  - { kind: stale_clock, at: 0.6, forS: 0.2, byS: -3 }
  - { kind: duplicate, at: 0.8, forS: 0.1, share: 0.4, laterMs: 20 }
  - { kind: burst, at: 0.9, forS: 0.1 }
  - { kind: halt, at: 0.35, forS: 0.1, symbols: [S1] }
  - { kind: delay, at: 1.1, byMs: 300 }
`,
    );
    const ends: { readonly inputs: number; readonly eventHash: string }[] = [];
    for (const speed of [100, Number.POSITIVE_INFINITY]) {
      const server = await start({ tapePath, speed, faults });
      await server.feedEnded;
      await server.drain();
      const commandLog = readCommandLog(join(folder, 'commands.ndjson'));
      expect(commandLog.logged.filter(({ kind }) => kind === 'control')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ control: { kind: 'halt', symbol: 1 } }),
          expect.objectContaining({ control: { kind: 'resume', symbol: 1 } }),
        ]),
      );
      const tape = openTape(tapePath);
      const repeated = await replayCommands({ log: commandLog, tape });
      tape.close();
      expect(repeated).toMatchObject({ inputs: commandLog.inputs, runHash: commandLog.runHash });
      expect(repeated.ticks).not.toBe(3_000);
      ends.push({ inputs: commandLog.inputs, eventHash: repeated.runHash });
    }
    expect(ends[1]).toEqual(ends[0]);
  });

  it('should refuse faults of symbols that the tape lacks before it serves', async () => {
    const faults = join(folder, 'unknown.yaml');
    const sound = readFileSync(projectFile('fixtures', 'scenarios', 'smoke.yaml'), 'utf8');
    writeFileSync(faults, `${sound}faults: [{ kind: gap, forS: 1, symbols: [S9] }]\n`);
    await expect(start({ tapePath: writeTape(), speed: 1, faults })).rejects.toThrow(
      'scenario smoke: faults.0.symbols: the tape has no S9; it has S0, S1',
    );
  });

  it('should be refused in one line when there is no tape', async () => {
    await expect(start({ tapePath: join(folder, 'none.tape'), speed: 1 })).rejects.toThrow(/none\.tape: no such file/);
  });
});

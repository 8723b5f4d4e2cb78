import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MarketEngine } from '../market/engine.ts';
import { RunHash } from '../market/runHash.ts';
import type { Command, Instrument } from '../market/types.ts';
import { CommandLogWriter, readCommandLog } from './commandLog.ts';
import { replayCommands } from './repeat.ts';
import { Replay } from './replay.ts';
import type { TapeReader } from './tape/types.ts';
import { memoryCursor, trade } from './testTape.ts';

const FROM_US = 1_584_365_400_000_000;
const TICKS = 30_000;
const SHA256 = 'c0ffee';
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-repeat-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Prices that swing, so that trailing stops trigger. */
const ticks = Array.from({ length: TICKS }, (_, at) =>
  trade({ eventTimeUs: FROM_US + at * 100, price: 10_000 + Math.round(50 * Math.sin(at / 300)) }),
);
const instrument: Instrument = {
  symbol: 'AAPL',
  index: 0,
  priceDecimals: 2,
  quantityDecimals: 0,
  previousClose: 10_000,
};

function memoryTape(events = ticks): TapeReader {
  return {
    path: 'memory.tape',
    header: {
      version: 1,
      name: 'memory',
      seed: 1,
      origin: { kind: 'derived', description: 'a sine', sources: [] },
      instruments: [instrument],
      sessionDate: '2020-03-16',
      sessionOpenUs: FROM_US,
      sessionCloseUs: FROM_US + 1e9,
      firstEventUs: FROM_US,
      lastEventUs: FROM_US + TICKS * 100,
      events: events.length,
      trades: events.length,
      quotes: 0,
      sha256: SHA256,
      eventHash: '',
    },
    cursor: (fromUs = 0) => memoryCursor(events.filter(({ eventTimeUs }) => eventTimeUs >= fromUs)),
    timeBefore: () => FROM_US,
    close: () => undefined,
  };
}

function trailingStop(at: number): Command {
  const terms = { symbol: 0, side: 'SELL', type: 'TRAILING_STOP_MARKET', quantity: 100 } as const;
  return {
    kind: 'place',
    account: 'a',
    clientOrderId: `o${at}`,
    ...terms,
    trailingOffset: { kind: 'ticks', value: 5 },
  };
}

/** A live run as a server does it: a command every 500 ticks, two at once now and then; ended before the tape is. */
async function runLive(
  path: string,
): Promise<{ readonly runHash: string; readonly eventHash: string; readonly events: number }> {
  const toUs = FROM_US + 2_500_000;
  const runHash = new RunHash();
  let events = 0;
  const engine = new MarketEngine({
    instruments: [instrument],
    sink: (event) => {
      events += 1;
      runHash.event(event);
    },
  });
  const log = await CommandLogWriter.open(path, {
    tape: { path: 'memory.tape', sha256: SHA256 },
    fromUs: FROM_US,
    toUs,
    speed: 1,
    seed: 1,
  });
  let inputs = 0;
  const command = (input: Command): void => {
    log.command(inputs, input);
    runHash.command(input);
    engine.onCommand(input);
    inputs += 1;
  };
  const schedule = { startUs: 0, fromEventUs: FROM_US, toEventUs: toUs, speed: 1 };
  const replay = new Replay({ cursor: memoryTape().cursor(FROM_US), schedule });
  command({ kind: 'cancel', account: 'a', clientOrderId: 'never-placed' });
  replay.pump(Number.MAX_SAFE_INTEGER, (tick) => {
    runHash.tick(tick);
    engine.onTick(tick);
    inputs += 1;
    if (replay.events % 500 === 0) command(trailingStop(replay.events));
    if (replay.events % 5_000 === 0) command({ kind: 'cancel', account: 'a', clientOrderId: `o${replay.events}` });
  });
  await log.close({ inputs, runHash: runHash.digest() });
  return { runHash: runHash.digest(), eventHash: replay.eventHash, events };
}

describe('replayCommands', () => {
  it('should repeat the hash of a live run', async () => {
    const path = join(folder, 'live.ndjson');
    const live = await runLive(path);
    expect(live.events).toBeGreaterThan(100);
    const repeated = await replayCommands({ log: readCommandLog(path), tape: memoryTape() });
    expect(repeated).toEqual({
      inputs: 25_000 + 50 + 5 + 1,
      ticks: 25_000,
      commands: 56,
      controls: 0,
      eventHash: live.eventHash,
      runHash: live.runHash,
      loggedRunHash: live.runHash,
    });
  });

  it('should give another hash when a command came one tick later', async () => {
    const path = join(folder, 'shifted.ndjson');
    const live = await runLive(path);
    const log = readCommandLog(path);
    const logged = log.logged.map((entry, at) => (at === 7 ? { ...entry, inputSeq: entry.inputSeq + 1 } : entry));
    const repeated = await replayCommands({ log: { ...log, logged }, tape: memoryTape() });
    expect(repeated.runHash).not.toBe(live.runHash);
    expect(repeated.eventHash).toBe(live.eventHash);
  });

  it('should refuse another tape, and one that is too short', async () => {
    const path = join(folder, 'refused.ndjson');
    await runLive(path);
    const log = readCommandLog(path);
    const other = memoryTape();
    const altered = { ...other, header: { ...other.header, sha256: 'beef' } };
    await expect(replayCommands({ log, tape: altered })).rejects.toThrow(/sha256 c0ffee, memory.tape has beef/);
    await expect(replayCommands({ log, tape: memoryTape(ticks.slice(0, 9_000)) })).rejects.toThrow(
      /ends after 9000 ticks/,
    );
  });

  it('should end when it is aborted', async () => {
    const path = join(folder, 'aborted.ndjson');
    await runLive(path);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(replayCommands({ log: readCommandLog(path), tape: memoryTape(), signal })).rejects.toThrow('enough');
  });
});

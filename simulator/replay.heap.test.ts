import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it, vi } from 'vitest';
import { TickKind } from '../market/types.ts';
import { createTapeWriter } from './tape/writer.ts';
import { trade } from './testTape.ts';

const EVENTS = 600_000;
/** Few enough that what they would allocate fits in the young generation: no collection may hide it. */
const EVENTS_PER_SAMPLE = 20_000;
const OPEN_US = 1_584_365_400_000_000;
const GAP_US = 10;
/** The least that can be allocated per event is a boxed number, 12 to 16 bytes; what a block costs comes to about 1. */
const MOST_BYTES_PER_EVENT = 4;
/** Where V8 decides, as it did in one run of 25 beside other work, not to inline the callback, its due time is boxed for it. */
const MOST_TRIES = 4;

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-heap-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeTape(path: string): void {
  const writer = createTapeWriter({
    path,
    name: 'heap',
    seed: 1,
    origin: { kind: 'derived', description: 'trades and quotes in turn', sources: [] },
    instruments: [{ symbol: 'A', index: 0, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 }],
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + EVENTS * GAP_US,
  });
  const none = { price: 0, size: 0 };
  for (let at = 0; at < EVENTS; at++) {
    const eventTimeUs = OPEN_US + at * GAP_US;
    const quote = { kind: TickKind.QUOTE, bid: 9_999, ask: 10_001, bidSize: 5, askSize: 7, ...none };
    writer.append(trade({ eventTimeUs, ...(at % 3 === 0 && quote) }));
  }
  writer.finish();
}

/** The least that a sample of events leaves on the heap, bytes an event, with code that V8 hasn't seen run yet. */
async function bytesPerEvent(path: string, collect: () => void): Promise<number> {
  vi.resetModules();
  const { Replay } = await import('./replay.ts');
  const { openTape } = await import('./tape/reader.ts');
  const tape = openTape(path);
  const schedule = { startUs: OPEN_US, fromEventUs: OPEN_US, toEventUs: Number.POSITIVE_INFINITY, speed: 2 };
  const replay = new Replay({ cursor: tape.cursor(), schedule });
  const sums = new Float64Array(2);
  const growths: number[] = [];
  for (let sample = 0; sample < EVENTS / EVENTS_PER_SAMPLE; sample++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let events = 0; events < EVENTS_PER_SAMPLE && !replay.done; ) {
      const nowUs = OPEN_US + replay.events * (GAP_US / 2) + 1_000;
      events += replay.pump(nowUs, (tick, dueUs) => {
        sums[0] = (sums[0] as number) + tick.price;
        sums[1] = dueUs;
      });
    }
    growths.push(process.memoryUsage().heapUsed - before);
  }
  tape.close();
  expect(replay.done).toBe(true);
  // The least, since the first samples run before the code is compiled; below 0 a collection came in between.
  return Math.min(...growths.filter((growth) => growth >= 0)) / EVENTS_PER_SAMPLE;
}

it('should allocate nothing per event', async () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('no garbage collector at hand');
  const path = join(folder, 'heap.tape');
  writeTape(path);
  const tried: number[] = [];
  while (tried.length < MOST_TRIES && !tried.some((bytes) => bytes < MOST_BYTES_PER_EVENT)) {
    tried.push(await bytesPerEvent(path, () => collect()));
  }
  expect(Math.min(...tried), `bytes an event in each try: ${tried}`).toBeLessThan(MOST_BYTES_PER_EVENT);
});

/**
 * Measures reading and seeking of tapes: `npm run bench:tape`. What reads the built-in universe's tape takes turns with what it
 * can't be faster than, so a noisy machine hits all alike; timed is the processor time of this process. Seeking is measured by
 * the clock, in a tape of 100 million events that is made for it (about 400 MB, removed afterwards; the system has it in memory).
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOUND_LINK } from '../simulator/faults/types.ts';
import { hostClock } from '../simulator/hostClock.ts';
import { createPlayer } from '../simulator/play/player.ts';
import { Stage } from '../simulator/providers/stage.ts';
import { BlockEncoder, createTickBlock, pushTick } from '../simulator/tape/block.ts';
import { BlockDecoder } from '../simulator/tape/blockDecoder.ts';
import { tickFormat } from '../simulator/tape/export/formats.ts';
import { readFront, readFully } from '../simulator/tape/front.ts';
import {
  type BlockEntry,
  checksum,
  encodeIndex,
  encodePrelude,
  FORMAT_VERSION,
  PRELUDE_BYTES,
} from '../simulator/tape/layout.ts';
import { openTape } from '../simulator/tape/reader.ts';
import type { TapeHeader, TapeReader } from '../simulator/tape/types.ts';
import { trade } from '../simulator/testTape.ts';
import { hostTimers } from '../simulator/timers.ts';
import { ensureTape } from '../simulator/universe/ensure.ts';

const WARM_ROUNDS = 3;
const ROUNDS = 11;
const GOAL_EVENTS_PER_US = 10;
const CSV_EVENTS = 500_000;

const BLOCK_EVENTS = 8_192;
const BLOCKS = Math.ceil(100_000_000 / BLOCK_EVENTS);
const SEEKS = 2_000;
const FACADE_SEEKS = 200;
/** At which the long tape has 10,000 events a second. */
const FACADE_SPEED = 0.01;
const GOAL_SEEK_MS = 100;

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** Prints a row: what was measured, what is asked, whether it holds. */
function tell(what: string, measured: string, goal?: { readonly text: string; readonly holds: boolean }): void {
  const verdict = goal === undefined ? '' : `${goal.text.padEnd(34)} ${goal.holds ? 'holds' : 'MISSED'}`;
  console.log(`  ${what.padEnd(44)} ${measured.padEnd(36)} ${verdict}`.trimEnd());
}

/** A way through all blocks of a tape; answers something that depends on all of it. */
interface Contender {
  readonly name: string;
  readonly run: () => number;
}

/** From the least that reading can be to what a replay does. */
function contenders(path: string): readonly Contender[] {
  const file = openSync(path, 'r');
  const { entries, blockEvents, header } = readFront(path, file);
  closeSync(file);
  const bytes = Buffer.alloc(entries.reduce((most, entry) => Math.max(most, entry.bytes), 0));
  const eachBlock = (take: (block: Buffer) => number): number => {
    const opened = openSync(path, 'r');
    let sum = 0;
    for (const entry of entries) {
      const block = bytes.subarray(0, entry.bytes);
      readFully(opened, block, entry.offset);
      sum += take(block);
    }
    closeSync(opened);
    return sum;
  };
  const into = createTickBlock(blockEvents);
  const decoder = new BlockDecoder(header.instruments.length);
  return [
    { name: 'ceiling: read the file, count its numbers', run: () => eachBlock(countNumbers) },
    { name: 'read the file, checksum its blocks', run: () => eachBlock((block) => checksum(block).length) },
    { name: 'read the file, decode its blocks', run: () => eachBlock((block) => decoded(decoder, block, into)) },
    { name: 'the cursor', run: () => countTicks(path) },
  ];
}

/** The bare loop that any decoder of varints contains. */
function countNumbers(block: Buffer): number {
  let count = 0;
  for (let at = 0; at < block.length; at++) if ((block[at] as number) < 0x80) count++;
  return count;
}

function decoded(decoder: BlockDecoder, block: Buffer, into: ReturnType<typeof createTickBlock>): number {
  const reason = decoder.decode(block, into);
  if (reason !== undefined) throw new Error(`a block ${reason}`);
  return into.length;
}

function countTicks(path: string): number {
  const tape = openTape(path);
  const cursor = tape.cursor();
  const { tick } = cursor;
  let sum = 0;
  while (cursor.next()) sum += tick.price + tick.bid;
  tape.close();
  return sum;
}

function cpuUs(work: () => number): number {
  const started = process.cpuUsage();
  if (!Number.isFinite(work())) throw new Error('nothing was read');
  const { user, system } = process.cpuUsage(started);
  return user + system;
}

function measureReading(path: string, events: number): void {
  const race = contenders(path);
  const rates = race.map((): number[] => []);
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
    const order = round % 2 === 0 ? [...race.entries()] : [...race.entries()].reverse();
    for (const [at, { run }] of order) {
      const rate = events / cpuUs(run);
      if (round >= WARM_ROUNDS) rates[at]?.push(rate);
    }
  }
  const ceiling = quantile(rates[0] ?? [], 0.5);
  race.forEach(({ name }, at) => {
    const rate = quantile(rates[at] ?? [], 0.5);
    const measured = `${rate.toFixed(1)} M events/s, ${(rate / ceiling).toFixed(2)} of the ceiling`;
    const isLast = at === race.length - 1;
    tell(
      name,
      measured,
      isLast ? { text: `over ${GOAL_EVENTS_PER_US} M events/s`, holds: rate > GOAL_EVENTS_PER_US } : undefined,
    );
  });
}

function measureSize(path: string): void {
  const tape = openTape(path);
  const cursor = tape.cursor();
  const format = tickFormat('csv', tape.header);
  let csvBytes = 0;
  let events = 0;
  while (events < CSV_EVENTS && cursor.next()) {
    csvBytes += format.line(cursor.tick).length;
    events += 1;
  }
  tape.close();
  const tapeBytes = statSync(path).size / tape.header.events;
  const share = tapeBytes / (csvBytes / events);
  const measured = `${tapeBytes.toFixed(1)} of ${(csvBytes / events).toFixed(1)} bytes an event, ${share.toFixed(3)}`;
  tell('size beside our own CSV', measured, { text: 'at most a fifth', holds: share <= 0.2 });
}

/** Trades of five symbols, one each µs. */
function oneBlock(): { readonly bytes: Buffer; readonly spanUs: number } {
  const block = createTickBlock(BLOCK_EVENTS);
  for (let at = 0; at < BLOCK_EVENTS; at++) {
    pushTick(block, trade({ symbol: at % 5, eventTimeUs: at, price: 10_000 + (at % 7) }));
  }
  return { bytes: new BlockEncoder(5).encode(block), spanUs: BLOCK_EVENTS };
}

/** Writes 100 million events by writing one block over and over, a block's only absolute time moved on each time. */
function writeLongTape(path: string): TapeHeader {
  const { bytes, spanUs } = oneBlock();
  const file = openSync(path, 'w');
  const entries: BlockEntry[] = [];
  writeSync(file, Buffer.alloc(PRELUDE_BYTES));
  for (let at = 0; at < BLOCKS; at++) {
    const firstUs = at * spanUs;
    bytes.writeBigUInt64LE(BigInt(firstUs), 32);
    writeSync(file, bytes);
    entries.push({
      ...{ offset: PRELUDE_BYTES + at * bytes.length, bytes: bytes.length, events: BLOCK_EVENTS },
      ...{ firstUs, lastUs: firstUs + spanUs - 1, checksum: checksum(bytes) },
    });
  }
  const header = longHeader(BLOCKS * BLOCK_EVENTS);
  const index = encodeIndex(entries);
  const json = Buffer.from(JSON.stringify(header));
  writeSync(file, index);
  writeSync(file, json);
  const indexOffset = PRELUDE_BYTES + BLOCKS * bytes.length;
  const headerOffset = indexOffset + index.length;
  const prelude = encodePrelude({
    ...{ blockEvents: BLOCK_EVENTS, fileBytes: headerOffset + json.length, indexOffset, blocks: BLOCKS },
    ...{ headerOffset, headerBytes: json.length, indexChecksum: checksum(index), headerChecksum: checksum(json) },
  });
  writeSync(file, prelude, 0, prelude.length, 0);
  closeSync(file);
  return header;
}

function longHeader(events: number): TapeHeader {
  return {
    ...{
      version: FORMAT_VERSION,
      name: 'long',
      seed: 0,
      sessionDate: '1970-01-01',
      sessionOpenUs: 0,
      sessionCloseUs: events,
    },
    origin: { kind: 'derived', description: 'one block, over and over', sources: [] },
    instruments: Array.from({ length: 5 }, (_, index) => ({
      ...{ symbol: `S${index}`, index, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 },
    })),
    ...{ firstEventUs: 0, lastEventUs: events - 1, events, trades: events, quotes: 0 },
    // Of the whole file: nobody verifies it here.
    ...{ sha256: createHash('sha256').digest('hex'), eventHash: '0'.repeat(16) },
  };
}

async function measureSeeking(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-bench-'));
  try {
    const path = join(folder, 'long.tape');
    const { events } = writeLongTape(path);
    const openedMs = performance.now();
    const tape = openTape(path);
    tell(`open a tape of ${(events / 1e6).toFixed(0)} M events`, `${(performance.now() - openedMs).toFixed(1)} ms`);
    const times = Array.from({ length: SEEKS }, (_, at) => {
      const toUs = placeOf(at, events);
      const startedMs = performance.now();
      const cursor = tape.cursor(toUs);
      if (!cursor.next() || cursor.tick.eventTimeUs !== toUs) throw new Error(`the seek to ${toUs} went astray`);
      return performance.now() - startedMs;
    });
    const worst = quantile(times, 1 - 1 / SEEKS);
    const measured = `p50 ${quantile(times, 0.5).toFixed(2)} ms, worst of ${SEEKS} ${worst.toFixed(1)} ms`;
    tell('seek in it and read the event', measured, { text: `under ${GOAL_SEEK_MS} ms`, holds: worst < GOAL_SEEK_MS });
    await measureFacadeSeeking(tape);
    tape.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Far from the last place each time. */
function placeOf(at: number, events: number): number {
  return Math.floor(((at * 0.618_033_988_75) % 1) * events);
}

/** From a seek to the next event that a façade hears, the market's last prices read in between; and until all of before is known. */
async function measureFacadeSeeking(tape: TapeReader): Promise<void> {
  const clock = hostClock(process.env);
  const { events } = tape.header;
  let heard: () => void = () => undefined;
  const nextTick = (): Promise<void> => new Promise((resolve) => (heard = resolve));
  const player = createPlayer({ tape, clock, speed: FACADE_SPEED });
  const stage = new Stage(
    {
      kind: { name: 'polygon', plans: {}, create: () => ({ socketPaths: [], tick: () => heard() }) },
      ...{ plan: '', keys: undefined, isLenient: false, clock, timers: hostTimers, link: () => SOUND_LINK },
      random: Math.random,
    },
    { player, tape, showAs: 'tape' },
  );
  const ended = stage.run();
  await nextTick();
  const times: number[] = [];
  for (let at = 1; at <= FACADE_SEEKS; at++) {
    const startedMs = performance.now();
    player.seek(placeOf(at, events));
    await nextTick();
    times.push(performance.now() - startedMs);
  }
  const p99 = quantile(times, 0.99);
  tell(
    'seek through a façade to its next event',
    `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    {
      text: `under ${GOAL_SEEK_MS} ms`,
      holds: p99 < GOAL_SEEK_MS,
    },
  );
  const startedMs = performance.now();
  const toUs = Math.floor(events / 20);
  player.seek(toUs);
  while (stage.market.view(0).volume < (100 * toUs) / 5 - 100) await nextTick();
  tell(
    `all that ${(toUs / 1e6).toFixed(0)} M events before it say`,
    `known ${(performance.now() - startedMs).toFixed(0)} ms after`,
  );
  stage.stop();
  await ended;
}

const path = await ensureTape();
const tape = openTape(path);
const { events } = tape.header;
tape.close();
console.log(`${events} events, medians of ${ROUNDS} rounds, Node ${process.version}`);
measureReading(path, events);
measureSize(path);
await measureSeeking();

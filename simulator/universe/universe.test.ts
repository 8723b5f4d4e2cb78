import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TickKind } from '../../market/types.ts';
import { openTape, verifyTape } from '../tape/reader.ts';
import { inFolder } from '../tape/testTicks.ts';
import type { TapeReader } from '../tape/types.ts';
import { type BuildProgress, buildTape, DEFAULT_UNIVERSE, UNIVERSE_VERSION } from './build.ts';
import { ensureTape, tapeFileName } from './ensure.ts';

const SMALL = { symbols: 20, seed: 5, sessionDate: '2020-03-16', events: 5_000 };

/** Five million events are built and read: seconds on a free core, more when others use it. */
const WHOLE_TAPE_MS = 90_000;

describe('the default universe', () => {
  it('should be a session that the gate can use', { timeout: WHOLE_TAPE_MS }, () =>
    inFolder(async (folder) => {
      const path = join(folder, 'default.tape');
      const header = await buildTape({ ...DEFAULT_UNIVERSE, path });
      const tape = openTape(path);
      const seen = survey(tape);
      tape.close();

      expect(header.events).toBe(5_000_000);
      expect(header.trades).toBeGreaterThan(1_500_000);
      expect(statSync(path).size / header.events).toBeLessThan(10);
      expect(new Set(header.instruments.map((instrument) => instrument.symbol)).size).toBe(1_000);
      expect(header.instruments.every(({ symbol }) => /^[A-Z]{1,5}$/.test(symbol))).toBe(true);
      expect(seen.faults).toEqual([]);
      const minute = seen.bySecond.slice(0, 60);
      expect(sum(minute)).toBeGreaterThanOrEqual(65_000);
      expect(sum(minute)).toBeLessThanOrEqual(110_000);
      expect(sum(minute.slice(0, 8))).toBeGreaterThanOrEqual(8_000);
      const bursts = [...minute.keys()].filter((second) => (minute[second] as number) >= 5_000);
      expect(bursts[0]).toBe(0);
      expect(bursts.length).toBeGreaterThanOrEqual(4);
      expect(bursts[1]).toBeLessThan(8);
      expect(Math.min(...minute)).toBeGreaterThanOrEqual(700);
      expect(Math.min(...seen.openingEvents)).toBeGreaterThanOrEqual(3);
      expect(seen.busiestCentisecond).toBeLessThan(400);
      expect(seen.trailingTriggers).toBeGreaterThanOrEqual(1_000);
      // U-shape: the last and an early half hour beat noon.
      const halfHour = (hour: number): number => sum(seen.bySecond.slice(hour * 3_600, hour * 3_600 + 1_800));
      expect(halfHour(0)).toBeGreaterThan(2 * halfHour(3));
      expect(halfHour(6)).toBeGreaterThan(1.3 * halfHour(3));
      // Few hot symbols, a long tail.
      const byActivity = [...seen.bySymbol].sort((a, b) => b - a);
      expect(sum(byActivity.slice(0, 50))).toBeGreaterThan(0.4 * header.events);
      expect(byActivity[999]).toBeGreaterThan(300);
    }),
  );
});

/** The first trigger of a trailing sell this many ticks below its peak starts the next one. */
const TRAIL_TICKS = 6;

/** Walks a whole tape once. */
function survey(tape: TapeReader) {
  const { instruments, sessionOpenUs } = tape.header;
  const bySecond = new Array<number>(23_400).fill(0);
  const byCentisecond = new Uint32Array(6_000);
  const bySymbol = new Uint32Array(instruments.length);
  const openingEvents = new Uint32Array(instruments.length);
  const bid = new Int32Array(instruments.length);
  const ask = new Int32Array(instruments.length);
  const peak = new Int32Array(instruments.length);
  const faults: string[] = [];
  let trailingTriggers = 0;
  let lastUs = 0;
  const cursor = tape.cursor();
  const { tick } = cursor;
  while (cursor.next()) {
    const { symbol, eventTimeUs } = tick;
    if (eventTimeUs <= lastUs) faults.push(`time stands still at ${eventTimeUs}`);
    lastUs = eventTimeUs;
    const offsetS = (eventTimeUs - sessionOpenUs) / 1e6;
    bySecond[Math.floor(offsetS)] = (bySecond[Math.floor(offsetS)] ?? 0) + 1;
    bySymbol[symbol] = (bySymbol[symbol] as number) + 1;
    if (tick.kind === TickKind.QUOTE) {
      if (tick.bid < 1 || tick.bid >= tick.ask || tick.bidSize < 100 || tick.askSize < 100) faults.push('a bad quote');
      bid[symbol] = tick.bid;
      ask[symbol] = tick.ask;
    } else if (tick.price < (bid[symbol] as number) || tick.price > (ask[symbol] as number) || tick.size < 1) {
      faults.push(`a trade of ${symbol} outside its quote at ${eventTimeUs}`);
    }
    if (offsetS >= 60) continue;
    openingEvents[symbol] = (openingEvents[symbol] as number) + 1;
    byCentisecond[Math.floor(offsetS * 100)] = (byCentisecond[Math.floor(offsetS * 100)] as number) + 1;
    if (tick.kind === TickKind.QUOTE) continue;
    if (tick.price <= (peak[symbol] as number) - TRAIL_TICKS) {
      trailingTriggers++;
      peak[symbol] = tick.price;
    } else peak[symbol] = Math.max(peak[symbol] as number, tick.price);
  }
  const busiestCentisecond = Math.max(...byCentisecond);
  return { bySecond, bySymbol, openingEvents, faults, trailingTriggers, busiestCentisecond };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('buildTape', () => {
  it('should give the same bytes for the same parameters and another tape for another seed', () =>
    inFolder(async (folder) => {
      const [first, second, other] = ['first', 'second', 'other'].map((name) => join(folder, name));
      const header = await buildTape({ ...SMALL, path: first as string });
      await buildTape({ ...SMALL, path: second as string });
      const otherHeader = await buildTape({ ...SMALL, seed: 6, path: other as string });

      expect(readFileSync(first as string).equals(readFileSync(second as string))).toBe(true);
      expect(otherHeader.eventHash).not.toBe(header.eventHash);
      expect(otherHeader.instruments).not.toEqual(header.instruments);
      expect(verifyTape(first as string)).toEqual(header);
      expect(header.origin.kind).toBe('derived');
    }));

  it('should give the events that this version of the builder always gave', () =>
    inFolder(async (folder) => {
      const { eventHash } = await buildTape({ ...SMALL, path: join(folder, 'pinned.tape') });

      // Another hash means other events: raise UNIVERSE_VERSION, or cached tapes pass for new ones.
      expect([UNIVERSE_VERSION, eventHash]).toEqual([4, 'e259a3dd09b91a9d']);
    }));

  it.each([
    [1, 1],
    [1, 2_000],
    [3, 70],
    [2_500, 60_000],
  ])('should hold for %i symbols and %i events', (symbols, events) =>
    inFolder(async (folder) => {
      const path = join(folder, 'odd.tape');
      const header = await buildTape({ ...SMALL, symbols, events, path });

      expect(header.events).toBe(events);
      expect(header.instruments).toHaveLength(symbols);
      expect(verifyTape(path).lastEventUs).toBeLessThan(header.sessionCloseUs);
    }),
  );

  it('should leave nothing behind when it is stopped', () =>
    inFolder(async (folder) => {
      const abort = new AbortController();
      const path = join(folder, 'stopped.tape');
      const work = buildTape({ ...SMALL, events: 300_000, path, signal: abort.signal }, () => abort.abort());

      await expect(work).rejects.toThrow('aborted');
      expect(readdirSync(folder)).toEqual([]);
    }));

  it('should refuse what it cannot build', async () => {
    const build = (values: object) => buildTape({ ...SMALL, path: 'unused.tape', ...values });
    await expect(build({ symbols: 0 })).rejects.toThrow('0 symbols: 1 to 10000 can be built');
    await expect(build({ events: 19 })).rejects.toThrow('19 events: 20 (one per symbol) to');
    await expect(build({ sessionDate: '2020-03-14' })).rejects.toThrow('is a Saturday');
  });
});

describe('ensureTape', () => {
  it('should build once, and again when the cached tape is damaged; leftovers of dead builders go', () =>
    inFolder(async (cacheDir) => {
      const seen: BuildProgress[] = [];
      const leftover = join(cacheDir, 'some.tape.999999999.0.partial');
      writeFileSync(leftover, 'half a tape');

      const path = await ensureTape({ ...SMALL, cacheDir }, (progress) => seen.push(progress));
      const builtOnce = seen.length;
      await ensureTape({ ...SMALL, cacheDir }, (progress) => seen.push(progress));
      const builtTwice = seen.length;
      writeFileSync(path, readFileSync(path).subarray(0, 1_000));
      await ensureTape({ ...SMALL, cacheDir }, (progress) => seen.push(progress));

      expect(path).toBe(join(cacheDir, tapeFileName(SMALL)));
      expect(seen[builtOnce - 1]).toEqual({ doneEvents: 5_000, events: 5_000, share: 1 });
      expect(builtTwice).toBe(builtOnce);
      expect(seen.length).toBe(2 * builtOnce);
      expect(readdirSync(cacheDir)).toEqual([tapeFileName(SMALL)]);
      expect(verifyTape(path).events).toBe(5_000);
    }));
});

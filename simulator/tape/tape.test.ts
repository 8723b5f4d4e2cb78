import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Tick, TickKind } from '../../market/types.ts';
import { createTickBlock, MAX_SIZE_LOTS } from './block.ts';
import { BlockDecoder } from './blockDecoder.ts';
import { EventHash } from './eventHash.ts';
import { openTape, verifyTape } from './reader.ts';
import { aTrade, drain, inFolder, openWriter, writeTape } from './testTicks.ts';
import { TapeError, TapeMissingError } from './types.ts';

const SYMBOLS = 5;

/** Any list of events that a tape may hold, in time order, with the extremes of every field. */
function anyTicks(symbols: number): fc.Arbitrary<Tick[]> {
  const price = fc.oneof(fc.integer({ min: 9_900, max: 10_100 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
  const size = fc.oneof(
    fc.nat(50).map((hundreds) => hundreds * 100),
    fc.nat(200),
    fc.integer({ min: 0, max: MAX_SIZE_LOTS }),
  );
  const passed = fc.oneof(
    fc.nat(5_000),
    fc.nat(5_000),
    fc.constant(0),
    fc.nat(2 ** 31 - 1),
    fc.integer({ min: 0, max: 2 ** 46 }),
  );
  const common = { symbol: fc.nat(symbols - 1), flags: fc.oneof(fc.constant(0), fc.nat(255)) };
  const trade = fc.record({ ...common, price, size }).map((values) => aTrade(values));
  const quote = fc
    .record({ ...common, bid: price, ask: price, bidSize: size, askSize: size })
    .map((values) => aTrade({ ...values, kind: TickKind.QUOTE }));
  return fc.array(fc.tuple(fc.oneof(trade, quote), passed), { minLength: 1, maxLength: 60 }).map((pairs) => {
    let eventTimeUs = 0;
    return pairs.map(([tick, passedUs]) => {
      eventTimeUs += passedUs;
      return { ...tick, eventTimeUs };
    });
  });
}

/** Ten events a block, one event every 10 µs, the symbols in turn. */
function evenTicks(count: number): Tick[] {
  return Array.from({ length: count }, (_, at) =>
    at % 3 === 0
      ? aTrade({ symbol: at % SYMBOLS, eventTimeUs: at * 10, price: 10_000 + at, size: 100 + at })
      : aTrade({
          kind: 1,
          symbol: at % SYMBOLS,
          eventTimeUs: at * 10,
          bid: 9_999 - at,
          ask: 10_001 + at,
          bidSize: 300,
          askSize: 20_000,
        }),
  );
}

/** Whatever a tape in this state lets a reader see; throws what the reader throws. */
function readAll(path: string): Tick[] {
  const tape = openTape(path);
  try {
    return drain(tape.cursor());
  } finally {
    tape.close();
  }
}

describe('tape', () => {
  test.prop([anyTicks(SYMBOLS), fc.integer({ min: 1, max: 20 })])(
    'should give back exactly the events that were written',
    (ticks, blockEvents) =>
      inFolder((folder) => {
        const path = join(folder, 'any.tape');
        const header = writeTape(path, ticks, { symbols: SYMBOLS, blockEvents });
        const hash = new EventHash();
        for (const tick of ticks) hash.add(tick);

        expect(readAll(path)).toEqual(ticks);
        expect(verifyTape(path)).toEqual(header);
        expect(header.eventHash).toBe(hash.digest());
        expect(header.trades + header.quotes).toBe(ticks.length);
      }),
  );

  test.prop([anyTicks(SYMBOLS), fc.integer({ min: 1, max: 20 }), fc.nat()])(
    'should seek to the first event at or after a time',
    (ticks, blockEvents, place) =>
      inFolder((folder) => {
        const path = join(folder, 'any.tape');
        writeTape(path, ticks, { symbols: SYMBOLS, blockEvents });
        const fromUs = (ticks[place % ticks.length]?.eventTimeUs ?? 0) + (place % 3) - 1;
        const expected = ticks.filter((tick) => tick.eventTimeUs >= fromUs);
        const tape = openTape(path);

        const cursor = tape.cursor(fromUs);

        expect(cursor.peekTimeUs()).toBe(expected[0]?.eventTimeUs ?? Number.POSITIVE_INFINITY);
        expect(drain(cursor)).toEqual(expected);
        expect(cursor.peekTimeUs()).toBe(Number.POSITIVE_INFINITY);
        tape.close();
      }),
  );

  it('should refuse a tape with any one byte altered', () =>
    inFolder((folder) => {
      const path = join(folder, 'small.tape');
      writeTape(path, evenTicks(40), { symbols: SYMBOLS, blockEvents: 16 });
      const sound = readFileSync(path);
      const blocksEnd = Number(sound.readBigUInt64LE(24));
      for (let at = 0; at < sound.length; at++) {
        // All but the blocks must be found out before anybody seeks by it.
        const use = at >= 72 && at < blocksEnd ? readAll : openTape;
        for (const mask of [0x01, 0x80]) {
          const altered = Buffer.from(sound);
          altered[at] = (altered[at] as number) ^ mask;
          writeFileSync(path, altered);
          expect(() => use(path), `byte ${at}`).toThrow(TapeError);
        }
      }
    }));

  it('should refuse a tape cut anywhere, and one with bytes added', () =>
    inFolder((folder) => {
      const path = join(folder, 'small.tape');
      writeTape(path, evenTicks(40), { symbols: SYMBOLS, blockEvents: 16 });
      const sound = readFileSync(path);
      for (let length = 0; length < sound.length; length++) {
        writeFileSync(path, sound.subarray(0, length));
        expect(() => openTape(path), `${length} bytes`).toThrow(TapeError);
      }
      writeFileSync(path, Buffer.concat([sound, Buffer.from([0])]));
      expect(() => openTape(path)).toThrow('1 bytes too many');
    }));

  it('should name the block, its place and the way out when a block is altered, and still read the others', () =>
    inFolder((folder) => {
      const path = join(folder, 'small.tape');
      writeTape(path, evenTicks(40), { symbols: SYMBOLS, blockEvents: 16 });
      const bytes = readFileSync(path);
      bytes[72 + 60] = 0xff ^ (bytes[72 + 60] as number);
      writeFileSync(path, bytes);

      expect(() => openTape(path).cursor()).toThrow(
        `tape ${path}: block 0 at byte 72 is altered (checksum); import its sources anew with "tapedeck tape import ... --out ${path}"`,
      );
      const later = openTape(path).cursor(200);
      expect(later.next()).toBe(true);
    }));

  it('should throw each time when the block ahead is altered, never hand out the one before', () =>
    inFolder((folder) => {
      const path = join(folder, 'small.tape');
      writeTape(path, evenTicks(20), { symbols: SYMBOLS, blockEvents: 10 });
      const cursor = openTape(path).cursor();
      const bytes = readFileSync(path);
      const second = Number(bytes.readBigUInt64LE(Number(bytes.readBigUInt64LE(24)) + 40));
      bytes[second + 50] = 0xff ^ (bytes[second + 50] as number);
      writeFileSync(path, bytes);
      for (let at = 0; at < 10; at++) expect(cursor.next()).toBe(true);

      expect(() => cursor.next()).toThrow(/block 1 .*altered/);
      expect(() => cursor.next()).toThrow(/block 1 .*altered/);
    }));

  it('should say what is wrong with a file that is no tape', () =>
    inFolder((folder) => {
      const path = join(folder, 'notes.txt');
      writeFileSync(path, 'date,open,close\n');
      expect(() => openTape(path)).toThrow(`tape ${path}: is no tape (it does not start with TAPEDECK)`);
      expect(() => openTape(folder)).toThrow('is no file');
      expect(() => openTape(join(folder, 'none'))).toThrow(TapeMissingError);
      const other = Buffer.alloc(100);
      other.write('TAPEDECK');
      other.writeUInt32LE(2, 8);
      writeFileSync(path, other);
      expect(() => openTape(path)).toThrow('has format version 2, this program reads 1');
    }));

  it('should know symbols of every length that their numbers have', () =>
    inFolder((folder) => {
      const path = join(folder, 'wide.tape');
      const ticks = [0, 63, 64, 8_191, 8_192, 32_767, 5, 20_000].map((symbol, eventTimeUs) =>
        aTrade({ ...(symbol % 2 === 0 ? {} : { kind: TickKind.QUOTE }), symbol, eventTimeUs }),
      );
      writeTape(path, ticks, { symbols: 32_768 });

      expect(readAll(path)).toEqual(ticks);
    }));

  it('should keep two cursors apart', () =>
    inFolder((folder) => {
      const path = join(folder, 'two.tape');
      const ticks = evenTicks(50);
      writeTape(path, ticks, { symbols: SYMBOLS, blockEvents: 7 });
      const tape = openTape(path);
      const first = tape.cursor();
      const second = tape.cursor(200);

      const seen = ticks.slice(20).map(() => {
        first.next();
        second.next();
        return [{ ...first.tick }, { ...second.tick }];
      });

      expect(seen.map(([tick]) => tick)).toEqual(ticks.slice(0, 30));
      expect(seen.map(([, tick]) => tick)).toEqual(ticks.slice(20));
      tape.close();
    }));
});

describe('tape writer', () => {
  it('should assert that ticks are valid and times never go back', () =>
    inFolder((folder) => {
      const writer = openWriter(join(folder, 'bad.tape'), { symbols: 2 });
      writer.append(aTrade({ eventTimeUs: 10, price: 5, size: 1 }));
      expect(() => writer.append(aTrade({ eventTimeUs: 9, price: 5, size: 1 }))).toThrow('time goes back from 10 to 9');
      for (const bad of [
        { symbol: 2 },
        { price: 1.5 },
        { price: 2 ** 31 },
        { size: -1 },
        { flags: 256 },
        { eventTimeUs: 10.5 },
      ]) {
        expect(() => writer.append(aTrade({ eventTimeUs: 10, price: 5, size: 1, ...bad }))).toThrow('no valid tick');
      }
      writer.abort();
    }));

  it('should show no file before the tape is whole, and leave none when aborted', () =>
    inFolder((folder) => {
      const path = join(folder, 'sub', 'late.tape');
      const aborted = openWriter(path, { symbols: 2 });
      aborted.append(aTrade());
      expect(readdirSync(join(folder, 'sub')).filter((file) => file.endsWith('.tape'))).toEqual([]);
      aborted.abort();
      expect(readdirSync(join(folder, 'sub'))).toEqual([]);

      writeTape(path, [aTrade()], { symbols: 2 });

      expect(readdirSync(join(folder, 'sub'))).toEqual(['late.tape']);
    }));
});

describe('block decoder', () => {
  test.prop([fc.uint8Array({ maxLength: 300 }), fc.nat(20), fc.array(fc.nat(40), { minLength: 7, maxLength: 7 })])(
    'should never throw on any bytes, nor let a bad symbol through',
    (body, events, lengths) => {
      const front = Buffer.alloc(40);
      front.writeUInt32LE(events, 0);
      for (const [column, length] of lengths.entries()) front.writeUInt32LE(length, 4 + 4 * column);
      const bytes = Buffer.concat([front, body]).subarray(0, 40 + lengths.reduce((sum, length) => sum + length, 0));
      const into = createTickBlock(16);

      const reason = new BlockDecoder(SYMBOLS).decode(bytes, into);

      if (reason !== undefined) expect(into.length).toBe(0);
      else for (let at = 0; at < into.length; at++) expect(into.symbol[at]).toBeLessThan(SYMBOLS);
    },
  );
});

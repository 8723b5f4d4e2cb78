import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Instrument, type Tick, TickKind } from '../../../market/types.ts';
import { openTape } from '../reader.ts';
import { aTrade, drain, inFolder, openWriter } from '../testTicks.ts';
import { TapeError, type TapeHalt, type TapeHeader, type TapeReader } from '../types.ts';
import { createTapeWriter } from '../writer.ts';
import { cutTape } from './cut.ts';
import { haltOnTape } from './halt.ts';
import { mergeTapes } from './merge.ts';
import { speedTape } from './speed.ts';

const SYMBOLS = 4;

/** Trades and quotes in time order; `least` µs lie between any two. */
function someTicks(least: number): fc.Arbitrary<Tick[]> {
  const event = fc.record({
    symbol: fc.nat(SYMBOLS - 1),
    passedUs: fc.oneof(fc.constant(0), fc.nat(1_000)),
    isQuote: fc.boolean(),
    price: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    size: fc.nat(1_000_000),
    flags: fc.nat(255),
  });
  return fc.array(event, { minLength: 2, maxLength: 40 }).map((events) => {
    let eventTimeUs = 5_000;
    return events.map(({ symbol, passedUs, isQuote, price, size, flags }) => {
      eventTimeUs += least + passedUs;
      const common = { symbol, eventTimeUs, flags };
      if (!isQuote) return aTrade({ ...common, price, size });
      const quote = { bid: price, ask: -1 - price, bidSize: size, askSize: size + 1 };
      return aTrade({ ...common, kind: TickKind.QUOTE, ...quote });
    });
  });
}

const HALTS: readonly TapeHalt[] = [
  { symbol: 1, haltUs: 4_000, resumeUs: 4_500, reason: 'over before the first event' },
  { symbol: 1, haltUs: 5_100, resumeUs: 6_000, reason: 'LULD pause' },
  { symbol: 2, haltUs: 5_100, reason: 'news pending' },
  { symbol: 1, haltUs: 6_000, resumeUs: 7_000, reason: 'LULD pause' },
];

/** A folder of tapes, closed and gone afterwards. */
function withTapes(work: (shelf: Shelf) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const shelf = new Shelf(folder);
    try {
      await work(shelf);
    } finally {
      shelf.close();
    }
  });
}

class Shelf {
  readonly folder: string;
  readonly #open: TapeReader[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, `${name}.tape`);
  }

  open(name: string): TapeReader {
    const tape = openTape(this.path(name));
    this.#open.push(tape);
    return tape;
  }

  write(name: string, ticks: readonly Tick[], halts: readonly TapeHalt[] = HALTS): TapeReader {
    const writer = openWriter(this.path(name), { symbols: SYMBOLS, blockEvents: 7, halts });
    for (const tick of ticks) writer.append(tick);
    writer.finish();
    return this.open(name);
  }

  /** A tape of one trade of one instrument. */
  one(name: string, instrument: Partial<Instrument>, tick: Partial<Tick>): TapeReader {
    const made = { symbol: 'X', priceDecimals: 2, quantityDecimals: 0, previousClose: 0, ...instrument, index: 0 };
    const session = { sessionDate: '2020-03-16', sessionOpenUs: 0, sessionCloseUs: 1_000_000 };
    const origin = { kind: 'recorded', description: `made as ${name}.`, sources: [] } as const;
    const writer = createTapeWriter({
      ...{ path: this.path(name), name, seed: 0, origin, instruments: [made] },
      ...session,
    });
    writer.append(aTrade(tick));
    writer.finish();
    return this.open(name);
  }

  close(): void {
    for (const tape of this.#open) tape.close();
  }
}

/** All of a header but what edits change by their nature. */
function lasting({ origin: _origin, sha256: _sha256, ...rest }: TapeHeader) {
  return rest;
}

/** Events with their symbols by name. */
function named(tape: TapeReader) {
  return drain(tape.cursor()).map((tick) => ({ ...tick, symbol: tape.header.instruments[tick.symbol]?.symbol }));
}

describe('cutTape and mergeTapes', () => {
  test.prop([someTicks(0), fc.nat()], { numRuns: 40 })(
    'should give the tape back that was cut in two by time',
    (ticks, place) =>
      withTapes(async (shelf) => {
        const atUs = ticks[place % ticks.length]?.eventTimeUs ?? 0;
        fc.pre(atUs > (ticks[0]?.eventTimeUs ?? 0));
        const whole = shelf.write('whole', ticks);
        await cutTape(whole, { path: shelf.path('head'), toUs: atUs });
        await cutTape(whole, { path: shelf.path('tail'), fromUs: atUs });
        const parts = [shelf.open('head'), shelf.open('tail')];

        const merged = await mergeTapes(parts, { path: shelf.path('merged') });

        expect(lasting(merged)).toEqual(lasting(whole.header));
        expect(drain(shelf.open('merged').cursor())).toEqual(ticks);
      }),
  );

  test.prop([someTicks(1), fc.integer({ min: 1, max: 2 ** SYMBOLS - 2 })], { numRuns: 40 })(
    'should give the events back that were cut in two by symbol',
    (ticks, mask) =>
      withTapes(async (shelf) => {
        const isOnOne = (symbol: number): boolean => ((mask >> symbol) & 1) === 1;
        fc.pre(new Set(ticks.map(({ symbol }) => isOnOne(symbol))).size === 2);
        const whole = shelf.write('whole', ticks);
        const names = (side: boolean) =>
          whole.header.instruments.filter(({ index }) => isOnOne(index) === side).map(({ symbol }) => symbol);
        await cutTape(whole, { path: shelf.path('one'), symbols: names(true) });
        await cutTape(whole, { path: shelf.path('other'), symbols: names(false) });

        await mergeTapes([shelf.open('one'), shelf.open('other')], { path: shelf.path('merged') });

        const merged = shelf.open('merged');
        expect(named(merged)).toEqual(named(whole));
        expect(merged.header.halts).toHaveLength(HALTS.length);
      }),
  );

  it('should keep what the part touches and say that it was cut', () =>
    withTapes(async (shelf) => {
      const ticks = [5_000, 5_500, 6_500].map((eventTimeUs, at) => aTrade({ eventTimeUs, symbol: at, size: 1 }));
      const whole = shelf.write('whole', ticks);

      const header = await cutTape(whole, {
        ...{ path: shelf.path('part'), fromUs: 5_200, toUs: 6_000, symbols: ['S1', 'S3'] },
      });

      expect(header.instruments.map(({ symbol, index }) => [symbol, index])).toEqual([
        ['S1', 0],
        ['S3', 1],
      ]);
      expect(header.halts).toEqual([{ ...HALTS[1], symbol: 0 }]);
      expect(header).toMatchObject({ events: 1, firstEventUs: 5_500, sessionCloseUs: 1_000_000 });
      expect(header.origin).toMatchObject({
        edited: true,
        description: 'made by a test Cut from 1970-01-01T00:00:00.005200Z to 1970-01-01T00:00:00.006000Z, 2 symbols.',
      });
    }));

  it.each([
    [{ fromUs: 9_000 }, 'no event lies in the part asked for; the tape goes from 1970-01-01T00:00:00.005000Z'],
    [{ symbols: ['S3'] }, 'no event of these symbols lies in the part asked for'],
    [{ symbols: ['S1', 'IBM'] }, 'has no symbol "IBM"; it has S0 S1 S2 S3'],
    [{ fromUs: 9, toUs: 9 }, 'the part ends before it begins'],
  ])('should refuse the part %j and leave no file', (part, reason) =>
    withTapes(async (shelf) => {
      const whole = shelf.write('whole', [aTrade({ eventTimeUs: 5_000 })]);

      await expect(cutTape(whole, { ...part, path: shelf.path('part') })).rejects.toThrow(reason);
      expect(readdirSync(shelf.folder)).toEqual(['whole.tape']);
    }),
  );

  it('should stop with the reason of the signal and leave no file', () =>
    withTapes(async (shelf) => {
      const ticks = Array.from({ length: 200_001 }, (_, eventTimeUs) => aTrade({ eventTimeUs }));
      const whole = shelf.write('whole', ticks);
      const abort = new AbortController();
      const onProgress = () => abort.abort(new Error('enough'));

      await expect(
        speedTape(whole, { path: shelf.path('fast'), factor: 2, signal: abort.signal, onProgress }),
      ).rejects.toThrow('enough');
      expect(readdirSync(shelf.folder)).toEqual(['whole.tape']);
    }));
});

describe('mergeTapes', () => {
  it('should rescale a symbol to the finer decimals, exactly, and close ties in the order of the tapes', () =>
    withTapes(async (shelf) => {
      const coarse = shelf.one('coarse', { previousClose: 101 }, { eventTimeUs: 7, price: 12_345, size: 3 });
      const fine = shelf.one('fine', { priceDecimals: 4, quantityDecimals: 1 }, { eventTimeUs: 7, price: 5, size: 5 });

      await mergeTapes([fine, coarse], { path: shelf.path('merged') });

      const merged = shelf.open('merged');
      expect(merged.header.instruments).toEqual([
        { symbol: 'X', index: 0, priceDecimals: 4, quantityDecimals: 1, previousClose: 10_100 },
      ]);
      expect(drain(merged.cursor()).map(({ price, size }) => [price, size])).toEqual([
        [5, 5],
        [1_234_500, 30],
      ]);
      expect(merged.header.origin).toEqual({
        ...{ kind: 'recorded', sources: [], edited: true },
        description: 'Merged from 2 tapes. made as fine. made as coarse.',
      });
    }));

  it.each([
    [
      { price: 2 ** 31 - 1 },
      "X's price 21474836.47 at 1970-01-01T00:00:00.000007Z does not fit into the finer decimals",
    ],
    [{ price: 1, size: 2 ** 50 }, "X's size 1125899906842624 at 1970-01-01T00:00:00.000007Z does not fit"],
  ])('should refuse %j, which does not fit into the finer decimals, in one line', (tick, reason) =>
    withTapes(async (shelf) => {
      const coarse = shelf.one('coarse', {}, { eventTimeUs: 7, ...tick });
      const fine = shelf.one('fine', { priceDecimals: 3, quantityDecimals: 1 }, { eventTimeUs: 7, price: 5 });

      const merging = mergeTapes([coarse, fine], { path: shelf.path('merged') });

      await expect(merging).rejects.toThrow(TapeError);
      await expect(merging).rejects.toThrow(`tape ${coarse.path}: ${reason}`);
    }),
  );

  it('should make one halt of those that overlap', () =>
    withTapes(async (shelf) => {
      const halts = (list: readonly (readonly [number, number?])[]) =>
        list.map(([haltUs, resumeUs]) => ({
          ...{ symbol: 0, haltUs, reason: `from ${haltUs}` },
          ...(resumeUs === undefined ? {} : { resumeUs }),
        }));
      const one = shelf.write(
        'one',
        [aTrade()],
        halts([
          [10, 20],
          [30, 40],
          [60, 70],
        ]),
      );
      const other = shelf.write('other', [aTrade()], halts([[15, 25], [40, 50], [65]]));

      const { halts: joined } = await mergeTapes([one, other], { path: shelf.path('merged') });

      expect(joined).toEqual(halts([[10, 25], [30, 40], [40, 50], [60]]));
    }));
});

describe('speedTape', () => {
  test.prop([someTicks(0), fc.constantFrom(2, 3, 10, 1_000)], { numRuns: 40 })(
    'should give the tape back when slowed down and sped up again',
    (ticks, factor) =>
      withTapes(async (shelf) => {
        const whole = shelf.write('whole', ticks);

        await speedTape(whole, { path: shelf.path('slow'), factor: 1 / factor });
        const slow = shelf.open('slow');
        const again = await speedTape(slow, { path: shelf.path('again'), factor });

        expect(slow.header.lastEventUs).toBe(whole.header.lastEventUs * factor);
        expect(lasting(again)).toEqual(lasting(whole.header));
      }),
  );

  it('should count from the open, move the close and the halts, and say so', () =>
    withTapes(async (shelf) => {
      const ticks = [0, 1_001, 2_000].map((eventTimeUs) => aTrade({ eventTimeUs, price: 5, size: 1 }));
      const whole = shelf.write('whole', ticks, [
        { symbol: 0, haltUs: 10, resumeUs: 20, reason: 'x' },
        { symbol: 0, haltUs: 20, resumeUs: 21, reason: 'too short' },
      ]);

      const header = await speedTape(whole, { path: shelf.path('fast'), factor: 10 });

      expect(drain(shelf.open('fast').cursor()).map(({ eventTimeUs }) => eventTimeUs)).toEqual([0, 100, 200]);
      expect(header).toMatchObject({ sessionOpenUs: 0, sessionCloseUs: 100_000 });
      expect(header.halts).toEqual([{ symbol: 0, haltUs: 1, resumeUs: 2, reason: 'x' }]);
      expect(header.origin.description).toContain("counted from the session's open they pass 10 times as fast");
    }));
});

describe('haltOnTape', () => {
  const halt = { symbol: 'S0', haltUs: 5_500, resumeUs: 5_600, reason: 'news pending' };

  it('should add a halt in its place and leave the events as they are', () =>
    withTapes(async (shelf) => {
      const whole = shelf.write('whole', [aTrade({ eventTimeUs: 5_000 }), aTrade({ eventTimeUs: 5_550 })]);

      const header = await haltOnTape(whole, { path: shelf.path('halted'), halt });

      expect(header.halts).toEqual([...HALTS.slice(0, 3), { ...halt, symbol: 0 }, ...HALTS.slice(3)]);
      expect(header.eventHash).toBe(whole.header.eventHash);
      expect(header.origin.description).toMatch(/S0 is made to halt from 1970-01-01T00:00:00\.005500Z to .*5600Z\.$/);
    }));

  it.each([
    [{ symbol: 'IBM' }, 'has no symbol "IBM"'],
    [{ symbol: 'S2' }, /: S2 is halted already from 1970-01-01T00:00:00\.\d{6}Z (on|to .*Z)$/],
    [{ resumeUs: 5_400 }, /: the halt ends before it begins$/],
  ])('should refuse %j', (values, reason) =>
    withTapes(async (shelf) => {
      const whole = shelf.write('whole', [aTrade({ eventTimeUs: 5_000 })]);

      await expect(haltOnTape(whole, { path: shelf.path('x'), halt: { ...halt, ...values } })).rejects.toThrow(reason);
    }),
  );
});

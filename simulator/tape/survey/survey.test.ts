import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NYSE } from '../../../market/calendar/calendars.ts';
import { type Tick, TickKind } from '../../../market/types.ts';
import { openTape } from '../reader.ts';
import { aTrade, inFolder } from '../testTicks.ts';
import type { TapeHalt } from '../types.ts';
import { createTapeWriter } from '../writer.ts';
import { type SurveyLimits, surveyTape, type TapeSurvey } from './survey.ts';

const SECOND_US = 1_000_000;
const DAY_US = 86_400 * SECOND_US;
const MONDAY = '2020-03-16';
/** 09:30 and 16:00 in New York. */
const OPEN_US = 1_584_365_400_000_000;
const CLOSE_US = OPEN_US + 23_400 * SECOND_US;

interface Given {
  readonly symbols?: number;
  readonly halts?: readonly TapeHalt[];
  readonly limits?: Partial<SurveyLimits>;
  /** Default: that of New York on that Monday. */
  readonly session?: { readonly sessionOpenUs: number; readonly sessionCloseUs: number };
}

/** What is found on a tape of these events. */
async function survey(ticks: readonly Tick[], given: Given = {}): Promise<TapeSurvey> {
  const { symbols = 3, halts = [], limits = {} } = given;
  return inFolder(async (folder) => {
    const path = join(folder, 'any.tape');
    const writer = createTapeWriter({
      ...{ path, name: 'any', seed: 0, sessionDate: MONDAY, halts },
      ...(given.session ?? { sessionOpenUs: OPEN_US, sessionCloseUs: CLOSE_US }),
      origin: { kind: 'recorded', description: 'made by a test', sources: [] },
      instruments: Array.from({ length: symbols }, (_, index) => ({
        ...{ symbol: `S${index}`, index, priceDecimals: 2, quantityDecimals: 0, previousClose: 0 },
      })),
    });
    for (const tick of ticks) writer.append(tick);
    writer.finish();
    const tape = openTape(path);
    try {
      return await surveyTape(tape, { limits });
    } finally {
      tape.close();
    }
  });
}

/** A sound trade some seconds after the open. */
function at(seconds: number, values: Partial<Tick> = {}): Tick {
  return aTrade({ eventTimeUs: OPEN_US + seconds * SECOND_US, price: 10_000, size: 100, ...values });
}

function quote(seconds: number, values: Partial<Tick>): Tick {
  const sound = { bid: 9_999, ask: 10_001, bidSize: 100, askSize: 100, price: 0, size: 0 };
  return at(seconds, { kind: TickKind.QUOTE, ...sound, ...values });
}

describe('rates', () => {
  it('should tell the mean, the second with the most events and the busiest symbols', async () => {
    const ticks = [at(0), at(3), at(3.2, { symbol: 2 }), quote(3.999, { symbol: 2 }), at(4, { symbol: 2 }), at(10)];

    const { rates } = await survey(ticks);

    expect(rates.sessionSeconds).toBeCloseTo(10, 5);
    expect(rates.perSecond).toBeCloseTo(0.6, 5);
    expect(rates.peak).toEqual({ events: 3, secondUs: OPEN_US + 3 * SECOND_US });
    expect(rates.busiest.map(({ symbol, events, trades, quotes }) => [symbol, events, trades, quotes])).toEqual([
      ['S0', 3, 3, 0],
      ['S2', 3, 2, 1],
    ]);
  });

  it('should find the last second the busiest, too', async () => {
    const { rates } = await survey([at(0), at(5), at(5.5)]);

    expect(rates.peak).toEqual({ events: 2, secondUs: OPEN_US + 5 * SECOND_US });
  });
});

describe('gaps', () => {
  const limits = { silenceUs: 10 * SECOND_US, symbolSilenceUs: 60 * SECOND_US };
  const us = (seconds: number): number => OPEN_US + seconds * SECOND_US;

  it('should list silences of the tape and of symbols, the longest first, and none that are just as long as allowed', async () => {
    const ticks = [
      at(0),
      at(0, { symbol: 1 }),
      at(10),
      at(30),
      at(41, { symbol: 1 }),
      at(91),
      at(101.1, { symbol: 1 }),
    ];

    const { gaps } = await survey(ticks, { limits });

    expect(gaps.tape).toEqual({
      count: 4,
      worst: [
        { fromUs: us(41), toUs: us(91) },
        { fromUs: us(10), toUs: us(30) },
        { fromUs: us(30), toUs: us(41) },
        { fromUs: us(91), toUs: us(101.1) },
      ],
    });
    expect(gaps.symbols).toEqual({
      ...{ count: 2, concerned: 2 },
      worst: [
        { symbol: 'S0', fromUs: us(30), toUs: us(91) },
        { symbol: 'S1', fromUs: us(41), toUs: us(101.1) },
      ],
    });
  });

  it('should count within sessions alone: the night between two days is no gap, the last hour of the first is', async () => {
    const tuesdayUs = NYSE.sessionOf('2020-03-17')?.openUs ?? 0;
    const ticks = [at(0), at(23_400 - 3_600), aTrade({ eventTimeUs: tuesdayUs + 5 * SECOND_US, price: 1, size: 1 })];

    const { gaps, rates } = await survey(ticks, { limits });

    expect(gaps.tape.worst).toEqual([
      { fromUs: OPEN_US, toUs: us(19_800) },
      { fromUs: us(19_800), toUs: CLOSE_US },
    ]);
    expect(gaps.symbols.count).toBe(2);
    expect(rates.sessionSeconds).toBeCloseTo(23_405, 3);
  });

  it('should take a session of a whole day for a market that never closes', async () => {
    const session = { sessionOpenUs: 0, sessionCloseUs: DAY_US };
    const ticks = [0, 1, 3].map((days) => aTrade({ eventTimeUs: days * DAY_US, price: 1, size: 1 }));

    const { gaps, quality } = await survey(ticks, { session, limits });

    expect(gaps.tape.worst.map(({ fromUs, toUs }) => (toUs - fromUs) / DAY_US)).toEqual([2, 1]);
    expect(quality.outOfSession).toBe(0);
  });
});

describe('quality', () => {
  it('should find nothing on a sound tape', async () => {
    const { quality, gaps } = await survey([at(0), quote(1, { symbol: 1 }), at(2, { symbol: 2 })]);

    expect(gaps.tape.count).toBe(0);
    expect(quality).toEqual({
      ...{ crossedQuotes: 0, zeroSizeTrades: 0, zeroSizeQuotes: 0, badPriceTrades: 0, outOfSession: 0 },
      ...{ tradesWhileHalted: 0, sameTime: 0, sameTimeShare: 0 },
      priceJumps: { count: 0, worst: [] },
      symbolsWithoutEvents: { count: 0, worst: [] },
    });
  });

  it('should count crossed quotes, sizes of 0, prices of 0, times that repeat, and symbols without events', async () => {
    const { quality } = await survey([
      quote(1, { bid: 10_002 }),
      quote(2, { bid: 10_001 }),
      quote(3, { bidSize: 0 }),
      quote(4, { bidSize: 0, askSize: 0 }),
      at(5, { size: 0 }),
      at(5, { price: 0 }),
      at(6, { price: -3 }),
      at(7),
    ]);

    expect(quality).toMatchObject({
      ...{
        crossedQuotes: 1,
        zeroSizeTrades: 1,
        zeroSizeQuotes: 1,
        badPriceTrades: 2,
        sameTime: 1,
        sameTimeShare: 1 / 8,
      },
      symbolsWithoutEvents: { count: 2, worst: ['S1', 'S2'] },
    });
  });

  it('should count what lies before the open and from the close on', async () => {
    const { quality } = await survey([at(-1), at(0), at(23_399), at(23_400), at(30_000)]);

    expect(quality.outOfSession).toBe(3);
  });

  it('should count trades of a halted symbol, from the halt up to the resume', async () => {
    const halts = [
      { symbol: 1, haltUs: OPEN_US + 2 * SECOND_US, resumeUs: OPEN_US + 4 * SECOND_US, reason: 'x' },
      { symbol: 2, haltUs: OPEN_US + 3 * SECOND_US, reason: 'x' },
    ];
    const ticks = [1, 2, 3, 4].flatMap((seconds) => [0, 1, 2].map((symbol) => at(seconds, { symbol })));

    const { quality } = await survey([...ticks, quote(5, { symbol: 2 })], { halts });

    expect(quality.tradesWhileHalted).toBe(2 + 2);
  });

  it('should find a jump after quiet moves, and the next one as well', async () => {
    const quiet = Array.from({ length: 60 }, (_, second) => at(second, { price: 10_000 + (second % 2) }));
    const jumps = [at(60, { price: 11_000 }), at(61, { price: 11_001 }), at(62, { price: 9_900 })];

    const { quality } = await survey([...quiet, ...jumps]);

    const { count, worst } = quality.priceJumps;
    expect(count).toBe(2);
    expect(worst.map(({ symbol, timeUs }) => [symbol, (timeUs - OPEN_US) / SECOND_US])).toEqual([
      ['S0', 60],
      ['S0', 62],
    ]);
    expect(worst[0]?.change).toBeCloseTo(0.0999, 4);
    expect((await survey([...quiet, ...jumps], { limits: { jumpSigma: 5_000 } })).quality.priceJumps.count).toBe(0);
  });

  it('should know no jump before a symbol has moved thirty times, and none of a single tick', async () => {
    const few = Array.from({ length: 29 }, (_, second) => at(second));
    const many = Array.from({ length: 60 }, (_, second) => at(second, { symbol: 1 }));
    const inOrder = [...few, ...many].sort((a, b) => a.eventTimeUs - b.eventTimeUs);

    const { quality } = await survey([...inOrder, at(60, { price: 20_000 }), at(61, { symbol: 1, price: 10_001 })]);

    expect(quality.priceJumps.count).toBe(0);
  });
});

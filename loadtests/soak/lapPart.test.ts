import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../simulator/scenario.ts';
import { createTapeWriter } from '../../simulator/tape/writer.ts';
import { trade } from '../../simulator/testTape.ts';
import { LapParts } from './lapPart.ts';

/** 2020-03-16, 9:30 to 16:00 in New York; a Monday. */
const OPEN_US = 1_584_365_400e6;
const SESSION_US = 23_400e6;
const DAY_US = 86_400e6;
const EVERY_US = 10e6;

let folder: string;
let tapePath: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-laps-'));
  tapePath = join(folder, 'day.tape');
  const writer = createTapeWriter({
    path: tapePath,
    name: 'day',
    seed: 1,
    origin: { kind: 'derived', description: 'a trade each ten seconds, of two symbols by turns', sources: [] },
    instruments: ['A', 'B'].map((symbol, index) => ({
      symbol,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: 10_000,
    })),
    sessionDate: '2020-03-16',
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + SESSION_US,
  });
  for (let at = 0; at * EVERY_US < SESSION_US; at++) {
    writer.append(trade({ eventTimeUs: OPEN_US + at * EVERY_US, symbol: at % 2, price: 10_000 + at }));
  }
  writer.finish();
});
afterAll(() => rmSync(folder, { recursive: true }));

function parts(): LapParts {
  const scenario = loadScenario('soak');
  return new LapParts({ tapePath, scenario: { ...scenario, tape: { ...scenario.tape, speed: 2 } } });
}

describe('LapParts', () => {
  it('should play the open, the midday and the close in turn, each on the next trading day', () => {
    const days = parts();
    const laps = [0, 1, 2, 3].map((lap) => days.next(lap, 60));

    expect(laps.map(({ kind, fromS }) => [kind, fromS])).toEqual([
      ['open', 0],
      ['midday', 11_640],
      ['close', 23_280],
      ['open', 0],
    ]);
    expect(laps.map(({ told }) => told.shiftUs / DAY_US)).toEqual([0, 1, 2, 3]);
    expect(laps.map(({ part }) => part.ticks.length)).toEqual([12, 12, 12, 12]);
  });

  it('should leave out weekends and half days', () => {
    const days = parts();
    const shifts = Array.from({ length: 6 }, (_, lap) => days.next(lap, 10).told.shiftUs / DAY_US);

    expect(shifts).toEqual([0, 1, 2, 3, 4, 7]);
  });

  it('should have the day before ended first', () => {
    const days = parts();
    const [first, second] = [days.next(0, 10), days.next(1, 10)];

    expect(first.told.clockUs).toBeUndefined();
    // 20:00, when trading after hours ends.
    expect(second.told.clockUs).toBe(OPEN_US + SESSION_US + 4 * 3_600e6);
    expect(second.told.clockUs).toBeLessThan(second.part.fromUs);
  });

  it('should move events and bars to their day, and count on from what was played', () => {
    const days = parts();
    const first = days.next(0, 60);
    const second = days.next(1, 60);
    const [tick] = second.part.ticks;

    expect(first.goesOn).toEqual({
      shiftUs: 0,
      symbols: ['A', 'B'].map((symbol) => ({ symbol, number: 0, shown: [-1, -1, -1, -1, -1, -1] })),
    });
    expect(tick?.eventTimeUs).toBe(OPEN_US + DAY_US + 11_640e6);
    expect(second.part.fromUs).toBe(OPEN_US + DAY_US + 11_640e6);
    expect(second.goesOn).toEqual({
      shiftUs: DAY_US,
      symbols: [
        { symbol: 'A', number: 6, shown: [10_010, 100, -1, -1, -1, -1] },
        { symbol: 'B', number: 6, shown: [10_011, 100, -1, -1, -1, -1] },
      ],
    });
    // Two minutes of each lap.
    expect(second.part.bars[0]?.map(({ startUs }) => (startUs - OPEN_US) / 1e6)).toEqual([
      0,
      60,
      86_400 + 11_640,
      86_400 + 11_700,
    ]);
  });
});

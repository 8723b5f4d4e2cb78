import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Tick, TickKind } from '../../market/types.ts';
import type { GoesOn } from '../../protocol/generatorPlan.ts';
import { openTape } from '../../simulator/tape/reader.ts';
import { createTapeWriter } from '../../simulator/tape/writer.ts';
import { newTickerFields } from '../session/dialect.ts';
import { TapeTruth } from './tapeTruth.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-truth-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FROM_US = 1_000_000;
const nothing = { price: 0, size: 0, bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
const trade = (symbol: number, eventTimeUs: number, price: number): Tick => ({
  ...nothing,
  kind: TickKind.TRADE,
  symbol,
  eventTimeUs,
  price,
  size: 300,
});
const quote = (symbol: number, eventTimeUs: number, bid: number): Tick => ({
  ...nothing,
  kind: TickKind.QUOTE,
  symbol,
  eventTimeUs,
  bid,
  ask: bid + 2,
  bidSize: 100,
  askSize: 200,
});

function truthOf(ticks: readonly Tick[], goesOn?: GoesOn): TapeTruth {
  const path = join(folder, 'small.tape');
  const writer = createTapeWriter({
    path,
    name: 'small',
    seed: 1,
    origin: { kind: 'derived', description: 'made by hand', sources: [] },
    instruments: ['AAPL', 'IBM'].map((symbol, index) => ({
      symbol,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: 0,
    })),
    sessionDate: '2020-03-16',
    sessionOpenUs: 0,
    sessionCloseUs: 10_000_000,
  });
  for (const tick of ticks) writer.append(tick);
  writer.finish();
  const reader = openTape(path);
  const shiftUs = goesOn?.shiftUs ?? 0;
  const schedule = { startUs: 0, fromEventUs: FROM_US + shiftUs, toEventUs: 2_000_000 + shiftUs, speed: 1 };
  const truth = new TapeTruth(reader, schedule, ['AAPL', 'IBM'], goesOn);
  reader.close();
  return truth;
}

describe('TapeTruth', () => {
  const truth = truthOf([
    trade(0, FROM_US - 1, 9_999),
    trade(0, FROM_US, 10_001),
    quote(1, FROM_US + 5, 2_000),
    quote(0, FROM_US + 10, 10_000),
    trade(0, FROM_US + 20, 10_002),
    trade(0, 2_000_000, 10_003),
  ]);
  const first = { last: 100.01, lastSize: 300, bid: null, ask: null, bidSize: null, askSize: null };
  const third = { last: 100.02, lastSize: 300, bid: 100, ask: 100.02, bidSize: 100, askSize: 200 };
  const inspect = (seq: number, eventTimeUs: number, data: unknown) =>
    truth.inspect({ ...newTickerFields(), symbol: 'AAPL', seq, eventTimeUs }, data);

  it('should count a symbol’s events from the first of the part, and know its whole state', () => {
    expect(inspect(1, FROM_US, first)).toBe('');
    expect(inspect(2, FROM_US + 10, { ...third, last: 100.01 })).toBe('');
    expect(inspect(3, FROM_US + 20, third)).toBe('');
  });

  it('should say what is wrong', () => {
    expect(inspect(1, FROM_US + 1, first)).toBe(`eventTimeUs ${FROM_US + 1}, the tape says ${FROM_US}`);
    expect(inspect(3, FROM_US + 20, { ...third, last: 100.01 })).toBe('last 100.01, the tape says 100.02');
    expect(inspect(1, FROM_US, { ...first, bid: 100 })).toBe('bid 100, the tape says null');
    expect(inspect(3, FROM_US + 20, { ...third, askSize: 201 })).toBe('askSize 201, the tape says 200');
    expect(inspect(4, 2_000_000, third)).toBe('the part played has 3 events');
    expect(inspect(1, FROM_US, undefined)).toBe('no data');
  });

  it('should go on from what was played before: numbers, prices and the day', () => {
    const shiftUs = 86_400e6;
    const later = truthOf([trade(0, FROM_US, 10_001)], {
      shiftUs,
      symbols: [{ symbol: 'AAPL', number: 40, shown: [9_000, 100, 9_990, 9_992, 5, 6] }],
    });
    const data = { ...first, bid: 99.9, ask: 99.92, bidSize: 5, askSize: 6 };
    const at = (seq: number, eventTimeUs: number): string =>
      later.inspect({ ...newTickerFields(), symbol: 'AAPL', seq, eventTimeUs }, data);

    expect(at(41, FROM_US + shiftUs)).toBe('');
    expect(at(41, FROM_US)).toMatch(/^eventTimeUs/);
    expect(at(40, FROM_US + shiftUs)).toMatch(/spent before/);
  });
});

import { describe, expect, it } from 'vitest';
import type { TapeSymbol } from '../../protocol/generatorPlan.ts';
import type { Schedule } from '../../protocol/run.ts';
import { TapeMatch, TapeStream } from './tapeMatch.ts';

const FROM_US = 1_000_000_000;
const START_US = 5_000_000_000;
const SCHEDULE: Schedule = { startUs: START_US, fromEventUs: FROM_US, toEventUs: FROM_US + 60e6, speed: 1 };
const fromMs = FROM_US / 1000;

/** Events as `[µs after the start, price in ticks, 1 for a trade]`. */
function matchOf(events: readonly (readonly [number, number, 0 | 1])[]): TapeMatch {
  const tape: TapeSymbol = {
    symbol: 'AAPL',
    priceDecimals: 2,
    timesUs: events.map(([atUs]) => FROM_US + atUs),
    prices: events.map(([, price]) => price),
    trades: events.map(([, , trade]) => trade),
  };
  return new TapeMatch(new TapeStream(tape), SCHEDULE);
}

const event = { seq: 0, eventTimeUs: 0, baseSeq: -1 };
/** What a frame is found to be: its number and the base before it, or the word for it. */
function find(match: TapeMatch, ms: number, price: number): string {
  const found = match.find(fromMs + ms, price, event);
  if (typeof found === 'object') return found.wrong;
  return found === 'event' ? `${event.seq}${event.baseSeq < 0 ? '' : ` from ${event.baseSeq}`}` : found;
}

describe('TapeMatch', () => {
  it('should number trades in the order of the tape, and leave quotes out', () => {
    const match = matchOf([
      [1_500, 10_000, 1],
      [2_500, 10_000, 0],
      [3_500, 10_001, 1],
    ]);

    expect([find(match, 1, 100), find(match, 3, 100.01)]).toEqual(['1', '2']);
    expect(event.eventTimeUs).toBe(FROM_US + 3_500);
  });

  it('should find what came again, what was left out, and what came too late', () => {
    const match = matchOf([
      [1_000, 10_000, 1],
      [2_000, 10_001, 1],
      [3_000, 10_002, 1],
    ]);

    expect([find(match, 1, 100), find(match, 1, 100), find(match, 3, 100.02), find(match, 2, 100.01)]).toEqual([
      '1',
      '1',
      '3',
      '2',
    ]);
  });

  it('should take trades that agree in ms and price one after the other, and one more as a repeat', () => {
    const match = matchOf([
      [1_100, 10_000, 1],
      [1_200, 10_000, 1],
      [2_000, 10_001, 1],
    ]);

    expect([find(match, 1, 100), find(match, 1, 100), find(match, 1, 100)]).toEqual(['1', '2', '2']);
  });

  it('should tell a doubled trade from the state that a quote in the same ms leaves', () => {
    const match = matchOf([
      [1_100, 10_000, 1],
      [1_200, 10_000, 0],
    ]);

    expect([find(match, 1, 100), find(match, 1, 100)]).toEqual(['1', '1']);
  });

  it('should say what the tape says instead', () => {
    const match = matchOf([
      [1_000, 10_000, 1],
      [2_000, 10_000, 0],
    ]);

    expect(find(match, 1, 100.01)).toBe(`price 100.01 at ${fromMs + 1}, the tape says 100`);
    expect(find(match, 2, 100.01)).toBe(`price 100.01 at ${fromMs + 2}, the tape says 100 since before`);
    expect(find(match, 9, 100)).toBe(`price 100 at ${fromMs + 9}, the tape has no event then`);
  });

  it('should take as missed by declaration only what was due before a subscription, or half a second after it', () => {
    const seconds = Array.from({ length: 10 }, (_, at) => [at * 1e6, 10_000 + at, 1] as const);
    const late = matchOf(seconds);
    late.onSubscribed(START_US + 3.4e6);
    const inTime = matchOf(seconds);
    inTime.onSubscribed(START_US + 3.6e6);
    const fresh = matchOf(seconds);
    fresh.onSubscribed(START_US - 1e6);

    // Trades of the seconds 0 to 3 are four: the fifth must come to who came at 3.4 s, and need not to who came at 3.6 s.
    expect(find(late, 5_000, 100.05)).toBe('6 from 4');
    expect(find(inTime, 5_000, 100.05)).toBe('6 from 5');
    expect(find(fresh, 2_000, 100.02)).toBe('3 from 0');
  });

  it('should take the state told at a subscription for what it is', () => {
    const match = matchOf([
      [1_000_000, 10_000, 1],
      [1_500_000, 10_000, 0],
      [4_000_000, 10_001, 1],
    ]);
    match.onSubscribed(START_US - 1e6);
    expect(find(match, -5_000, 99)).toBe('state');
    expect(find(match, 1_000, 100)).toBe('1 from 0');
    match.onSubscribed(START_US + 2e6);
    expect(find(match, 1_500, 100)).toBe('state');
    match.onSubscribed(START_US + 3e6);

    expect(find(match, 1_000, 100)).toBe('state');
    expect(find(match, 4_000, 100.01)).toBe('2');
    expect(find(match, 4_000, 100.01)).toBe('2');
  });

  it('should tell at the end where a stream stands of which nothing was heard', () => {
    const match = matchOf([
      [1_000_000, 10_000, 1],
      [4_000_000, 10_001, 1],
    ]);
    match.onSubscribed(START_US - 1e6);
    expect(match.settled()).toBe(0);
    match.onSubscribed(START_US + 2e6);
    expect(match.settled()).toBe(1);
    find(match, 4_000, 100.01);

    expect(match.settled()).toBe(-1);
  });
});

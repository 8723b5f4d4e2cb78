import { describe, expect, it } from 'vitest';
import type { Tick } from '../market/types.ts';
import { Histogram } from '../reports/histogram.ts';
import { LATE_AFTER_US, Replay } from './replay.ts';
import { memoryCursor, trade } from './testTape.ts';

const FROM_US = 1_000_000;
const START_US = 50_000_000;
const ticks = [0, 1_000, 1_000, 5_000, 9_000].map((us, price) =>
  trade({ eventTimeUs: FROM_US + us, price: price + 1 }),
);

function replayOf({ speed = 1, toUs = FROM_US + 10_000, tape = ticks } = {}): Replay {
  const schedule = { startUs: START_US, fromEventUs: FROM_US, toEventUs: toUs, speed };
  return new Replay({ cursor: memoryCursor(tape), schedule });
}

function recorder(): {
  readonly seen: [price: number, dueUs: number][];
  readonly sink: (tick: Tick, dueUs: number) => void;
} {
  const seen: [number, number][] = [];
  return { seen, sink: (tick, dueUs) => seen.push([tick.price, dueUs - START_US]) };
}

describe('Replay', () => {
  it('should deliver what is due, in tape order, with its due time', () => {
    const replay = replayOf();
    const { seen, sink } = recorder();
    expect(replay.pump(START_US - 1, sink)).toBe(0);
    expect(replay.pump(START_US + 1_000, sink)).toBe(3);
    expect(seen).toEqual([
      [1, 0],
      [2, 1_000],
      [3, 1_000],
    ]);
    expect(replay.nextDueUs()).toBe(START_US + 5_000);
    expect(replay.done).toBe(false);
  });

  it('should divide the distances by the speed and round to whole µs', () => {
    const replay = replayOf({ speed: 3 });
    const { seen, sink } = recorder();
    replay.pump(START_US + 10_000, sink);
    expect(seen.map(([, dueUs]) => dueUs)).toEqual([0, 333, 333, 1_667, 3_000]);
  });

  it('should count what is delivered late and leave the later due times alone', () => {
    const replay = replayOf();
    const { seen, sink } = recorder();
    replay.pump(START_US + 1_000 + LATE_AFTER_US + 1, sink);
    expect(replay.late).toBe(3);
    replay.pump(START_US + 5_000 + LATE_AFTER_US, sink);
    replay.pump(START_US + 9_000, sink);
    expect(replay.late).toBe(3);
    expect(seen.slice(3)).toEqual([
      [4, 5_000],
      [5, 9_000],
    ]);
    expect(Histogram.fromJSON(replay.lateness.toWire()).max).toBe(3_001);
  });

  it('should stop before the end of the part', () => {
    const replay = replayOf({ toUs: FROM_US + 5_000 });
    const { seen, sink } = recorder();
    replay.pump(START_US + 60_000, sink);
    expect(seen).toHaveLength(3);
    expect(replay.done).toBe(true);
    expect(replay.nextDueUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('should deliver no more than it is asked for', () => {
    const replay = replayOf();
    const { seen, sink } = recorder();
    expect(replay.pump(START_US + 60_000, sink, 2)).toBe(2);
    expect(replay.pump(START_US + 60_000, sink, 2)).toBe(2);
    expect(seen.map(([price]) => price)).toEqual([1, 2, 3, 4]);
  });

  it('should have all due at once, none late, as fast as possible', () => {
    const replay = replayOf({ speed: Number.POSITIVE_INFINITY });
    const { seen, sink } = recorder();
    replay.pump(START_US + 77, sink);
    expect(seen.map(([, dueUs]) => dueUs)).toEqual([77, 77, 77, 77, 77]);
    expect([replay.late, replay.lateness.maxUs, replay.done]).toEqual([0, 0, true]);
  });

  it('should hash what it delivered alike at every speed, and otherwise when an event differs', () => {
    const hashOf = (speed: number, tape = ticks): string => {
      const replay = replayOf({ speed, tape });
      replay.pump(START_US + 60_000_000, () => undefined);
      return replay.eventHash;
    };
    expect(hashOf(10)).toBe(hashOf(1));
    expect(hashOf(Number.POSITIVE_INFINITY)).toBe(hashOf(1));
    const altered = ticks.map((tick, at) => (at === 3 ? { ...tick, size: tick.size + 1 } : tick));
    expect(hashOf(1, altered)).not.toBe(hashOf(1));
  });

  it('should refuse a speed of 0', () => {
    expect(() => replayOf({ speed: 0 })).toThrow(RangeError);
  });
});

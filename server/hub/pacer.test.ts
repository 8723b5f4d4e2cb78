import { describe, expect, it } from 'vitest';
import { type Pace, Pacer } from './pacer.ts';

/** A pacer on a clock that only moves when told. */
function makePacer() {
  let nowUs = 0;
  const timers: { readonly atUs: number; readonly callback: () => void }[] = [];
  const pacer = new Pacer({
    nowUs: () => nowUs,
    after: (delayMs, callback) => timers.push({ atUs: nowUs + delayMs * 1000, callback }),
  });
  const advance = (ms: number): void => {
    const endUs = nowUs + ms * 1000;
    for (;;) {
      timers.sort((a, b) => a.atUs - b.atUs);
      const next = timers[0];
      if (next === undefined || next.atUs > endUs) break;
      timers.shift();
      nowUs = next.atUs;
      next.callback();
    }
    nowUs = endUs;
  };
  return { pacer, advance, timers, nowMs: () => nowUs / 1000 };
}

/** A value that counts up, and what was told of it when. */
function makeValue(world: ReturnType<typeof makePacer>, intervalMs: number) {
  const told: [number, number][] = [];
  let value = 0;
  let last = 0;
  const room = { isThere: true };
  const pace: Pace = {
    intervalUs: intervalMs * 1000,
    restsUntilUs: 0,
    isEnded: false,
    tell: () => {
      if (last === value) return false;
      if (!room.isThere) return true;
      last = value;
      told.push([world.nowMs(), value]);
      return true;
    },
  };
  const change = (): void => {
    value++;
    world.pacer.offer(pace);
  };
  return { told, pace, change, room };
}

describe('a pacer', () => {
  it('should tell the first value at once and the latest when the interval ends', () => {
    const world = makePacer();
    const { told, change } = makeValue(world, 100);
    change();
    world.advance(10);
    change();
    change();
    world.advance(500);
    expect(told).toEqual([
      [0, 1],
      [100, 3],
    ]);
  });

  it('should tell at once again after an interval without news', () => {
    const world = makePacer();
    const { told, change } = makeValue(world, 100);
    change();
    world.advance(350);
    change();
    expect(told).toEqual([
      [0, 1],
      [350, 2],
    ]);
  });

  it('should never tell twice in an interval, and always the last value, whenever values change', () => {
    const world = makePacer();
    const one = makeValue(world, 70);
    const other = makeValue(world, 70);
    for (let turn = 0; turn < 200; turn++) {
      one.change();
      if (turn % 3 === 0) other.change();
      world.advance((turn * 7) % 23);
    }
    world.advance(1_000);
    for (const { told } of [one, other]) {
      const gaps = told.slice(1).map(([atMs], index) => atMs - (told[index]?.[0] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(70);
    }
    expect(one.told.at(-1)?.[1]).toBe(200);
    expect(other.told.at(-1)?.[1]).toBe(67);
  });

  it('should try again after an interval where there was no room', () => {
    const world = makePacer();
    const { told, change, room } = makeValue(world, 100);
    room.isThere = false;
    change();
    world.advance(250);
    room.isThere = true;
    world.advance(100);
    expect(told).toEqual([[300, 1]]);
  });

  it('should tell nothing after the end, and keep no timer for what rests no more', () => {
    const world = makePacer();
    const { told, pace, change } = makeValue(world, 100);
    change();
    change();
    pace.isEnded = true;
    world.advance(1_000);
    change();
    expect(told).toHaveLength(1);
    expect(world.timers).toHaveLength(0);
  });
});

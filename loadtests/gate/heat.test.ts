import { describe, expect, it } from 'vitest';
import { Histogram } from '../../reports/histogram.ts';
import type { Windows } from '../judge/merge.ts';
import { binHeat, joinHeats } from './heat.ts';

function windows(...seconds: readonly (readonly [number, readonly number[]])[]): Windows {
  return new Map(
    seconds.map(([second, values]) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      return [second, histogram];
    }),
  );
}

describe('binHeat', () => {
  it('should count each latency once, in the row of its size', () => {
    const heat = binHeat(windows([0, [40, 130, 1000, 1500, 1600]], [2, [200_000, 99_000_000]]), 3);

    expect(heat.binS).toBe(1);
    expect(heat.columns).toHaveLength(3);
    expect(heat.columns[0]?.slice(0, 7)).toEqual([2, 0, 0, 0, 0, 2, 1]);
    expect(heat.columns[1]).toEqual([]);
    expect(heat.columns[2]?.[16]).toBe(1);
    expect(heat.columns[2]?.[24]).toBe(1);
  });

  it('should leave out what lies before the tape’s start or after the run', () => {
    const heat = binHeat(windows([-1, [500]], [0, [500]], [7, [500]]), 2);

    expect(heat.columns.flat().reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('should put several seconds into a column in a long run', () => {
    const heat = binHeat(windows([0, [500]], [11, [500]], [3599, [500]]), 3600);

    expect(heat.binS).toBe(12);
    expect(heat.columns).toHaveLength(300);
    expect(heat.columns[0]?.[3]).toBe(2);
    expect(heat.columns[299]?.[3]).toBe(1);
  });
});

describe('joinHeats', () => {
  it('should put runs behind each other and lose no count', () => {
    const first = binHeat(windows([0, [500]], [1, [500, 900]]), 2);
    const second = binHeat(windows([0, [90_000]]), 2);

    expect(
      joinHeats(
        [
          { atS: 0, heat: first },
          { atS: 2, heat: second },
        ],
        4,
      ),
    ).toEqual({
      metric: 'tick',
      binS: 1,
      columns: [...first.columns, ...second.columns],
    });
  });

  it('should take longer columns for a longer whole', () => {
    const hour = binHeat(windows([0, [500]], [3599, [500]]), 3600);
    const joined = joinHeats(
      [0, 3600, 7200].map((atS) => ({ atS, heat: hour })),
      10_800,
    );

    expect(joined?.binS).toBe(36);
    expect(joined?.columns).toHaveLength(300);
    expect(joined?.columns.flat().reduce((sum, count) => sum + count, 0)).toBe(6);
  });

  it('should be nothing where no run kept any', () => {
    expect(joinHeats([{ atS: 0, heat: undefined }], 60)).toBeUndefined();
  });
});

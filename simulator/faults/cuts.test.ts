import { describe, expect, it } from 'vitest';
import { loadScenario } from '../scenario.ts';
import { withCutsAsFaults } from './cuts.ts';

const scenario = loadScenario('trading-halt');

describe('withCutsAsFaults', () => {
  it('should cut at once, or step by step over a time, after the faults that there are', () => {
    const cuts = [
      { atS: 1, overS: 0, fromShare: 0, toShare: 1 },
      { atS: 2, overS: 5, fromShare: 0.25, toShare: 0.75 },
    ];
    const { faults = [] } = withCutsAsFaults({ ...scenario, cuts });
    const own = scenario.faults?.length ?? 0;
    expect(own).toBeGreaterThan(0);
    expect(faults.slice(0, own)).toEqual(scenario.faults);
    expect(faults.slice(own)).toEqual([
      { kind: 'cut', at: 1, share: 1 },
      ...Array.from({ length: 10 }, (_, step) => ({ kind: 'cut', at: 2 + step / 2, share: 0.05 })),
    ]);
  });

  it('should leave a scenario without cuts as it is', () => {
    const without = { ...scenario, cuts: [] };
    expect(withCutsAsFaults(without)).toBe(without);
  });
});

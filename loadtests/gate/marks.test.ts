import { describe, expect, it } from 'vitest';
import { type MarkedRun, marksOf } from './marks.ts';

const OPEN_US = 1_584_365_400_000_000;

function run(change: Partial<MarkedRun>): MarkedRun {
  return {
    schedule: { startUs: 5e6, fromEventUs: OPEN_US, toEventUs: OPEN_US + 60e6, speed: 1 },
    cuts: [],
    sessionOpenUs: OPEN_US,
    sessionCloseUs: OPEN_US + 23_400e6,
    ...change,
  };
}

describe('marksOf', () => {
  it('should mark nothing in a part of the session in which nobody is cut', () => {
    expect(marksOf(run({}))).toEqual([]);
  });

  it('should put cuts that are close together into one wave, in whatever order they are told', () => {
    const cuts = [45, 15.2, 36.5, 15, 15.1, 35, 38].map((atS) => ({ atUs: 5e6 + atS * 1e6 }));

    expect(marksOf(run({ cuts }))).toEqual([
      { fromS: 15, toS: 15.2, label: '3 clients cut, at once', kind: 'fault' },
      { fromS: 35, toS: 38, label: '3 clients cut, one after another', kind: 'fault' },
      { fromS: 45, toS: 45, label: '1 client cut, at once', kind: 'fault' },
    ]);
  });

  it('should mark what lies outside the regular session, in seconds as played', () => {
    const schedule = { startUs: 0, fromEventUs: OPEN_US - 20e6, toEventUs: OPEN_US + 60e6, speed: 2 };

    expect(marksOf(run({ schedule, sessionCloseUs: OPEN_US + 40e6 }))).toEqual([
      { fromS: 0, toS: 10, label: 'before the market opens', kind: 'phase' },
      { fromS: 30, toS: 40, label: 'after the market has closed', kind: 'phase' },
    ]);
  });
});

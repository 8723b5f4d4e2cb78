import { describe, expect, it } from 'vitest';
import { lateIn } from './lateness.ts';
import { quiet } from './testEvidence.ts';

describe('lateIn', () => {
  it('should say nothing of a quiet machine', () => {
    expect(lateIn(quiet(), 5, 100_000)).toEqual([]);
  });

  it('should count a canary over a quarter of the bound, and not below it', () => {
    const evidence = { ...quiet(), canaryUs: new Map([[5, 26_000]]) };

    expect(lateIn(evidence, 5, 100_000)).toEqual(["the machine's canary 26.0 ms"]);
    expect(lateIn(evidence, 5, 500_000)).toEqual([]);
  });

  it('should colour the neighbours of a late second, and all seconds that a long delay covers', () => {
    const evidence = { ...quiet(), loopDelayUs: new Map([['k6', new Map([[10, 4_000_000]])]]) };
    const late = Array.from({ length: 16 }, (_, second) => second).filter(
      (second) => lateIn(evidence, second, 100_000).length > 0,
    );

    expect(late).toEqual([6, 7, 8, 9, 10, 11]);
  });

  it('should count a wait for a core only when it is long for a second', () => {
    expect(lateIn({ ...quiet(), runQueueUs: new Map([[5, 40_000]]) }, 5, 10_000)).toEqual([]);
    expect(lateIn({ ...quiet(), runQueueUs: new Map([[5, 140_000]]) }, 5, 100_000)).toHaveLength(1);
  });

  it('should not excuse a second of which most was late by a lateness that delays only some of it', () => {
    const noisy = { ...quiet(), canaryUs: new Map([[5, 60_000]]), runQueueUs: new Map([[5, 300_000]]) };

    expect(lateIn(noisy, 5, 100_000, { medianUs: 2_000, figureUs: 300_000 })).toHaveLength(2);
    expect(lateIn(noisy, 5, 100_000, { medianUs: 141_000, figureUs: 300_000 })).toEqual([]);
  });

  it('should excuse such a second by a pause as long as that, or by a core that was missing half of the time', () => {
    expect(
      lateIn({ ...quiet(), loopDelayUs: new Map([['k6', new Map([[5, 700_000]])]]) }, 5, 100_000, {
        medianUs: 350_000,
        figureUs: 690_000,
      }),
    ).toHaveLength(1);
    expect(
      lateIn({ ...quiet(), runQueueUs: new Map([[5, 600_000]]) }, 5, 100_000, { medianUs: 350_000, figureUs: 690_000 }),
    ).toHaveLength(1);
  });

  it('should not excuse a stall that is longer than all the lateness there was', () => {
    const noisy = { ...quiet(), canaryUs: new Map([[5, 40_000]]), runQueueUs: new Map([[5, 120_000]]) };

    expect(lateIn(noisy, 5, 100_000, { medianUs: 2_000, figureUs: 250_000 })).toHaveLength(2);
    expect(lateIn(noisy, 5, 100_000, { medianUs: 2_000, figureUs: 298_000 })).toEqual([]);
  });

  it('should not excuse one message that is over what none may be, by a lateness a hundredth as long', () => {
    const evidence = { ...quiet(), canaryUs: new Map([[7, 30_000]]) };
    const measured = (maxUs: number) => ({ medianUs: 5_000, figureUs: 5_000, never: { maxUs, boundUs: 500_000 } });
    expect(lateIn(evidence, 7, 100_000, measured(3_000_000))).toEqual([]);
    expect(lateIn(evidence, 7, 100_000, measured(520_000))).toHaveLength(1);
  });

  it('should count the clocks against every second', () => {
    expect(lateIn({ ...quiet(), clockErrorUs: 30_000 }, 44, 100_000)).toHaveLength(1);
  });
});

describe('lateIn of openings', () => {
  const slipped = (slipUs: number) => ({ ...quiet(), slipUs: new Map([['swarm', new Map([[3, slipUs]])]]) });
  const measured = { medianUs: 3_700_000, figureUs: 3_800_000, allowanceUs: 1_000_000 };

  it('should let a slip explain openings that took hardly longer than it', () => {
    expect(lateIn(slipped(3_600_000), 3, 1_000_000, measured)).toEqual(["swarm's send schedule 3600.0 ms"]);
  });

  it('should not let a slip explain what would be over the bound without it', () => {
    expect(lateIn(slipped(2_600_000), 3, 1_000_000, measured)).toEqual([]);
  });

  it('should ask for a pause as long as the median of what is not shifted whole', () => {
    const { allowanceUs: _, ...others } = measured;
    expect(lateIn(slipped(3_600_000), 3, 1_000_000, others)).toEqual([]);
  });
});

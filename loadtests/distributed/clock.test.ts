import { describe, expect, it } from 'vitest';
import { seededRandom } from '../gate/random.ts';
import { type ClockEstimate, clockOver, clockUnwatched, estimateOffset } from './clock.ts';

/** Questions to a clock that lies `aheadUs` ahead and runs `ppm` faster, over ways of random length. */
function questions(options: { fromUs: number; aheadUs: number; ppm: number; random: () => number }): ClockEstimate {
  const { fromUs, aheadUs, ppm, random } = options;
  let atUs = fromUs;
  const samples = Array.from({ length: 24 }, () => {
    const sentUs = atUs;
    const thereUs = 200 + random() ** 4 * 20_000;
    const backUs = 200 + random() ** 4 * 20_000;
    const readUs = sentUs + thereUs;
    atUs = readUs + backUs;
    return { sentUs, gateUs: readUs + aheadUs + (readUs * ppm) / 1e6, receivedUs: atUs };
  });
  return estimateOffset(samples);
}

describe('a clock estimate', () => {
  it('should hold the true offset within its error, whatever the ways there and back took', () => {
    const random = seededRandom(3);
    for (let trial = 0; trial < 500; trial++) {
      const aheadUs = Math.round((random() - 0.5) * 1e9);
      const estimate = questions({ fromUs: 0, aheadUs, ppm: 0, random });

      expect(Math.abs(estimate.offsetUs - aheadUs)).toBeLessThanOrEqual(estimate.errorUs);
    }
  });

  it('should go by the shortest round trip', () => {
    const slow = { sentUs: 0, gateUs: 9_000, receivedUs: 10_000 };
    const quick = { sentUs: 20_000, gateUs: 20_200, receivedUs: 20_400 };

    expect(estimateOffset([slow, quick, slow])).toEqual({ atUs: 20_200, offsetUs: 0, errorUs: 200 });
  });

  it('should bound what a drifting clock was off by over the whole run, and tell the drift', () => {
    const random = seededRandom(5);
    const ppm = 80;
    const runUs = 60e6;
    for (let trial = 0; trial < 200; trial++) {
      const at = (fromUs: number): ClockEstimate => questions({ fromUs, aheadUs: 5_000, ppm, random });
      const set = at(0);
      const record = clockOver(set, [at(runUs / 2), at(runUs)]);
      const worstUs = Math.max(...[0, runUs / 2, runUs].map((us) => Math.abs(5_000 + (us * ppm) / 1e6 - set.offsetUs)));

      expect(record.errorUs).toBeGreaterThanOrEqual(worstUs);
      expect(record.driftPpm).toBeGreaterThan(ppm / 2);
      expect(record.driftPpm).toBeLessThan(ppm * 1.5);
    }
  });

  it('should not call a drift what is within the error', () => {
    const set = { atUs: 0, offsetUs: 100, errorUs: 300 };

    expect(clockOver(set, [{ atUs: 1e6, offsetUs: 500, errorUs: 300 }])).toMatchObject({ driftPpm: 0, errorUs: 700 });
  });

  it('should grow for a time in which nobody asks', () => {
    expect(clockUnwatched({ atUs: 0, offsetUs: 7, errorUs: 300 }, 60e6).errorUs).toBe(6_300);
  });
});

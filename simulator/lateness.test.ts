import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../reports/histogram.ts';
import { LatenessHistogram } from './lateness.ts';

const latenessUs = fc.oneof(fc.integer({ min: -5, max: 5_000 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));

describe('LatenessHistogram', () => {
  test.prop([fc.array(latenessUs)])('should count as the reports do', (values) => {
    const counted = new LatenessHistogram();
    const reported = new Histogram();
    for (const value of values) {
      counted.record(value);
      reported.record(value);
    }
    expect(counted.toWire()).toEqual(reported.toJSON());
    for (const percent of [0, 50, 99, 100]) {
      expect(counted.percentileUs(percent)).toBe(reported.percentile(percent));
    }
  });

  it('should keep the maximum exact above its last bucket', () => {
    const lateness = new LatenessHistogram();
    lateness.record(2 ** 40 + 1);
    expect(lateness.maxUs).toBe(2 ** 40 + 1);
    expect(lateness.toWire().count).toBe(1);
  });
});

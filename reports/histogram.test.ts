import { fc, test } from '@fast-check/vitest';
import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { bucketOf, Histogram, highestOf } from './histogram.ts';

/** Values of every size, small and large alike. */
const values = fc.array(
  fc.integer({ min: 0, max: 40 }).chain((bits) => fc.integer({ min: 0, max: Math.min(3.6e9, 2 ** bits) })),
  { minLength: 1, maxLength: 300 },
);
/** Without 0, for which theirs is the lowest value of a bucket and not the highest. */
const PERCENTILES = [1, 25, 50, 75, 90, 99, 99.9, 99.999, 100];

function histogramOf(all: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of all) histogram.record(value);
  return histogram;
}

describe('Histogram', () => {
  test.prop([values])('should give the same percentiles as hdr-histogram-js', (all) => {
    const reference = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: 3.6e9,
      numberOfSignificantValueDigits: 3,
    });
    for (const value of all) reference.recordValue(value);
    const ours = histogramOf(all);

    expect(ours.count).toBe(reference.totalCount);
    expect(ours.max).toBe(Math.max(...all));
    expect(ours.min).toBe(Math.min(...all));
    for (const percent of PERCENTILES) {
      const theirs = reference.getValueAtPercentile(percent);
      // Theirs may pass the largest value by the width of a bucket; ours stops there.
      expect(ours.percentile(percent)).toBe(Math.min(theirs, ours.max));
    }
  });

  test.prop([fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })])(
    'should put a value into a bucket that is at most a thousandth wide',
    (value) => {
      const highest = highestOf(bucketOf(value));

      expect(highest).toBeGreaterThanOrEqual(value);
      expect(highest - value).toBeLessThanOrEqual(value / 1000);
      expect(bucketOf(highest)).toBe(bucketOf(value));
      if (highest < Number.MAX_SAFE_INTEGER) expect(bucketOf(highest + 1)).toBe(bucketOf(value) + 1);
    },
  );

  test.prop([fc.array(values, { minLength: 1, maxLength: 6 })])(
    'should merge parts into the histogram of all',
    (parts) => {
      const merged = new Histogram();
      for (const part of parts) merged.merge(histogramOf(part));

      expect(merged.toJSON()).toEqual(histogramOf(parts.flat()).toJSON());
    },
  );

  test.prop([values])('should come back from JSON as it went', (all) => {
    const histogram = histogramOf(all);
    const back = Histogram.fromJSON(JSON.parse(JSON.stringify(histogram)));

    expect(back.toJSON()).toEqual(histogram.toJSON());
    expect(back.merge(histogram).toJSON()).toEqual(histogramOf([...all, ...all]).toJSON());
  });

  test.prop([values, fc.integer({ min: 0, max: 2047 })])('should count what lies above a value', (all, value) => {
    expect(histogramOf(all).countAbove(value)).toBe(all.filter((one) => one > value).length);
  });

  it('should be all zeros when empty, and stay right when merged with an empty one', () => {
    const empty = new Histogram();
    const one = histogramOf([7]);

    expect([empty.count, empty.min, empty.max, empty.mean, empty.percentile(99)]).toEqual([0, 0, 0, 0, 0]);
    expect(one.merge(Histogram.fromJSON(empty.toJSON())).toJSON()).toEqual(histogramOf([7]).toJSON());
    expect(Histogram.fromJSON(empty.toJSON()).merge(histogramOf([7])).min).toBe(7);
  });

  it('should count a value several times, and take fractions and negatives as whole numbers from 0 on', () => {
    const histogram = new Histogram();
    histogram.record(12.9, 3);
    histogram.record(-5);

    expect(histogram.toJSON()).toEqual({
      count: 4,
      min: 0,
      max: 12,
      sum: 36,
      buckets: [
        [0, 1],
        [12, 3],
      ],
    });
  });

  it('should keep around powers of two, where the logarithm rounds', () => {
    for (let bits = 11; bits < 53; bits++) {
      for (const value of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]) {
        expect(highestOf(bucketOf(value)) - value).toBeLessThanOrEqual(value / 1000);
      }
    }
  });

  it('should refuse JSON whose counts disagree', () => {
    expect(() => Histogram.fromJSON({ count: 3, min: 1, max: 1, sum: 2, buckets: [[1, 2]] })).toThrow(
      'histogram: 2 counts in buckets, 3 stated',
    );
  });
});

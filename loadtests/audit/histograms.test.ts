import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { bucketOf, Histogram } from '../../reports/histogram.ts';
import { DenseHistogram } from './denseHistogram.ts';
import { SecondHistograms } from './secondHistograms.ts';

const START_US = 1_700_000_000_000_000;
const lateUs = fc.nat({ max: 2 ** 40 });

test.prop([fc.array(lateUs)])('should count as the histogram of the reports does', (values) => {
  const dense = new DenseHistogram();
  const reference = new Histogram();
  for (const value of values) {
    expect(dense.record(value)).toBe(bucketOf(value));
    reference.record(value);
  }
  expect(dense.toJSON()).toEqual(reference.toJSON());
});

test.prop([fc.array(fc.tuple(fc.integer({ min: -2_000_000, max: 3_000_000 }), lateUs))])(
  'should keep each second its own histogram, in whatever order the seconds come',
  (samples) => {
    const seconds = new SecondHistograms(START_US);
    const reference = new Map<number, Histogram>();
    for (const [atUs, value] of samples) {
      seconds.record(START_US + atUs, value, bucketOf(value));
      const second = Math.floor(atUs / 1e6);
      const histogram = reference.get(second) ?? new Histogram();
      histogram.record(value);
      reference.set(second, histogram);
    }
    const expected = [...reference]
      .sort((a, b) => a[0] - b[0])
      .map(([second, histogram]) => [second, histogram.toJSON()]);
    expect(seconds.toJSON()).toEqual(expected);
  },
);

it('should be empty before anything is counted', () => {
  expect(new DenseHistogram().toJSON()).toEqual(new Histogram().toJSON());
  expect(new SecondHistograms(START_US).toJSON()).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { autocorrelations, kurtosis, medianOf, sumsOf, usualCourse } from './statistics.ts';

describe('autocorrelations', () => {
  it('should be those of a series that alternates, and 0 where nothing moves or nothing is left', () => {
    const alternating = Float64Array.from({ length: 1_000 }, (_, at) => (at % 2 === 0 ? 1 : -1));

    const [first, second] = autocorrelations(alternating, 2);
    expect(first).toBeCloseTo(-1, 2);
    expect(second).toBeCloseTo(1, 2);
    expect(autocorrelations(new Float64Array(10), 2)).toEqual([0, 0]);
    expect(autocorrelations(Float64Array.of(1, 2), 3)[2]).toBe(0);
  });
});

describe('kurtosis', () => {
  it('should be 1 for two values of equal weight, 1.8 for even ones, 0 for a series that stands still', () => {
    expect(kurtosis(Float64Array.of(-1, 1, -1, 1))).toBe(1);
    expect(kurtosis(Float64Array.from({ length: 10_001 }, (_, at) => at))).toBeCloseTo(1.8, 3);
    expect(kurtosis(new Float64Array(3))).toBe(0);
  });
});

describe('sumsOf', () => {
  it('should leave out the rest', () => {
    expect([...sumsOf(Float64Array.of(1, 2, 3, 4, 5), 2)]).toEqual([3, 7]);
  });
});

describe('medianOf', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[], 0],
  ])('should be the middle of %j', (values, median) => {
    expect(medianOf(values)).toBe(median);
  });
});

describe('usualCourse', () => {
  it('should find what fades after the open and rises before the close, and leave a burst at noon alone', () => {
    const course = Float64Array.from(
      { length: 390 },
      (_, at) => 2 + 3 * Math.exp(-at / 20) + Math.exp((at - 389) / 20),
    );
    const found = usualCourse(course);
    const burst = usualCourse(course.map((value, at) => (at >= 195 && at < 200 ? 5 * value : value)));

    for (const at of [0, 30, 195, 389]) expect(found[at]).toBeCloseTo(course[at] as number, 8);
    expect(Math.abs((burst[197] as number) - (course[197] as number))).toBeLessThan(0.3);
  });

  it('should stay positive', () => {
    expect(Math.min(...usualCourse(new Float64Array(100)))).toBeGreaterThan(0);
    expect(
      Math.min(...usualCourse(Float64Array.from({ length: 90 }, (_, at) => (at === 45 ? 50 : 0)))),
    ).toBeGreaterThan(0);
  });
});

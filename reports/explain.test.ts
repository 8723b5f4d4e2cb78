import { describe, expect, it } from 'vitest';
import { explainedBy } from './explain.ts';

const storm = { fromS: 20, toS: 20.02, kind: 'fault' as const, label: 'storm' };
const rolling = { fromS: 35, toS: 45, kind: 'fault' as const, label: 'rolling' };
const opening = { fromS: 0, toS: 60, kind: 'phase' as const, label: 'opening' };
const marks = [opening, storm, rolling];

describe('explainedBy', () => {
  it.each([
    ['while a fault lasts', 40, 'rolling'],
    ['at its first instant', 20, 'storm'],
    ['a little before, by the clocks’ error', 19.95, 'storm'],
    ['shortly after it', 47.9, 'rolling'],
    ['long after it', 48.1, undefined],
    ['well before it', 34, undefined],
    ['when only a phase lasts', 5, undefined],
  ])('should explain what is noticed %s', (_, atS, label) => {
    expect(explainedBy(atS, marks)?.label).toBe(label);
  });

  it('should name the fault that lasts before one that has just ended', () => {
    const long = { fromS: 10, toS: 30, kind: 'fault' as const, label: 'long' };

    expect(explainedBy(21, [long, storm])?.label).toBe('long');
    expect(explainedBy(21, [storm, long])?.label).toBe('long');
  });

  it('should name the later of two that last', () => {
    const late = { fromS: 38, toS: 39, kind: 'fault' as const, label: 'late' };

    expect(explainedBy(38.5, [late, rolling])?.label).toBe('late');
    expect(explainedBy(38.5, [rolling, late])?.label).toBe('late');
  });

  it('should explain nothing where there are no marks', () => {
    expect(explainedBy(1, [])).toBeUndefined();
    expect(explainedBy(Number.NaN, marks)).toBeUndefined();
  });
});

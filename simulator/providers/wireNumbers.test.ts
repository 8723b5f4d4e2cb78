import { describe, expect, it } from 'vitest';
import { fixedDecimal, wireNumber } from './wireNumbers.ts';

describe('numbers on the wire', () => {
  it.each([
    [11_412, 2, 4, '114.1200'],
    [11_412, 2, 2, '114.12'],
    [114, 0, 0, '114'],
    [114, 0, 2, '114.00'],
    [-5, 2, 8, '-0.05000000'],
    [123_456, 5, 2, '1.23'],
    [199, 2, 0, '1'],
    [0, 2, 8, '0.00000000'],
  ])('should write %i with %i decimals at %i places', (units, decimals, places, text) => {
    expect(fixedDecimal(units, decimals, places)).toBe(text);
  });

  it('should write the turnover of a day, though it is no exact sum any more', () => {
    expect(fixedDecimal(4.325e20, 10, 8)).toBe('43250000000.00000000');
  });

  it('should give the number that JSON prints without a tail', () => {
    expect([wireNumber(28_184, 2), wireNumber(1, 8), wireNumber(410_001, 4)]).toEqual([281.84, 1e-8, 41.0001]);
  });
});

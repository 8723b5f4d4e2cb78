import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { decimalFromUnits, unitsFromDecimal } from './decimal.ts';

describe('decimals', () => {
  it.each([
    ['1', 2, 100],
    ['1.5', 2, 150],
    ['0.01', 2, 1],
    ['123.4500', 2, 12345],
    ['90071992547409.91', 2, 9007199254740991],
  ])('should read %s with %i places as %i', (text, decimals, units) => {
    expect(unitsFromDecimal(text, decimals)).toBe(units);
  });

  it.each(['', '-1', '1e3', '1.', '.5', ' 1', '0x10', '1.005', '90071992547409.93', 'NaN', '１'])(
    'should refuse %j at two places',
    (text) => {
      expect(unitsFromDecimal(text, 2)).toBeUndefined();
    },
  );

  test.prop([fc.maxSafeNat(), fc.nat(8)])('should read back what it writes', (units, decimals) => {
    expect(unitsFromDecimal(decimalFromUnits(units, decimals), decimals)).toBe(units);
  });
});

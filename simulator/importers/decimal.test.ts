import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { DecimalReader, formatDecimal, NEGATIVE, NOT_DECIMAL, TOO_LONG } from './decimal.ts';

function read(text: string): { readonly value: number; readonly decimals: number } {
  const reader = new DecimalReader();
  const bytes = Buffer.from(`<${text}>`);
  return { value: reader.read(bytes, 1, bytes.length - 1), decimals: reader.decimals };
}

describe('a decimal number', () => {
  it.prop([fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) }), fc.nat({ max: 20 }), fc.nat({ max: 5 })])(
    'should be read exactly, whatever zeros follow',
    (digits, decimals, zeros) => {
      const text = formatted(digits, decimals) + (decimals > 0 ? '0'.repeat(zeros) : '');

      const { value, decimals: found } = read(text);

      // The same number: digits * 10^-decimals = value * 10^-found, without a trailing zero behind the point.
      expect(BigInt(value) * 10n ** BigInt(decimals)).toBe(digits * 10n ** BigInt(found));
      if (found > 0) expect(value % 10).not.toBe(0);
    },
  );

  it.prop([fc.nat(), fc.nat({ max: 12 })])('should read what it formats', (value, decimals) => {
    const text = formatDecimal(value, decimals);

    const found = read(text);

    expect(found.value * 10 ** (decimals - found.decimals)).toBe(value);
  });

  it.each([
    ['1e-05', 1, 5],
    ['1.5E3', 1500, 0],
    ['2.50e1', 25, 0],
    ['12e-1', 12, 1],
    ['.5', 5, 1],
    ['7.', 7, 0],
  ])('should read %s as %d with %d decimals', (text, value, decimals) => {
    expect(read(text)).toEqual({ value, decimals });
  });

  it.each([
    ['', NOT_DECIMAL],
    ['.', NOT_DECIMAL],
    ['abc', NOT_DECIMAL],
    ['1.2.3', NOT_DECIMAL],
    ['1,2', NOT_DECIMAL],
    [' 1', NOT_DECIMAL],
    ['NaN', NOT_DECIMAL],
    ['0x10', NOT_DECIMAL],
    ['--1', NOT_DECIMAL],
    ['-1.5', NEGATIVE],
    ['9007199254740993', TOO_LONG],
    ['0.1234567890123456789', TOO_LONG],
    ['1e300', TOO_LONG],
  ])('should refuse %j', (text, code) => {
    expect(read(text).value).toBe(code);
  });
});

function formatted(digits: bigint, decimals: number): string {
  const text = String(digits).padStart(decimals + 1, '0');
  return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}

import { describe, expect, it } from 'vitest';
import { newYorkDate, newYorkInstantUs, newYorkOffsetS, newYorkText, newYorkZoneName } from './newYork.ts';

const usOf = (iso: string) => Date.parse(iso) * 1_000;

describe("New York's wall clock", () => {
  it.each([
    ['2020-03-08T06:59:59Z', '2020-03-08 01:59:59', 'EST', -18_000],
    ['2020-03-08T07:00:00Z', '2020-03-08 03:00:00', 'EDT', -14_400],
    ['2020-11-01T05:59:59Z', '2020-11-01 01:59:59', 'EDT', -14_400],
    ['2020-11-01T06:00:00Z', '2020-11-01 01:00:00', 'EST', -18_000],
    ['2021-01-01T04:59:59Z', '2020-12-31 23:59:59', 'EST', -18_000],
  ])('should show %s as %s', (iso, text, zone, offsetS) => {
    expect(newYorkText(usOf(iso))).toBe(text);
    expect(newYorkDate(usOf(iso))).toBe(text.slice(0, 10));
    expect(newYorkZoneName(usOf(iso))).toBe(zone);
    expect(newYorkOffsetS(usOf(iso))).toBe(offsetS);
  });

  it.each([
    ['2020-03-16 09:30', '2020-03-16T13:30:00Z'],
    ['2020-03-16T09:30:15', '2020-03-16T13:30:15Z'],
    ['2020-01-02', '2020-01-02T05:00:00Z'],
    ['2020-03-08 03:00', '2020-03-08T07:00:00Z'],
  ])('should read %s', (text, iso) => {
    expect(newYorkInstantUs(text)).toBe(usOf(iso));
  });

  it.each(['', 'soon', '2020-13-45', '2020-03-16 25:00', '2020-03-16 09:30:00Z'])('should not read "%s"', (text) => {
    expect(newYorkInstantUs(text)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { checkZone, newYorkDate, newYorkMidnightUs, TimeReader, type TimeUnit } from './times.ts';

function read(
  text: string,
  options: { readonly unit?: TimeUnit; readonly zone?: string; readonly midnightUs?: number } = {},
) {
  const bytes = Buffer.from(`<${text}>`);
  const timeUs = new TimeReader({ unit: 'auto', ...options }).read(bytes, 1, bytes.length - 1);
  return Number.isNaN(timeUs) ? undefined : new Date(Math.floor(timeUs / 1_000)).toISOString() + String(timeUs % 1_000);
}

const AT = '2024-01-02T14:30:00.123Z';

describe('a time', () => {
  it.each([
    ['1704205800.123456', `${AT}456`],
    ['1704205800123', `${AT}0`],
    ['1704205800123.456', `${AT}456`],
    ['1704205800123456', `${AT}456`],
    ['1704205800123456789', `${AT}456`],
    ['2024-01-02T14:30:00.123456Z', `${AT}456`],
    ['2024-01-02 14:30:00.123456', `${AT}456`],
    ['2024-01-02T09:30:00.123456-05:00', `${AT}456`],
    ['2024-01-02 20:00:00.123456+0530', `${AT}456`],
    ['2024-01-02', '2024-01-02T00:00:00.000Z0'],
  ])('should be told by its digits: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    '',
    'x',
    '12345',
    '17042058001',
    '2024-02-30',
    '2024-13-01',
    '2024-01-02T25:00:00Z',
    '1704205800123x',
    '1.5.2',
    '9999999999',
  ])('should be none: %j', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it('should refuse what the unit makes a time of another century', () => {
    expect(read('1704205800123', { unit: 'us' })).toBeUndefined();
    expect(read('1704205800123456789', { unit: 'ns' })).toBe(`${AT}456`);
  });

  it.each([
    ['2024-01-02 09:30', '2024-01-02T14:30:00.000Z0'],
    ['2024-07-01 09:30', '2024-07-01T13:30:00.000Z0'],
    ['2024-03-10 03:30', '2024-03-10T07:30:00.000Z0'],
  ])('should be on the wall clock where it has no zone: %s in New York', (text, expected) => {
    expect(read(text, { zone: 'America/New_York' })).toBe(expected);
  });

  it('should count ms from midnight in New York, through daylight saving', () => {
    const winter = newYorkMidnightUs('2024-01-02');
    const summer = newYorkMidnightUs('2020-03-16');
    expect(read('34200000', { unit: 'ms-of-day', midnightUs: winter ?? 0 })).toBe('2024-01-02T14:30:00.000Z0');
    expect(read('34200000.5', { unit: 'ms-of-day', midnightUs: summer ?? 0 })).toBe('2020-03-16T13:30:00.000Z500');
    expect(read('86400000', { unit: 'ms-of-day', midnightUs: summer ?? 0 })).toBeUndefined();
    expect(newYorkMidnightUs('2020-02-30')).toBeUndefined();
  });

  it('should have a date in New York', () => {
    expect(newYorkDate(Date.parse('2024-01-03T04:59:59.999Z') * 1_000)).toBe('2024-01-02');
    expect(newYorkDate(Date.parse('2024-01-03T05:00Z') * 1_000)).toBe('2024-01-03');
  });

  it.each([
    ['2024-01-02', '9:30', '2024-01-02T09:30:00Z'],
    ['20240102', '93000', '2024-01-02T09:30:00Z'],
    ['2024.01.02', '23:59:59.999', '2024-01-02T23:59:59.999Z'],
  ])('should be read of two columns: %s and %s', (date, time, expected) => {
    expect(new TimeReader({ unit: 'auto' }).readTwo(date, time)).toBe(Date.parse(expected) * 1_000);
  });

  it.each([
    ['2024-02-30', '09:30'],
    ['2024-01-02', '24:30'],
    ['2024-01-02', ''],
    ['01/02/2024', '09:30'],
  ])('should be none of two columns: %s and %s', (date, time) => {
    expect(new TimeReader({ unit: 'auto' }).readTwo(date, time)).toBeNaN();
  });

  it('should refuse a zone that is none', () => {
    expect(() => checkZone('Mars/Olympus')).toThrow('time zone "Mars/Olympus" is unknown');
    expect(checkZone('Europe/Berlin')).toBe('Europe/Berlin');
  });
});

import { describe, expect, it } from 'vitest';
import { parsePlace, timeOfDay } from './place.ts';

const OPEN_US = Date.parse('2020-03-16T13:30:00Z') * 1000;
const NYSE_DAY = { sessionDate: '2020-03-16', sessionOpenUs: OPEN_US, sessionCloseUs: OPEN_US + 6.5 * 3600e6 };
const midnightUs = Date.parse('2024-06-01T00:00:00Z') * 1000;
const CRYPTO_DAY = { sessionDate: '2024-06-01', sessionOpenUs: midnightUs, sessionCloseUs: midnightUs + 86_400e6 };

describe('a place of a tape', () => {
  it.each([
    ['90', 90],
    ['0.5', 0.5],
    ['-30', -30],
    ['10:05', 2100],
    ['09:30:01.25', 1.25],
    ['04:00', -19_800],
    ['open', 0],
    ['open+1.5m', 90],
    ['open-10s', -10],
    ['close', 23_400],
    ['close-5m', 23_100],
    ['close+250ms', 23_400.25],
    ['2020-03-16T13:31:00Z', 60],
    ['2020-03-16T09:31:00.5-04:00', 60.5],
  ])('should read %s', (text, seconds) => {
    expect(parsePlace(text, NYSE_DAY)).toBe(OPEN_US + seconds * 1e6);
  });

  it.each(['', '25:00', '10:61', 'noon', 'open+', 'open+5d', '+30s', '2020-03-16T13:31:00', '1e3'])(
    'should refuse %j',
    (text) => {
      expect(parsePlace(text, NYSE_DAY)).toBeUndefined();
    },
  );

  it('should count from where it stands when it is told', () => {
    expect(parsePlace('+30s', NYSE_DAY, OPEN_US + 60e6)).toBe(OPEN_US + 90e6);
    expect(parsePlace('-1m', NYSE_DAY, OPEN_US + 60e6)).toBe(OPEN_US);
    expect(parsePlace('-15', NYSE_DAY, OPEN_US + 60e6)).toBe(OPEN_US + 45e6);
  });

  it('should take the wall clock of where the tape was traded', () => {
    expect(parsePlace('10:05', CRYPTO_DAY)).toBe(midnightUs + 36_300e6);
    expect(timeOfDay(midnightUs + 36_300_250_000, CRYPTO_DAY)).toBe('10:05:00.250');
    expect(timeOfDay(OPEN_US + 1_000, NYSE_DAY)).toBe('09:30:00.001');
  });
});

import { describe, expect, it } from 'vitest';
import { regularSession } from './session.ts';

function utc(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}

describe('regularSession', () => {
  it('should open at 09:30 and close at 16:00 in New York, in winter and in summer', () => {
    const winter = regularSession('2020-03-06');
    const summer = regularSession('2020-03-09');

    expect([utc(winter.openUs), utc(winter.closeUs)]).toEqual(['2020-03-06T14:30:00.000Z', '2020-03-06T21:00:00.000Z']);
    expect([utc(summer.openUs), utc(summer.closeUs)]).toEqual(['2020-03-09T13:30:00.000Z', '2020-03-09T20:00:00.000Z']);
  });

  it('should refuse weekends and what is no date', () => {
    expect(() => regularSession('2020-03-15')).toThrow('2020-03-15 is a Sunday: no regular session');
    expect(() => regularSession('2020-02-30')).toThrow('"2020-02-30" is no date of the calendar');
    expect(() => regularSession('16.3.2020')).toThrow('"16.3.2020" is no date of the form YYYY-MM-DD');
  });
});

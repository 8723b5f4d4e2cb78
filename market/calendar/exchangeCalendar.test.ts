import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getHolidays } from 'nyse-holidays';
import { describe, expect, it } from 'vitest';
import { CRYPTO, NASDAQ, NYSE } from './calendars.ts';
import { regularSession } from './session.ts';
import { US_EQUITIES } from './usEquities.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
/** The single closures since 2000, which follow no rule. */
const SINGLE_CLOSURES = [
  ...['2001-09-11', '2001-09-12', '2001-09-13', '2001-09-14', '2004-06-11', '2007-01-02'],
  ...['2012-10-29', '2012-10-30', '2018-12-05', '2025-01-09'],
];

/** µs of an instant given in UTC. */
function us(iso: string): number {
  return Date.parse(iso) * 1000;
}

function iso(timeUs: number | undefined): string {
  return timeUs === undefined ? 'none' : new Date(timeUs / 1000).toISOString().slice(0, 16);
}

/** A row of a table as the calendar has that day. */
function openingOf(row: string): string {
  const [date = '', event = ''] = row.split(',');
  const day = NYSE.sessionOf(date);
  if (day === undefined) return `${date},closed,`;
  const atUs = event === 'late open' ? day.openUs : day.closeUs;
  const wallClock = new Date(atUs / 1000).toLocaleTimeString('en-GB', { timeZone: 'America/New_York' });
  return `${date},${event},${wallClock.slice(0, 5)}`;
}

function byDateThenOpening(one: string, other: string): number {
  const [date, event = ''] = one.split(',');
  const [otherDate, otherEvent = ''] = other.split(',');
  if (date === otherDate) return event < otherEvent ? 1 : -1;
  return (date ?? '') < (otherDate ?? '') ? -1 : 1;
}

describe('the table of NYSE and Nasdaq', () => {
  it('should be the fixture, whose manifest has its size and hash', () => {
    const bytes = readFileSync(new URL('calendars/us-equities.csv', fixtures));
    const manifest: unknown = JSON.parse(readFileSync(new URL('calendars/manifest.json', fixtures), 'utf8'));
    const lines = US_EQUITIES.days.map(({ date, event, time = '', reason }) => `${date},${event},${time},${reason}\n`);

    expect(`date,event,time,reason\n${lines.join('')}`).toBe(bytes.toString('utf8'));
    expect(manifest).toMatchObject({
      files: expect.arrayContaining([
        expect.objectContaining({
          file: 'us-equities.csv',
          bytes: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        }),
      ]),
    });
  });

  it('should trade on exactly the days of the real S&P 500 history', () => {
    const rows = readFileSync(new URL('history/sp500-2000.csv', fixtures), 'utf8').trim().split('\n').slice(1);
    const traded = rows.map((row) => new Date(`${row.split(',')[0]} UTC`).toISOString().slice(0, 10));
    const ours: string[] = [];
    for (let openUs = NYSE.nextOpenUs(us('2000-01-01')); openUs !== undefined; openUs = NYSE.nextOpenUs(openUs)) {
      const date = iso(openUs).slice(0, 10);
      if (date > '2020-04-17') break;
      ours.push(date);
    }
    expect(ours.length).toBeGreaterThan(5_000);
    expect(ours).toEqual(traded);
  });

  it('should show no difference from the tables that two outside calendars publish', () => {
    const rowsOf = (name: string): string[] =>
      readFileSync(new URL(`calendars/${name}.csv`, fixtures), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
    const [theirs, others] = [rowsOf('outside-exchange-calendars'), rowsOf('outside-pandas-market-calendars')];
    const ours = US_EQUITIES.days.map(({ date, event, time = '' }) => `${date},${event},${time}`);

    expect(ours).toEqual([...new Set([...theirs, ...others])].sort(byDateThenOpening));
    const isTheirs = new Set(theirs);
    expect(others.filter((row) => !isTheirs.has(row))).toHaveLength(15);
    const isOthers = new Set(others);
    expect(theirs.filter((row) => !isOthers.has(row))).toEqual(['1999-12-31,early close,13:00']);
    for (const row of ours) expect(openingOf(row)).toBe(row);
  });

  it('should have the holidays that nyse-holidays works out, and besides the single closures alone', () => {
    const theirs: string[] = [];
    for (let year = 2000; year <= 2030; year++) theirs.push(...getHolidays(year).map(({ dateString }) => dateString));
    const closed = US_EQUITIES.days
      .filter(({ date, event }) => event === 'closed' && date >= '2000')
      .map(({ date }) => date);

    const isKnown = new Set(theirs);
    expect(closed.filter((date) => !isKnown.has(date))).toEqual(SINGLE_CLOSURES.filter((date) => !isKnown.has(date)));
    const isOurs = new Set(closed);
    expect(theirs.filter((date) => !isOurs.has(date))).toEqual([]);
    expect(closed).toEqual(expect.arrayContaining(SINGLE_CLOSURES));
  });
});

describe('ExchangeCalendar', () => {
  it('should know the phases of a day, to the µs', () => {
    const at = ['09:00', '14:30', '21:00'].map((time) => us(`2025-01-08T${time}:00Z`));
    const phases = at.flatMap((timeUs) => [NYSE.sessionAt(timeUs - 1), NYSE.sessionAt(timeUs)]);
    expect(phases).toEqual(['closed', 'pre', 'pre', 'regular', 'regular', 'post']);
    expect(NYSE.sessionAt(us('2025-01-09T01:00:00Z') - 1)).toBe('post');
    expect(NYSE.sessionAt(us('2025-01-09T01:00:00Z'))).toBe('closed');
  });

  it('should close at 13:00 on half days and trade late until 17:00', () => {
    expect(NASDAQ.sessionOf('2024-11-29')).toEqual({
      date: '2024-11-29',
      preOpenUs: us('2024-11-29T09:00:00Z'),
      openUs: us('2024-11-29T14:30:00Z'),
      closeUs: us('2024-11-29T18:00:00Z'),
      postCloseUs: us('2024-11-29T22:00:00Z'),
      isEarlyClose: true,
    });
    expect(NYSE.sessionAt(us('2024-11-29T18:00:00Z'))).toBe('post');
  });

  it('should open late and close early on one day, as in the blizzard of 1996', () => {
    const day = NYSE.sessionOf('1996-01-08');
    expect([iso(day?.openUs), iso(day?.closeUs)]).toEqual(['1996-01-08T16:00', '1996-01-08T19:00']);
  });

  it('should open late on 2002-09-11', () => {
    expect(iso(NYSE.sessionOf('2002-09-11')?.openUs)).toBe('2002-09-11T16:00');
  });

  it('should keep the wall clock over both changes of the clock, under the rules of each year', () => {
    const opens = ['2006-03-31', '2006-04-03', '2007-03-09', '2007-03-12', '2025-10-31', '2025-11-03'];
    expect(opens.map((date) => iso(NYSE.sessionOf(date)?.openUs).slice(11))).toEqual([
      ...['14:30', '13:30', '14:30', '13:30', '13:30', '14:30'],
    ]);
  });

  it('should be closed over a weekend with a holiday in one span', () => {
    const span = NYSE.spanAt(us('2025-01-19T12:00:00Z'));
    expect([span.phase, iso(span.startUs), iso(span.endUs)]).toEqual([
      'closed',
      '2025-01-18T01:00',
      '2025-01-21T09:00',
    ]);
    const night = NYSE.spanAt(us('2025-01-08T06:00:00Z'));
    expect([iso(night.startUs), iso(night.endUs)]).toEqual(['2025-01-08T01:00', '2025-01-08T09:00']);
    expect(NYSE.spanAt(span.startUs - 1).endUs).toBe(span.startUs);
    expect(NYSE.spanAt(span.endUs).startUs).toBe(span.endUs);
  });

  it('should cover all time without a hole, in order, closed beyond its tables', () => {
    let span = NYSE.spanAt(Number.NEGATIVE_INFINITY);
    expect(span).toEqual({ phase: 'closed', startUs: Number.NEGATIVE_INFINITY, endUs: us('1990-01-02T09:00:00Z') });
    let spans = 0;
    for (; span.endUs < us('2003-01-01'); spans++) {
      const next = NYSE.spanAt(span.endUs);
      expect(next.startUs).toBe(span.endUs);
      expect(next.phase).not.toBe(span.phase);
      span = next;
    }
    // Four a day, from the closed span before the first day to the last day's post.
    expect(spans).toBe(4 * (2_528 + 252 + 248 + 252) - 1);
    expect(NYSE.spanAt(us('2035-06-01')).phase).toBe('closed');
    expect(NYSE.spanAt(us('2035-06-01')).endUs).toBe(Number.POSITIVE_INFINITY);
  });

  it('should find the next open and close from within a session and from outside', () => {
    expect(iso(NYSE.nextCloseUs(us('2025-07-03T14:00:00Z')))).toBe('2025-07-03T17:00');
    expect(iso(NYSE.nextOpenUs(us('2025-07-03T14:00:00Z')))).toBe('2025-07-07T13:30');
    expect(iso(NYSE.nextOpenUs(us('2025-07-05T14:00:00Z')))).toBe('2025-07-07T13:30');
    expect(NYSE.nextOpenUs(us('2030-12-31T23:00:00Z'))).toBeUndefined();
    expect(iso(NYSE.nextOpenUs(us('2025-07-07T13:30:00Z')))).toBe('2025-07-08T13:30');
    expect(iso(NYSE.nextCloseUs(us('2025-07-07T20:00:00Z')))).toBe('2025-07-08T20:00');
  });

  it('should name the reason for which there is no session, and what is no date of its tables', () => {
    expect(() => regularSession('2020-12-25')).toThrow('2020-12-25 is closed for Christmas Day: no regular session');
    expect(() => NYSE.sessionOf('1989-12-31')).toThrow(
      '1989-12-31 is beyond the tables of NYSE, 1990-01-01 to 2030-12-31',
    );
    expect(NYSE.sessionOf('2025-01-09')).toBeUndefined();
  });
});

describe('AroundTheClock', () => {
  it('should trade every day from midnight to midnight UTC', () => {
    const span = CRYPTO.spanAt(us('2025-12-25T23:59:59Z'));
    expect([span.phase, iso(span.startUs), iso(span.endUs)]).toEqual([
      'regular',
      '2025-12-25T00:00',
      '2025-12-26T00:00',
    ]);
    expect(CRYPTO.sessionOf('2025-12-28').openUs).toBe(us('2025-12-28'));
    expect(() => CRYPTO.sessionOf('2025-02-30')).toThrow('"2025-02-30" is no date of the calendar');
  });
});

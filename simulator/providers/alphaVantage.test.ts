import { describe, expect, it } from 'vitest';
import { ALPHA_VANTAGE } from './alphaVantage.ts';
import { FacadeRig } from './testing/facadeRig.ts';

const MINUTE_MS = 60_000;

function query(values: Readonly<Record<string, string>>): string {
  return `/query?${new URLSearchParams({ apikey: 'k', ...values })}`;
}

const QUOTE = query({ function: 'GLOBAL_QUOTE', symbol: 'AAPL' });

describe('Alpha Vantage', () => {
  const rig = new FacadeRig(ALPHA_VANTAGE, { plan: 'unlimited' });
  // Before the open, in it, and minutes later.
  rig.trade(0, { price: 10_000 });
  rig.trade(MINUTE_MS, { price: 9_801 });
  rig.trade(5 * MINUTE_MS, { price: 9_900 });
  const ask = (values: Readonly<Record<string, string>>) => rig.ask(query({ symbol: 'AAPL', ...values })).json;

  it('should quote the day so far', () => {
    expect(rig.ask(QUOTE).json).toEqual({
      'Global Quote': {
        '01. symbol': 'AAPL',
        '02. open': '100.0000',
        '03. high': '100.0000',
        '04. low': '98.0100',
        '05. price': '99.0000',
        '06. volume': '300',
        '07. latest trading day': '2020-03-16',
        '08. previous close': '99.0000',
        '09. change': '0.0000',
        '10. change percent': '0.0000%',
      },
    });
    expect(ask({ function: 'GLOBAL_QUOTE', symbol: 'NOPE' })).toEqual({ 'Global Quote': {} });
  });

  it('should give series newest first, in New York time', () => {
    const answer = ask({ function: 'TIME_SERIES_INTRADAY', interval: '5min' });
    expect(answer).toEqual({
      'Meta Data': {
        '1. Information': 'Intraday (5min) open, high, low, close prices and volume',
        '2. Symbol': 'AAPL',
        '3. Last Refreshed': '2020-03-16 09:35:00',
        '4. Interval': '5min',
        '5. Output Size': 'Compact',
        '6. Time Zone': 'US/Eastern',
      },
      'Time Series (5min)': {
        '2020-03-16 09:35:00': bar(['99.0000', '99.0000', '99.0000', '99.0000', '100']),
        '2020-03-16 09:30:00': bar(['100.0000', '100.0000', '98.0100', '98.0100', '200']),
      },
    });
    expect(Object.keys((answer as Record<string, object>)['Time Series (5min)'] ?? {})[0]).toBe('2020-03-16 09:35:00');
  });

  it('should cut a compact series to its newest hundred points', () => {
    const long = new FacadeRig(ALPHA_VANTAGE, { plan: 'unlimited' });
    for (let minute = 0; minute < 120; minute++) long.trade(minute * MINUTE_MS);
    const count = (outputsize: string) => {
      const target = query({ function: 'TIME_SERIES_INTRADAY', symbol: 'AAPL', interval: '1min', outputsize });
      return Object.keys((long.ask(target).json as Record<string, object>)['Time Series (1min)'] ?? {}).length;
    };
    expect([count('compact'), count('full')]).toEqual([100, 120]);
  });

  it('should leave out what is outside the session when asked, and ignore adjusted', () => {
    const early = new FacadeRig(ALPHA_VANTAGE, { plan: 'unlimited', startMs: -MINUTE_MS });
    early.trade(-MINUTE_MS);
    early.trade(0);
    const times = (values: Readonly<Record<string, string>>) => {
      const target = query({ function: 'TIME_SERIES_INTRADAY', symbol: 'AAPL', interval: '1min', ...values });
      return Object.keys((early.ask(target).json as Record<string, object>)['Time Series (1min)'] ?? {});
    };
    const [open, before] = ['2020-03-16 09:30:00', '2020-03-16 09:29:00'];
    expect(times({})).toEqual([open, before]);
    expect(times({ extended_hours: 'true', adjusted: 'false' })).toEqual([open, before]);
    expect(times({ extended_hours: 'false' })).toEqual([open]);
  });

  it('should give the day that it knows', () => {
    expect(ask({ function: 'TIME_SERIES_DAILY' })).toMatchObject({
      'Time Series (Daily)': { '2020-03-16': bar(['100.0000', '100.0000', '98.0100', '99.0000', '300']) },
    });
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a symbol', { function: 'TIME_SERIES_INTRADAY', interval: '1min', symbol: 'NOPE' }, 'Invalid API call'],
    ['an interval', { function: 'TIME_SERIES_INTRADAY', interval: '7min' }, 'Invalid API call'],
    ['a size', { function: 'TIME_SERIES_DAILY', outputsize: 'huge' }, 'Invalid API call'],
    ['a function', { function: 'HOROSCOPE' }, 'documentation/) for HOROSCOPE'],
    ['no function', {}, 'does not exist'],
    ['no key', { function: 'GLOBAL_QUOTE', apikey: '' }, 'the parameter apikey is invalid or missing'],
  ])('should say with status 200 that it does not know %s', (_, values, message) => {
    const answer = rig.ask(query({ symbol: 'AAPL', ...values }));
    expect(answer).toMatchObject({ status: 200, json: { 'Error Message': expect.stringContaining(message) } });
  });

  it.each<[string, number, RegExp]>([
    ['5', 5, /^\{"Note":.*5 calls per minute and 500 calls per day/],
    ['75', 75, /^\{"Information":.*75 requests per minute/],
    ['300', 300, /^\{"Information":.*300 requests per minute/],
  ])('should limit the plan %s to %i calls, said with status 200', (plan, limit, words) => {
    const limited = new FacadeRig(ALPHA_VANTAGE, { plan });
    for (let call = 0; call < limit; call++) expect(limited.ask(QUOTE).json).toHaveProperty('Global Quote');
    expect(limited.ask(QUOTE)).toMatchObject({ status: 200, body: expect.stringMatching(words) });
    limited.passTo(MINUTE_MS);
    expect(limited.ask(QUOTE).json).toHaveProperty('Global Quote');
  });

  it.each([
    ['5', 500, 'Note'],
    ['free', 25, 'Information'],
  ])('should count the calls of a day in plan %s, those refused by the minute left out', (plan, perDay, refusal) => {
    const limited = new FacadeRig(ALPHA_VANTAGE, { plan });
    const minutes = perDay / 5;
    for (let minute = 0; minute < minutes; minute++) {
      limited.passTo(minute * MINUTE_MS);
      for (let call = 0; call < 5; call++) expect(limited.ask(QUOTE).json).toHaveProperty('Global Quote');
      expect(limited.ask(QUOTE).json).toHaveProperty(refusal);
    }
    limited.passTo(minutes * MINUTE_MS);
    expect(limited.ask(QUOTE).json).toHaveProperty(refusal);
    limited.passTo(24 * 60 * MINUTE_MS);
    expect(limited.ask(QUOTE).json).toHaveProperty('Global Quote');
  });
});

function bar([open, high, low, close, volume]: readonly string[]) {
  return { '1. open': open, '2. high': high, '3. low': low, '4. close': close, '5. volume': volume };
}

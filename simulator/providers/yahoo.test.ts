import { describe, expect, it } from 'vitest';
import type { YahooChart, YahooChartResult } from '../../protocol/providers/yahoo.ts';
import { FacadeRig } from './testing/facadeRig.ts';
import { CLOSE_US, OPEN_US } from './testing/testHost.ts';
import { YAHOO } from './yahoo.ts';

const MINUTE_MS = 60_000;
const OPEN_S = OPEN_US / 1_000_000;
const CLOSE_S = CLOSE_US / 1_000_000;
const HOUR_S = 3_600;

function rigWithDay(plan = 'unlimited'): FacadeRig {
  const rig = new FacadeRig(YAHOO, { plan });
  rig.trade(0, { price: 10_000 });
  rig.trade(MINUTE_MS, { price: 9_801 });
  rig.trade(5 * MINUTE_MS, { price: 9_900 });
  return rig;
}

function chart(rig: FacadeRig, target: string): YahooChartResult {
  const answer = rig.ask(`/v8/finance/chart/${target}`);
  expect(answer.status).toBe(200);
  const result = (answer.json as YahooChart).chart.result?.[0];
  if (result === undefined) throw new Error(`no chart in ${answer.body}`);
  return result;
}

describe('Yahoo: the chart', () => {
  const rig = rigWithDay();

  it('should give columns of bars, from the open on, the forming one included', () => {
    const { timestamp, indicators } = chart(rig, 'AAPL?interval=5m');
    expect(timestamp).toEqual([OPEN_S, OPEN_S + 300]);
    expect(indicators).toEqual({
      quote: [{ open: [100, 99], high: [100, 99], low: [98.01, 99], close: [98.01, 99], volume: [200, 100] }],
    });
  });

  it('should begin long bars at the open, as half past nine is no whole hour', () => {
    expect(chart(rig, 'AAPL?interval=60m').timestamp).toEqual([OPEN_S]);
  });

  it('should tell what its clients require', () => {
    expect(chart(rig, 'AAPL?interval=1m&range=1d').meta).toMatchObject({
      currency: 'USD',
      symbol: 'AAPL',
      exchangeName: 'NMS',
      firstTradeDate: OPEN_S,
      priceHint: 2,
      validRanges: expect.arrayContaining(['1d', 'max']),
      instrumentType: 'EQUITY',
      regularMarketTime: OPEN_S + 300,
      regularMarketPrice: 99,
      previousClose: 99,
      gmtoffset: -4 * HOUR_S,
      timezone: 'EDT',
      exchangeTimezoneName: 'America/New_York',
      currentTradingPeriod: {
        pre: { start: OPEN_S - 5.5 * HOUR_S, end: OPEN_S, timezone: 'EDT', gmtoffset: -4 * HOUR_S },
        regular: { start: OPEN_S, end: CLOSE_S, timezone: 'EDT', gmtoffset: -4 * HOUR_S },
        post: { start: CLOSE_S, end: CLOSE_S + 4 * HOUR_S, timezone: 'EDT', gmtoffset: -4 * HOUR_S },
      },
      dataGranularity: '1m',
      range: '1d',
    });
  });

  it('should give its day as one bar, adjusted closes included', () => {
    const { timestamp, indicators } = chart(rig, 'AAPL?interval=1d');
    expect(timestamp).toEqual([OPEN_S]);
    expect(indicators).toEqual({
      quote: [{ open: [100], high: [100], low: [98.01], close: [99], volume: [300] }],
      adjclose: [{ adjclose: [99] }],
    });
  });

  it('should keep to the bounds that are asked for', () => {
    const bounded = (query: string) => chart(rig, `AAPL?interval=1m&${query}`).timestamp;
    expect(bounded(`period1=${OPEN_S + 60}&period2=${OPEN_S + 300}`)).toEqual([OPEN_S + 60]);
    expect(bounded(`period1=${OPEN_S + 600}`)).toBeUndefined();
    expect(chart(rig, 'MSFT?interval=1m').indicators).toEqual({ quote: [{}] });
  });

  it('should leave out what is outside the session unless asked', () => {
    const early = new FacadeRig(YAHOO, { startMs: -MINUTE_MS });
    early.trade(-MINUTE_MS);
    early.trade(0);
    expect(chart(early, 'AAPL?interval=1m').timestamp).toEqual([OPEN_S]);
    expect(chart(early, 'AAPL?interval=1m&includePrePost=true').timestamp).toEqual([OPEN_S - 60, OPEN_S]);
  });

  it('should know names in percent-encoding', () => {
    expect(chart(rig, 'BRK%2EB?interval=1m').meta.symbol).toBe('BRK.B');
  });

  it.each<[string, number, string]>([
    ['NOPE', 404, 'Not Found'],
    ['%E0%A4%A', 404, 'Not Found'],
    ['AAPL?interval=7m', 422, 'Unprocessable Entity'],
    ['AAPL?range=forever', 422, 'Unprocessable Entity'],
    ['AAPL?period1=soon', 422, 'Unprocessable Entity'],
    ['AAPL?period1=5&period2=4', 422, 'Unprocessable Entity'],
  ])('should refuse %s', (target, status, code) => {
    expect(rig.ask(`/v8/finance/chart/${target}`)).toMatchObject({
      status,
      json: { chart: { result: null, error: { code } } },
    });
  });

  it('should limit an address to 60 calls a minute', () => {
    const limited = rigWithDay('public');
    limited.passTo(6 * MINUTE_MS);
    const ask = () => limited.ask('/v8/finance/chart/AAPL');
    for (let call = 0; call < 60; call++) expect(ask().status).toBe(200);
    expect(ask()).toMatchObject({ status: 429, body: 'Too Many Requests\r\n' });
    limited.passTo(7 * MINUTE_MS);
    expect(ask().status).toBe(200);
  });
});

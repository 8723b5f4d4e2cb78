import { describe, expect, it } from 'vitest';
import type { TradierSession } from '../../protocol/providers/tradier.ts';
import { FacadeRig, type RigSocket } from './testing/facadeRig.ts';
import { OPEN_US } from './testing/testHost.ts';
import { TRADIER } from './tradier.ts';

const OPEN_MS = OPEN_US / 1_000;
const MINUTE_MS = 60_000;
const headers = { authorization: 'Bearer k' };

function sessionOf(rig: FacadeRig): string {
  const { json } = rig.ask('/v1/markets/events/session', { method: 'POST', headers });
  return (json as TradierSession).stream.sessionid;
}

function connect(rig: FacadeRig): RigSocket {
  return rig.connect('/v1/markets/events');
}

describe('Tradier: events', () => {
  it('should say quotes, trades, timesales and summaries in the published form', () => {
    const rig = new FacadeRig(TRADIER);
    const client = connect(rig);
    client.says({ symbols: ['AAPL', 'NOPE'], sessionid: sessionOf(rig) });
    rig.quote(0);
    rig.trade(1, { price: 10_001, size: 50 });
    rig.trade(2, { price: 10_001, symbol: 1 });
    const date = String(OPEN_MS + 1);
    expect(client.heard).toEqual([
      {
        type: 'quote',
        symbol: 'AAPL',
        bid: 99.99,
        bidsz: 3,
        bidexch: 'Q',
        biddate: String(OPEN_MS),
        ask: 100.01,
        asksz: 2,
        askexch: 'Q',
        askdate: String(OPEN_MS),
      },
      { type: 'trade', symbol: 'AAPL', exch: 'Q', price: '100.0100', size: '50', cvol: '50', date, last: '100.0100' },
      {
        type: 'timesale',
        symbol: 'AAPL',
        exch: 'Q',
        bid: '99.99',
        ask: '100.01',
        last: '100.01',
        size: '50',
        date,
        seq: 1,
        flag: '',
        cancel: false,
        correction: false,
        session: 'normal',
      },
      { type: 'summary', symbol: 'AAPL', open: '100.01', high: '100.01', low: '100.01', prevClose: '99.00' },
    ]);
  });

  it('should replace what a connection hears with each of its messages', () => {
    const rig = new FacadeRig(TRADIER);
    const client = connect(rig);
    const sessionid = sessionOf(rig);
    client.says({ symbols: ['AAPL'], sessionid, filter: ['trade'] });
    rig.trade(0);
    client.says({ symbols: ['MSFT'], sessionid, filter: ['trade', 'summary'], linebreak: true });
    rig.trade(1);
    rig.trade(2, { symbol: 1 });
    expect(client.heard).toMatchObject([{ symbol: 'AAPL' }, { type: 'trade', symbol: 'MSFT' }, { type: 'summary' }]);
    expect(client.frames.map((text) => text.endsWith('\n'))).toEqual([false, true, true]);
  });

  it.each<[string, number, unknown]>([
    ['an unknown session', 0, { symbols: ['AAPL'], sessionid: 'x' }],
    ['one over 5 minutes old', 5 * MINUTE_MS, { symbols: ['AAPL'] }],
    ['no symbols', 0, { symbols: 'AAPL' }],
    ['a filter that there is not', 0, { symbols: ['AAPL'], filter: ['nothing'] }],
    ['no JSON', 0, '{'],
  ])('should end a connection with %s', (_, laterMs, payload) => {
    const rig = new FacadeRig(TRADIER);
    const client = connect(rig);
    const sessionid = sessionOf(rig);
    rig.passTo(laterMs);
    expect(client.says(typeof payload === 'string' ? payload : { sessionid, ...(payload as object) })).toMatchObject([
      { error: expect.any(String) },
    ]);
    expect(client.ended?.code).toBe(1008);
  });

  it('should take a session for one connection alone', () => {
    const rig = new FacadeRig(TRADIER);
    const sessionid = sessionOf(rig);
    const [first, second] = [connect(rig), connect(rig)];
    first.says({ symbols: ['AAPL'], sessionid });
    second.says({ symbols: ['AAPL'], sessionid });
    expect([first.ended, second.ended?.reason]).toEqual([undefined, 'Session not found']);
  });

  it('should have no events in the sandbox', () => {
    const rig = new FacadeRig(TRADIER, { plan: 'sandbox' });
    expect(rig.ask('/v1/markets/events/session', { method: 'POST', headers }).status).toBe(403);
  });
});

describe('Tradier: REST', () => {
  const rig = new FacadeRig(TRADIER);
  rig.quote(0);
  rig.trade(0, { price: 10_000 });
  rig.trade(6 * MINUTE_MS, { price: 9_800 });
  const ask = (target: string) => rig.ask(target, { headers });

  it('should quote by GET and by POST, one as itself and unknown ones apart', () => {
    const quote = {
      symbol: 'AAPL',
      last: 98,
      change: -1,
      change_percentage: -1.01,
      volume: 200,
      open: 100,
      high: 100,
      low: 98,
      close: null,
      bid: 99.99,
      bidsize: 3,
      prevclose: 99,
    };
    expect(ask('/v1/markets/quotes?symbols=AAPL,NOPE').json).toMatchObject({
      quotes: { quote, unmatched_symbols: { symbol: 'NOPE' } },
    });
    const form = { method: 'POST', headers, body: 'symbols=AAPL%2CMSFT' };
    expect(rig.ask('/v1/markets/quotes', form).json).toMatchObject({
      quotes: { quote: [quote, { symbol: 'MSFT', last: null }] },
    });
    expect(ask('/v1/markets/quotes?symbols=NOPE,NO').json).toEqual({
      quotes: { unmatched_symbols: { symbol: ['NOPE', 'NO'] } },
    });
    expect(ask('/v1/markets/quotes').status).toBe(400);
  });

  it('should say what time it is in New York', () => {
    expect(ask('/v1/markets/clock').json).toMatchObject({
      clock: { date: '2020-03-16', state: 'open', next_change: '16:00', next_state: 'postmarket' },
    });
  });

  it('should give bars in New York time, within its bounds', () => {
    const bar = {
      time: '2020-03-16T09:30:00',
      timestamp: OPEN_MS / 1_000,
      open: 100,
      close: 100,
      volume: 100,
      vwap: 100,
    };
    const later = { time: '2020-03-16T09:36:00', close: 98 };
    expect(ask('/v1/markets/timesales?symbol=AAPL').json).toMatchObject({ series: { data: [bar, later] } });
    const from = encodeURIComponent('2020-03-16 09:31');
    expect(ask(`/v1/markets/timesales?symbol=AAPL&start=${from}`).json).toMatchObject({ series: { data: later } });
    expect(ask('/v1/markets/timesales?symbol=MSFT').json).toEqual({ series: null });
    expect(ask('/v1/markets/timesales?symbol=AAPL&interval=7min').status).toBe(400);
    expect(ask('/v1/markets/timesales?symbol=AAPL&start=soon').status).toBe(400);
  });

  it('should give the day that it knows', () => {
    const day = { date: '2020-03-16', open: 100, high: 100, low: 98, close: 98, volume: 200 };
    expect(ask('/v1/markets/history?symbol=AAPL').json).toEqual({ history: { day } });
    expect(ask('/v1/markets/history?symbol=NOPE').json).toEqual({ history: null });
  });

  it('should count calls by the minute, and say so in headers', () => {
    const fresh = new FacadeRig(TRADIER);
    const call = () => fresh.ask('/v1/markets/clock', { headers });
    expect(call().headers).toMatchObject({ 'x-ratelimit-allowed': '120', 'x-ratelimit-available': '119' });
    const statuses = Array.from({ length: 120 }, () => call().status);
    expect(statuses.indexOf(429)).toBe(119);
    expect(call().headers).toEqual({
      'x-ratelimit-allowed': '120',
      'x-ratelimit-used': '120',
      'x-ratelimit-available': '0',
      'x-ratelimit-expiry': String(OPEN_MS + MINUTE_MS),
    });
    fresh.passTo(MINUTE_MS);
    expect(call().status).toBe(200);
  });

  it('should refuse a token that it does not know', () => {
    const strict = new FacadeRig(TRADIER, { keys: ['good'] });
    expect(strict.ask('/v1/markets/clock', { headers }).status).toBe(401);
    expect(strict.ask('/v1/markets/clock').json).toMatchObject({ fault: { faultstring: 'Invalid Access Token' } });
    expect(strict.tryAsk('/v1/markets/options/chains', { headers })).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { FINNHUB } from './finnhub.ts';
import { FacadeRig } from './testing/facadeRig.ts';
import { OPEN_US, openTestHost, tradeAt } from './testing/testHost.ts';
import { WireClient } from './testing/wireClient.ts';

const OPEN_MS = OPEN_US / 1_000;

describe('Finnhub: the stream', () => {
  it('should say trades of what was subscribed, those of one turn in one frame', async () => {
    const ticks = [tradeAt(0, { price: 12_210, size: 1 }), tradeAt(1, { symbol: 1 }), tradeAt(2, { price: 12_211 })];
    const host = await openTestHost({ kind: FINNHUB, ticks });
    const client = await WireClient.open(host.url('/?token=k'));
    client.send({ type: 'subscribe', symbol: 'AAPL' });
    // Success isn't answered: what comes before the error's answer has been taken.
    client.send('nonsense');
    expect(await client.next()).toEqual({ msg: 'Invalid message', type: 'error' });
    await host.host.run();
    expect(await client.next()).toEqual({
      data: [
        { c: null, p: 122.1, s: 'AAPL', t: OPEN_MS, v: 1 },
        { c: null, p: 122.11, s: 'AAPL', t: OPEN_MS + 2, v: 100 },
      ],
      type: 'trade',
    });
    client.close();
    host.close();
  });

  it('should refuse a connection without a key that it knows', () => {
    const rig = new FacadeRig(FINNHUB, { keys: ['good'] });
    expect(() => rig.connect('/?token=bad')).toThrow('refused with 401: {"error":"Invalid API key."}');
    expect(() => rig.connect('/')).toThrow('refused with 401');
    expect(() => rig.connect('/?token=good')).not.toThrow();
    rig.link = { refusesAuth: true, isRateLimited: false };
    expect(() => rig.connect('/?token=good')).toThrow('refused with 401');
  });

  it('should say when there are too many symbols, and take one more for one less', () => {
    const symbols = Array.from({ length: 52 }, (_, at) => `S${at}`);
    const rig = new FacadeRig(FINNHUB, { symbols });
    const client = rig.connect('/?token=k');
    for (const symbol of symbols.slice(0, 50)) expect(client.says({ type: 'subscribe', symbol })).toEqual([]);
    const tooMany = { msg: 'Subscribing to too many symbols', type: 'error' };
    expect(client.says({ type: 'subscribe', symbol: 'S50' })).toEqual([tooMany]);
    client.says({ type: 'unsubscribe', symbol: 'S0' });
    expect(client.says({ type: 'subscribe', symbol: 'S51' })).toEqual([]);
    rig.trade(0, { symbol: 0 });
    rig.trade(1, { symbol: 51 });
    expect(client.heard.at(-1)).toMatchObject({ data: [{ s: 'S51' }] });
    expect(client.frames).toHaveLength(2);
  });

  it('should say that a symbol is unknown, and ping each minute', () => {
    const rig = new FacadeRig(FINNHUB);
    const client = rig.connect('/?token=k');
    expect(client.says({ type: 'subscribe', symbol: 'NOPE' })).toEqual([{ msg: 'Invalid symbol NOPE', type: 'error' }]);
    rig.passTo(120_000);
    expect(client.heard.slice(1)).toEqual([{ type: 'ping' }, { type: 'ping' }]);
  });
});

describe('Finnhub: REST', () => {
  it('should quote the day so far, and noughts for what it does not know', () => {
    const rig = new FacadeRig(FINNHUB);
    rig.trade(0, { price: 10_000 });
    rig.trade(1, { price: 9_801 });
    const noughts = { c: 0, d: null, dp: null, h: 0, l: 0, o: 0, pc: 0, t: 0 };
    expect(rig.ask('/api/v1/quote?symbol=AAPL&token=k').json).toEqual({
      c: 98.01,
      d: -0.99,
      dp: -1,
      h: 100,
      l: 98.01,
      o: 100,
      pc: 99,
      t: OPEN_MS / 1_000,
    });
    expect(rig.ask('/api/v1/quote?symbol=NOPE&token=k').json).toEqual(noughts);
    expect(
      rig.ask('/api/v1/stock/market-status?exchange=US', { headers: { 'x-finnhub-token': 'k' } }).json,
    ).toMatchObject({
      isOpen: true,
      session: 'regular',
    });
    expect(rig.tryAsk('/api/v1/nothing?token=k')).toBeUndefined();
  });

  it('should count calls by the second and the minute', () => {
    const rig = new FacadeRig(FINNHUB);
    const ask = () => rig.ask('/api/v1/quote?symbol=AAPL&token=k');
    const first = Array.from({ length: 31 }, () => ask().status);
    expect(first.lastIndexOf(200)).toBe(29);
    rig.passTo(1_000);
    expect(Array.from({ length: 30 }, () => ask().status).lastIndexOf(200)).toBe(28);
    const refused = ask();
    expect(refused).toMatchObject({
      status: 429,
      headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0' },
    });
    rig.passTo(60_000);
    expect(ask().status).toBe(200);
  });

  it.each([
    ['', 'Please use an API key.'],
    ['&token=bad', 'Invalid API key.'],
  ])('should refuse the key of "%s"', (key, error) => {
    const rig = new FacadeRig(FINNHUB, { keys: ['good'] });
    expect(rig.ask(`/api/v1/quote?symbol=AAPL${key}`)).toMatchObject({ status: 401, json: { error } });
  });
});

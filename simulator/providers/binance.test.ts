import { describe, expect, it } from 'vitest';
import { BINANCE } from './binance.ts';
import { FacadeRig } from './testing/facadeRig.ts';
import { OPEN_US } from './testing/testHost.ts';

const OPEN_MS = OPEN_US / 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

describe('Binance: market streams', () => {
  it('should say trades, aggregates and the book in the published form, raw on /ws and wrapped on /stream', () => {
    const rig = new FacadeRig(BINANCE);
    const raw = rig.connect('/ws/aapl@trade');
    const combined = rig.connect('/stream?streams=aapl@aggTrade/aapl@bookTicker');
    rig.quote(0);
    rig.trade(1, { price: 10_001, size: 50 });
    expect(raw.heard).toEqual([
      {
        e: 'trade',
        E: OPEN_MS + 1,
        s: 'AAPL',
        t: 1,
        p: '100.01000000',
        q: '50.00000000',
        T: OPEN_MS + 1,
        m: false,
        M: true,
      },
    ]);
    expect(combined.heard).toEqual([
      {
        stream: 'aapl@bookTicker',
        data: { u: 1, s: 'AAPL', b: '99.99000000', B: '300.00000000', a: '100.01000000', A: '250.00000000' },
      },
      {
        stream: 'aapl@aggTrade',
        data: {
          e: 'aggTrade',
          E: OPEN_MS + 1,
          s: 'AAPL',
          a: 1,
          p: '100.01000000',
          q: '50.00000000',
          f: 1,
          l: 1,
          T: OPEN_MS + 1,
          m: false,
          M: true,
        },
      },
    ]);
  });

  it('should know NAMEUSDT as well as NAME, each under the name that was asked for', () => {
    const rig = new FacadeRig(BINANCE, { symbols: ['AAPL', 'BTCUSDT'] });
    const client = rig.connect('/stream?streams=aaplusdt@trade/btcusdt@trade/btcusdtusdt@trade');
    rig.trade(0);
    rig.trade(1, { symbol: 1 });
    expect(client.heard).toMatchObject([{ data: { s: 'AAPLUSDT' } }, { data: { s: 'BTCUSDT' } }]);
  });

  it('should say tickers once a second, of symbols that traded', () => {
    const rig = new FacadeRig(BINANCE);
    const client = rig.connect('/stream?streams=aapl@miniTicker/aapl@ticker/msft@ticker');
    rig.passTo(0);
    rig.trade(100, { price: 10_000 });
    rig.trade(200, { price: 10_050 });
    rig.passTo(1_000);
    rig.passTo(5_000);
    expect(client.heard).toMatchObject([
      {
        stream: 'aapl@miniTicker',
        data: { E: OPEN_MS + 1_000, c: '100.50000000', v: '200.00000000', q: '20050.00000000' },
      },
      { stream: 'aapl@ticker', data: { p: '0.50000000', P: '0.500', w: '100.25000000', x: '99.00000000', n: 2, L: 2 } },
    ]);
  });

  it('should say forming klines while they change and each closed one once', () => {
    const rig = new FacadeRig(BINANCE);
    const client = rig.connect('/ws/aapl@kline_1m');
    rig.passTo(0);
    rig.trade(500, { price: 10_000 });
    rig.trade(1_500, { price: 10_050 });
    rig.trade(59_500, { price: 9_990 });
    rig.trade(MINUTE_MS + 500, { price: 9_995 });
    rig.passTo(MINUTE_MS + 2_000);
    const klines = client.heard as { E: number; k: Record<string, unknown> }[];
    expect(klines.map(({ E, k }) => [E - OPEN_MS, k['t'], k['x'], k['n'], k['f'], k['L']])).toEqual([
      [1_000, OPEN_MS, false, 1, 1, 1],
      [2_000, OPEN_MS, false, 2, 1, 2],
      [MINUTE_MS, OPEN_MS, true, 3, 1, 3],
      [MINUTE_MS + 1_000, OPEN_MS + MINUTE_MS, false, 1, 4, 4],
    ]);
    expect(klines[2]?.k).toMatchObject({
      T: OPEN_MS + MINUTE_MS - 1,
      o: '100.00000000',
      h: '100.50000000',
      l: '99.90000000',
      c: '99.90000000',
    });
  });

  it('should say longer klines from minutes, closed at their own end alone', () => {
    const rig = new FacadeRig(BINANCE);
    const client = rig.connect('/ws/aapl@kline_3m');
    for (let minute = 0; minute < 3; minute++) rig.trade(minute * MINUTE_MS + 500, { price: 10_000 + minute });
    rig.passTo(3 * MINUTE_MS);
    const klines = client.heard as { k: Record<string, unknown> }[];
    expect(klines.filter(({ k }) => k['x'] === true).map(({ k }) => [k['o'], k['c'], k['n']])).toEqual([
      ['100.00000000', '100.02000000', 3],
    ]);
  });
});

describe('Binance: commands', () => {
  const rig = new FacadeRig(BINANCE, { plan: 'unlimited' });
  const client = rig.connect('/ws/0');
  const INVALID = 'Invalid request: ';
  it.each<[string, unknown, unknown]>([
    ['subscribe', { method: 'SUBSCRIBE', params: ['aapl@trade'], id: 1 }, { result: null, id: 1 }],
    ['what is no stream', { method: 'SUBSCRIBE', params: ['NOPE@nothing'], id: 'a1' }, { result: null, id: 'a1' }],
    ['list', { method: 'LIST_SUBSCRIPTIONS', id: 3 }, { result: ['aapl@trade', 'NOPE@nothing'], id: 3 }],
    ['unsubscribe', { method: 'UNSUBSCRIBE', params: ['NOPE@nothing', 'never'], id: null }, { result: null, id: null }],
    ['list after it', { method: 'LIST_SUBSCRIPTIONS', id: 3 }, { result: ['aapl@trade'], id: 3 }],
    ['get', { method: 'GET_PROPERTY', params: ['combined'], id: 4 }, { result: false, id: 4 }],
    ['set', { method: 'SET_PROPERTY', params: ['combined', true], id: 5 }, { result: null, id: 5 }],
    ['get again', { method: 'GET_PROPERTY', params: ['combined'], id: 6 }, { result: true, id: 6 }],
    [
      'no JSON',
      '{"method"',
      { code: 3, msg: expect.stringContaining('Invalid JSON: expected value at line 1 column ') },
    ],
    [
      'no JSON in its second line',
      '{\n  "method" 1}',
      { code: 3, msg: 'Invalid JSON: expected value at line 2 column 12' },
    ],
    ['a text that ends early', '{"method"', { code: 3, msg: expect.stringMatching(/ at line 1 column (9|10)$/) }],
    ['no method', { params: [] }, { code: 2, msg: `${INVALID}missing field \`method\` at line 1 column 13` }],
    [
      'another method',
      { method: 'BUY', id: 7 },
      { code: 2, msg: expect.stringContaining('unknown variant `BUY`'), id: 7 },
    ],
    [
      'a number as stream',
      { method: 'SUBSCRIBE', params: [1] },
      { code: 2, msg: expect.stringContaining('must be a string') },
    ],
    [
      'a long id',
      { method: 'LIST_SUBSCRIPTIONS', id: 'x'.repeat(37) },
      { code: 2, msg: expect.stringContaining('request ID') },
    ],
    [
      'a long name',
      { method: 'SUBSCRIBE', params: ['x'.repeat(129)] },
      { code: 2, msg: `${INVALID}stream name is too long` },
    ],
    ['another property', { method: 'GET_PROPERTY', params: ['x'], id: 8 }, { code: 0, msg: 'Unknown property', id: 8 }],
    [
      'a property of text',
      { method: 'SET_PROPERTY', params: ['combined', '1'] },
      { code: 1, msg: 'Invalid value type: expected Boolean' },
    ],
    [
      'too many',
      { method: 'SET_PROPERTY', params: ['combined', true, 1] },
      { code: 2, msg: `${INVALID}too many parameters` },
    ],
  ])('should answer %s', (_, command, answer) => {
    expect(client.says(command)).toEqual([answer]);
  });

  it.each([
    ['9223372036854775807', '{"result":["aapl@trade"],"id":9223372036854775807}'],
    ['-9223372036854775808', '{"result":["aapl@trade"],"id":-9223372036854775808}'],
    ['1,"id":9007199254740993', '{"result":["aapl@trade"],"id":9007199254740993}'],
    ['9223372036854775808', expect.stringContaining('{"code":2,"msg":"Invalid request: request ID must be')],
    ['1.5', expect.stringContaining('{"code":2,')],
    ['1e400', expect.stringContaining('{"code":2,')],
  ])('should hold an id to 64 bits, exactly: %s', (id, answer) => {
    client.says(`{"method":"LIST_SUBSCRIPTIONS","id":${id}}`);
    expect(client.frames.at(-1)).toEqual(answer);
  });

  it('should go on wrapped once that is set', () => {
    rig.trade(0);
    expect(client.heard.at(-1)).toMatchObject({ stream: 'aapl@trade', data: { t: 1 } });
  });
});

describe('Binance: limits', () => {
  it('should end a connection at its sixth message of a second, pings and pongs counted', () => {
    const rig = new FacadeRig(BINANCE);
    const client = rig.connect('/ws');
    for (let call = 0; call < 3; call++) client.says({ method: 'LIST_SUBSCRIPTIONS', id: call });
    client.pings();
    client.pings();
    rig.passTo(1_000);
    for (let call = 0; call < 5; call++) client.pings();
    expect(client.ended).toBeUndefined();
    expect(client.says({ method: 'LIST_SUBSCRIPTIONS', id: 9 })).toEqual([]);
    expect(client.ended).toEqual({ code: 1008, reason: 'Too many requests' });
  });

  it('should ping every 20 s, and cut who has not answered for a minute', () => {
    const rig = new FacadeRig(BINANCE);
    const [alive, dead] = [rig.connect('/ws'), rig.connect('/ws')];
    dead.answersPings = false;
    rig.passTo(79_999);
    expect([alive.pinged, dead.pinged, dead.ended]).toEqual([3, 3, undefined]);
    rig.passTo(80_000);
    expect(dead.ended?.code).toBe(1006);
    rig.passTo(HOUR_MS);
    expect([alive.pinged, alive.ended]).toEqual([180, undefined]);
  });

  it('should be over every limit when a scenario says so, and leave who only listens alone', () => {
    const rig = new FacadeRig(BINANCE);
    const [talker, listener] = [rig.connect('/ws'), rig.connect('/ws/aapl@trade')];
    rig.link = { refusesAuth: false, isRateLimited: true };
    talker.says({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    listener.pings();
    expect([talker.ended?.code, listener.ended]).toEqual([1008, undefined]);
    expect(rig.ask('/api/v3/ping').status).toBe(429);
    expect(() => rig.connect('/ws')).toThrow('refused with 429');
  });

  it('should take 1,024 streams and not one more', () => {
    const client = new FacadeRig(BINANCE).connect('/ws');
    const params = Array.from({ length: 1_024 }, (_, at) => `s${at}@trade`);
    expect(client.says({ method: 'SUBSCRIBE', params, id: 1 })).toEqual([{ result: null, id: 1 }]);
    expect(client.says({ method: 'SUBSCRIBE', params: ['s0@trade'], id: 2 })).toEqual([{ result: null, id: 2 }]);
    expect(client.says({ method: 'SUBSCRIBE', params: ['one@trade'], id: 3 })).toMatchObject([{ code: 4, id: 3 }]);
  });

  it('should take ten times as many without limits, by the address too', () => {
    const rig = new FacadeRig(BINANCE, { plan: 'unlimited' });
    const names = Array.from({ length: 10_240 }, (_, at) => `s${at}@trade`);
    const client = rig.connect(`/stream?streams=${names.slice(0, 2_000).join('/')}`);
    expect(client.says({ method: 'SUBSCRIBE', params: names, id: 1 })).toEqual([{ result: null, id: 1 }]);
    expect(client.says({ method: 'SUBSCRIBE', params: ['one@trade'], id: 2 })).toMatchObject([{ code: 4, id: 2 }]);
    const [listed] = client.says({ method: 'LIST_SUBSCRIPTIONS', id: 3 });
    expect(listed).toEqual({ result: names, id: 3 });
  });

  it('should refuse the 301st connection of five minutes', () => {
    const rig = new FacadeRig(BINANCE);
    for (let at = 0; at < 300; at++) rig.connect('/ws');
    expect(() => rig.connect('/ws')).toThrow('refused with 429');
    rig.passTo(5 * MINUTE_MS);
    expect(() => rig.connect('/ws')).not.toThrow();
  });

  it('should announce and end a connection after 24 hours', () => {
    const rig = new FacadeRig(BINANCE);
    const client = rig.connect('/ws');
    rig.passTo(24 * HOUR_MS - 1);
    expect(client.heard).toMatchObject([{ e: 'serverShutdown' }]);
    expect(client.ended).toBeUndefined();
    rig.passTo(24 * HOUR_MS);
    expect(client.ended).toEqual({ code: 1001, reason: '' });
  });

  it('should weigh requests, refuse beyond 6,000 and ban who goes on', () => {
    const rig = new FacadeRig(BINANCE);
    const statuses = Array.from({ length: 90 }, () => rig.ask('/api/v3/ticker/24hr').status);
    expect(statuses.slice(74, 77)).toEqual([200, 429, 429]);
    expect(statuses.at(-1)).toBe(418);
    rig.passTo(MINUTE_MS);
    expect(rig.ask('/api/v3/ping').json).toMatchObject({
      code: -1003,
      msg: expect.stringContaining('IP banned until'),
    });
    rig.passTo(3 * MINUTE_MS);
    expect(rig.ask('/api/v3/ping')).toMatchObject({ status: 200, headers: { 'x-mbx-used-weight-1m': '1' } });
  });
});

describe('Binance: REST', () => {
  const rig = new FacadeRig(BINANCE, { plan: 'unlimited' });
  rig.quote(0);
  for (let minute = 0; minute < 4; minute++) rig.trade(minute * MINUTE_MS + 500, { price: 10_000 + minute });

  it.each<[string, unknown]>([
    ['/api/v3/ping', {}],
    ['/api/v3/time', { serverTime: OPEN_MS + 3 * MINUTE_MS + 500 }],
    ['/api/v3/ticker/price?symbol=AAPL', { symbol: 'AAPL', price: '100.03000000' }],
    ['/api/v3/ticker/price?symbols=["AAPLUSDT"]', [{ symbol: 'AAPLUSDT', price: '100.03000000' }]],
    [
      '/api/v3/ticker/bookTicker?symbol=AAPL',
      {
        symbol: 'AAPL',
        bidPrice: '99.99000000',
        bidQty: '300.00000000',
        askPrice: '100.01000000',
        askQty: '250.00000000',
      },
    ],
    [
      '/api/v3/depth?symbol=AAPL',
      { lastUpdateId: 1, bids: [['99.99000000', '300.00000000']], asks: [['100.01000000', '250.00000000']] },
    ],
    [
      '/api/v3/klines?symbol=AAPL&interval=3m&limit=1',
      [
        [
          OPEN_MS + 3 * MINUTE_MS,
          ...Array.from({ length: 4 }, () => '100.03000000'),
          '100.00000000',
          OPEN_MS + 6 * MINUTE_MS - 1,
          '10003.00000000',
          1,
          '0.00000000',
          '0.00000000',
          '0',
        ],
      ],
    ],
  ])('should answer %s', (target, answer) => {
    expect(rig.ask(target)).toMatchObject({ status: 200, json: answer });
  });

  it('should give the last trades without a hole, oldest first', () => {
    expect(rig.ask('/api/v3/trades?symbol=AAPL&limit=2').json).toMatchObject([
      { id: 3, isBuyerMaker: false },
      { id: 4, price: '100.03000000' },
    ]);
    expect(rig.ask('/api/v3/aggTrades?symbol=AAPL').json).toMatchObject([{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }]);
  });

  it('should list markets by their names with a quote asset, and halted ones as such', () => {
    rig.market.halt(1, true);
    expect(rig.ask('/api/v3/exchangeInfo').json).toMatchObject({
      symbols: [
        { symbol: 'AAPLUSDT', baseAsset: 'AAPL', quoteAsset: 'USDT', status: 'TRADING' },
        { symbol: 'MSFTUSDT', status: 'HALT' },
        { symbol: 'BRK.BUSDT' },
      ],
    });
  });

  it.each<[string, number]>([
    ['/api/v3/ticker/24hr?symbol=NOPE', -1121],
    ['/api/v3/klines?symbol=AAPL&interval=7m', -1120],
    ['/api/v3/klines?interval=1m', -1102],
    ['/api/v3/trades?symbol=AAPL&limit=-3', -1100],
    ['/api/v3/ticker/price?symbols=AAPL', -1100],
  ])('should refuse %s', (target, code) => {
    expect(rig.ask(target)).toMatchObject({ status: 400, json: { code } });
  });
});

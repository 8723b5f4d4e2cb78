import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { TestServer } from '../testing/testServer.ts';
import { aiTradingV2 } from './aiTradingV2.ts';
import { readEntry } from './entry.ts';

const PATH = '/api/ws/realtime';
let server: TestServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

describe('ai-trading-v2', () => {
  it.each([
    [
      '{"action": "subscribe_ticker", "symbol": "BTCUSDT"}',
      { type: 'subscribe', channel: 'ticker', symbols: ['BTCUSDT'] },
    ],
    ['{"action": "unsubscribe_ticker", "symbol": "A"}', { type: 'unsubscribe', channel: 'ticker', symbols: ['A'] }],
    ['{"action": "get_positions"}', { type: 'get', what: 'positions' }],
    ['{"action": "get_portfolio"}', { type: 'get', what: 'portfolio' }],
    ['{"action": "nonsense"}', { type: 'refusal', code: 'unknown_type' }],
    ['{"action": "subscribe_ticker"}', { type: 'refusal', code: 'bad_message' }],
    ['{"type": "ping"}', { type: 'refusal', code: 'bad_message' }],
    ['{', { type: 'refusal', code: 'bad_json' }],
  ])('should read %s', (text, request) => {
    const { read } = aiTradingV2.voiceOf(readEntry(PATH, { path: PATH, query: '' }));
    expect(read(text, DEFAULT_LIMITS)).toMatchObject(request);
  });

  it('should tell the price at the subscription and at each trade, to the letter', async () => {
    server = await TestServer.start();
    server.feed.trade({ symbol: 0, price: 10_029 });
    const client = await server.connect(PATH);
    client.send({ action: 'subscribe_ticker', symbol: 'S0' });
    await client.first(({ type }) => type === 'MARKET_UPDATE');
    server.feed.quote({ symbol: 0, bid: 10_000, ask: 10_100 });
    server.feed.trade({ symbol: 0, price: 9_950 });
    await client.first(({ price }) => price === 99.5);
    expect(client.frames).toEqual([
      { type: 'MARKET_UPDATE', symbol: 'S0', price: 100.29, priceChangePercent: 0.29, timestamp: 1_584_365_400_001 },
      { type: 'MARKET_UPDATE', symbol: 'S0', price: 99.5, priceChangePercent: -0.5, timestamp: 1_584_365_400_003 },
    ]);
  });

  it('should stop at unsubscribe_ticker and answer what it does not know', async () => {
    server = await TestServer.start();
    const client = await server.connect(PATH);
    client.send({ action: 'subscribe_ticker', symbol: 'S0' });
    client.send({ action: 'unsubscribe_ticker', symbol: 'S0' });
    client.send({ action: 'subscribe_ticker', symbol: 'NONE' });
    expect(await client.first(({ type }) => type === 'ERROR')).toMatchObject({ code: 'unknown_symbol' });
    server.feed.trade({ symbol: 0, price: 10_000 });
    client.send({ action: 'get_portfolio' });
    await client.first(({ type }) => type === 'PORTFOLIO_UPDATE');
    expect(client.of('MARKET_UPDATE')).toEqual([]);
  });

  it('should tell of orders at once, with stop and peak of a trailing stop', async () => {
    server = await TestServer.start();
    server.feed.trade({ symbol: 0, price: 4_100 });
    const client = await server.connect(PATH);
    const trader = await server.welcome();
    const order = { type: 'order.place', clientOrderId: 'a', symbol: 'S0', side: 'SELL', quantity: '2' };
    const trailing = { orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'bp', value: '1000' } };
    await trader.ask({ ...order, ...trailing, id: 2 });
    server.feed.trade({ symbol: 0, price: 3_690 });
    await client.first(({ order: told }) => JSON.stringify(told).includes('"FILLED"'));
    const updates = client.of('ORDER_UPDATE');
    expect(updates.map(({ orderType }) => orderType)).toEqual(['TRAILING_STOP', 'TRAILING_STOP', 'TRAILING_STOP']);
    expect(updates[0]).toMatchObject({
      order: { status: 'ACCEPTED', current_stop_price: 36.9, peak_price: 41, client_order_id: 'a', quantity: 2 },
      timestamp: 1_584_365_400_001,
    });
    expect(updates[2]).toMatchObject({ order: { status: 'FILLED', average_price: 36.9 } });
  });

  it('should tell the adjustments of a trailing stop as they happen, its stop behind its peak', async () => {
    server = await TestServer.start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.connect(PATH);
    const trader = await server.welcome();
    const order = { type: 'order.place', id: 2, clientOrderId: 't', symbol: 'S0', side: 'SELL', quantity: '1' };
    const trailing = { orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'price', value: '1.50' } };
    await trader.ask({ ...order, ...trailing });
    for (const price of [10_100, 10_050, 10_300]) server.feed.trade({ symbol: 0, price });
    // Adjustments are told with the symbol's ticks, once in a tenth of a second of the market.
    server.feed.endMinute();
    server.feed.trade({ symbol: 0, price: 10_250 });
    await client.first(({ order: told }) => Object(told)['peak_price'] === 103);
    expect(client.of('ORDER_UPDATE').map(({ orderType, order: told }) => [orderType, told])).toMatchObject([
      ['TRAILING_STOP', { event: 'accepted', current_stop_price: 98.5, peak_price: 100, trailing_offset: 1.5 }],
      ['TRAILING_STOP', { event: 'ratcheted', current_stop_price: 99.5, peak_price: 101 }],
      ['TRAILING_STOP', { event: 'ratcheted', current_stop_price: 101.5, peak_price: 103 }],
    ]);
  });

  it('should tell the legs of an OCO and of a bracket under the list that they belong to', async () => {
    server = await TestServer.start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const client = await server.connect(PATH);
    const trader = await server.welcome();
    const leg = { symbol: 'S0', side: 'SELL', quantity: '1' };
    const take = { ...leg, orderType: 'TAKE_PROFIT', triggerPrice: '110.00' };
    const stop = { ...leg, orderType: 'STOP_MARKET', triggerPrice: '90.00' };
    const trail = { ...leg, orderType: 'TRAILING_STOP_MARKET', trailingOffset: { kind: 'bp', value: '1000' } };
    const entry = { ...leg, side: 'BUY', orderType: 'MARKET', clientOrderId: 'entry' };
    const children = [
      { ...take, clientOrderId: 'take' },
      { ...trail, clientOrderId: 'trail' },
    ];
    await trader.ask({ type: 'order.placeList', id: 2, contingency: 'BRACKET', orders: [entry, ...children] });
    const legs = [
      { ...take, clientOrderId: 'target' },
      { ...stop, clientOrderId: 'stop' },
    ];
    await trader.ask({ type: 'order.placeList', id: 3, contingency: 'OCO', orders: legs });
    server.feed.trade({ symbol: 0, price: 11_000 });
    await client.first(({ order: told }) => Object(told)['client_order_id'] === 'stop' && isEnd(told));
    const told = client.of('ORDER_UPDATE').map(({ orderType, order }) => {
      const { client_order_id, type, event } = Object(order);
      return [orderType, client_order_id, type, event].join(' ');
    });
    expect(told).toContain('BRACKET entry MARKET filled');
    expect(told).toContain('BRACKET trail TRAILING_STOP_MARKET accepted');
    expect(told).toContain('OCO target TAKE_PROFIT filled');
    expect(told).toContain('OCO stop STOP_MARKET canceled');
    const trails = client.of('ORDER_UPDATE').map(({ order }) => order);
    expect(trails).toContainEqual(
      expect.objectContaining({
        client_order_id: 'trail',
        parent_client_order_id: 'entry',
        current_stop_price: 90,
        peak_price: 100,
      }),
    );
  });

  it('should have a heartbeat every second, and tell the drain', async () => {
    server = await TestServer.start({ limits: { heartbeatMs: 50 } });
    const client = await server.connect(PATH);
    const { timestamp } = await client.first(({ type }) => type === 'HEARTBEAT');
    expect(timestamp).toEqual(expect.any(Number));
    void server.server.drain();
    expect(await client.first(({ type }) => type === 'SYSTEM')).toMatchObject({
      code: 'shutdown',
      retryAfterMs: expect.any(Number),
    });
    expect((await client.closed).code).toBe(4001);
  });

  it('should tell positions every second and the portfolio every two', async () => {
    server = await TestServer.start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const trader = await server.welcome();
    const buy = { type: 'order.place', id: 2, clientOrderId: 'a', symbol: 'S0', side: 'BUY' };
    await trader.ask({ ...buy, orderType: 'MARKET', quantity: '3' });
    server.feed.trade({ symbol: 0, price: 10_100 });
    const client = await server.connect(PATH);
    client.send({ action: 'get_positions' });
    const positions = await client.first(({ type }) => type === 'POSITION_UPDATE');
    expect(positions).toMatchObject({
      positions: [{ symbol: 'S0', quantity: 3, average_price: 100, current_price: 101, unrealized_pnl: 3 }],
    });
    const portfolio = await client.first(({ type }) => type === 'PORTFOLIO_UPDATE');
    expect(portfolio).toMatchObject({ portfolio: { equity: 10_000_003, unrealized_pnl: 3, realized_pnl: 0 } });
    const [, second, third] = client.of('POSITION_UPDATE');
    expect(Number(portfolio['timestamp']) - Number(second?.['timestamp'])).toBeLessThan(1_300);
    if (third !== undefined) expect(Number(third['timestamp']) - Number(second?.['timestamp'])).toBeGreaterThan(700);
  });
});

function isEnd(order: unknown): boolean {
  return Object(order)['status'] === 'CANCELED';
}

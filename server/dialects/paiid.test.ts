import { afterEach, describe, expect, it } from 'vitest';
import { mintToken } from '../identity.ts';
import { testServers } from '../testing/servers.ts';
import { viewAfterTrade } from '../testing/tickerViews.ts';
import { paiid } from './paiid.ts';

const start = testServers(afterEach);
const OPEN_MS = 1_584_365_400_000;
const SECRET = 'a secret of thirty-two bytes, at least';

describe('paiid', () => {
  it('should confirm connection and subscriptions, then push each trade, to the letter', async () => {
    const server = await start();
    const client = await server.connect('/ws?user_id=ann');
    client.send({ type: 'subscribe', symbols: ['S0', 'S1'] });
    client.send({ type: 'unsubscribe', symbols: ['S1'] });
    await client.first(({ action }) => action === 'unsubscribe');
    server.feed.trade({ symbol: 1, price: 5_000 });
    server.feed.trade({ symbol: 0, price: 9_950 });
    await client.first(({ type }) => type === 'market_data');
    const timestamp = expect.any(Number);
    expect(client.frames).toEqual([
      { type: 'connection', status: 'connected', user_id: 'ann', timestamp },
      { type: 'subscription_confirmed', action: 'subscribe', symbols: ['S0', 'S1'], timestamp },
      { type: 'subscription_confirmed', action: 'unsubscribe', symbols: ['S1'], timestamp },
      {
        type: 'market_data',
        symbol: 'S0',
        data: {
          price: 99.5,
          size: 10,
          change: -0.5,
          change_percent: -0.5,
          volume: 10,
          bid: null,
          ask: null,
          previous_close: 100,
        },
        timestamp: OPEN_MS + 2,
      },
    ]);
  });

  it('should tell the cached quote at a subscription, unless it is older than 30 s', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_029 });
    const client = await server.connect('/ws/ann');
    client.send({ type: 'subscribe', symbols: ['S0'] });
    expect(await client.first(({ type }) => type === 'market_data')).toMatchObject({ data: { price: 100.29 } });

    const view = viewAfterTrade({ price: 10_029, atUs: 0 });
    const moment = { epoch: 'e', phase: 'regular' } as const;
    expect(paiid.tickerSnapshot(view, { ...moment, nowUs: 30_000_000 })).toContain('"price":100.29');
    expect(paiid.tickerSnapshot(view, { ...moment, nowUs: 30_000_001 })).toBeUndefined();
    // A live feed says itself how long nobody has vouched for it.
    const later = { ...moment, nowUs: 300_000_000 };
    expect(paiid.tickerSnapshot(view, { ...later, staleMs: 0 })).toContain('"price":100.29');
    expect(paiid.tickerSnapshot(view, { ...later, staleMs: 30_001 })).toBeUndefined();
  });

  it('should tell positions, the portfolio, orders and alerts of the user alone', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const ann = await server.connect('/ws/ann');
    const bob = await server.connect('/ws?user_id=bob');
    const trader = await server.welcome();
    const buy = { type: 'order.place', id: 2, account: 'ann', clientOrderId: 'a', symbol: 'S0', side: 'BUY' };
    await trader.ask({ ...buy, orderType: 'MARKET', quantity: '3' });
    await trader.ask({ type: 'alert.set', id: 3, account: 'ann', alertId: 'up', symbol: 'S0', above: '101.00' });
    server.feed.trade({ symbol: 0, price: 10_100 });
    await ann.first(({ alert_type }) => alert_type === 'price');
    const alerts = ann.of('trading_alert');
    expect(alerts).toMatchObject([
      { alert_type: 'order', symbol: 'S0', data: { client_order_id: 'a', status: 'ACCEPTED', event: 'accepted' } },
      { alert_type: 'order', message: 'BUY 3 S0: filled', data: { status: 'FILLED', average_price: 100 } },
      {
        alert_type: 'price',
        symbol: 'S0',
        data: { id: 'up', condition: 'above', threshold: 101, price: 101 },
        timestamp: OPEN_MS + 2,
      },
    ]);
    expect(await ann.first(({ positions }) => JSON.stringify(positions ?? []).length > 2)).toMatchObject({
      type: 'position_update',
      positions: [{ symbol: 'S0', quantity: 3, average_price: 100, current_price: 101, unrealized_pnl: 3 }],
    });
    expect(await ann.first(({ type }) => type === 'portfolio_update')).toMatchObject({
      portfolio: { equity: 10_000_003, unrealized_pnl: 3, realized_pnl: 0 },
    });
    await bob.first(({ type }) => type === 'portfolio_update');
    expect(bob.of('trading_alert')).toEqual([]);
    expect(bob.of('position_update')[0]).toMatchObject({ positions: [] });
  });

  it('should leave the adjustments of a trailing stop out of the alerts, and tell its end', async () => {
    const server = await start();
    server.feed.trade({ symbol: 0, price: 10_000 });
    const ann = await server.connect('/ws/ann');
    const trader = await server.welcome();
    const sell = { type: 'order.place', id: 2, account: 'ann', clientOrderId: 't', symbol: 'S0', side: 'SELL' };
    const trail = {
      orderType: 'TRAILING_STOP_MARKET',
      quantity: '1',
      trailingOffset: { kind: 'price', value: '1.00' },
    };
    await trader.ask({ ...sell, ...trail });
    server.feed.trade({ symbol: 0, price: 10_200 });
    server.feed.trade({ symbol: 0, price: 10_100 });
    await ann.first(({ data }) => JSON.stringify(data ?? {}).includes('"filled"'));
    const events = ann.of('trading_alert').map(({ data }) => Object(data)['event']);
    expect(events).toEqual(['accepted', 'triggered', 'filled']);
    expect(ann.of('trading_alert')[1]).toMatchObject({ data: { current_stop_price: 101, peak_price: 102 } });
  });

  it.each(['/ws?user_id=bob', '/ws/bob'])('should close %s with 4403 to the token of another user', async (path) => {
    const server = await start({ config: { secret: SECRET } });
    const token = await mintToken({ secret: SECRET, user: 'ann', scopes: ['market:read'] });
    const headers = { authorization: `Bearer ${token}` };
    const client = await server.connect(path, { headers });
    expect((await client.closed).code).toBe(4403);
    const own = await server.connect(path.replace('bob', 'ann'), { headers });
    expect(await own.first(({ type }) => type === 'connection')).toMatchObject({ user_id: 'ann' });
  });

  it('should answer pings, and tell what it cannot take', async () => {
    const server = await start({ limits: { heartbeatMs: 100, maxSymbolsPerSocket: 1 } });
    const client = await server.connect('/ws/ann');
    client.send({ type: 'ping' });
    await client.first(({ type }) => type === 'pong');
    await client.first(({ type }) => type === 'heartbeat');
    client.send({ type: 'subscribe', symbols: ['S0', 'S1'] });
    expect(await client.next(({ type }) => type === 'error')).toMatchObject({ code: 'too_many_symbols' });
    client.send({ type: 'subscribe', symbols: 'S0' });
    expect(await client.next(({ type }) => type === 'error')).toMatchObject({ code: 'bad_message' });
    client.send({ type: 'subscribe', symbols: ['NONE'] });
    expect(await client.next(({ type }) => type === 'error')).toMatchObject({ code: 'unknown_symbol' });
  });

  it('should let so many sockets alone have a symbol, and give the place on', async () => {
    const server = await start({ limits: { maxSubscribersPerSymbol: 1 } });
    const [first, second] = [await server.connect('/ws/ann'), await server.connect('/ws/bob')];
    const subscribe = { type: 'subscribe', symbols: ['S0'] };
    first.send(subscribe);
    first.send(subscribe);
    await first.next(({ type }) => type === 'subscription_confirmed');
    second.send({ type: 'subscribe', symbols: ['S1', 'S0'] });
    const refused = await second.first(({ type }) => type === 'error');
    expect(refused).toMatchObject({ code: 'too_many_subscribers', retryable: true });
    first.send({ type: 'unsubscribe', symbols: ['S0'] });
    await first.first(({ action }) => action === 'unsubscribe');
    second.send(subscribe);
    await second.first(({ type }) => type === 'subscription_confirmed');
    second.terminate();
    await second.closed;
    const third = await server.connect('/ws/cid');
    third.send(subscribe);
    await third.first(({ type }) => type === 'subscription_confirmed');
  });

  it('should tell the drain as an alert of the system', async () => {
    const server = await start();
    const client = await server.connect('/ws/ann');
    await client.first(({ type }) => type === 'connection');
    void server.server.drain();
    expect(await client.first(({ data }) => Object(data)['code'] === 'shutdown')).toMatchObject({
      type: 'trading_alert',
      alert_type: 'system',
      data: { code: 'shutdown', retry_after_ms: expect.any(Number) },
    });
    expect((await client.closed).code).toBe(4001);
  });
});

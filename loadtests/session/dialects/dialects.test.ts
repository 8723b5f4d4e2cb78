import { describe, expect, it } from 'vitest';
import type { TapeSymbol } from '../../../protocol/generatorPlan.ts';
import type { DialectName } from '../../../protocol/serverUnderTest.ts';
import type { Dialect } from '../dialect.ts';
import { dialectsOf } from './all.ts';

const FROM_MS = 1_584_365_400_000;
const TAPE: TapeSymbol = {
  symbol: 'AAPL',
  priceDecimals: 2,
  timesUs: [FROM_MS * 1000 + 1_250, FROM_MS * 1000 + 2_500],
  prices: [10_000, 10_001],
  trades: [1, 1],
};
const SCHEDULE = { startUs: 0, fromEventUs: FROM_MS * 1000, toEventUs: FROM_MS * 1000 + 60e6, speed: 1 };

function make(dialect: DialectName): Dialect {
  const dialectOf = dialectsOf({ dialect, schedule: SCHEDULE, tape: [TAPE] });
  return dialectOf({ account: 'acct-1', symbols: ['AAPL'], channels: ['ticker'] });
}

const read = (dialect: Dialect, frame: object) => dialect.parse(JSON.stringify(frame), 0);
const subscribe = (dialect: Dialect, channel: 'ticker' | 'pattern' | 'order') =>
  dialect.subscribe({ id: 7, channel, symbols: ['AAPL', 'MSFT'], since: undefined, atUs: -10e6 });
const ORDER = {
  id: '1',
  client_order_id: 'a',
  symbol: 'AAPL',
  status: 'FILLED',
  event: 'filled',
  quantity: 100,
  filled_quantity: 100,
  average_price: 36.9,
  current_stop_price: 37,
};
const TOLD = {
  account: 'acct-1',
  reason: 'filled',
  tickSeq: 2,
  eventTimeUs: (FROM_MS + 2) * 1000,
  clientOrderId: 'a',
  status: 'FILLED',
  triggerPrice: '37',
  fill: { lastPrice: '36.9', lastQuantity: '100' },
};

describe('ai-trading-v2', () => {
  it('should be welcome at the upgrade, by its token', () => {
    const dialect = make('ai-trading-v2');

    expect(dialect.headers('t')).toEqual({ authorization: 'Bearer t' });
    expect(dialect.opened(1, 't')).toMatchObject({ kind: 'welcome', account: 'acct-1' });
  });

  it('should subscribe symbol by symbol, and to nothing that comes unasked', () => {
    const dialect = make('ai-trading-v2');

    expect(subscribe(dialect, 'ticker')).toEqual({
      frames: ['{"action":"subscribe_ticker","symbol":"AAPL"}', '{"action":"subscribe_ticker","symbol":"MSFT"}'],
      isAnswered: false,
    });
    expect(subscribe(dialect, 'order').frames).toEqual([]);
  });

  it('should give a price its number from the tape, and say what the tape says otherwise', () => {
    const dialect = make('ai-trading-v2');
    const update = {
      type: 'MARKET_UPDATE',
      symbol: 'AAPL',
      price: 100.01,
      priceChangePercent: 0,
      timestamp: FROM_MS + 2,
    };

    expect(read(dialect, update)).toMatchObject({ kind: 'ticker', fields: { symbol: 'AAPL', seq: 2 } });
    expect(read(dialect, { ...update, price: 99 })).toMatchObject({ kind: 'wrong', stream: 'ticker:AAPL' });
    expect(read(dialect, { ...update, symbol: 'MSFT' })).toMatchObject({ kind: 'bad' });
    expect(read(dialect, { ...update, price: '100' })).toMatchObject({ kind: 'bad' });
  });

  it('should read orders, and find one that comes twice', () => {
    const dialect = make('ai-trading-v2');
    const update = { type: 'ORDER_UPDATE', orderType: 'STOP_MARKET', order: ORDER, timestamp: FROM_MS + 2 };

    expect(read(dialect, update)).toMatchObject({ kind: 'order', order: { ...TOLD, seq: 1 } });
    expect(read(dialect, update)).toMatchObject({ kind: 'repeat', stream: 'order:acct-1' });
    const ratchet = { ...update, order: { ...ORDER, event: 'ratcheted' } };
    expect([read(dialect, ratchet), read(dialect, ratchet)]).toMatchObject([
      { kind: 'order', order: { seq: -1 } },
      { kind: 'order', order: { seq: -1 } },
    ]);
  });

  it.each([
    [
      { type: 'POSITION_UPDATE', positions: [], timestamp: 1 },
      { kind: 'value', channel: 'position.value', computeUs: -1 },
    ],
    [
      { type: 'PORTFOLIO_UPDATE', portfolio: {}, timestamp: 1 },
      { kind: 'value', channel: 'portfolio' },
    ],
    [{ type: 'POSITION_UPDATE', timestamp: 1 }, { kind: 'bad' }],
    [{ type: 'HEARTBEAT', timestamp: 1 }, { kind: 'heartbeat' }],
    [
      { type: 'ERROR', code: 'unknown_symbol', message: 'no' },
      { kind: 'error', code: 'unknown_symbol' },
    ],
    [{ type: 'SYSTEM' }, { kind: 'other' }],
    [{ action: 'x' }, { kind: 'bad' }],
  ])('should read %j', (frame, event) => {
    expect(read(make('ai-trading-v2'), frame)).toMatchObject(event);
  });

  it.each([
    [
      201,
      '{"data":{"clientOrderId":"a","status":"ACCEPTED"},"duplicate":false}',
      { kind: 'accepted', status: 'ACCEPTED' },
    ],
    [
      422,
      '{"code":"order_rejected","reason":"wrong_side","detail":"no"}',
      { kind: 'error', rejectReason: 'wrong_side' },
    ],
    [503, 'busy', { kind: 'error', code: 'http_503', message: 'HTTP status 503' }],
    [0, '', { kind: 'error', code: 'http_0' }],
    [201, '{}', { kind: 'bad' }],
  ])('should read the answer %i %s to a posted order', (status, body, event) => {
    const frame = { type: 'order.place', clientOrderId: 'a', symbol: 'AAPL', side: 'BUY', quantity: '1' } as const;
    const dialect = make('ai-trading-v2');

    expect(dialect.placeOrder(1, { ...frame, orderType: 'MARKET' })).toBeUndefined();
    expect(dialect.readAnswer?.({ ...frame, orderType: 'MARKET' }, { status, body })).toMatchObject(event);
  });
});

describe('us-001', () => {
  const of = (type: string, data: object, timestamp = FROM_MS + 2) => ({ type, ticker: 'AAPL', data, timestamp });

  it('should be subscribed by its address alone, welcome when it is connected', () => {
    const dialect = make('us-001');

    expect(dialect.opened(1, 't')).toBeUndefined();
    expect(subscribe(dialect, 'ticker')).toEqual({ frames: [], isAnswered: false });
    expect(read(dialect, of('connected', { user: 'u', heartbeatMs: 30_000 }))).toMatchObject({
      kind: 'welcome',
      account: 'acct-1',
    });
  });

  it.each([
    ['with each connection', true],
    ['not with a second `connected` of one', false],
  ])('should begin anew %s', (_, isNew) => {
    const dialect = make('us-001');
    const baseAfter = (frame: object): number => {
      const event = read(dialect, frame);
      return event.kind === 'ticker' ? event.fields.baseSeq : Number.NaN;
    };
    dialect.opened(1, 't');
    read(dialect, of('connected', {}));
    expect(baseAfter(of('price', { price: 100 }, FROM_MS + 1))).toBeGreaterThanOrEqual(0);
    if (isNew) dialect.opened(2, 't');
    read(dialect, of('connected', {}));

    expect(baseAfter(of('price', { price: 100.01 })) >= 0).toBe(isNew);
  });

  it.each([
    [of('price', { price: 100.01 }), { kind: 'ticker', fields: { seq: 2 } }],
    [of('price', { price: 1 }), { kind: 'wrong' }],
    [of('price', {}), { kind: 'bad' }],
    [of('snapshot', { price: null }), { kind: 'state' }],
    [of('heartbeat', {}), { kind: 'heartbeat' }],
    [of('market_status', {}), { kind: 'other' }],
    [of('error', { code: 'unknown_symbol', message: 'no' }), { kind: 'error', code: 'unknown_symbol' }],
    [{ type: 'price', data: {} }, { kind: 'bad' }],
  ])('should read %j', (frame, event) => {
    expect(read(make('us-001'), frame)).toMatchObject(event);
  });
});

describe('paiid', () => {
  it('should be welcome as the user of its address only', () => {
    const connection = { type: 'connection', status: 'connected', user_id: 'acct-1', timestamp: 1 };

    expect(read(make('paiid'), connection)).toMatchObject({ kind: 'welcome', account: 'acct-1' });
    expect(read(make('paiid'), { ...connection, user_id: 'acct-2' })).toMatchObject({ kind: 'bad' });
  });

  it('should know its subscription by the answer, which carries no number', () => {
    const dialect = make('paiid');

    expect(subscribe(dialect, 'ticker')).toEqual({
      frames: ['{"type":"subscribe","symbols":["AAPL","MSFT"]}'],
      isAnswered: true,
    });
    const answer = { type: 'subscription_confirmed', action: 'subscribe', symbols: ['AAPL', 'MSFT'], timestamp: 1 };
    expect(read(dialect, answer)).toEqual({ kind: 'subscribed', id: 7, channel: 'ticker', recovered: false });
  });

  it.each([
    [{ type: 'market_data', symbol: 'AAPL', data: { price: 100 }, timestamp: FROM_MS + 1 }, { kind: 'ticker' }],
    [{ type: 'market_data', symbol: 'AAPL', timestamp: FROM_MS + 1 }, { kind: 'bad' }],
    [
      { type: 'trading_alert', alert_type: 'order', symbol: 'AAPL', data: ORDER, timestamp: FROM_MS + 2 },
      { kind: 'order', order: TOLD },
    ],
    [{ type: 'trading_alert', alert_type: 'system', data: {}, timestamp: 1 }, { kind: 'other' }],
    [
      { type: 'position_update', positions: [], timestamp: 1 },
      { kind: 'value', channel: 'position.value' },
    ],
    [
      { type: 'portfolio_update', portfolio: {}, timestamp: 1 },
      { kind: 'value', channel: 'portfolio' },
    ],
    [{ type: 'portfolio_update', timestamp: 1 }, { kind: 'bad' }],
    [{ type: 'heartbeat', timestamp: 1 }, { kind: 'heartbeat' }],
    [
      { type: 'error', code: 'forbidden', message: 'no', timestamp: 1 },
      { kind: 'error', code: 'forbidden' },
    ],
  ])('should read %j', (frame, event) => {
    expect(read(make('paiid'), frame)).toMatchObject(event);
  });
});

describe('tickstock', () => {
  const pattern = {
    type: 'pattern',
    symbol: 'AAPL',
    pattern_type: 'doji',
    timestamp: FROM_MS,
    confidence: 0.5,
    metadata: { timeframe: '1m' },
  };

  it('should count patterns by symbol, and find one that comes twice', () => {
    const dialect = make('tickstock');
    const told = { symbol: 'AAPL', patternType: 'doji', barMinutes: 1, barEndUs: FROM_MS * 1000 };

    expect(read(dialect, pattern)).toEqual({ kind: 'pattern', pattern: { ...told, seq: 1 } });
    expect(read(dialect, pattern)).toMatchObject({ kind: 'repeat', stream: 'pattern:AAPL' });
    expect(read(dialect, { ...pattern, pattern_type: 'hammer' })).toMatchObject({ pattern: { seq: 2 } });
  });

  it('should know its subscription by the answer', () => {
    const dialect = make('tickstock');

    expect(subscribe(dialect, 'pattern').frames).toEqual(['{"action":"subscribe","symbols":["AAPL","MSFT"]}']);
    expect(read(dialect, { type: 'subscribed', symbols: ['AAPL'], timestamp: 1 })).toMatchObject({ id: 7 });
  });

  it.each([
    [{ ...pattern, confidence: 2 }, { kind: 'bad' }],
    [{ ...pattern, metadata: {} }, { kind: 'bad' }],
    [
      { type: 'connected', user: 'u', timestamp: 1 },
      { kind: 'welcome', account: 'acct-1' },
    ],
    [{ type: 'heartbeat', timestamp: 1 }, { kind: 'heartbeat' }],
    [{ type: 'notice', timestamp: 1 }, { kind: 'other' }],
    [
      { type: 'error', code: 'bad_message', message: 'no', timestamp: 1 },
      { kind: 'error', code: 'bad_message' },
    ],
  ])('should read %j', (frame, event) => {
    expect(read(make('tickstock'), frame)).toMatchObject(event);
  });
});

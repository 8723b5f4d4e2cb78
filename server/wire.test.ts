import { describe, expect, it } from 'vitest';
import type { OrderView } from '../market/types.ts';
import { orderData, placeCommand, portfolioData, positionData } from './wire.ts';

const INSTRUMENT = { symbol: 'X', index: 3, priceDecimals: 2, quantityDecimals: 3, previousClose: 0 };

const ORDER: OrderView = {
  account: 'a',
  orderId: 4,
  clientOrderId: 'c',
  symbol: 3,
  side: 'SELL',
  type: 'TRAILING_STOP_MARKET',
  status: 'FILLED',
  quantity: 1500,
  leavesQuantity: 500,
  cumulativeQuantity: 1000,
  triggerPrice: 9_990,
  peakPrice: 10_000,
  trailingOffset: { kind: 'price', value: 10 },
  averagePrice: 10_000.5,
};

describe('orderData', () => {
  it('should write prices and quantities as exact decimals', () => {
    expect(orderData(ORDER, INSTRUMENT)).toEqual({
      account: 'a',
      orderId: '4',
      clientOrderId: 'c',
      symbol: 'X',
      side: 'SELL',
      orderType: 'TRAILING_STOP_MARKET',
      status: 'FILLED',
      quantity: '1.500',
      leavesQuantity: '0.500',
      cumulativeQuantity: '1.000',
      triggerPrice: '99.90',
      peakPrice: '100.00',
      trailingOffset: { kind: 'price', value: '0.10' },
      averagePrice: '100.005000',
    });
  });

  it('should leave basis points as they are and an unfilled order without a price', () => {
    const order = orderData({ ...ORDER, cumulativeQuantity: 0, trailingOffset: { kind: 'bp', value: 50 } }, INSTRUMENT);
    expect(order.trailingOffset).toEqual({ kind: 'bp', value: '50' });
    expect(order).not.toHaveProperty('averagePrice');
  });
});

describe('placeCommand', () => {
  const frame = {
    type: 'order.place',
    clientOrderId: 'c',
    symbol: 'X',
    side: 'BUY',
    orderType: 'STOP_MARKET',
    quantity: '1.5',
    triggerPrice: '100.1',
  } as const;

  it('should read ticks and lots', () => {
    expect(placeCommand(frame, 'a', INSTRUMENT)).toEqual({
      kind: 'place',
      account: 'a',
      clientOrderId: 'c',
      symbol: 3,
      side: 'BUY',
      type: 'STOP_MARKET',
      quantity: 1500,
      triggerPrice: 10_010,
    });
  });

  it('should make 0 of what the instrument cannot express, for the engine to refuse', () => {
    const odd = { ...frame, quantity: '0.0001', triggerPrice: '1.001', activationPrice: '99999999999999.99' };
    const offset = { ...odd, trailingOffset: { kind: 'bp', value: '0.5' } } as const;
    expect(placeCommand(offset, 'a', INSTRUMENT)).toMatchObject({
      quantity: 0,
      triggerPrice: 0,
      activationPrice: 0,
      trailingOffset: { kind: 'bp', value: 0 },
    });
  });
});

describe('accounts', () => {
  it('should write positions and portfolios in decimals', () => {
    const position = { account: 'a', symbol: 3, quantity: -2000, cost: -2_000_100, mark: 10_000, realizedPnl: -5 };
    expect(positionData({ ...position, unrealizedPnl: 100 }, INSTRUMENT)).toEqual({
      symbol: 'X',
      quantity: '-2.000',
      averagePrice: '100.005000',
      markPrice: '100.00',
      realizedPnl: '-0.0005',
      unrealizedPnl: '0.0100',
    });
    const portfolio = { account: 'a', cash: 123_456, equity: 1, realizedPnl: 0, unrealizedPnl: -1, deposits: 0 };
    expect(portfolioData(portfolio)).toMatchObject({ cash: '12.3456', equity: '0.0001', unrealizedPnl: '-0.0001' });
  });
});

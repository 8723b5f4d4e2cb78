import {
  CASH_SCALE,
  type Instrument,
  type ModifyOrder,
  type OrderView,
  type PlaceOrder,
  type PortfolioView,
  type PositionView,
} from '../market/types.ts';
import { decimalText, unitsOf } from '../protocol/codecs/json.ts';
import type { OrderData, OrderModifyFrame, OrderTerms, PortfolioData, PositionData } from '../protocol/messages.ts';

const CASH_DECIMALS = Math.round(Math.log10(CASH_SCALE));
/** Decimals of an average price beyond those of its instrument. */
const AVERAGE_DECIMALS = 4;

/** Writes an order's state in decimals. */
export function orderData(order: OrderView, instrument: Instrument): OrderData {
  const { priceDecimals, quantityDecimals } = instrument;
  const { triggerPrice, limitPrice, peakPrice, trailingOffset, rejectReason } = order;
  const { contingency, parentClientOrderId, reduceOnly, expireTimeUs } = order;
  const price = (ticks: number): string => decimalText(ticks, priceDecimals);
  const quantity = (lots: number): string => decimalText(lots, quantityDecimals);
  return {
    account: order.account,
    orderId: String(order.orderId),
    clientOrderId: order.clientOrderId,
    symbol: instrument.symbol,
    side: order.side,
    orderType: order.type,
    status: order.status,
    quantity: quantity(order.quantity),
    leavesQuantity: quantity(order.leavesQuantity),
    cumulativeQuantity: quantity(order.cumulativeQuantity),
    ...(triggerPrice !== undefined && { triggerPrice: price(triggerPrice) }),
    ...(limitPrice !== undefined && { limitPrice: price(limitPrice) }),
    ...(peakPrice !== undefined && { peakPrice: price(peakPrice) }),
    ...(trailingOffset !== undefined && {
      trailingOffset: {
        kind: trailingOffset.kind,
        value: trailingOffset.kind === 'price' ? price(trailingOffset.value) : String(trailingOffset.value),
      },
    }),
    ...(order.cumulativeQuantity > 0 && { averagePrice: averageText(order.averagePrice, priceDecimals) }),
    ...(contingency !== undefined && { contingency }),
    ...(parentClientOrderId !== undefined && { parentClientOrderId }),
    ...(reduceOnly !== undefined && { reduceOnly }),
    ...(expireTimeUs !== undefined && { expireTimeUs }),
    ...(rejectReason !== undefined && { rejectReason }),
  };
}

/**
 * Reads a new order in ticks and lots. An amount that the instrument can't express (off the tick, below a lot, too
 * large) becomes 0, which the engine refuses with its own reason: so even such an order has one recorded fate.
 */
export function placeCommand(terms: OrderTerms, account: string, instrument: Instrument): PlaceOrder {
  const { triggerBasis, timeInForce, expireTimeUs, extendedHours, reduceOnly, parentClientOrderId } = terms;
  return {
    kind: 'place',
    account,
    clientOrderId: terms.clientOrderId,
    symbol: instrument.index,
    side: terms.side,
    type: terms.orderType,
    quantity: unitsOf(terms.quantity, instrument.quantityDecimals) ?? 0,
    ...pricesOf(terms, instrument),
    ...(triggerBasis !== undefined && { triggerBasis }),
    ...(timeInForce !== undefined && { timeInForce }),
    ...(expireTimeUs !== undefined && { expireTimeUs }),
    ...(extendedHours !== undefined && { extendedHours }),
    ...(reduceOnly !== undefined && { reduceOnly }),
    ...(parentClientOrderId !== undefined && { parentClientOrderId }),
  };
}

/** Reads new terms of an order in ticks and lots, by the rule of {@link placeCommand}. */
export function modifyCommand(frame: OrderModifyFrame, account: string, instrument: Instrument): ModifyOrder {
  const { clientOrderId, quantity, expireTimeUs } = frame;
  return {
    kind: 'modify',
    account,
    clientOrderId,
    ...(quantity !== undefined && { quantity: unitsOf(quantity, instrument.quantityDecimals) ?? 0 }),
    ...pricesOf(frame, instrument),
    ...(expireTimeUs !== undefined && { expireTimeUs }),
  };
}

function pricesOf(
  terms: Pick<OrderTerms, 'triggerPrice' | 'limitPrice' | 'trailingOffset' | 'activationPrice'>,
  { priceDecimals }: Instrument,
): Pick<PlaceOrder, 'triggerPrice' | 'limitPrice' | 'trailingOffset' | 'activationPrice'> {
  const { triggerPrice, limitPrice, trailingOffset, activationPrice } = terms;
  const ticks = (price: string): number => unitsOf(price, priceDecimals) ?? 0;
  return {
    ...(triggerPrice !== undefined && { triggerPrice: ticks(triggerPrice) }),
    ...(limitPrice !== undefined && { limitPrice: ticks(limitPrice) }),
    ...(trailingOffset !== undefined && {
      trailingOffset: {
        kind: trailingOffset.kind,
        value: unitsOf(trailingOffset.value, trailingOffset.kind === 'price' ? priceDecimals : 0) ?? 0,
      },
    }),
    ...(activationPrice !== undefined && { activationPrice: ticks(activationPrice) }),
  };
}

/** Writes a position in decimals. */
export function positionData(position: PositionView, instrument: Instrument): PositionData {
  const { priceDecimals, quantityDecimals, symbol } = instrument;
  const { quantity, cost } = position;
  const unitsPerTick = 10 ** (CASH_DECIMALS - priceDecimals - quantityDecimals);
  const averageTicks = quantity === 0 ? 0 : cost / quantity / unitsPerTick;
  return {
    symbol,
    quantity: decimalText(quantity, quantityDecimals),
    averagePrice: averageText(averageTicks, priceDecimals),
    markPrice: decimalText(position.mark, priceDecimals),
    realizedPnl: cashText(position.realizedPnl),
    unrealizedPnl: cashText(position.unrealizedPnl),
  };
}

/** Writes an account's worth in decimals. */
export function portfolioData(portfolio: PortfolioView): PortfolioData {
  return {
    account: portfolio.account,
    cash: cashText(portfolio.cash),
    equity: cashText(portfolio.equity),
    realizedPnl: cashText(portfolio.realizedPnl),
    unrealizedPnl: cashText(portfolio.unrealizedPnl),
  };
}

function cashText(units: number): string {
  return decimalText(units, CASH_DECIMALS);
}

function averageText(ticks: number, priceDecimals: number): string {
  if (Number.isInteger(ticks)) return decimalText(ticks, priceDecimals);
  return decimalText(Math.round(ticks * 10 ** AVERAGE_DECIMALS), priceDecimals + AVERAGE_DECIMALS);
}

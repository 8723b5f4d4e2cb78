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
  const data: Writable<OrderData> = {
    account: order.account,
    orderId: String(order.orderId),
    clientOrderId: order.clientOrderId,
    symbol: instrument.symbol,
    side: order.side,
    orderType: order.type,
    status: order.status,
    quantity: decimalText(order.quantity, quantityDecimals),
    leavesQuantity: decimalText(order.leavesQuantity, quantityDecimals),
    cumulativeQuantity: decimalText(order.cumulativeQuantity, quantityDecimals),
  };
  // Field by field: spreads of what may be absent take several times as long, and every order is told twice.
  if (triggerPrice !== undefined) data.triggerPrice = decimalText(triggerPrice, priceDecimals);
  if (limitPrice !== undefined) data.limitPrice = decimalText(limitPrice, priceDecimals);
  if (peakPrice !== undefined) data.peakPrice = decimalText(peakPrice, priceDecimals);
  if (trailingOffset !== undefined) {
    const { kind, value } = trailingOffset;
    data.trailingOffset = { kind, value: decimalText(value, kind === 'price' ? priceDecimals : 0) };
  }
  if (order.cumulativeQuantity > 0) data.averagePrice = averageText(order.averagePrice, priceDecimals);
  if (contingency !== undefined) data.contingency = contingency;
  if (parentClientOrderId !== undefined) data.parentClientOrderId = parentClientOrderId;
  if (reduceOnly !== undefined) data.reduceOnly = reduceOnly;
  if (expireTimeUs !== undefined) data.expireTimeUs = expireTimeUs;
  if (rejectReason !== undefined) data.rejectReason = rejectReason;
  return data;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/**
 * Reads a new order in ticks and lots. An amount that the instrument can't express (off the tick, below a lot, too
 * large) becomes 0, which the engine refuses with its own reason: so even such an order has one recorded fate.
 */
export function placeCommand(terms: OrderTerms, account: string, instrument: Instrument): PlaceOrder {
  const { triggerBasis, timeInForce, expireTimeUs, extendedHours, reduceOnly, parentClientOrderId } = terms;
  const command: Writable<PlaceOrder> = {
    kind: 'place',
    account,
    clientOrderId: terms.clientOrderId,
    symbol: instrument.index,
    side: terms.side,
    type: terms.orderType,
    quantity: unitsOf(terms.quantity, instrument.quantityDecimals) ?? 0,
  };
  putPrices(command, terms, instrument);
  if (triggerBasis !== undefined) command.triggerBasis = triggerBasis;
  if (timeInForce !== undefined) command.timeInForce = timeInForce;
  if (expireTimeUs !== undefined) command.expireTimeUs = expireTimeUs;
  if (extendedHours !== undefined) command.extendedHours = extendedHours;
  if (reduceOnly !== undefined) command.reduceOnly = reduceOnly;
  if (parentClientOrderId !== undefined) command.parentClientOrderId = parentClientOrderId;
  return command;
}

/** Reads new terms of an order in ticks and lots, by the rule of {@link placeCommand}. */
export function modifyCommand(frame: OrderModifyFrame, account: string, instrument: Instrument): ModifyOrder {
  const { clientOrderId, quantity, expireTimeUs } = frame;
  const command: Writable<ModifyOrder> = { kind: 'modify', account, clientOrderId };
  if (quantity !== undefined) command.quantity = unitsOf(quantity, instrument.quantityDecimals) ?? 0;
  putPrices(command, frame, instrument);
  if (expireTimeUs !== undefined) command.expireTimeUs = expireTimeUs;
  return command;
}

type PriceField = 'triggerPrice' | 'limitPrice' | 'trailingOffset' | 'activationPrice';

function putPrices(
  command: Writable<Pick<PlaceOrder, PriceField>>,
  terms: Pick<OrderTerms, PriceField>,
  { priceDecimals }: Instrument,
): void {
  const { triggerPrice, limitPrice, trailingOffset, activationPrice } = terms;
  if (triggerPrice !== undefined) command.triggerPrice = unitsOf(triggerPrice, priceDecimals) ?? 0;
  if (limitPrice !== undefined) command.limitPrice = unitsOf(limitPrice, priceDecimals) ?? 0;
  if (trailingOffset !== undefined) {
    const { kind, value } = trailingOffset;
    command.trailingOffset = { kind, value: unitsOf(value, kind === 'price' ? priceDecimals : 0) ?? 0 };
  }
  if (activationPrice !== undefined) command.activationPrice = unitsOf(activationPrice, priceDecimals) ?? 0;
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

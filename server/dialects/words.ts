import { TickKind } from '../../market/types.ts';
import { decimalText } from '../../protocol/codecs/json.ts';
import type { OrderData, PortfolioData, PositionData } from '../../protocol/messages.ts';
import type { TickerView } from '../hub/tickerLog.ts';
import type { SnapshotMoment } from './dialect.ts';

/** What several dialects say alike: numbers instead of decimal strings, snake_case, times in ms. */

/** Milliseconds of a time in µs. */
export function toMs(timeUs: number): number {
  return Math.floor(timeUs / 1000);
}

/** How long ago the price was last known to hold, µs: with a live feed while nobody vouches for it, else since it came. */
export function ageUs({ receivedTimeUs }: TickerView, { nowUs, staleMs }: SnapshotMoment): number {
  return staleMs === undefined ? nowUs - receivedTimeUs : staleMs * 1000;
}

/** Whether the event is a trade, or stands for several of which one may be. */
export function hasTraded({ kind, seq, seqFrom, last }: TickerView): boolean {
  return last !== 0 && (kind === TickKind.TRADE || seqFrom !== seq);
}

/** Against the last session's close, to two decimals; undefined where that is unknown, or before the first trade. */
export function changePercent({ last, previousClose }: TickerView): number | undefined {
  if (previousClose === 0 || last === 0) return undefined;
  return Math.round(((last - previousClose) / previousClose) * 10_000) / 100;
}

/** The market's state as the inside of a JSON object: `price` first, null for what is unknown. */
export function quoteJson(view: TickerView, names: QuoteNames): string {
  const { last, previousClose, bid, ask, priceDecimals, quantityDecimals } = view;
  const price = (ticks: number): string => (ticks === 0 ? 'null' : decimalText(ticks, priceDecimals));
  const hasChange = last !== 0 && previousClose !== 0;
  const change = hasChange ? decimalText(last - previousClose, priceDecimals) : 'null';
  const size = last === 0 ? 'null' : decimalText(view.lastSize, quantityDecimals);
  const volume = decimalText(view.volume, quantityDecimals);
  return `"price":${price(last)},"size":${size},"change":${change},"${names.changePercent}":${changePercent(view) ?? null},"volume":${volume},"bid":${price(bid)},"ask":${price(ask)},"${names.previousClose}":${price(previousClose)}`;
}

/** Names whose spelling differs from dialect to dialect. */
export interface QuoteNames {
  readonly changePercent: string;
  readonly previousClose: string;
}

/** An order's state; `event` is what happened to it. */
export function orderWords(data: OrderData, event: string): object {
  const { averagePrice, triggerPrice, limitPrice, peakPrice, parentClientOrderId, rejectReason, trailingOffset } = data;
  return {
    id: data.orderId,
    client_order_id: data.clientOrderId,
    symbol: data.symbol,
    side: data.side,
    type: data.orderType,
    status: data.status,
    event,
    quantity: Number(data.quantity),
    filled_quantity: Number(data.cumulativeQuantity),
    ...(averagePrice !== undefined && { average_price: Number(averagePrice) }),
    ...(limitPrice !== undefined && { limit_price: Number(limitPrice) }),
    ...(triggerPrice !== undefined && { current_stop_price: Number(triggerPrice) }),
    ...(peakPrice !== undefined && { peak_price: Number(peakPrice) }),
    ...(trailingOffset !== undefined && {
      trailing_offset: Number(trailingOffset.value),
      trailing_offset_unit: trailingOffset.kind,
    }),
    ...(parentClientOrderId !== undefined && { parent_client_order_id: parentClientOrderId }),
    ...(rejectReason !== undefined && { reject_reason: rejectReason }),
  };
}

/** A position at its present value. */
export function positionWords(data: PositionData): object {
  return {
    symbol: data.symbol,
    quantity: Number(data.quantity),
    average_price: Number(data.averagePrice),
    current_price: Number(data.markPrice),
    unrealized_pnl: Number(data.unrealizedPnl),
    realized_pnl: Number(data.realizedPnl),
  };
}

/** An account's worth. */
export function portfolioWords(data: PortfolioData): object {
  return {
    cash: Number(data.cash),
    equity: Number(data.equity),
    unrealized_pnl: Number(data.unrealizedPnl),
    realized_pnl: Number(data.realizedPnl),
  };
}

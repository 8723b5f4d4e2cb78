import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { TickKind } from '../../market/types.ts';
import { decimalText, parseBounded, type Refusal } from '../../protocol/codecs/json.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { OrderData, OrderFrame, PortfolioData, PositionData } from '../../protocol/messages.ts';
import type { TickerView } from '../hub/tickerLog.ts';
import type { ClientRequest, Dialect, ServerEvent } from './dialect.ts';

const isAction = TypeCompiler.Compile(Type.Object({ action: Type.String() }));
const hasSymbol = TypeCompiler.Compile(Type.Object({ symbol: Type.String({ minLength: 1, maxLength: 128 }) }));

/**
 * AI-Trading-V2's realtime socket on `/api/ws/realtime`. Prices and amounts are numbers, times are ms. `MARKET_UPDATE`
 * comes with each trade and carries the market's time, as `ORDER_UPDATE` does; positions and portfolio carry the time at
 * which they were computed. Sequence numbers, resume and heartbeats have no words here.
 */
export const aiTradingV2: Dialect = {
  name: 'ai-trading-v2',
  path: '/api/ws/realtime',
  subprotocols: [],
  identity: 'upgrade',
  standing: { heartbeat: false, orders: true, positionsEveryMs: 1_000, portfolioEveryMs: 2_000 },
  read,
  ticker: (view) => (view.kind === TickKind.TRADE || view.seqFrom !== view.seq ? marketUpdate(view) : undefined),
  trade: () => undefined,
  tickerSnapshot: marketUpdate,
  write,
};

function read(text: string, limits: Limits): ClientRequest {
  const parsed = parseBounded(text, limits);
  if (!parsed.ok) return parsed.refusal;
  const { value } = parsed;
  if (!isAction.Check(value)) return refuse('expected an object with an "action"');
  switch (value.action) {
    case 'subscribe_ticker':
      return hasSymbol.Check(value) ? { type: 'subscribe', channel: 'ticker', symbols: [value.symbol] } : noSymbol();
    case 'unsubscribe_ticker':
      return hasSymbol.Check(value) ? { type: 'unsubscribe', channel: 'ticker', symbols: [value.symbol] } : noSymbol();
    case 'get_positions':
      return { type: 'get', what: 'positions' };
    case 'get_portfolio':
      return { type: 'get', what: 'portfolio' };
    default:
      return {
        type: 'refusal',
        code: 'unknown_type',
        message: 'unknown action; there are subscribe_ticker, unsubscribe_ticker, get_positions, get_portfolio',
      };
  }
}

function noSymbol(): Refusal {
  return refuse('expected a "symbol"');
}

function refuse(message: string): Refusal {
  return { type: 'refusal', code: 'bad_message', message };
}

function marketUpdate(view: TickerView): string | undefined {
  if (view.last === 0) return undefined;
  const price = decimalText(view.last, view.priceDecimals);
  const timestamp = Math.floor(view.eventTimeUs / 1000);
  return `{"type":"MARKET_UPDATE","symbol":${view.symbolJson},"price":${price},"priceChangePercent":${changePercent(view)},"timestamp":${timestamp}}`;
}

/** Against the last session's close, to two decimals; 0 where that is unknown. */
function changePercent({ last, previousClose }: TickerView): number {
  if (previousClose === 0) return 0;
  return Math.round(((last - previousClose) / previousClose) * 10_000) / 100;
}

function write(event: ServerEvent): string | undefined {
  switch (event.type) {
    case 'order':
      return JSON.stringify(orderUpdate(event));
    case 'position.value':
      return positionUpdate(event.data, event.asOfUs);
    case 'portfolio':
      return portfolioUpdate(event.data, event.asOfUs);
    case 'result':
      if (event.what === 'positions') return positionUpdate(event.data, event.serverTimeUs);
      return event.what === 'portfolio' ? portfolioUpdate(event.data, event.serverTimeUs) : undefined;
    case 'error':
      return JSON.stringify({ type: 'ERROR', code: event.code, message: event.message });
    default:
      return undefined;
  }
}

function positionUpdate(positions: readonly PositionData[], asOfUs: number): string {
  const timestamp = Math.floor(asOfUs / 1000);
  return JSON.stringify({ type: 'POSITION_UPDATE', positions: positions.map(position), timestamp });
}

function portfolioUpdate(data: PortfolioData, asOfUs: number): string {
  const timestamp = Math.floor(asOfUs / 1000);
  return JSON.stringify({ type: 'PORTFOLIO_UPDATE', portfolio: portfolio(data), timestamp });
}

function orderUpdate(event: OrderFrame): object {
  return {
    type: 'ORDER_UPDATE',
    orderType: event.data.orderType === 'TRAILING_STOP_MARKET' ? 'TRAILING_STOP' : event.data.orderType,
    order: order(event.data, event.reason),
    timestamp: Math.floor(event.eventTimeUs / 1000),
  };
}

function order(data: OrderData, reason: string): object {
  return {
    id: data.orderId,
    client_order_id: data.clientOrderId,
    symbol: data.symbol,
    side: data.side,
    status: data.status,
    event: reason,
    quantity: Number(data.quantity),
    filled_quantity: Number(data.cumulativeQuantity),
    ...(data.averagePrice !== undefined && { average_price: Number(data.averagePrice) }),
    ...(data.triggerPrice !== undefined && { current_stop_price: Number(data.triggerPrice) }),
    ...(data.peakPrice !== undefined && { peak_price: Number(data.peakPrice) }),
    ...(data.rejectReason !== undefined && { reject_reason: data.rejectReason }),
  };
}

function position(data: PositionData): object {
  return {
    symbol: data.symbol,
    quantity: Number(data.quantity),
    average_price: Number(data.averagePrice),
    current_price: Number(data.markPrice),
    unrealized_pnl: Number(data.unrealizedPnl),
    realized_pnl: Number(data.realizedPnl),
  };
}

function portfolio(data: PortfolioData): object {
  return {
    cash: Number(data.cash),
    equity: Number(data.equity),
    unrealized_pnl: Number(data.unrealizedPnl),
    realized_pnl: Number(data.realizedPnl),
  };
}

import { decimalText } from '../../protocol/codecs/json.ts';
import type { OrderData, OrderFrame, PortfolioData, PositionData } from '../../protocol/messages.ts';
import { AI_TRADING_V2_CLIENT } from '../../protocol/schemas/dialects/aiTradingV2.ts';
import type { TickerView } from '../hub/tickerLog.ts';
import type { Dialect, ServerEvent, Voice } from './dialect.ts';
import { asking, framesBy } from './reading.ts';
import { changePercent, hasTraded, orderWords, portfolioWords, positionWords, toMs } from './words.ts';

const { subscribe_ticker, unsubscribe_ticker, get_positions, get_portfolio } = AI_TRADING_V2_CLIENT;

const VOICE: Voice = {
  read: framesBy('action', {
    subscribe_ticker: asking(subscribe_ticker, ({ symbol }) => {
      return { type: 'subscribe', channel: 'ticker', symbols: [symbol] };
    }),
    unsubscribe_ticker: asking(unsubscribe_ticker, ({ symbol }) => {
      return { type: 'unsubscribe', channel: 'ticker', symbols: [symbol] };
    }),
    get_positions: asking(get_positions, () => ({ type: 'get', what: 'positions' })),
    get_portfolio: asking(get_portfolio, () => ({ type: 'get', what: 'portfolio' })),
  }),
  write,
};

/**
 * AI-Trading-V2's realtime socket on `/api/ws/realtime`. Prices and amounts are numbers, times are ms. `MARKET_UPDATE`
 * comes with each trade and carries the market's time, as `ORDER_UPDATE` does; positions and portfolio carry the time at
 * which they were computed. Sequence numbers and resume have no words here.
 */
export const aiTradingV2: Dialect = {
  name: 'ai-trading-v2',
  path: '/api/ws/realtime',
  subprotocols: [],
  identity: 'upgrade',
  standing: { heartbeatFactor: 1, streams: ['order'], positionsEveryMs: 1_000, portfolioEveryMs: 2_000 },
  voiceOf: () => VOICE,
  ticker: (view) => (hasTraded(view) ? marketUpdate(view) : undefined),
  trade: () => undefined,
  // Its update has no word for a price that may not hold any more.
  tickerSnapshot: (view, { staleMs = 0 }) => (view.last === 0 || staleMs > 0 ? undefined : marketUpdate(view)),
};

/** A change that is unknown is told as 0: the field is a number. */
function marketUpdate(view: TickerView): string {
  const price = decimalText(view.last, view.priceDecimals);
  return `{"type":"MARKET_UPDATE","symbol":${view.symbolJson},"price":${price},"priceChangePercent":${changePercent(view) ?? 0},"timestamp":${toMs(view.eventTimeUs)}}`;
}

function write(event: ServerEvent, sentTimeUs: number): string | undefined {
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
    case 'heartbeat':
      return JSON.stringify({ type: 'HEARTBEAT', timestamp: toMs(event.serverTimeUs) });
    case 'system': {
      const { code, message, retryAfterMs } = event;
      const timestamp = toMs(sentTimeUs);
      return JSON.stringify({
        type: 'SYSTEM',
        code,
        message,
        ...(retryAfterMs !== undefined && { retryAfterMs }),
        timestamp,
      });
    }
    case 'error':
      return JSON.stringify({ type: 'ERROR', code: event.code, message: event.message });
    default:
      return undefined;
  }
}

function positionUpdate(positions: readonly PositionData[], asOfUs: number): string {
  return JSON.stringify({
    type: 'POSITION_UPDATE',
    positions: positions.map(positionWords),
    timestamp: toMs(asOfUs),
  });
}

function portfolioUpdate(data: PortfolioData, asOfUs: number): string {
  return JSON.stringify({ type: 'PORTFOLIO_UPDATE', portfolio: portfolioWords(data), timestamp: toMs(asOfUs) });
}

function orderUpdate(event: OrderFrame): object {
  return {
    type: 'ORDER_UPDATE',
    orderType: strategyOf(event.data),
    order: orderWords(event.data, event.reason),
    timestamp: toMs(event.eventTimeUs),
  };
}

/** A leg is told under the list that it belongs to; what it is by itself stands in the order's own `type`. */
function strategyOf({ contingency, orderType }: OrderData): string {
  if (contingency !== undefined) return contingency;
  return orderType === 'TRAILING_STOP_MARKET' ? 'TRAILING_STOP' : orderType;
}

import type { AlertFrame, OrderFrame, SystemFrame } from '../../protocol/messages.ts';
import { PAIID_CLIENT } from '../../protocol/schemas/dialects/paiid.ts';
import type { TickerView } from '../hub/tickerLog.ts';
import type { Dialect, ServerEvent, SnapshotMoment, Voice } from './dialect.ts';
import type { Entry } from './entry.ts';
import { asking, framesBy } from './reading.ts';
import { ageUs, hasTraded, orderWords, portfolioWords, positionWords, quoteJson, toMs } from './words.ts';

/** An older quote isn't told at a subscription. */
const CACHE_US = 30_000_000;
const QUOTE_NAMES = { changePercent: 'change_percent', previousClose: 'previous_close' };

const VOICE: Voice = {
  read: framesBy('type', {
    subscribe: asking(PAIID_CLIENT.subscribe, ({ symbols }) => ({ type: 'subscribe', channel: 'ticker', symbols })),
    unsubscribe: asking(PAIID_CLIENT.unsubscribe, ({ symbols }) => ({
      type: 'unsubscribe',
      channel: 'ticker',
      symbols,
    })),
    ping: asking(PAIID_CLIENT.ping, () => ({ type: 'ping' })),
  }),
  write: (event, sentTimeUs) => {
    const told = wordsOf(event);
    return told && JSON.stringify({ ...told, timestamp: toMs(timeOf(event) ?? sentTimeUs) });
  },
};

/**
 * PaiiD's socket of a user on `/ws?user_id=` and `/ws/:userId`. Prices and amounts are numbers, times are ms. `market_data`
 * comes with each trade of the subscribed symbols, `position_update` every second, `portfolio_update` every two, and
 * `trading_alert` when an order's state changes, an alert fires, or the server has something to say. Orders go by HTTP;
 * sequence numbers have no words here.
 */
export const paiid: Dialect = {
  name: 'paiid',
  path: '/ws',
  morePaths: ['/ws/:userId'],
  subprotocols: [],
  identity: 'upgrade',
  namedUser,
  standing: { heartbeatFactor: 1, streams: ['order', 'alert'], positionsEveryMs: 1_000, portfolioEveryMs: 2_000 },
  voiceOf: () => VOICE,
  ticker: (view) => (hasTraded(view) ? marketData(view) : undefined),
  trade: () => undefined,
  tickerSnapshot: (view, moment: SnapshotMoment) =>
    view.last === 0 || ageUs(view, moment) > CACHE_US ? undefined : marketData(view),
};

function namedUser({ parameters, query }: Entry): string | undefined {
  return parameters['userId'] ?? query.get('user_id') ?? undefined;
}

function marketData(view: TickerView): string {
  return `{"type":"market_data","symbol":${view.symbolJson},"data":{${quoteJson(view, QUOTE_NAMES)}},"timestamp":${toMs(view.eventTimeUs)}}`;
}

/** When it happened, or was computed; undefined for what only has the time of its writing, µs. */
function timeOf(event: ServerEvent): number | undefined {
  if (event.type === 'order' || event.type === 'alert') return event.eventTimeUs;
  return event.type === 'position.value' || event.type === 'portfolio' ? event.asOfUs : undefined;
}

function wordsOf(event: ServerEvent): object | undefined {
  switch (event.type) {
    case 'welcome':
      return { type: 'connection', status: 'connected', user_id: event.user };
    case 'subscribed':
      return { type: 'subscription_confirmed', action: 'subscribe', symbols: event.symbols };
    case 'unsubscribed':
      return { type: 'subscription_confirmed', action: 'unsubscribe', symbols: event.symbols };
    case 'position.value':
      return { type: 'position_update', positions: event.data.map(positionWords) };
    case 'portfolio':
      return { type: 'portfolio_update', portfolio: portfolioWords(event.data) };
    case 'order':
      return event.reason === 'ratcheted' ? undefined : orderAlert(event);
    case 'alert':
      return priceAlert(event);
    case 'system':
      return systemAlert(event);
    case 'heartbeat':
    case 'pong':
      return { type: event.type };
    case 'error':
      return { type: 'error', code: event.code, message: event.message, retryable: event.retryable };
    default:
      return undefined;
  }
}

function orderAlert({ data, reason }: OrderFrame): object {
  const { side, quantity, symbol } = data;
  const message = `${side} ${quantity} ${symbol}: ${reason}`;
  return { type: 'trading_alert', alert_type: 'order', symbol, message, data: orderWords(data, reason) };
}

function priceAlert({ data }: AlertFrame): object {
  const { alertId, symbol, condition, threshold, price } = data;
  return {
    type: 'trading_alert',
    alert_type: 'price',
    symbol,
    message: `${symbol} at ${price}: ${condition} ${threshold}`,
    data: { id: alertId, condition, threshold: Number(threshold), price: Number(price) },
  };
}

function systemAlert({ code, message, phase, retryAfterMs }: SystemFrame): object {
  const data = {
    code,
    ...(phase !== undefined && { phase }),
    ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
  };
  return { type: 'trading_alert', alert_type: 'system', message, data };
}

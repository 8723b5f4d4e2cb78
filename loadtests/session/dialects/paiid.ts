import type { Dialect, DialectClient, SessionEvent } from '../dialect.ts';
import { bad, type Fields, isFields, isWhole, parseFields, plainError } from '../fields.ts';
import { bearer, readOrderAnswer, ToldOrders } from './orders.ts';
import type { PlayedTape, TickerReader } from './tapeTickers.ts';
import { tickersOf } from './tickers.ts';

/** PaiiD's socket of a user (`/ws?user_id=`) for one client: no numbers, orders by HTTP and told by `trading_alert`. */
export function paiidDialect(client: DialectClient, tape: PlayedTape): Dialect {
  const { account, symbols } = client;
  const tickers = tickersOf(tape, symbols);
  const orders = new ToldOrders(tape, account);
  let askedId = -1;
  return {
    protocol: '',
    isNumbered: false,
    headers: bearer,
    opened: () => undefined,
    parse: (text) => {
      const frame = parseFields(text);
      return frame === undefined ? bad('not a JSON object') : read(frame, { account, tickers, orders, askedId });
    },
    subscribe: ({ id, channel, symbols: asked = [], atUs }) => {
      if (channel !== 'ticker') return { frames: [], isAnswered: false };
      tickers.onSubscribed(atUs);
      askedId = id;
      return { frames: [JSON.stringify({ type: 'subscribe', symbols: asked })], isAnswered: true };
    },
    placeOrder: () => undefined,
    readAnswer: readOrderAnswer,
    settled: () => tickers.settled(),
  };
}

interface Own {
  readonly account: string;
  readonly tickers: TickerReader;
  readonly orders: ToldOrders;
  /** Of the subscription that waits for its answer: the dialect's frames carry none. */
  readonly askedId: number;
}

function read(frame: Fields, own: Own): SessionEvent {
  const { type, data, timestamp } = frame;
  if (typeof type !== 'string') return bad('no type');
  if (!isWhole(timestamp)) return bad(`${type} without timestamp`);
  switch (type) {
    case 'connection':
      return frame['user_id'] === own.account
        ? { kind: 'welcome', account: own.account, epoch: '' }
        : bad('connection of another user');
    case 'subscription_confirmed':
      return { kind: 'subscribed', id: own.askedId, channel: 'ticker', recovered: false };
    case 'market_data':
      if (!isFields(data)) return bad('market_data without data');
      return own.tickers.read({ symbol: frame['symbol'], price: data['price'], timeMs: timestamp, data });
    case 'position_update':
      if (!Array.isArray(frame['positions'])) return bad('position_update without positions');
      return { kind: 'value', channel: 'position.value', account: own.account, computeUs: -1 };
    case 'portfolio_update':
      if (!isFields(frame['portfolio'])) return bad('portfolio_update without portfolio');
      return { kind: 'value', channel: 'portfolio', account: own.account, computeUs: -1 };
    case 'trading_alert':
      return frame['alert_type'] === 'order' ? own.orders.read(data, timestamp) : { kind: 'other' };
    case 'heartbeat':
      return { kind: 'heartbeat', heads: [] };
    case 'error':
      return plainError(frame, own.askedId);
    default:
      return { kind: 'other' };
  }
}

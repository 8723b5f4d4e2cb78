import type { Dialect, DialectClient, SessionEvent } from '../dialect.ts';
import { bad, type Fields, isFields, isWhole, parseFields, plainError } from '../fields.ts';
import { bearer, readOrderAnswer, ToldOrders } from './orders.ts';
import type { PlayedTape, TickerReader } from './tapeTickers.ts';
import { tickersOf } from './tickers.ts';

/** AI-Trading-V2's socket (`/api/ws/realtime`) for one client: no numbers, no welcome, orders by HTTP. */
export function aiTradingV2Dialect(client: DialectClient, tape: PlayedTape): Dialect {
  const { account, symbols } = client;
  const tickers = tickersOf(tape, symbols);
  const orders = new ToldOrders(tape, account);
  return {
    protocol: '',
    isNumbered: false,
    headers: bearer,
    opened: () => ({ kind: 'welcome', account, epoch: '' }),
    parse: (text) => {
      const frame = parseFields(text);
      return frame === undefined ? bad('not a JSON object') : read(frame, { account, tickers, orders });
    },
    subscribe: ({ channel, symbols: asked = [], atUs }) => {
      if (channel !== 'ticker') return { frames: [], isAnswered: false };
      tickers.onSubscribed(atUs);
      const frames = asked.map((symbol) => JSON.stringify({ action: 'subscribe_ticker', symbol }));
      return { frames, isAnswered: false };
    },
    placeOrder: () => undefined,
    readAnswer: readOrderAnswer,
    settled: () => tickers.settled(),
  };
}

function read(
  frame: Fields,
  own: { readonly account: string; readonly tickers: TickerReader; readonly orders: ToldOrders },
): SessionEvent {
  const { type, timestamp } = frame;
  switch (type) {
    case 'MARKET_UPDATE':
      return own.tickers.read({ symbol: frame['symbol'], price: frame['price'], timeMs: timestamp, data: frame });
    case 'ORDER_UPDATE':
      return own.orders.read(frame['order'], timestamp);
    case 'POSITION_UPDATE':
      if (!Array.isArray(frame['positions']) || !isWhole(timestamp)) return bad('POSITION_UPDATE without its fields');
      return { kind: 'value', channel: 'position.value', account: own.account, computeUs: -1 };
    case 'PORTFOLIO_UPDATE':
      if (!isFields(frame['portfolio']) || !isWhole(timestamp)) return bad('PORTFOLIO_UPDATE without its fields');
      return { kind: 'value', channel: 'portfolio', account: own.account, computeUs: -1 };
    case 'HEARTBEAT':
      return isWhole(timestamp) ? { kind: 'heartbeat', heads: [] } : bad('HEARTBEAT without timestamp');
    case 'ERROR':
      return plainError(frame, -1);
    default:
      return typeof type === 'string' ? { kind: 'other' } : bad('no type');
  }
}

import type { Dialect, DialectClient, SessionEvent } from '../dialect.ts';
import { bad, type Fields, isFields, isWhole, parseFields, plainError } from '../fields.ts';
import { bearer } from './orders.ts';
import type { PlayedTape, TickerReader } from './tapeTickers.ts';
import { tickersOf } from './tickers.ts';

/** US-001's socket of one ticker (`/ws/stocks/:ticker`) for one client, which has one symbol: no numbers, no orders, no accounts. */
export function us001Dialect(client: DialectClient, tape: PlayedTape): Dialect {
  const { account, symbols } = client;
  const tickers = tickersOf(tape, symbols);
  // Told once more on the same connection it explains nothing that is missing.
  let isFirst = true;
  const onConnected = (atUs: number): void => {
    if (isFirst) tickers.onSubscribed(atUs);
    isFirst = false;
  };
  return {
    protocol: '',
    isNumbered: false,
    headers: bearer,
    opened: () => {
      isFirst = true;
      return undefined;
    },
    parse: (text, atUs) => {
      const frame = parseFields(text);
      return frame === undefined ? bad('not a JSON object') : read(frame, { account, tickers, onConnected, atUs });
    },
    // The address is the subscription.
    subscribe: () => ({ frames: [], isAnswered: false }),
    placeOrder: () => undefined,
    settled: () => tickers.settled(),
  };
}

function read(
  frame: Fields,
  own: {
    readonly account: string;
    readonly tickers: TickerReader;
    readonly onConnected: (atUs: number) => void;
    readonly atUs: number;
  },
): SessionEvent {
  const { type, ticker, data, timestamp } = frame;
  if (typeof type !== 'string') return bad('no type');
  if (typeof ticker !== 'string' || !isFields(data) || !isWhole(timestamp))
    return bad(`${type} without ticker, data or timestamp`);
  switch (type) {
    case 'connected':
      own.onConnected(own.atUs);
      return {
        kind: 'welcome',
        account: own.account,
        epoch: '',
      };
    case 'snapshot':
      return { kind: 'state' };
    case 'price':
      return own.tickers.read({ symbol: ticker, price: data['price'], timeMs: timestamp, data });
    case 'heartbeat':
      return { kind: 'heartbeat', heads: [] };
    case 'error':
      return plainError(data, -1);
    default:
      return { kind: 'other' };
  }
}

import { type TProperties, Type } from '@sinclair/typebox';
import { flag, frame, group, integer, orNull, text, words } from '../words.ts';
import {
  changePercent,
  errorFields,
  noticeFields,
  previousClose,
  quote,
  retryAfter,
  symbol,
  timeMs,
} from './serverParts.ts';

const { Optional } = Type;

const prices = { ...quote, changePercent, previousClose };
const marketStatus = words(['pre_market', 'open', 'after_hours', 'closed'], 'part of the trading day');

function told<const Name extends string, Fields extends TProperties>(type: Name, fields: Fields, time: string) {
  return frame(type, { ticker: symbol, data: group('what is told', fields), timestamp: timeMs(time) });
}

const WRITTEN = 'when it was written';

/** Frames that a US-001 client gets, by `type`. */
export const US_001_SERVER = {
  connected: told(
    'connected',
    { user: text("the token's `sub`"), heartbeatMs: integer('interval of heartbeats', 'ms') },
    WRITTEN,
  ),
  snapshot: told(
    'snapshot',
    {
      ...prices,
      marketStatus,
      ageMs: orNull(integer('age of the price; null without one, or when it is over 60 s old and not told', 'ms')),
    },
    'when it was made',
  ),
  price: told('price', prices, "the market's time of the trade"),
  market_status: told('market_status', { marketStatus, message: text('for people') }, WRITTEN),
  heartbeat: told('heartbeat', {}, WRITTEN),
  pong: told(
    'pong',
    { pingTimestamp: Optional(integer("the `timestamp` of the ping, the client's own time", 'ms since the epoch')) },
    WRITTEN,
  ),
  notice: told('notice', { ...noticeFields, retryAfterMs: retryAfter }, WRITTEN),
  error: told('error', { ...errorFields, retryable: flag('whether the same may succeed later') }, WRITTEN),
};

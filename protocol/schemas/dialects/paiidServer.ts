import { Type } from '@sinclair/typebox';
import { flag, frame, group, list, number, said, text, words } from '../words.ts';
import {
  changePercent,
  errorFields,
  noticeFields,
  PlainOrderSchema,
  PlainPortfolioSchema,
  PlainPositionSchema,
  previousClose,
  quote,
  retryAfter,
  symbol,
  timeMs,
} from './serverParts.ts';

const { Optional } = Type;

const timestamp = timeMs('when it was written');

/** Frames that a PaiiD client gets, by `type`. */
export const PAIID_SERVER = {
  connection: frame('connection', {
    status: words(['connected'], 'the connection is ready'),
    user_id: text("the token's `sub`"),
    timestamp,
  }),
  subscription_confirmed: frame('subscription_confirmed', {
    action: words(['subscribe', 'unsubscribe'], 'what was done'),
    symbols: list(text('a symbol'), 'of the command'),
    timestamp,
  }),
  market_data: frame('market_data', {
    symbol,
    data: group('the state after the trade', {
      ...quote,
      change_percent: changePercent,
      previous_close: previousClose,
    }),
    timestamp: timeMs("the market's time of the trade"),
  }),
  portfolio_update: frame('portfolio_update', {
    portfolio: said(PlainPortfolioSchema, "the account's worth"),
    timestamp: timeMs('when it was computed'),
  }),
  position_update: frame('position_update', {
    positions: list(PlainPositionSchema, 'closed ones included'),
    timestamp: timeMs('when it was computed'),
  }),
  trading_alert: frame('trading_alert', {
    alert_type: words(['order', 'price', 'system'], 'what it is about'),
    symbol: Optional(said(symbol, 'of `order` and `price`')),
    message: text('for people'),
    data: Type.Union(
      [
        PlainOrderSchema,
        Type.Object(
          {
            id: text("the alert's name"),
            condition: words(['above', 'below', 'changePercent'], 'see [`alert.set`](#alertset)'),
            threshold: number('as it was set', 'currency or percent'),
            price: number('of the trade that met it', 'currency'),
          },
          { title: 'Price alert data' },
        ),
        Type.Object(
          {
            code: noticeFields.code,
            phase: Optional(words(['pre', 'regular', 'post', 'closed'], 'the part of the trading day from now on')),
            retry_after_ms: retryAfter,
          },
          { title: 'Notice data' },
        ),
      ],
      { description: 'the order after the event, the alert that fired, or the notice' },
    ),
    timestamp: timeMs("the market's time of an order's event or an alert; of a notice when it was written"),
  }),
  heartbeat: frame('heartbeat', { timestamp }),
  pong: frame('pong', { timestamp }),
  error: frame('error', { ...errorFields, retryable: flag('whether the same may succeed later'), timestamp }),
};

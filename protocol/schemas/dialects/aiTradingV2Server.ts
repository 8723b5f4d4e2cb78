import { frame, list, number, openWords, said } from '../words.ts';
import {
  errorFields,
  noticeFields,
  PlainOrderSchema,
  PlainPortfolioSchema,
  PlainPositionSchema,
  retryAfter,
  STRATEGIES,
  symbol,
  timeMs,
} from './serverParts.ts';

/** Frames that an AI-Trading-V2 client gets, by `type`. */
export const AI_TRADING_V2_SERVER = {
  MARKET_UPDATE: frame('MARKET_UPDATE', {
    symbol,
    price: number("the last trade's", 'currency'),
    priceChangePercent: number("against the last session's close, to two decimals; 0 when that is unknown", '%'),
    timestamp: timeMs("the market's time of the last event"),
  }),
  POSITION_UPDATE: frame('POSITION_UPDATE', {
    positions: list(PlainPositionSchema, 'closed ones included'),
    timestamp: timeMs('when it was computed'),
  }),
  PORTFOLIO_UPDATE: frame('PORTFOLIO_UPDATE', {
    portfolio: said(PlainPortfolioSchema, "the account's worth"),
    timestamp: timeMs('when it was computed'),
  }),
  ORDER_UPDATE: frame('ORDER_UPDATE', {
    orderType: openWords(STRATEGIES, 'of a leg the list that it was placed with, else its own type'),
    order: said(PlainOrderSchema, "the order's state afterwards"),
    timestamp: timeMs("the market's time"),
  }),
  HEARTBEAT: frame('HEARTBEAT', { timestamp: timeMs('when it was made') }),
  SYSTEM: frame('SYSTEM', { ...noticeFields, retryAfterMs: retryAfter, timestamp: timeMs('when it was written') }),
  ERROR: frame('ERROR', errorFields),
};

import { TickerState } from '../../market/tickers.ts';
import { TickKind } from '../../market/types.ts';
import { TickerLog, type TickerView } from '../hub/tickerLog.ts';
import { testInstruments } from './manualFeed.ts';

/** The state of `S0` (last close 100.00) after one trade of 10 units; `price` in ticks, times in µs since the epoch. */
export function viewAfterTrade(trade: { readonly price: number; readonly atUs: number }): TickerView {
  const { price, atUs } = trade;
  const tickers = new TickerState(1);
  const limits = { maxEvents: 1, maxAgeUs: 1 };
  const log = new TickerLog({ epoch: 'e', instruments: testInstruments(1), limits, leastKept: 1 });
  const none = { bid: 0, ask: 0, bidSize: 0, askSize: 0, flags: 0 };
  const tick = { ...none, kind: TickKind.TRADE, symbol: 0, eventTimeUs: atUs, price, size: 10 };
  tickers.apply(tick);
  log.append(tick, tickers, { receivedTimeUs: atUs, dueTimeUs: 0 });
  return log.read(0, 1);
}

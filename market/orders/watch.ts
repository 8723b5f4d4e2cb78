import type { TickerState } from '../tickers.ts';
import type { Side, TriggerBasis } from '../types.ts';

/** A stream of prices that orders watch: the last trade, the best bid, the best ask, or the middle of the two. */
export type Watch = 'last' | 'bid' | 'ask' | 'mark';

/** What an order of `side` watches: `bid_ask` is the bid for a sell and the ask for a buy. */
export function watchOf(side: Side, basis: TriggerBasis = 'last'): Watch {
  if (basis !== 'bid_ask') return basis;
  return side === 'SELL' ? 'bid' : 'ask';
}

/** Where an order of `side` that watches `watch` is filled: nobody trades at the middle, so there it is bid or ask. */
export function tradableWatch(side: Side, watch: Watch): Watch {
  return watch === 'mark' ? watchOf(side, 'bid_ask') : watch;
}

/** The price that `watch` shows now, in ticks; 0 before the first. The mark is the middle of bid and ask, rounded down to a tick. */
export function watchedPrice(tickers: TickerState, watch: Watch, symbol: number): number {
  if (watch === 'last') return tickers.last[symbol] as number;
  const bid = tickers.bid[symbol] as number;
  const ask = tickers.ask[symbol] as number;
  if (watch === 'mark') return Math.floor((bid + ask) / 2);
  return watch === 'bid' ? bid : ask;
}

import { type PlayedTape, TapeTickers, type TickerReader } from './tapeTickers.ts';
import { ToldTickers } from './toldTickers.ts';

/** What reads a client's tickers: from the tape that is played, or by their own word where nobody knows what is. */
export function tickersOf(tape: PlayedTape, symbols: readonly string[]): TickerReader {
  return (tape.timedBy ?? 'schedule') === 'schedule' ? new TapeTickers(tape, symbols) : new ToldTickers(symbols);
}

import { newTickerFields, type SessionEvent } from '../dialect.ts';
import { bad, isNumber, isWhole } from '../fields.ts';
import type { TickerReader, ToldPrice } from './tapeTickers.ts';

/**
 * The tickers of one client of a server of which nobody knows what it is fed: each is due at the time that it states, and
 * without numbers of their own they are counted as they come, so that none can be missed.
 */
export class ToldTickers implements TickerReader {
  readonly #seqs = new Map<string, number>();
  readonly #fields = newTickerFields();

  constructor(symbols: readonly string[]) {
    this.#fields.receivedTimeUs = -1;
    this.#fields.sentTimeUs = -1;
    for (const symbol of symbols) this.#seqs.set(symbol, 0);
  }

  onSubscribed(): void {
    // Nothing can be missed, so nothing goes on.
  }

  read(frame: ToldPrice): SessionEvent {
    const { symbol, price, timeMs, data } = frame;
    if (typeof symbol !== 'string' || !isNumber(price) || !isWhole(timeMs)) return bad('price without its fields');
    const last = this.#seqs.get(symbol);
    if (last === undefined) return bad(`price of ${symbol}, which was not subscribed`);
    this.#seqs.set(symbol, last + 1);
    const fields = this.#fields;
    fields.symbol = symbol;
    fields.seq = last + 1;
    fields.seqFrom = last + 1;
    fields.eventTimeUs = 0;
    fields.dueTimeUs = timeMs * 1000;
    return { kind: 'ticker', fields, data };
  }

  settled(): readonly never[] {
    return [];
  }
}

import { type Tick, TickKind } from '../../market/types.ts';
import type { SessionHost } from './provider.ts';

/**
 * Reads a provider's names, prices and sizes into the host's tick, so that nothing is made per event: {@link TickReader.begin},
 * then one of the values' methods, then {@link TickReader.take}. What is none of them is counted, and false says to go on with
 * the next event.
 */
export class TickReader {
  readonly #host: SessionHost;
  readonly #tick: Tick;

  constructor(host: SessionHost) {
    this.#host = host;
    this.#tick = host.tick;
  }

  /** Begins an event of the symbol with this name at the provider. */
  begin(name: string): boolean {
    const symbol = this.#host.symbols.indexOf(name);
    if (symbol < 0) {
      this.#host.bad('unknown_symbol');
      return false;
    }
    this.#tick.symbol = symbol;
    return true;
  }

  /** Takes a trade's price and size, in the currency and in units. */
  trade(price: number, size: number): boolean {
    const tick = this.#tick;
    const { symbols } = this.#host;
    tick.kind = TickKind.TRADE;
    tick.price = symbols.ticks(tick.symbol, price);
    if (tick.price === 0) return this.#bad('bad_price');
    tick.size = symbols.lots(tick.symbol, size);
    if (tick.size === 0 && size > 0) return this.#bad('below_lot');
    if (tick.size <= 0) return this.#bad('bad_size');
    tick.bid = tick.ask = tick.bidSize = tick.askSize = tick.flags = 0;
    return true;
  }

  /** Takes a quote's prices, in the currency; {@link TickReader.sizes} follows. */
  quote(bid: number, ask: number): boolean {
    const tick = this.#tick;
    const { symbols } = this.#host;
    tick.kind = TickKind.QUOTE;
    tick.bid = symbols.ticks(tick.symbol, bid);
    tick.ask = symbols.ticks(tick.symbol, ask);
    if (tick.bid === 0 || tick.ask === 0) return this.#bad('bad_price');
    if (tick.bid > tick.ask) return this.#bad('crossed_quote');
    tick.price = tick.size = tick.flags = 0;
    return true;
  }

  /** Takes a quote's sizes, in units. */
  sizes(bid: number, ask: number): boolean {
    const tick = this.#tick;
    const { symbols } = this.#host;
    tick.bidSize = symbols.lots(tick.symbol, bid);
    tick.askSize = symbols.lots(tick.symbol, ask);
    return (tick.bidSize >= 0 && tick.askSize >= 0) || this.#bad('bad_size');
  }

  /** Sets the conditions of the trade that was taken. */
  set flags(flags: number) {
    this.#tick.flags = flags;
  }

  /** Gives the event away: its time, whole µs since the epoch, and its number at the provider, 0 for none. */
  take(timeUs: number, id: number): void {
    if (!(Number.isSafeInteger(timeUs) && timeUs > 0)) {
      this.#bad('bad_time');
      return;
    }
    this.#tick.eventTimeUs = timeUs;
    this.#host.take(id);
  }

  #bad(reason: 'bad_price' | 'bad_size' | 'below_lot' | 'crossed_quote' | 'bad_time'): false {
    this.#host.bad(reason);
    return false;
  }
}

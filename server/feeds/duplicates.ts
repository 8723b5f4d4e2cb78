import type { Tick } from '../../market/types.ts';

/** Trades that are remembered of each symbol: those that may come again around a reconnect or a fail-over. */
const KEPT = 32;

/** Where a trade comes from. */
export interface TradeSource {
  /** The provider's place in its chain, below 8. */
  readonly provider: number;
  /** Number of the connection. */
  readonly session: number;
}

/**
 * Finds trades that have been taken already. A trade that is newer than all of its symbol can't be one, so that most cost one
 * comparison. Of one provider a trade is its number. Without numbers, and from one provider to another, it is its time, price
 * and size; each remembered trade stands for one in another session, and within a session such trades are two.
 */
export class Duplicates {
  readonly #newestUs: Float64Array;
  readonly #next: Uint8Array;
  readonly #timeUs: Float64Array;
  readonly #price: Int32Array;
  readonly #size: Float64Array;
  readonly #id: Float64Array;
  readonly #session: Float64Array;
  /** Bit of the provider that gave it, in the low half; in the high half, of those whose copy of it was found. */
  readonly #from: Uint16Array;

  constructor(symbols: number) {
    const places = symbols * KEPT;
    this.#newestUs = new Float64Array(symbols);
    this.#next = new Uint8Array(symbols);
    this.#timeUs = new Float64Array(places);
    this.#price = new Int32Array(places);
    this.#size = new Float64Array(places);
    this.#id = new Float64Array(places);
    this.#session = new Float64Array(places);
    this.#from = new Uint16Array(places);
  }

  /** Whether the trade was taken before; if not, it is from now on. `id` is its number at the provider, 0 for none. */
  has(tick: Tick, source: TradeSource, id: number): boolean {
    const { symbol, eventTimeUs } = tick;
    if (eventTimeUs > (this.#newestUs[symbol] as number)) this.#newestUs[symbol] = eventTimeUs;
    else if (this.#find(tick, source, id)) return true;
    const at = symbol * KEPT + (this.#next[symbol] as number);
    this.#next[symbol] = ((this.#next[symbol] as number) + 1) % KEPT;
    this.#timeUs[at] = eventTimeUs;
    this.#price[at] = tick.price;
    this.#size[at] = tick.size;
    this.#id[at] = id;
    this.#session[at] = source.session;
    this.#from[at] = 1 << source.provider;
    return false;
  }

  #find({ symbol, eventTimeUs, price, size }: Tick, { provider, session }: TradeSource, id: number): boolean {
    const bit = 1 << provider;
    const end = (symbol + 1) * KEPT;
    for (let at = symbol * KEPT; at < end; at++) {
      const from = this.#from[at] as number;
      if (from === 0 || this.#timeUs[at] !== eventTimeUs) continue;
      const isOwn = (from & bit) !== 0;
      if (isOwn && id !== 0) {
        if (this.#id[at] === id) return true;
        continue;
      }
      if (isOwn && this.#session[at] === session) continue;
      if (this.#price[at] !== price || this.#size[at] !== size || (from & (bit << 8)) !== 0) continue;
      this.#from[at] = from | (bit << 8);
      return true;
    }
    return false;
  }
}

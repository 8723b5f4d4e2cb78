import type { Tick } from '../../market/types.ts';

/** Trades kept of each symbol. */
export const RECENT_TRADES = 128;

/** A trade as it was: price in ticks, size in lots, time as shown, µs. */
export interface RecentTrade {
  readonly id: number;
  readonly price: number;
  readonly size: number;
  readonly timeUs: number;
  readonly isBuyerMaker: boolean;
}

/** The last trades of one symbol, around a ring. */
class Ring {
  readonly ids = new Float64Array(RECENT_TRADES);
  readonly prices = new Int32Array(RECENT_TRADES);
  readonly sizes = new Float64Array(RECENT_TRADES);
  readonly times = new Float64Array(RECENT_TRADES);
  readonly makers = new Uint8Array(RECENT_TRADES);
}

/** Keeps the last trades of every symbol that traded. Ids count by one per symbol. */
export class RecentTrades {
  readonly #rings: (Ring | undefined)[];

  constructor(symbols: number) {
    this.#rings = Array.from({ length: symbols }, () => undefined);
  }

  add(
    tick: Tick,
    { id, timeUs, isBuyerMaker }: { readonly id: number; readonly timeUs: number; readonly isBuyerMaker: boolean },
  ): void {
    const ring = this.#rings[tick.symbol] ?? new Ring();
    this.#rings[tick.symbol] = ring;
    const at = id % RECENT_TRADES;
    ring.ids[at] = id;
    ring.prices[at] = tick.price;
    ring.sizes[at] = tick.size;
    ring.times[at] = timeUs;
    ring.makers[at] = isBuyerMaker ? 1 : 0;
  }

  /** The last `count` trades up to the one of `lastId`, oldest first: fewer when fewer are known without a hole. */
  upTo(symbol: number, lastId: number, count: number): RecentTrade[] {
    const ring = this.#rings[symbol];
    const found: RecentTrade[] = [];
    if (ring === undefined) return found;
    for (let id = lastId; id > 0 && found.length < count; id--) {
      const at = id % RECENT_TRADES;
      if (ring.ids[at] !== id) break;
      found.push({
        id,
        price: ring.prices[at] as number,
        size: ring.sizes[at] as number,
        timeUs: ring.times[at] as number,
        isBuyerMaker: ring.makers[at] === 1,
      });
    }
    return found.reverse();
  }
}

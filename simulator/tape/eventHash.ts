import { Hash64 } from '../../market/hash.ts';
import { type Tick, TickKind } from '../../market/types.ts';

/**
 * A running hash over the events of a tape: equal hashes mean equal events in equal order.
 *
 * Mixes in, per event and in this order: `kind + 2 * flags`, `symbol`, `eventTimeUs`, then for a trade `price`, `size`,
 * for a quote `bid`, `ask`, `bidSize`, `askSize`. Not cryptographic; allocates nothing per event.
 */
export class EventHash {
  readonly #hash = new Hash64();

  /** Mixes in one event. */
  add(tick: Tick): void {
    const hash = this.#hash;
    hash.add(tick.kind + 2 * tick.flags);
    hash.add(tick.symbol);
    hash.add(tick.eventTimeUs);
    if (tick.kind === TickKind.TRADE) {
      hash.add(tick.price);
      hash.add(tick.size);
      return;
    }
    hash.add(tick.bid);
    hash.add(tick.ask);
    hash.add(tick.bidSize);
    hash.add(tick.askSize);
  }

  /** The hash of all events so far as 16 hex digits; goes on afterwards. */
  digest(): string {
    return this.#hash.digest();
  }
}

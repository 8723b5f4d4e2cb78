import type { StreamEntry } from './eventFeed.ts';

/** A ratchet as it is told: it has no number. */
export type Ratchet = StreamEntry & { readonly ratchetOf: string };

interface Told {
  atUs: number;
  waiting: StreamEntry | undefined;
}

/** Lets a trailing stop's ratchets through at most once per order and window; of those held back the latest is kept. */
export class RatchetGate {
  readonly #windowUs: number;
  readonly #orders = new Map<string, Told>();

  constructor(windowUs: number) {
    this.#windowUs = windowUs;
  }

  /** Whether the ratchet of an order may be told at `nowUs`; if not, {@link due} gives it later. */
  pass(ratchet: Ratchet, nowUs: number): boolean {
    const { ratchetOf: orderId } = ratchet;
    const told = this.#orders.get(orderId);
    if (told === undefined) {
      this.#orders.set(orderId, { atUs: nowUs, waiting: undefined });
      return true;
    }
    if (nowUs - told.atUs < this.#windowUs) {
      told.waiting = ratchet;
      return false;
    }
    told.atUs = nowUs;
    told.waiting = undefined;
    return true;
  }

  /** A numbered event of the order carries its whole state: what was held back is void. */
  forget(orderId: string): void {
    this.#orders.delete(orderId);
  }

  /** Takes out what may be told by now, as created now: that it waited was meant, and is no lateness. */
  due(nowUs: number): StreamEntry[] {
    const ratchets: StreamEntry[] = [];
    for (const told of this.#orders.values()) {
      if (told.waiting === undefined || nowUs - told.atUs < this.#windowUs) continue;
      ratchets.push({ ...told.waiting, createdUs: nowUs });
      told.atUs = nowUs;
      told.waiting = undefined;
    }
    return ratchets;
  }
}

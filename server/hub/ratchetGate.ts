import type { RatchetFrame } from './subscriber.ts';

interface Told {
  atUs: number;
  waiting: RatchetFrame | undefined;
}

/** Lets a trailing stop's ratchets through at most once per order and window; of those held back the latest is kept. */
export class RatchetGate {
  readonly #windowUs: number;
  readonly #orders = new Map<string, Told>();

  constructor(windowUs: number) {
    this.#windowUs = windowUs;
  }

  /** Whether the ratchet may be told at `nowUs`; if not, {@link due} gives it later. */
  pass(frame: RatchetFrame, nowUs: number): boolean {
    const told = this.#orders.get(frame.data.orderId);
    if (told === undefined) {
      this.#orders.set(frame.data.orderId, { atUs: nowUs, waiting: undefined });
      return true;
    }
    if (nowUs - told.atUs < this.#windowUs) {
      told.waiting = frame;
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

  /** Takes out what may be told by now. */
  due(nowUs: number): RatchetFrame[] {
    const frames: RatchetFrame[] = [];
    for (const told of this.#orders.values()) {
      if (told.waiting === undefined || nowUs - told.atUs < this.#windowUs) continue;
      frames.push(told.waiting);
      told.atUs = nowUs;
      told.waiting = undefined;
    }
    return frames;
  }
}

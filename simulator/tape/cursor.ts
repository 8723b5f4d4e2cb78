import { type Tick, TickKind } from '../../market/types.ts';
import { createTickBlock } from './block.ts';
import type { BlockEntry } from './layout.ts';
import type { TapeCursor, TickBlock } from './types.ts';

/** Fills a block with the events of block `index`. @throws TapeError */
export type LoadBlock = (index: number, into: TickBlock) => void;

/** A cursor over indexed blocks, with one block in memory. */
export class BlockCursor implements TapeCursor {
  // A fraction at the start makes the engine keep the time as a double from the first event on.
  readonly tick: Tick = {
    kind: TickKind.TRADE,
    symbol: 0,
    eventTimeUs: 0.5,
    price: 0,
    size: 0,
    bid: 0,
    ask: 0,
    bidSize: 0,
    askSize: 0,
    flags: 0,
  };
  readonly #load: LoadBlock;
  readonly #entries: readonly BlockEntry[];
  readonly #block: TickBlock;
  #blockIndex = -1;
  #at = 0;

  constructor(load: LoadBlock, entries: readonly BlockEntry[], blockEvents: number) {
    this.#load = load;
    this.#entries = entries;
    this.#block = createTickBlock(blockEvents);
  }

  /** Goes to the first event at or after `fromUs`. */
  seek(fromUs: number): void {
    const entries = this.#entries;
    const index = firstAtLeast(entries.length, (at) => (entries[at]?.lastUs ?? 0) >= fromUs);
    this.#blockIndex = index;
    this.#block.length = 0;
    this.#at = 0;
    if (index === entries.length) return;
    this.#load(index, this.#block);
    const times = this.#block.eventTimeUs;
    this.#at = firstAtLeast(this.#block.length, (at) => (times[at] as number) >= fromUs);
  }

  next(): boolean {
    if (this.#at >= this.#block.length && !this.#advance()) return false;
    const { tick } = this;
    const block = this.#block;
    const at = this.#at++;
    const kind = block.kind[at] as TickKind;
    tick.kind = kind;
    tick.symbol = block.symbol[at] as number;
    tick.eventTimeUs = block.eventTimeUs[at] as number;
    tick.flags = block.flags[at] as number;
    if (kind === TickKind.TRADE) {
      tick.price = block.price[at] as number;
      tick.size = block.size[at] as number;
      tick.bid = 0;
      tick.ask = 0;
      tick.bidSize = 0;
      tick.askSize = 0;
    } else {
      tick.price = 0;
      tick.size = 0;
      tick.bid = block.price[at] as number;
      tick.ask = block.ask[at] as number;
      tick.bidSize = block.size[at] as number;
      tick.askSize = block.askSize[at] as number;
    }
    return true;
  }

  peekTimeUs(): number {
    if (this.#at < this.#block.length) return this.#block.eventTimeUs[this.#at] as number;
    return this.#entries[this.#blockIndex + 1]?.firstUs ?? Number.POSITIVE_INFINITY;
  }

  #advance(): boolean {
    if (this.#blockIndex + 1 >= this.#entries.length) return false;
    // Emptied first: when the load throws, another next() must throw again, never hand out what is left over.
    this.#block.length = 0;
    this.#at = 0;
    this.#load(this.#blockIndex + 1, this.#block);
    this.#blockIndex++;
    return true;
  }
}

/** The least number in 0..length for which `reached` holds, given that it holds from some number on. */
export function firstAtLeast(length: number, reached: (at: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

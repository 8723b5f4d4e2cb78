import { Largest } from './largest.ts';

/** Before so many moves of a symbol its deviation says nothing. */
const WARM_MOVES = 30;

/** A trade far from its symbol's trade before it. */
export interface Jump {
  readonly symbol: number;
  readonly timeUs: number;
  /** Of the price before: -0.1 is a fall by a tenth. */
  readonly change: number;
  /** In standard deviations. */
  readonly sigmas: number;
}

/**
 * Finds moves between two trades of a symbol that are larger than so many standard deviations of its moves before. A deviation
 * is never taken for less than a tick, and a jump counts towards it by no more than the limit, so that one doesn't hide the next.
 */
export class PriceJumps {
  readonly #sigma: number;
  readonly #last: Float64Array;
  readonly #moves: Uint32Array;
  readonly #squares: Float64Array;
  readonly #largest: Largest<Jump>;
  #count = 0;

  constructor(options: { readonly symbols: number; readonly sigma: number; readonly listed: number }) {
    this.#sigma = options.sigma;
    this.#last = new Float64Array(options.symbols);
    this.#moves = new Uint32Array(options.symbols);
    this.#squares = new Float64Array(options.symbols);
    this.#largest = new Largest(options.listed);
  }

  /** Takes a trade's price in ticks, above 0. */
  add(symbol: number, price: number, timeUs: number): void {
    const last = this.#last[symbol] as number;
    this.#last[symbol] = price;
    if (last === 0) return;
    const moves = this.#moves[symbol] as number;
    const squares = this.#squares[symbol] as number;
    this.#moves[symbol] = moves + 1;
    if (price === last) return;
    const change = price / last - 1;
    let square = change * change;
    if (moves >= WARM_MOVES) {
      const variance = Math.max(squares / moves, 1 / (last * last));
      const limit = this.#sigma * this.#sigma * variance;
      if (square > limit) {
        this.#note({ symbol, timeUs, change, sigmas: Math.sqrt(square / variance) });
        square = limit;
      }
    }
    this.#squares[symbol] = squares + square;
  }

  get count(): number {
    return this.#count;
  }

  /** The largest first, by deviations. */
  get largest(): Jump[] {
    return this.#largest.items;
  }

  #note(jump: Jump): void {
    this.#count += 1;
    this.#largest.add(jump.sigmas, jump);
  }
}

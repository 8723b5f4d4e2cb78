import type { TickerState } from '../tickers.ts';
import { type Tick, TickKind } from '../types.ts';
import type { Watch } from './watch.ts';

/** What is left to trade of a symbol's last trade and quote, as it is saved. */
export interface LiquidityState {
  readonly last: readonly number[];
  readonly bid: readonly number[];
  readonly ask: readonly number[];
}

/**
 * How much an order may fill at once, in lots. `whole`: any quantity. `tick_size`: all orders together no more than the size of the tick
 * that they are filled at, first come, first served.
 */
export class Liquidity {
  readonly #isWhole: boolean;
  readonly #last: Float64Array;
  readonly #bid: Float64Array;
  readonly #ask: Float64Array;

  constructor(options: { readonly tickers: TickerState; readonly fills: 'whole' | 'tick_size' }) {
    this.#isWhole = options.fills === 'whole';
    const symbols = this.#isWhole ? 0 : options.tickers.seq.length;
    this.#last = new Float64Array(symbols);
    this.#bid = new Float64Array(symbols);
    this.#ask = new Float64Array(symbols);
  }

  /** The tick just applied brings its own size. */
  renew(tick: Tick): void {
    if (!this.#isWhole) this.#renew(tick);
  }

  available(watch: Watch, symbol: number): number {
    return this.#isWhole ? Number.POSITIVE_INFINITY : (this.#column(watch)[symbol] as number);
  }

  take(watch: Watch, symbol: number, quantity: number): void {
    if (this.#isWhole) return;
    const column = this.#column(watch);
    column[symbol] = (column[symbol] as number) - quantity;
  }

  /** The last tick's sizes are gone: its prices are no more. */
  exhaust(symbol: number): void {
    if (this.#isWhole) return;
    this.#last[symbol] = 0;
    this.#bid[symbol] = 0;
    this.#ask[symbol] = 0;
  }

  state(): LiquidityState {
    return { last: [...this.#last], bid: [...this.#bid], ask: [...this.#ask] };
  }

  restore(state: LiquidityState): void {
    if (this.#isWhole) return;
    this.#last.set(state.last);
    this.#bid.set(state.bid);
    this.#ask.set(state.ask);
  }

  #renew({ kind, symbol, size, bidSize, askSize }: Tick): void {
    if (kind === TickKind.TRADE) {
      this.#last[symbol] = size;
    } else {
      this.#bid[symbol] = bidSize;
      this.#ask[symbol] = askSize;
    }
  }

  #column(watch: Watch): Float64Array {
    if (watch === 'mark') throw new Error('nobody trades at the mark');
    if (watch === 'last') return this.#last;
    return watch === 'bid' ? this.#bid : this.#ask;
  }
}

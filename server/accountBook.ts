import type { MarketEngine } from '../market/engine.ts';
import type { Instrument } from '../market/types.ts';
import type { OrderData, PortfolioData, PositionData } from '../protocol/messages.ts';
import { orderData, portfolioData, positionData } from './wire.ts';

/** Reads symbols and accounts as clients see them: names instead of indices, decimals instead of ticks and lots. */
export class AccountBook {
  readonly instruments: readonly Instrument[];
  readonly #engine: MarketEngine;
  readonly #indices: ReadonlyMap<string, number>;

  constructor(instruments: readonly Instrument[], engine: MarketEngine) {
    this.instruments = instruments;
    this.#engine = engine;
    this.#indices = new Map(instruments.map(({ symbol, index }) => [symbol, index]));
  }

  /** The instrument of that name; undefined when there is none. */
  instrument(symbol: string): Instrument | undefined {
    const index = this.#indices.get(symbol);
    return index === undefined ? undefined : this.instruments[index];
  }

  /** The name of the symbol with that index. */
  symbol(index: number): string {
    return this.#at(index).symbol;
  }

  /** The account's open orders, oldest first. */
  workingOrders(account: string): OrderData[] {
    return this.#engine.workingOrders(account).map((order) => orderData(order, this.#at(order.symbol)));
  }

  /** The account's positions, closed ones included. */
  positions(account: string): PositionData[] {
    return this.#engine.positions(account).map((position) => positionData(position, this.#at(position.symbol)));
  }

  portfolio(account: string): PortfolioData {
    return portfolioData(this.#engine.portfolio(account));
  }

  #at(index: number): Instrument {
    const instrument = this.instruments[index];
    if (instrument === undefined) throw new RangeError(`no instrument ${index}`);
    return instrument;
  }
}

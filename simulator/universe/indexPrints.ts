import { type Instrument, type Tick, TickKind } from '../../market/types.ts';
import { type Appointment, Occasion } from './arrivals.ts';
import type { MarketFactor } from './market.ts';

/** The index is told every second, unless that would be more than one event in so many. */
const LEAST_EVENTS_A_PRINT = 50;

/**
 * The index as an instrument of the tape: prints of its level, trades of size 1 without quotes. Of a day that the history
 * holds its first print is the true open, its highest, lowest and last are the true ones.
 */
export class IndexPrints {
  readonly instrument: Instrument;
  readonly appointments: readonly Appointment[];
  readonly #factor: MarketFactor;
  #printed = 0;

  /** @param options.closingSecond in which the closing auctions begin: the levels after it are left out but the last one */
  constructor(options: {
    readonly symbol: string;
    readonly index: number;
    readonly factor: MarketFactor;
    readonly events: number;
    readonly closingSecond: number;
  }) {
    const { factor, index, closingSecond } = options;
    const last = factor.path.length - 1;
    const stride = Math.max(1, Math.ceil((last * LEAST_EVENTS_A_PRINT) / options.events));
    const told = new Set([...factor.knots.map((knot) => knot.second), 0, last]);
    for (let second = 0; second < Math.min(last, closingSecond); second += stride) told.add(second);
    this.#factor = factor;
    this.instrument = {
      symbol: options.symbol,
      index,
      priceDecimals: 2,
      quantityDecimals: 0,
      previousClose: inTicks(factor.previousClose),
    };
    this.appointments = [...told]
      .sort((a, b) => a - b)
      .map((second) => ({ second, symbol: index, occasion: Occasion.PLAIN }));
  }

  /** Fills `tick` with the next print. */
  next(tick: Tick): void {
    const second = this.appointments[this.#printed++]?.second ?? this.#factor.path.length - 1;
    tick.kind = TickKind.TRADE;
    tick.symbol = this.instrument.index;
    tick.price = this.#levelAt(second);
    tick.size = 1;
    tick.bid = 0;
    tick.ask = 0;
    tick.bidSize = 0;
    tick.askSize = 0;
    tick.flags = 0;
  }

  #levelAt(second: number): number {
    return inTicks(this.#factor.open * Math.exp(this.#factor.path[second] as number));
  }
}

function inTicks(level: number): number {
  return Math.max(1, Math.round(level * 100));
}

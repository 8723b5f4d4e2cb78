import type { MarketFactor } from './market.ts';
import { fold, type Knot, knotsOf, type Range } from './path.ts';
import type { Random } from './random.ts';
import { BlockBootstrap } from './returns.ts';
import type { SymbolModel, TickBar } from './symbols.ts';
import { type Clusters, nextVariance } from './volatility.ts';

/** Months of a stock's own returns that stay together when resampled. */
const OWN_BLOCK_MONTHS = 6;
/** Symbols whose day is known look for the places of its extremes on a path of so many steps. */
const ROUGH_STEPS = 78;
/** At the open, prices differ from what the market's gap explains by this share of their own day. */
const OPENING_NOISE = 0.3;
/** Of a known day's volatility at most this much is the market's, and at least this much the symbol's own. */
const MOST_MARKET = 0.8;
const LEAST_OWN = 0.3;

export interface HiddenPriceOptions {
  readonly symbols: readonly SymbolModel[];
  readonly factor: MarketFactor;
  /** Log paths of variance 1, by sector. */
  readonly sectorPaths: readonly Float64Array[];
  /** Share of the variance beside the market's that a sector's symbols have in common. */
  readonly sectorShare: number;
  /** Own volatility relative to that of a typical day. */
  readonly stress: number;
  readonly clusters: Clusters;
  readonly varianceClock: Float64Array;
  readonly random: Random;
}

/**
 * The prices that nobody sees: the market's path by beta, the sector's, and the symbol's own, whose volatility comes in
 * clusters as the source's does. A symbol whose day is known is led from knot to knot of it and kept within its range.
 */
export class HiddenPrices {
  readonly #factor: Float64Array;
  readonly #sectorPath: readonly Float64Array[];
  readonly #varianceClock: Float64Array;
  readonly #clusters: Clusters;
  readonly #own: readonly BlockBootstrap[];
  readonly #beta: Float64Array;
  readonly #sectorDeviation: Float64Array;
  readonly #ownDeviation: Float64Array;
  readonly #openTicks: Float64Array;
  /** The own part of the log price since the open, and the variance clock when it was last moved. */
  readonly #ownPath: Float64Array;
  readonly #ownClock: Float64Array;
  /** The own variance relative to its mean, good for a minute; where path and clock were when the minute began. */
  readonly #variance: Float64Array;
  readonly #minute: Int16Array;
  readonly #minutePath: Float64Array;
  readonly #minuteClock: Float64Array;
  readonly #leads: readonly (Lead | undefined)[];

  constructor(options: HiddenPriceOptions) {
    const { symbols, factor, random, stress, varianceClock } = options;
    const count = symbols.length;
    this.#factor = factor.path;
    this.#sectorPath = symbols.map((symbol) => options.sectorPaths[symbol.sector] as Float64Array);
    this.#varianceClock = varianceClock;
    this.#clusters = options.clusters;
    this.#own = symbols.map(
      ({ parent }) => new BlockBootstrap(parent.residuals.standardised, { blockLength: OWN_BLOCK_MONTHS, random }),
    );
    const moves = symbols.map((symbol) => movesOf(symbol, { factor, stress }));
    this.#beta = Float64Array.from(moves, (move) => move.beta);
    this.#sectorDeviation = Float64Array.from(moves, (move) => move.deviation * Math.sqrt(options.sectorShare));
    this.#ownDeviation = Float64Array.from(moves, (move) => move.deviation * Math.sqrt(1 - options.sectorShare));
    this.#openTicks = Float64Array.from(symbols, ({ instrument, bar, beta, ownDeviation }) => {
      const noise = OPENING_NOISE * stress * ownDeviation * random.normal();
      return bar?.open ?? instrument.previousClose * Math.exp(beta * factor.gap + noise);
    });
    this.#ownPath = new Float64Array(count);
    this.#ownClock = new Float64Array(count);
    this.#variance = new Float64Array(count).fill(1);
    this.#minute = new Int16Array(count);
    this.#minutePath = new Float64Array(count);
    this.#minuteClock = new Float64Array(count);
    this.#leads = symbols.map(({ bar }, symbol) =>
      bar === undefined ? undefined : new Lead(bar, this.#roughPath(symbol, random)),
    );
  }

  /** The price in ticks with fractions, `offsetUs` after the open; a symbol's offsets never run backwards. */
  at(symbol: number, offsetUs: number): number {
    const time = offsetUs / 1e6;
    const second = Math.min(Math.floor(time), this.#factor.length - 2);
    const within = time - second;
    const clock = between(this.#varianceClock, second, within);
    const own = this.#moveOwn(symbol, { second, clock });
    const free =
      (this.#beta[symbol] as number) * between(this.#factor, second, within) +
      (this.#sectorDeviation[symbol] as number) * between(this.#sectorPath[symbol] as Float64Array, second, within) +
      own;
    const lead = this.#leads[symbol];
    return (this.#openTicks[symbol] as number) * Math.exp(lead === undefined ? free : lead.level(free, clock));
  }

  /** Where the extremes of a known day lie that neither its open nor its close are. */
  extremesOf(symbol: number): readonly { readonly second: number; readonly isHigh: boolean }[] {
    return this.#leads[symbol]?.extremes ?? [];
  }

  #moveOwn(symbol: number, { second, clock }: { readonly second: number; readonly clock: number }): number {
    const minute = (second / 60) | 0;
    if (minute !== this.#minute[symbol]) this.#beginMinute(symbol, minute);
    const passed = Math.max(0, clock - (this.#ownClock[symbol] as number));
    this.#ownClock[symbol] = clock;
    const deviation = (this.#ownDeviation[symbol] as number) * Math.sqrt(passed * (this.#variance[symbol] as number));
    const own = (this.#ownPath[symbol] as number) + deviation * (this.#own[symbol] as BlockBootstrap).next();
    this.#ownPath[symbol] = own;
    return own;
  }

  /** What the last minute in which the symbol moved brought sets the variance of this one. */
  #beginMinute(symbol: number, minute: number): void {
    const clock = this.#ownClock[symbol] as number;
    const path = this.#ownPath[symbol] as number;
    const span = clock - (this.#minuteClock[symbol] as number);
    const deviation = this.#ownDeviation[symbol] as number;
    if (span > 0 && deviation > 0) {
      const moved = path - (this.#minutePath[symbol] as number);
      this.#variance[symbol] = nextVariance(this.#clusters, {
        variance: this.#variance[symbol] as number,
        squared: (moved * moved) / (deviation * deviation * span),
      });
    }
    this.#minute[symbol] = minute;
    this.#minutePath[symbol] = path;
    this.#minuteClock[symbol] = clock;
  }

  /** A path as the symbol might take it, in few steps. */
  #roughPath(symbol: number, random: Random): RoughPath {
    const lastSecond = this.#factor.length - 1;
    const seconds = Int32Array.from({ length: ROUGH_STEPS + 1 }, (_, step) =>
      Math.round((step * lastSecond) / ROUGH_STEPS),
    );
    const clock = Float64Array.from(seconds, (second) => this.#varianceClock[second] as number);
    const draws = this.#own[symbol] as BlockBootstrap;
    let own = 0;
    const free = Float64Array.from(seconds, (second, step) => {
      const passed = step === 0 ? 0 : (clock[step] as number) - (clock[step - 1] as number);
      own += (this.#ownDeviation[symbol] as number) * Math.sqrt(passed) * (0.5 * draws.next() + 0.5 * random.normal());
      return (
        (this.#beta[symbol] as number) * (this.#factor[second] as number) +
        (this.#sectorDeviation[symbol] as number) * (this.#sectorPath[symbol]?.[second] as number) +
        own
      );
    });
    return { seconds, clock, free };
  }
}

/** How a symbol moves on this day: with the market, and beside it. A known day has its own volatility, from its range. */
function movesOf(
  { beta, ownDeviation, bar }: SymbolModel,
  { factor, stress }: { readonly factor: MarketFactor; readonly stress: number },
): { readonly beta: number; readonly deviation: number } {
  if (bar === undefined) return { beta, deviation: ownDeviation * stress };
  const whole = Math.log(bar.high / bar.low) / (2 * Math.sqrt(Math.LN2));
  const most = (MOST_MARKET * whole) / factor.deviation;
  const bounded = Math.sign(beta) * Math.min(Math.abs(beta), most);
  const rest = Math.sqrt(Math.max(0, whole * whole - (bounded * factor.deviation) ** 2));
  return { beta: bounded, deviation: Math.max(rest, LEAST_OWN * whole) };
}

interface RoughPath {
  readonly seconds: Int32Array;
  readonly clock: Float64Array;
  readonly free: Float64Array;
}

/** Leads one symbol through its day: a bridge (in the variance clock) from knot to knot, folded into the day's range. */
class Lead {
  readonly #range: Range;
  readonly #knots: readonly Knot[];
  readonly #clocks: readonly number[];
  readonly extremes: readonly { readonly second: number; readonly isHigh: boolean }[];
  #next = 1;
  #shift = 0;
  #clock = 0;

  constructor(bar: TickBar, { seconds, clock, free }: RoughPath) {
    const high = Math.log(bar.high / bar.open);
    this.#range = { high, low: Math.log(bar.low / bar.open), close: Math.log(bar.close / bar.open) };
    this.#knots = knotsOf(free, clock, this.#range);
    this.#clocks = this.#knots.map((knot) => clock[knot.second] as number);
    this.extremes = this.#knots
      .slice(1, -1)
      .map(({ second, level }) => ({ second: seconds[second] as number, isHigh: level === high }));
  }

  /** The log price since the open that goes with a free one. */
  level(free: number, clock: number): number {
    while (this.#next < this.#knots.length - 1 && (this.#clocks[this.#next] as number) <= clock) {
      this.#clock = this.#clocks[this.#next] as number;
      this.#shift = (this.#knots[this.#next] as Knot).level - free;
      this.#next++;
    }
    const target = this.#knots[this.#next] as Knot;
    const ahead = (this.#clocks[this.#next] as number) - this.#clock;
    const share = ahead > 0 ? Math.min(1, (clock - this.#clock) / ahead) : 1;
    this.#shift += (target.level - free - this.#shift) * share;
    this.#clock = clock;
    return fold(free + this.#shift, this.#range);
  }
}

function between(path: Float64Array, second: number, within: number): number {
  const from = path[second] as number;
  return from + ((path[second + 1] as number) - from) * within;
}

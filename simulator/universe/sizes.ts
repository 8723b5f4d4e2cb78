import type { Random } from './random.ts';
import type { SymbolModel } from './symbols.ts';

const ODD_LOT_SHARE = 0.3;
const BLOCK_TRADE_SHARE = 0.004;
/** A block is so many times a usual trade. */
const BLOCK_FACTOR = 50;
/** Trades among events, about: for what a day will bring. */
const TRADE_SHARE = 0.36;
/** Shares of a day's volume that change hands in the auctions. */
const OPENING_SHARE = 0.02;
const CLOSING_SHARE = 0.08;
/** A known volume is met by the closing auction: before it no trade takes more than this of what is left of it. */
const MOST_OF_REST = 0.05;
/** Trades at the extremes and at the close that must still find a share each. */
const KEPT_SHARES = 3;

/** The sizes of quotes and trades, in shares. Where a symbol's volume is known, its trades add up to it. */
export class TradeSizes {
  readonly #random: Random;
  readonly #tradeLots: Float64Array;
  /** What the symbol's day will bring in all, expected. */
  readonly #volume: Float64Array;
  /** Known volumes: what is left, and what a drawn size is multiplied by; Infinity and 1 where none is known. */
  readonly #left: Float64Array;
  readonly #scale: Float64Array;

  constructor({
    symbols,
    events,
    random,
  }: {
    readonly symbols: readonly SymbolModel[];
    readonly events: number;
    readonly random: Random;
  }) {
    this.#random = random;
    this.#tradeLots = Float64Array.from(symbols, (symbol) => symbol.tradeLots);
    const activity = symbols.reduce((sum, symbol) => sum + symbol.activity, 0);
    const usual = Float64Array.from(
      symbols,
      (symbol) => (events * TRADE_SHARE * meanSize(symbol.tradeLots) * symbol.activity) / activity,
    );
    this.#left = Float64Array.from(symbols, ({ bar }) =>
      bar !== undefined && bar.volume > KEPT_SHARES ? bar.volume : Number.POSITIVE_INFINITY,
    );
    this.#volume = usual.map((volume, symbol) => (this.#isKnown(symbol) ? (this.#left[symbol] as number) : volume));
    this.#scale = this.#volume.map(
      (volume, symbol) => ((1 - OPENING_SHARE - CLOSING_SHARE) * volume) / (usual[symbol] as number),
    );
  }

  /** Whether the symbol's volume has room for one more trade before its close. */
  canTrade(symbol: number): boolean {
    return (this.#left[symbol] as number) > KEPT_SHARES;
  }

  /** The size of a trade that is no auction. */
  trade(symbol: number): number {
    const kind = this.#random.unit();
    const drawn =
      kind < ODD_LOT_SHARE
        ? 1 + this.#random.below(99)
        : this.roundLots(this.#tradeLots[symbol] as number) * (kind > 1 - BLOCK_TRADE_SHARE ? BLOCK_FACTOR : 1);
    if (!this.#isKnown(symbol)) return drawn;
    return this.#take(symbol, inLots(drawn * (this.#scale[symbol] as number)));
  }

  /** The size of the opening auction. */
  opening(symbol: number): number {
    const size = this.#auction(symbol, OPENING_SHARE);
    return this.#isKnown(symbol) ? this.#take(symbol, size) : size;
  }

  /** The size of the closing auction: of a known volume, all that is left. */
  closing(symbol: number): number {
    return this.#isKnown(symbol) ? (this.#left[symbol] as number) : this.#auction(symbol, CLOSING_SHARE);
  }

  /** The size of one side of a quote: hundreds, geometric. */
  roundLots(mean: number): number {
    return 100 * (1 + Math.floor(mean * this.#random.exponential()));
  }

  #auction(symbol: number, share: number): number {
    return Math.max(100, inLots((this.#volume[symbol] as number) * share * (0.5 + this.#random.unit())));
  }

  /** Takes a size, or as much of it as there is room for, from what is left of a known volume. */
  #take(symbol: number, size: number): number {
    const left = this.#left[symbol] as number;
    const most = Math.max(1, Math.floor((left - KEPT_SHARES) * MOST_OF_REST));
    const taken = Math.max(1, Math.min(size, most));
    this.#left[symbol] = left - taken;
    return taken;
  }

  #isKnown(symbol: number): boolean {
    return this.#left[symbol] !== Number.POSITIVE_INFINITY;
  }
}

/** Whole hundreds from 100 on. */
function inLots(shares: number): number {
  return shares < 100 ? Math.round(shares) : 100 * Math.round(shares / 100);
}

/** Mean of the sizes that are drawn for trades. */
function meanSize(lots: number): number {
  const roundLot = 100 * (1 + 1 / (Math.exp(1 / lots) - 1));
  const oddLot = 50;
  const rounds = 1 - ODD_LOT_SHARE + BLOCK_TRADE_SHARE * (BLOCK_FACTOR - 1);
  return ODD_LOT_SHARE * oddLot + rounds * roundLot;
}

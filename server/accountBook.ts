import { emptyPiece } from '../market/bars/piece.ts';
import { FRAMES, type FrameIndex } from '../market/bars/types.ts';
import type { PatternEvent } from '../market/patterns/types.ts';
import type { Instrument } from '../market/types.ts';
import type { AlertData, BarsData, OrderData, PatternData, PortfolioData, PositionData } from '../protocol/messages.ts';
import type { EngineLoop } from './engineLoop.ts';
import type { Hub } from './hub/hub.ts';
import { alertData, barData, openBar, patternData, rawBar } from './marketWire.ts';
import { orderData, portfolioData, positionData } from './wire.ts';

/** Reads symbols, bars, patterns and accounts as clients see them: names instead of indices, decimals instead of ticks and lots. */
export class AccountBook {
  readonly instruments: readonly Instrument[];
  readonly #loop: EngineLoop;
  readonly #hub: Hub;
  readonly #indices: ReadonlyMap<string, number>;

  readonly #piece = emptyPiece();

  constructor(instruments: readonly Instrument[], parts: { readonly loop: EngineLoop; readonly hub: Hub }) {
    this.instruments = instruments;
    this.#loop = parts.loop;
    this.#hub = parts.hub;
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
    return this.#loop.engine.workingOrders(account).map((order) => orderData(order, this.#at(order.symbol)));
  }

  /** The account's positions, closed ones included. */
  positions(account: string): PositionData[] {
    return this.#loop.engine.positions(account).map((position) => positionData(position, this.#at(position.symbol)));
  }

  portfolio(account: string): PortfolioData {
    return portfolioData(this.#loop.engine.portfolio(account));
  }

  /** The account's alerts that wait, in the order in which they were set. */
  alerts(account: string): AlertData[] {
    return this.#hub.alerts.list(account).map((alert) => alertData(alert, this.#at(alert.symbol)));
  }

  /** The symbol's last closed bars of a time frame, at most `count`, oldest first, and the open one. */
  bars(symbol: number, frame: FrameIndex, count: number): BarsData {
    const instrument = this.#at(symbol);
    const { bars } = this.#loop;
    const window = bars.window(symbol, frame);
    const length = Math.min(count, window.length);
    const closed = { isClosed: true, isCorrection: false };
    const isOpen = bars.readForming(symbol, frame, this.#piece);
    const open = isOpen ? openBar(this.#piece, bars.formingStartUs(frame)) : undefined;
    return {
      bars: Array.from({ length }, (_, at) => barData(rawBar(window, length - 1 - at), instrument, closed)),
      forming: open === undefined ? null : barData(open, instrument, { isClosed: false, isCorrection: false }),
    };
  }

  /** The symbol's patterns that may still come true, oldest first; `early`: and what its open bars would complete. */
  patterns(symbol: number, wish: { readonly frames?: readonly FrameIndex[]; readonly early?: boolean }): PatternData[] {
    const { frames = FRAMES, early = false } = wish;
    const barsOf = (event: PatternEvent) => this.#loop.bars.window(event.symbol, event.frame);
    const active = this.#hub.patterns.active(symbol, barsOf).filter(({ frame }) => frames.includes(frame));
    const looked = early ? frames.flatMap((frame) => this.#loop.patterns.early(symbol, frame)) : [];
    return [...active, ...looked].map((event) => patternData(event, this.#at(symbol)));
  }

  /** The symbol's last patterns, whatever became of them, oldest first. */
  lastPatterns(symbol: number): PatternData[] {
    return this.#hub.patterns.last(symbol).map((event) => patternData(event, this.#at(symbol)));
  }

  #at(index: number): Instrument {
    const instrument = this.instruments[index];
    if (instrument === undefined) throw new RangeError(`no instrument ${index}`);
    return instrument;
  }
}

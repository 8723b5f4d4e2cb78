import { BarBuilder, type BarBuilderOptions } from './bars/builder.ts';
import { type CleaningRules, DEFAULT_CLEANING, TickCleaner, type TickVerdict } from './clean.ts';
import type { TickerState } from './tickers.ts';
import { type Tick, TickKind } from './types.ts';

export interface MarketDataOptions extends Omit<BarBuilderOptions, 'symbols' | 'latenessUs'> {
  /** Rules of cleaning (default {@link DEFAULT_CLEANING}); the lateness holds for bars too. */
  readonly rules?: CleaningRules;
}

/** What {@link MarketData.save} gives: bytes of this version only. */
export interface MarketDataState {
  readonly cleaner: Uint8Array;
  readonly bars: Uint8Array;
}

/** The way of a tick: cleaned, applied to the last known market, built into bars. Allocates nothing per tick. */
export class MarketData {
  readonly tickers: TickerState;
  readonly cleaner: TickCleaner;
  readonly bars: BarBuilder;

  /** @throws RangeError when an option is out of range */
  constructor(tickers: TickerState, options: MarketDataOptions) {
    const { rules = DEFAULT_CLEANING } = options;
    this.tickers = tickers;
    this.cleaner = new TickCleaner(tickers, rules);
    this.bars = new BarBuilder({ ...options, symbols: tickers.seq.length, latenessUs: rules.latenessUs });
  }

  /**
   * Takes one tick; bars that its time closes are told before it is applied. Only after `taken` have the tickers changed.
   * A trade outside of all sessions is taken, though it makes no bar ({@link BarBuilder.refused} counts it).
   */
  onTick(tick: Tick): TickVerdict {
    // Most ticks: what they call for is small enough to be compiled as one piece.
    if (!this.cleaner.passes(tick)) return this.#onOther(tick);
    this.bars.onTrade(tick);
    this.tickers.applyTrade(tick);
    return 'taken';
  }

  /** Moves the market's clock on to `timeUs`, µs since the epoch: minutes that end until then close. */
  onClock(timeUs: number): void {
    this.cleaner.onClock(timeUs);
    this.bars.onClock(timeUs);
  }

  /** Copies the state of cleaning and bars; that of the tickers is theirs to save. */
  save(): MarketDataState {
    return { cleaner: this.cleaner.save(), bars: this.bars.save() };
  }

  /** Takes the state that {@link MarketData.save} gave, from one with the same options. @throws RangeError when it doesn't fit */
  restore(saved: MarketDataState): void {
    this.cleaner.restore(saved.cleaner);
    this.bars.restore(saved.bars);
  }

  #onOther(tick: Tick): TickVerdict {
    const verdict = this.cleaner.judge(tick);
    if (verdict === 'taken') {
      if (tick.kind === TickKind.TRADE) this.bars.onTrade(tick);
      else this.bars.onClock(tick.eventTimeUs);
      this.tickers.apply(tick);
    } else if (verdict === 'amends') {
      this.bars.onTrade(tick);
    }
    return verdict;
  }
}

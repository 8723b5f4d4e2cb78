import { loadColumns, saveColumns } from './columns.ts';
import { contentFault, isPrice, MAX_SIZE, type TickerState } from './tickers.ts';
import { type Tick, TickKind, type TickRefusal } from './types.ts';

/** Conditions of a trade, as bits of {@link Tick.flags}; other bits mean nothing here. */
export const TradeFlag = {
  /** Doesn't set the last price: an average-price, odd-lot, prior-reference or derivatively priced trade, or one sold out of sequence. */
  NOT_LAST: 1,
  /** The print of the opening auction: the session's official open. */
  OPENING_AUCTION: 2,
  /** The print of the closing auction: the session's official close. */
  CLOSING_AUCTION: 4,
} as const;

const CLEANING_REFUSALS = [
  ...(['unknown_symbol', 'unknown_kind', 'bad_time', 'time_backwards', 'bad_price', 'bad_size'] as const),
  ...(['crossed_quote', 'not_last', 'off_band', 'too_late', 'too_far_ahead'] as const),
] satisfies readonly (TickRefusal | 'not_last' | 'off_band' | 'too_late' | 'too_far_ahead')[];
/** Why cleaning refused a tick. A refused tick sets no price, makes no bar and triggers nothing. */
export type CleaningRefusal = (typeof CLEANING_REFUSALS)[number];

/** `taken`: the symbol's newest tick. `amends`: a trade behind the symbol's time, within the lateness: for its bar alone. */
export type TickVerdict = 'taken' | 'amends' | CleaningRefusal;

/** What ticks must keep to beyond their form. */
export interface CleaningRules {
  /** A trade's price may lie so many basis points from the symbol's last; 0 means at any price. */
  readonly bandBp: number;
  /**
   * So many trades of a symbol in a row outside the band, each within the band of the one before, are a new level, and so many
   * ticks in a row too far ahead are a new time: the last of them is taken.
   */
  readonly confirmations: number;
  /** A tick may lie so far behind the market's clock, µs. */
  readonly latenessUs: number;
  /** A tick may move the market's clock on by so much, µs; the first may by anything. */
  readonly maxAheadUs: number;
}

/** Ten percent, confirmed by three trades; ten seconds late; a week ahead, longer than any closure since 2000. */
export const DEFAULT_CLEANING: CleaningRules = {
  bandBp: 1_000,
  confirmations: 3,
  latenessUs: 10_000_000,
  maxAheadUs: 7 * 86_400_000_000,
};

const BP = 10_000;

/**
 * Judges ticks by stated rules and counts what it refuses, by reason. In this order: what the tick is in itself
 * ({@link contentFault}) and whether its symbol is known; too late or too far ahead of the market's clock, which is the latest
 * time of a tick taken or told by {@link TickCleaner.onClock}; a condition that doesn't set the last price; behind
 * the symbol's time; off the band.
 */
export class TickCleaner {
  readonly #last: Int32Array;
  readonly #symbolTimeUs: Float64Array;
  readonly #bandBp: number;
  readonly #confirmations: number;
  readonly #latenessUs: number;
  readonly #maxAheadUs: number;
  readonly #refused = new Map<CleaningRefusal, number>();
  /** By symbol: the last trade outside the band, and how many in a row have agreed on its level. */
  readonly #offPrice: Int32Array;
  readonly #offCount: Uint8Array;
  #aheadCount = 0;
  #clockUs = Number.NEGATIVE_INFINITY;
  #amended = 0;

  constructor(tickers: TickerState, rules: CleaningRules = DEFAULT_CLEANING) {
    const { bandBp, confirmations, latenessUs, maxAheadUs } = rules;
    if (!(bandBp >= 0)) throw new RangeError(`bandBp is ${bandBp}: 0 or more`);
    if (!(Number.isInteger(confirmations) && confirmations >= 1 && confirmations <= 255)) {
      throw new RangeError(`confirmations is ${confirmations}: a whole number from 1 to 255`);
    }
    if (!(latenessUs >= 0)) throw new RangeError(`latenessUs is ${latenessUs}: 0 or more`);
    if (!(maxAheadUs > 0)) throw new RangeError(`maxAheadUs is ${maxAheadUs}: more than 0`);
    this.#last = tickers.last;
    this.#symbolTimeUs = tickers.eventTimeUs;
    this.#bandBp = bandBp === 0 ? Number.POSITIVE_INFINITY : bandBp;
    this.#confirmations = confirmations;
    this.#latenessUs = latenessUs;
    this.#maxAheadUs = maxAheadUs;
    this.#offPrice = new Int32Array(tickers.seq.length);
    this.#offCount = new Uint8Array(tickers.seq.length);
  }

  /** Judges one tick; a tick that is `taken` must be applied to the tickers before the next is judged. */
  judge(tick: Tick): TickVerdict {
    return this.passes(tick) ? 'taken' : this.#judgeInFull(tick);
  }

  /** Whether the tick is a trade that is `taken` at a glance, as most are. False says nothing: {@link TickCleaner.judge} does. */
  passes(tick: Tick): boolean {
    if (!this.#isPlainTrade(tick)) return false;
    if (tick.eventTimeUs > this.#clockUs) this.#clockUs = tick.eventTimeUs;
    return true;
  }

  /** Moves the market's clock on to `timeUs`, µs since the epoch; an earlier time changes nothing. */
  onClock(timeUs: number): void {
    if (timeUs > this.#clockUs) this.#clockUs = timeUs;
  }

  /** Refused ticks by reason. */
  get refused(): ReadonlyMap<CleaningRefusal, number> {
    return this.#refused;
  }

  /** Trades that amended a bar only. */
  get amended(): number {
    return this.#amended;
  }

  /** Copies the whole state. */
  save(): Uint8Array {
    const numbers = Float64Array.of(this.#clockUs, this.#aheadCount, this.#amended);
    const refused = Float64Array.from(CLEANING_REFUSALS, (reason) => this.#refused.get(reason) ?? 0);
    return saveColumns([numbers, refused, this.#offPrice, this.#offCount]);
  }

  /** Takes the state that {@link TickCleaner.save} gave, for as many symbols. @throws RangeError when it doesn't fit */
  restore(saved: Uint8Array): void {
    const numbers = new Float64Array(3);
    const refused = new Float64Array(CLEANING_REFUSALS.length);
    loadColumns([numbers, refused, this.#offPrice, this.#offCount], saved);
    this.#clockUs = numbers[0] as number;
    this.#aheadCount = numbers[1] as number;
    this.#amended = numbers[2] as number;
    this.#refused.clear();
    CLEANING_REFUSALS.forEach((reason, at) => {
      const count = refused[at] as number;
      if (count > 0) this.#refused.set(reason, count);
    });
  }

  /**
   * Whether all rules let the tick through at a glance: a sound trade in order, near the last price, when no new level or time
   * waits to be confirmed. Most ticks are such, and one test is several times faster than asking each rule for its reason.
   */
  #isPlainTrade({ kind, symbol, eventTimeUs, price, size, flags }: Tick): boolean {
    const last = this.#last[symbol] as number;
    const aheadUs = eventTimeUs - this.#clockUs;
    return (
      kind === TickKind.TRADE &&
      (flags & TradeFlag.NOT_LAST) === 0 &&
      eventTimeUs >= (this.#symbolTimeUs[symbol] as number) &&
      aheadUs >= -this.#latenessUs &&
      aheadUs <= this.#maxAheadUs &&
      this.#aheadCount === 0 &&
      // isTime and isTradeSize written out: a call that isn't compiled in boxes its number, 16 bytes a tick.
      Math.floor(eventTimeUs) === eventTimeUs &&
      eventTimeUs <= Number.MAX_SAFE_INTEGER &&
      size > 0 &&
      size <= MAX_SIZE &&
      Math.floor(size) === size &&
      isPrice(price) &&
      this.#offCount[symbol] === 0 &&
      last > 0 &&
      !isApart(price, last, this.#bandBp)
    );
  }

  #judgeInFull(tick: Tick): TickVerdict {
    const verdict = this.#verdict(tick);
    if (verdict === 'taken') {
      if (tick.eventTimeUs > this.#clockUs) this.#clockUs = tick.eventTimeUs;
    } else if (verdict === 'amends') {
      this.#amended++;
    } else {
      this.#refused.set(verdict, (this.#refused.get(verdict) ?? 0) + 1);
    }
    return verdict;
  }

  #verdict(tick: Tick): TickVerdict {
    const { symbol, eventTimeUs } = tick;
    const before = this.#symbolTimeUs[symbol];
    if (before === undefined) return 'unknown_symbol';
    const fault = contentFault(tick);
    if (fault !== undefined) return fault;
    const aheadUs = eventTimeUs - this.#clockUs;
    if (aheadUs < -this.#latenessUs) return 'too_late';
    if (this.#isTooFarAhead(aheadUs)) return 'too_far_ahead';
    if (tick.kind === TickKind.QUOTE) return eventTimeUs >= before ? 'taken' : 'time_backwards';
    if ((tick.flags & TradeFlag.NOT_LAST) !== 0) return 'not_last';
    if (this.#isOffBand(symbol, tick.price)) return 'off_band';
    return eventTimeUs >= before ? 'taken' : 'amends';
  }

  #isTooFarAhead(aheadUs: number): boolean {
    if (aheadUs <= this.#maxAheadUs || aheadUs === Number.POSITIVE_INFINITY) {
      this.#aheadCount = 0;
      return false;
    }
    this.#aheadCount++;
    return this.#aheadCount < this.#confirmations;
  }

  #isOffBand(symbol: number, price: number): boolean {
    const last = this.#last[symbol] as number;
    if (last === 0 || !isApart(price, last, this.#bandBp)) {
      this.#offCount[symbol] = 0;
      return false;
    }
    const count = this.#offCount[symbol] as number;
    const agrees = count > 0 && !isApart(price, this.#offPrice[symbol] as number, this.#bandBp);
    this.#offPrice[symbol] = price;
    this.#offCount[symbol] = agrees ? count + 1 : 1;
    if ((this.#offCount[symbol] as number) < this.#confirmations) return true;
    this.#offCount[symbol] = 0;
    return false;
  }
}

function isApart(price: number, from: number, bandBp: number): boolean {
  return Math.abs(price - from) * BP > from * bandBp;
}

import { type Tick, TickKind } from '../../../market/types.ts';
import type { TapeHalt, TapeHeader, TapeReader, TapeWork } from '../types.ts';
import { forEachTick } from '../work.ts';
import { type Jump, PriceJumps } from './priceJumps.ts';
import { type SessionWindow, sessionWindows } from './sessionWindows.ts';
import { type Silence, SilenceWatch, type SymbolSilence } from './silences.ts';

/** How many are listed of each kind. */
const LISTED = 10;
const SECOND_US = 1_000_000;

/** From when on something is worth a mention. */
export interface SurveyLimits {
  /** A silence of the whole tape, µs. */
  readonly silenceUs: number;
  /** A silence of one symbol, µs. */
  readonly symbolSilenceUs: number;
  /** A price's move, in standard deviations of its symbol's moves before. */
  readonly jumpSigma: number;
}

/** Two seconds for the tape, five minutes for a symbol, ten deviations. */
export const SURVEY_LIMITS: SurveyLimits = { silenceUs: 2_000_000, symbolSilenceUs: 300_000_000, jumpSigma: 10 };

/** How many events a symbol has. */
interface SymbolRate {
  readonly symbol: string;
  readonly events: number;
  readonly trades: number;
  readonly quotes: number;
  /** Over the time of the sessions. */
  readonly perSecond: number;
}

/** What was found too long, too far or too often: the number, and the worst of them. */
interface Found<Item> {
  readonly count: number;
  readonly worst: readonly Item[];
}

/** With the symbol's name in the place of its index. */
type Named<Item> = Omit<Item, 'symbol'> & { readonly symbol: string };

/** What reading a whole tape tells of it; all times in µs since the epoch. */
export interface TapeSurvey {
  readonly limits: SurveyLimits;
  readonly rates: {
    /** Time of regular sessions between the tape's first event and its last. */
    readonly sessionSeconds: number;
    readonly perSecond: number;
    /** The second with the most events. */
    readonly peak: { readonly events: number; readonly secondUs: number };
    readonly busiest: readonly SymbolRate[];
  };
  /** Within regular sessions alone. */
  readonly gaps: {
    readonly tape: Found<Silence>;
    readonly symbols: Found<Named<SymbolSilence>> & { readonly concerned: number };
  };
  readonly quality: {
    /** Quotes whose bid is above their ask. */
    readonly crossedQuotes: number;
    readonly zeroSizeTrades: number;
    /** Quotes without a size on either side. */
    readonly zeroSizeQuotes: number;
    /** Trades at 0 or below. */
    readonly badPriceTrades: number;
    readonly priceJumps: Found<Named<Jump>>;
    /** Events outside regular sessions. */
    readonly outOfSession: number;
    /** Trades of a symbol between its halt and its resume. */
    readonly tradesWhileHalted: number;
    /** Events at the very instant of the one before, and their share of all. */
    readonly sameTime: number;
    readonly sameTimeShare: number;
    readonly symbolsWithoutEvents: Found<string>;
  };
}

/** Reads the tape once and tells its rates, gaps and quality. @throws TapeError when a block is damaged */
export async function surveyTape(
  tape: TapeReader,
  options: TapeWork & { readonly limits?: Partial<SurveyLimits> } = {},
): Promise<TapeSurvey> {
  const cursor = tape.cursor();
  const survey = new Survey(tape.header, { ...SURVEY_LIMITS, ...options.limits });
  await forEachTick(cursor, options, () => survey.add(cursor.tick));
  return survey.result();
}

class Survey {
  readonly #header: TapeHeader;
  readonly #limits: SurveyLimits;
  readonly #windows: readonly SessionWindow[];
  readonly #trades: Float64Array;
  readonly #quotes: Float64Array;
  readonly #silences: SilenceWatch;
  readonly #jumps: PriceJumps;
  readonly #halts: ReadonlyMap<number, readonly TapeHalt[]>;
  #lastUs = 0.5;
  #secondEndUs = 0.5;
  #secondEvents = 0;
  #peakEvents = 0;
  #peakSecondUs = 0.5;
  #crossed = 0;
  #zeroSizeTrades = 0;
  #zeroSizeQuotes = 0;
  #badPriceTrades = 0;
  #tradesWhileHalted = 0;
  #sameTime = 0;

  constructor(header: TapeHeader, limits: SurveyLimits) {
    const symbols = header.instruments.length;
    this.#header = header;
    this.#limits = limits;
    this.#windows = sessionWindows(header);
    this.#trades = new Float64Array(symbols);
    this.#quotes = new Float64Array(symbols);
    this.#silences = new SilenceWatch(this.#windows, { ...limits, symbols, listed: LISTED });
    this.#jumps = new PriceJumps({ symbols, sigma: limits.jumpSigma, listed: LISTED });
    this.#halts = haltsBySymbol(header.halts ?? []);
  }

  add(tick: Tick): void {
    const { symbol, eventTimeUs } = tick;
    if (eventTimeUs === this.#lastUs) this.#sameTime += 1;
    this.#lastUs = eventTimeUs;
    if (eventTimeUs >= this.#secondEndUs) this.#beginSecond(eventTimeUs);
    this.#secondEvents += 1;
    this.#silences.add(symbol, eventTimeUs);
    if (tick.kind === TickKind.TRADE) this.#addTrade(tick);
    else this.#addQuote(tick);
  }

  #addTrade(tick: Tick): void {
    const { symbol, price, eventTimeUs } = tick;
    this.#trades[symbol] = (this.#trades[symbol] as number) + 1;
    if (tick.size === 0) this.#zeroSizeTrades += 1;
    if (price > 0) this.#jumps.add(symbol, price, eventTimeUs);
    else this.#badPriceTrades += 1;
    if (this.#halts.size > 0 && this.#isHalted(symbol, eventTimeUs)) this.#tradesWhileHalted += 1;
  }

  #addQuote(tick: Tick): void {
    const { symbol } = tick;
    this.#quotes[symbol] = (this.#quotes[symbol] as number) + 1;
    if (tick.bid > tick.ask) this.#crossed += 1;
    if (tick.bidSize === 0 && tick.askSize === 0) this.#zeroSizeQuotes += 1;
  }

  #isHalted(symbol: number, timeUs: number): boolean {
    const halts = this.#halts.get(symbol) ?? [];
    return halts.some(({ haltUs, resumeUs = Number.POSITIVE_INFINITY }) => timeUs >= haltUs && timeUs < resumeUs);
  }

  #beginSecond(timeUs: number): void {
    if (this.#secondEvents > this.#peakEvents) {
      this.#peakEvents = this.#secondEvents;
      this.#peakSecondUs = this.#secondEndUs - SECOND_US;
    }
    this.#secondEvents = 0;
    this.#secondEndUs = (Math.floor(timeUs / SECOND_US) + 1) * SECOND_US;
  }

  result(): TapeSurvey {
    this.#beginSecond(this.#secondEndUs);
    const { instruments, events } = this.#header;
    const { outOfSession, tape, symbols } = this.#silences.end();
    const nameOf = <Item extends { readonly symbol: number }>(item: Item): Named<Item> => ({
      ...item,
      symbol: instruments[item.symbol]?.symbol ?? '',
    });
    const sessionSeconds = this.#sessionSeconds();
    const rates = instruments.map(({ symbol, index }) => this.#rateOf(symbol, index, sessionSeconds));
    const silent = rates.filter((rate) => rate.events === 0).map(({ symbol }) => symbol);
    return {
      limits: this.#limits,
      rates: {
        sessionSeconds,
        perSecond: events / sessionSeconds,
        peak: { events: this.#peakEvents, secondUs: this.#peakSecondUs },
        busiest: rates
          .filter((rate) => rate.events > 0)
          .sort((a, b) => b.events - a.events)
          .slice(0, LISTED),
      },
      gaps: {
        tape: { count: tape.count, worst: tape.longest },
        symbols: { count: symbols.count, concerned: symbols.concerned, worst: symbols.longest.map(nameOf) },
      },
      quality: {
        crossedQuotes: this.#crossed,
        zeroSizeTrades: this.#zeroSizeTrades,
        zeroSizeQuotes: this.#zeroSizeQuotes,
        badPriceTrades: this.#badPriceTrades,
        priceJumps: { count: this.#jumps.count, worst: this.#jumps.largest.map(nameOf) },
        outOfSession,
        tradesWhileHalted: this.#tradesWhileHalted,
        sameTime: this.#sameTime,
        sameTimeShare: this.#sameTime / events,
        symbolsWithoutEvents: { count: silent.length, worst: silent.slice(0, LISTED) },
      },
    };
  }

  #rateOf(symbol: string, index: number, seconds: number): SymbolRate {
    const trades = this.#trades[index] as number;
    const quotes = this.#quotes[index] as number;
    return { symbol, events: trades + quotes, trades, quotes, perSecond: (trades + quotes) / seconds };
  }

  /** At least a µs, so that rates are numbers. */
  #sessionSeconds(): number {
    const { firstEventUs, lastEventUs } = this.#header;
    const sessionsUs = this.#windows.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
    return Math.max(sessionsUs > 0 ? sessionsUs : lastEventUs - firstEventUs, 1) / 1e6;
  }
}

function haltsBySymbol(halts: readonly TapeHalt[]): ReadonlyMap<number, readonly TapeHalt[]> {
  const bySymbol = new Map<number, TapeHalt[]>();
  for (const halt of halts) bySymbol.set(halt.symbol, [...(bySymbol.get(halt.symbol) ?? []), halt]);
  return bySymbol;
}

import { Largest } from './largest.ts';
import type { SessionWindow } from './sessionWindows.ts';

/** A stretch without an event, µs since the epoch. */
export interface Silence {
  readonly fromUs: number;
  readonly toUs: number;
}

/** A stretch without an event of one symbol. */
export interface SymbolSilence extends Silence {
  readonly symbol: number;
}

/** What was found: how many, and the longest of them. */
export interface Silences {
  readonly outOfSession: number;
  readonly tape: { readonly count: number; readonly longest: readonly Silence[] };
  readonly symbols: {
    readonly count: number;
    /** How many symbols have such silences. */
    readonly concerned: number;
    readonly longest: readonly SymbolSilence[];
  };
}

/**
 * Finds stretches without an event that are longer than allowed, within the given windows alone: their bounds end a silence as
 * an event does. After a symbol's first event its windows count to their end, even those without an event of it.
 */
export class SilenceWatch {
  readonly #windows: readonly SessionWindow[];
  readonly #silenceUs: number;
  readonly #symbolSilenceUs: number;
  readonly #lastUs: Float64Array;
  readonly #hasEvents: Uint8Array;
  readonly #isConcerned: Uint8Array;
  readonly #longest: Largest<Silence>;
  readonly #longestOfSymbols: Largest<SymbolSilence>;
  #window = -1;
  #fromUs = Number.POSITIVE_INFINITY;
  #toUs = Number.NEGATIVE_INFINITY;
  #tapeLastUs = 0.5;
  #outOfSession = 0;
  #count = 0;
  #symbolCount = 0;

  constructor(
    windows: readonly SessionWindow[],
    options: {
      readonly symbols: number;
      /** Longer ones of the whole tape count. */
      readonly silenceUs: number;
      /** Longer ones of a symbol count. */
      readonly symbolSilenceUs: number;
      /** How many of the longest are kept. */
      readonly listed: number;
    },
  ) {
    this.#windows = windows;
    this.#silenceUs = options.silenceUs;
    this.#symbolSilenceUs = options.symbolSilenceUs;
    this.#lastUs = new Float64Array(options.symbols);
    this.#hasEvents = new Uint8Array(options.symbols);
    this.#isConcerned = new Uint8Array(options.symbols);
    this.#longest = new Largest(options.listed);
    this.#longestOfSymbols = new Largest(options.listed);
    this.#open();
  }

  /** Takes the next event. */
  add(symbol: number, timeUs: number): void {
    while (timeUs >= this.#toUs) {
      this.#close();
      this.#open();
    }
    if (timeUs < this.#fromUs) {
      this.#outOfSession += 1;
      return;
    }
    if (timeUs - this.#tapeLastUs > this.#silenceUs) this.#note(timeUs);
    this.#tapeLastUs = timeUs;
    if (timeUs - (this.#lastUs[symbol] as number) > this.#symbolSilenceUs) this.#noteSymbol(symbol, timeUs);
    this.#lastUs[symbol] = timeUs;
    this.#hasEvents[symbol] = 1;
  }

  /** Ends the last session and tells what was found. */
  end(): Silences {
    while (this.#window < this.#windows.length) {
      this.#close();
      this.#open();
    }
    return {
      outOfSession: this.#outOfSession,
      tape: { count: this.#count, longest: this.#longest.items },
      symbols: {
        count: this.#symbolCount,
        concerned: this.#isConcerned.reduce((sum, concerned) => sum + concerned, 0),
        longest: this.#longestOfSymbols.items,
      },
    };
  }

  /** Beyond the last session lies one that never begins. */
  #open(): void {
    this.#window += 1;
    const window = this.#windows[this.#window];
    this.#fromUs = window?.fromUs ?? Number.POSITIVE_INFINITY;
    this.#toUs = window?.toUs ?? Number.POSITIVE_INFINITY;
    this.#tapeLastUs = this.#fromUs;
    this.#lastUs.fill(this.#fromUs);
  }

  #close(): void {
    const toUs = this.#toUs;
    if (toUs - this.#tapeLastUs > this.#silenceUs) this.#note(toUs);
    for (let symbol = 0; symbol < this.#lastUs.length; symbol++) {
      const silentUs = toUs - (this.#lastUs[symbol] as number);
      if (this.#hasEvents[symbol] === 1 && silentUs > this.#symbolSilenceUs) this.#noteSymbol(symbol, toUs);
    }
  }

  #note(toUs: number): void {
    const fromUs = this.#tapeLastUs;
    this.#count += 1;
    if (this.#longest.accepts(toUs - fromUs)) this.#longest.add(toUs - fromUs, { fromUs, toUs });
  }

  #noteSymbol(symbol: number, toUs: number): void {
    const fromUs = this.#lastUs[symbol] as number;
    this.#symbolCount += 1;
    this.#isConcerned[symbol] = 1;
    if (!this.#longestOfSymbols.accepts(toUs - fromUs)) return;
    this.#longestOfSymbols.add(toUs - fromUs, { symbol, fromUs, toUs });
  }
}

import type { Recorder } from '../audit/recorder.ts';
import type { TickerFields } from '../session/dialect.ts';
import type { PolledTruth } from './polledTruth.ts';

/** A price may be shown as fresh for so long beyond its interval: a second in which the next poll is overdue, and what a poll takes, µs. */
const OVERDUE_US = 1_500_000;

/** One symbol of an answer of `/api/quotes`. */
export interface ShownQuote {
  readonly symbol: string;
  /** In the currency; null: no price is shown. */
  readonly last: number | null;
  /** Whether it is marked as one that nobody vouches for. */
  readonly isStale: boolean;
}

export interface FreshnessWatchOptions {
  readonly truth: PolledTruth;
  readonly recorder: Pick<Recorder, 'record' | 'violation' | 'schedule'>;
  /** How often each symbol is polled, ms. */
  readonly intervalMs: number;
  /** The client in whose name broken promises are told. */
  readonly client: number;
}

/** Holds prices of a server that polls against the tape: each must have been the tape's, and no longer ago than a poll may be. */
export class FreshnessWatch {
  readonly #options: FreshnessWatchOptions;
  readonly #limitUs: number;
  /** What the tickers show of each symbol. */
  readonly #shown = new Map<string, { seq: number; price: number }>();

  constructor(options: FreshnessWatchOptions) {
    this.#options = options;
    this.#limitUs = options.intervalMs * 1000 + OVERDUE_US;
  }

  /** Takes a ticker frame: the age of its price, and the age that the price before it came to. Returns what is wrong with it in words, or ''. */
  readonly inspect = ({ symbol, seq }: TickerFields, data: unknown, atUs: number): string => {
    const price: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'last') : undefined;
    if (typeof price !== 'number') return `last ${price}, where each frame of a polled feed has a price`;
    const { truth, recorder } = this.#options;
    const before = this.#shown.get(symbol);
    // Other clients read the same frames.
    const isNew = before === undefined || seq > before.seq;
    if (isNew) this.#shown.set(symbol, { seq, price });
    if (atUs < recorder.schedule.startUs) return '';
    const ageUs = truth.ageUs(symbol, { price, atUs });
    if (ageUs === undefined) return `price ${price}, which the tape has never had`;
    if (!isNew) return '';
    if (before !== undefined) {
      const peakUs = truth.ageUs(symbol, { price: before.price, atUs });
      if (peakUs !== undefined) recorder.record('freshness', atUs, peakUs);
    }
    recorder.record('freshness', atUs, ageUs);
    if (ageUs > this.#limitUs) this.#staleAsFresh(`ticker:${symbol}`, { atUs, price, ageUs });
    return '';
  };

  /** Takes an answer of `/api/quotes`, asked at `askedUs` and read at `readUs`. */
  onQuotes(quotes: readonly ShownQuote[], { askedUs, readUs }: { askedUs: number; readUs: number }): void {
    const { truth, recorder } = this.#options;
    for (const { symbol, last, isStale } of quotes) {
      if (last === null) {
        // Nothing is older than the run.
        recorder.record('freshness', readUs, readUs - recorder.schedule.startUs);
        continue;
      }
      // At least so old when the server said it.
      const ageUs = truth.ageUs(symbol, { price: last, atUs: askedUs }) ?? this.#justMade(symbol, last, readUs);
      if (ageUs === undefined) {
        const detail = `price ${last} in /api/quotes, which the tape has never had`;
        this.#violation('wrong_content', `quote:${symbol}`, { atUs: readUs, detail });
        continue;
      }
      recorder.record('freshness', readUs, ageUs);
      if (!isStale && ageUs > this.#limitUs)
        this.#staleAsFresh(`quote:${symbol}`, { atUs: readUs, price: last, ageUs });
    }
  }

  /** A price may have been made between the question and its answer. */
  #justMade(symbol: string, price: number, readUs: number): number | undefined {
    return this.#options.truth.ageUs(symbol, { price, atUs: readUs }) === undefined ? undefined : 0;
  }

  #staleAsFresh(
    stream: string,
    shown: { readonly atUs: number; readonly price: number; readonly ageUs: number },
  ): void {
    const ageS = (shown.ageUs / 1e6).toFixed(1);
    const everyS = this.#options.intervalMs / 1000;
    const detail = `price ${shown.price} is shown as fresh ${ageS} s after the tape left it, polled each ${everyS} s`;
    this.#violation('stale_as_fresh', stream, { atUs: shown.atUs, detail });
  }

  #violation(
    violation: 'wrong_content' | 'stale_as_fresh',
    stream: string,
    found: { readonly atUs: number; readonly detail: string },
  ): void {
    const { recorder, client } = this.#options;
    recorder.violation({ violation, client, stream, seq: 0, expectedSeq: 0, ...found });
  }
}

import { regularSession } from '../../market/calendar/session.ts';
import { emptyTick } from '../../market/types.ts';
import { type History, loadHistory } from '../history.ts';
import type { TapeHeader, TapeOrigin } from '../tape/types.ts';
import { createTapeWriter, type TapeWriter } from '../tape/writer.ts';
import { drawTimes, type Intensity, layOutIntensity } from './intensity.ts';
import { makeMarketFactor } from './market.ts';
import { Books } from './quotes.ts';
import { Random, WeightedIndex } from './random.ts';
import { dailyReturns, fitStocks } from './returns.ts';
import { makeSymbols, type SymbolModel } from './symbols.ts';

/** Raised whenever the same parameters give another tape, so that cached ones aren't taken for it. */
export const UNIVERSE_VERSION = 3;

/** What a universe is made by; the same values give the same tape, byte for byte. */
export interface UniverseOptions {
  /** 1 to 10,000. */
  readonly symbols: number;
  readonly seed: number;
  /** `YYYY-MM-DD`, a weekday. */
  readonly sessionDate: string;
  /** Trades and quotes together, at least one per symbol. */
  readonly events: number;
}

export const DEFAULT_UNIVERSE: UniverseOptions = {
  symbols: 1_000,
  seed: 20_200_316,
  sessionDate: '2020-03-16',
  events: 5_000_000,
};

export interface BuildProgress {
  readonly doneEvents: number;
  readonly events: number;
  /** `doneEvents` over `events`. */
  readonly share: number;
}

/** Called about every 100,000 events. */
export type OnBuildProgress = (progress: BuildProgress) => void;

/** Between reports the builder lets other work of the process run. */
const PROGRESS_EVENTS = 100_000;
/** While a burst lasts, this share of its events goes round all symbols. */
const ROUND_SHARE = 0.6;

/**
 * Builds a tape of one regular session from real returns.
 *
 * @param options.path where the tape goes; it appears there when complete
 * @param options.history the returns to draw from; default: the committed ones
 * @param options.signal stops the work; what was written is removed, the signal's reason thrown
 * @throws RangeError for a date without session or numbers out of range; CsvFileError for a bad history
 */
export async function buildTape(
  options: UniverseOptions & { readonly path: string; readonly history?: History; readonly signal?: AbortSignal },
  onProgress?: OnBuildProgress,
): Promise<TapeHeader> {
  checkOptions(options);
  const session = regularSession(options.sessionDate);
  const history = options.history ?? (await loadHistory());
  const seconds = Math.round((session.closeUs - session.openUs) / 1e6);
  const intensity = layOutIntensity({ seconds, events: options.events, random: new Random(options.seed, 'intensity') });
  const symbols = makeSymbols({
    count: options.symbols,
    stocks: fitStocks(history),
    random: new Random(options.seed, 'symbols'),
  });
  const writer = createTapeWriter({
    path: options.path,
    name: `universe-${options.symbols}-${options.sessionDate}`,
    seed: options.seed,
    origin: describeOrigin(options, history),
    instruments: symbols.map((symbol) => symbol.instrument),
    sessionDate: options.sessionDate,
    sessionOpenUs: session.openUs,
    sessionCloseUs: session.closeUs,
  });
  try {
    const books = makeBooks({ ...options, history, symbols, intensity });
    await writeSession({ writer, books, symbols, intensity, openUs: session.openUs, options, onProgress });
    return writer.finish();
  } finally {
    writer.abort();
  }
}

function checkOptions({ symbols, events, seed }: UniverseOptions): void {
  if (!Number.isInteger(symbols) || symbols < 1 || symbols > 10_000) {
    throw new RangeError(`${symbols} symbols: 1 to 10000 can be built`);
  }
  if (!Number.isInteger(events) || events < symbols || events > 1e9) {
    throw new RangeError(`${events} events: ${symbols} (one per symbol) to 1000000000 can be built`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed ${seed}: must be a whole number from 0`);
}

function describeOrigin(options: UniverseOptions, history: History): TapeOrigin {
  const refused = history.reports.reduce((sum, report) => sum + report.badRows, 0);
  const days = `${history.index[0]?.date} to ${history.index.at(-1)?.date}`;
  return {
    kind: 'derived',
    description:
      `Derived, not recorded: ${options.symbols} symbols over the regular session of ${options.sessionDate}, by block bootstrap of real ` +
      `daily index returns (${days}) as the common factor and of ${history.stocks.length} real stocks' own monthly returns; ` +
      `real tickers name the stocks drawn from, all others are made up; halts are not modelled; ${refused} bad rows refused.`,
    sources: history.sources,
  };
}

function makeBooks(options: {
  readonly seed: number;
  readonly sessionDate: string;
  readonly history: History;
  readonly symbols: readonly SymbolModel[];
  readonly intensity: Intensity;
}): Books {
  const { seed, history, symbols, intensity } = options;
  const returns = dailyReturns(history);
  const factor = makeMarketFactor({
    sessionDate: options.sessionDate,
    index: history.index,
    returns,
    varianceClock: intensity.varianceClock,
    random: new Random(seed, 'market'),
  });
  return new Books({
    symbols,
    factor,
    // On a wild day stocks' own moves grow too, but less than the market's.
    stress: Math.sqrt(factor.deviation / returns.deviation),
    varianceClock: intensity.varianceClock,
    random: new Random(seed, 'books'),
  });
}

async function writeSession(work: {
  readonly writer: TapeWriter;
  readonly books: Books;
  readonly symbols: readonly SymbolModel[];
  readonly intensity: Intensity;
  readonly openUs: number;
  readonly options: UniverseOptions & { readonly signal?: AbortSignal };
  readonly onProgress: OnBuildProgress | undefined;
}): Promise<void> {
  const { writer, books, intensity, openUs, onProgress } = work;
  const { seed, events, signal } = work.options;
  const chooser = new SymbolChooser(work.symbols, new Random(seed, 'symbol of event'));
  const random = new Random(seed, 'times');
  const times = new Float64Array(intensity.counts.reduce((most, count) => Math.max(most, count), 0));
  const bursts = new Set(intensity.burstSeconds);
  const tick = emptyTick();
  let lastUs = 0;
  let done = 0;
  for (const [second, count] of intensity.counts.entries()) {
    // At the open twice round: each symbol's first quote, then, more likely than not, its first trade.
    if (bursts.has(second)) chooser.goRound(second === 0 ? 2 : 1);
    const offsets = drawTimes(times, { count, burstCount: intensity.burstCounts[second] as number, random });
    for (let at = 0; at < count; at++) {
      const offsetUs = second * 1e6 + (offsets[at] as number);
      tick.eventTimeUs = Math.max(openUs + offsetUs, lastUs + 1);
      lastUs = tick.eventTimeUs;
      books.next(tick, chooser.next(), offsetUs);
      writer.append(tick);
      if (++done % PROGRESS_EVENTS === 0) {
        onProgress?.({ doneEvents: done, events, share: done / events });
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
      }
    }
  }
  onProgress?.({ doneEvents: done, events, share: 1 });
}

/** Says which symbol the next event belongs to: by activity, or in turn while a market-wide burst goes round. */
class SymbolChooser {
  readonly #weighted: WeightedIndex;
  readonly #random: Random;
  readonly #order: Uint16Array;
  #left = 0;

  constructor(symbols: readonly SymbolModel[], random: Random) {
    this.#weighted = new WeightedIndex(Float64Array.from(symbols, (symbol) => symbol.activity));
    this.#random = random;
    this.#order = Uint16Array.from(symbols.keys());
  }

  goRound(rounds: number): void {
    this.#random.shuffle(this.#order);
    this.#left = rounds * this.#order.length;
  }

  next(): number {
    if (this.#left > 0 && this.#random.unit() < ROUND_SHARE) {
      this.#left--;
      return this.#order[this.#left % this.#order.length] as number;
    }
    return this.#weighted.draw(this.#random);
  }
}

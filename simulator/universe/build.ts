import { regularSession } from '../../market/calendar/session.ts';
import { emptyTick } from '../../market/types.ts';
import { type History, loadHistory } from '../history.ts';
import type { TapeHeader } from '../tape/types.ts';
import { createTapeWriter, type TapeWriter } from '../tape/writer.ts';
import { Arrivals } from './arrivals.ts';
import type { DailyBars } from './daily.ts';
import { drawTimes, type Intensity, layOutIntensity } from './intensity.ts';
import { describeOrigin } from './origin.ts';
import { Random } from './random.ts';
import { makeUniverse, type Universe } from './universe.ts';

/** Raised whenever the same parameters give another tape, so that cached ones aren't taken for it. */
export const UNIVERSE_VERSION = 4;

/** What a universe is made by; the same values give the same tape, byte for byte. */
export interface UniverseOptions {
  /** 1 to 10,000, without the index. */
  readonly symbols: number;
  readonly seed: number;
  /** `YYYY-MM-DD`, a day on which New York trades. */
  readonly sessionDate: string;
  /** Trades and quotes together, at least one per symbol. From five per symbol on each symbol has its auctions. */
  readonly events: number;
  /** The index as one more instrument, under this name; absent: it only drives the others. */
  readonly indexSymbol?: string;
}

export const DEFAULT_UNIVERSE: UniverseOptions = {
  symbols: 1_000,
  seed: 20_200_316,
  sessionDate: '2020-03-16',
  events: 5_000_000,
};

export interface BuildOptions extends UniverseOptions {
  /** Where the tape goes; it appears there when complete. */
  readonly path: string;
  /** The returns to draw from; default: the committed ones. */
  readonly history?: History;
  /** The true bars of the session's day: these symbols come first, and each meets its own bar. */
  readonly daily?: DailyBars;
  /** Stops the work; what was written is removed, the signal's reason thrown. */
  readonly signal?: AbortSignal;
}

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

/**
 * Builds a tape of one regular session from real returns.
 *
 * @throws RangeError for a date without session or numbers out of range; CsvFileError for a bad history
 */
export async function buildTape(options: BuildOptions, onProgress?: OnBuildProgress): Promise<TapeHeader> {
  checkOptions(options);
  const { sessionDate, events, seed } = options;
  const session = regularSession(sessionDate);
  const history = options.history ?? (await loadHistory());
  const seconds = Math.round((session.closeUs - session.openUs) / 1e6);
  const intensity = layOutIntensity({ seconds, events, random: new Random(seed, 'intensity') });
  const universe = makeUniverse({ ...options, history, intensity });
  const writer = createTapeWriter({
    path: options.path,
    name: `universe-${options.symbols}-${sessionDate}`,
    seed,
    origin: describeOrigin({ options, history, universe }),
    instruments: universe.instruments,
    sessionDate,
    sessionOpenUs: session.openUs,
    sessionCloseUs: session.closeUs,
  });
  try {
    await writeSession({ writer, universe, intensity, openUs: session.openUs, options, onProgress });
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

async function writeSession(work: {
  readonly writer: TapeWriter;
  readonly universe: Universe;
  readonly intensity: Intensity;
  readonly openUs: number;
  readonly options: BuildOptions;
  readonly onProgress: OnBuildProgress | undefined;
}): Promise<void> {
  const { writer, universe, intensity, openUs, onProgress } = work;
  const { seed, events, signal } = work.options;
  const { books, prints } = universe;
  const indexSymbol = prints?.instrument.index ?? -1;
  const arrivals = new Arrivals({ ...universe, events, random: new Random(seed, 'symbol of event') });
  const random = new Random(seed, 'times');
  const times = new Float64Array(intensity.counts.reduce((most, count) => Math.max(most, count), 0));
  const bursts = new Set(intensity.burstSeconds);
  const tick = emptyTick();
  let lastUs = 0;
  let done = 0;
  for (const [second, count] of intensity.counts.entries()) {
    if (bursts.has(second)) arrivals.goRound();
    const offsets = drawTimes(times, { count, burstCount: intensity.burstCounts[second] as number, random });
    for (let at = 0; at < count; at++) {
      const offsetUs = second * 1e6 + (offsets[at] as number);
      tick.eventTimeUs = Math.max(openUs + offsetUs, lastUs + 1);
      lastUs = tick.eventTimeUs;
      const symbol = arrivals.next(second);
      if (symbol === indexSymbol) prints?.next(tick);
      else books.next(tick, symbol, offsetUs, arrivals.occasion);
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

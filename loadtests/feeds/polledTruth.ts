import type { Instrument, Tick } from '../../market/types.ts';
import { dueTimeUs, type Schedule } from '../../protocol/run.ts';
import type { TapeReader } from '../../simulator/tape/types.ts';
import { TRADE } from '../gate/part.ts';

/** What the clocks of two processes may differ by, µs. */
const CLOCK_ERROR_US = 1_000;
/** Prices from before the part are looked for so far back at first: reading a day takes seconds that the probes don't have. */
const LOOK_BACK_US = 600_000_000;

/** A symbol's last price: from `sinceUs[n]` on it is `prices[n]`, in ticks. */
interface PriceHistory {
  readonly priceScale: number;
  readonly sinceUs: number[];
  readonly prices: number[];
  /** Whether the first of them is that of a trade. */
  hasTradedBefore: boolean;
}

/** What the tape's last price of each symbol was when: what a server that polls may show, and how old it is. */
export class PolledTruth {
  readonly #bySymbol = new Map<string, PriceHistory>();

  /** Reads the tape to the end of the part that the schedule plays, for these symbols. @throws TapeError when a block is altered */
  constructor(reader: TapeReader, schedule: Schedule, symbols: Iterable<string>) {
    const wanted = new Set(symbols);
    const instruments = reader.header.instruments.filter(({ symbol }) => wanted.has(symbol));
    const fromUs = schedule.fromEventUs - LOOK_BACK_US;
    const recent = readPrices(reader, { instruments, schedule, fromUs });
    // What hasn't traded for so long has its price from before.
    const isEnough = instruments.every(({ index }) => recent.get(index)?.hasTradedBefore);
    const byIndex = isEnough ? recent : readPrices(reader, { instruments, schedule, fromUs: 0 });
    for (const { symbol, index } of instruments) {
      const history = byIndex.get(index);
      if (history !== undefined) this.#bySymbol.set(symbol, history);
    }
  }

  /**
   * For how long a price hasn't been the tape's any more at `atUs`, µs; 0 while it is, undefined when it never was by then.
   * Before the first trade the price is the previous close.
   */
  ageUs(symbol: string, shown: { readonly price: number; readonly atUs: number }): number | undefined {
    const history = this.#bySymbol.get(symbol);
    if (history === undefined) return undefined;
    const { priceScale, sinceUs, prices } = history;
    const ticks = Math.round(shown.price * priceScale);
    if (Math.abs(ticks - shown.price * priceScale) > 1e-3) return undefined;
    let endUs = shown.atUs;
    for (let at = lastUpTo(sinceUs, shown.atUs + CLOCK_ERROR_US); at >= 0; at--) {
      if (prices[at] === ticks) return Math.max(0, shown.atUs - endUs);
      endUs = sinceUs[at] as number;
    }
    return undefined;
  }
}

function readPrices(
  reader: TapeReader,
  part: { readonly instruments: readonly Instrument[]; readonly schedule: Schedule; readonly fromUs: number },
): Map<number, PriceHistory> {
  const { instruments, schedule, fromUs } = part;
  const byIndex = new Map<number, PriceHistory>();
  for (const { index, priceDecimals, previousClose } of instruments) {
    const before = { sinceUs: [Number.NEGATIVE_INFINITY], prices: [previousClose], hasTradedBefore: false };
    byIndex.set(index, { priceScale: 10 ** priceDecimals, ...before });
  }
  const cursor = reader.cursor(fromUs);
  while (cursor.peekTimeUs() < schedule.toEventUs && cursor.next()) {
    const history = byIndex.get(cursor.tick.symbol);
    if (history !== undefined && cursor.tick.kind === TRADE) append(history, cursor.tick, schedule);
  }
  return byIndex;
}

function append(history: PriceHistory, tick: Tick, schedule: Schedule): void {
  const { sinceUs, prices } = history;
  // What was traded before the part stands when it begins; earlier prices nobody shows.
  if (tick.eventTimeUs < schedule.fromEventUs) {
    prices[0] = tick.price;
    history.hasTradedBefore = true;
  } else if (tick.price !== prices.at(-1)) {
    sinceUs.push(dueTimeUs(schedule, tick.eventTimeUs));
    prices.push(tick.price);
  }
}

/** Place of the last number that is no larger than `limit`; the first is -Infinity. */
function lastUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((ascending[middle] as number) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

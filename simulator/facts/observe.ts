import { TradeFlag } from '../../market/clean.ts';
import { TickKind } from '../../market/types.ts';
import type { TapeReader } from '../tape/types.ts';

/** Bins of the gaps between a symbol's events: four an octave, from 1 µs to over two days. */
const GAP_BINS = 152;
const BINS_AN_OCTAVE = 4;
const MINUTE_US = 60e6;
/** More are too many to keep a price of for each symbol: a tape of several days is seen to here. */
const MOST_MINUTES = 3_000;

/** What one pass over a tape collects, by symbol index. */
export interface Observed {
  readonly minutes: number;
  /** Middle of the quote, or the price where there are no quotes, at each minute's end, in ticks; row by row; 0 before the first. */
  readonly prices: Float64Array;
  /** Events by minute, of all symbols. */
  readonly eventsByMinute: Float64Array;
  readonly events: Uint32Array;
  readonly quotes: Uint32Array;
  readonly trades: Uint32Array;
  /** Sums over quotes and trades. */
  readonly spreadTicks: Float64Array;
  readonly middle: Float64Array;
  readonly quoteSize: Float64Array;
  readonly tradeSize: Float64Array;
  /** Gaps by {@link binOf}, row by row. */
  readonly gaps: Uint32Array;
  readonly gapSumUs: Float64Array;
  readonly auctions: { openings: number; closings: number; openingVolume: number; closingVolume: number };
}

/** Reads a tape's events once. `onProgress` hears from time to time how many were read. */
export function observe(tape: TapeReader, onProgress?: (events: number) => void): Observed {
  const { instruments, sessionOpenUs, sessionCloseUs } = tape.header;
  const count = instruments.length;
  const minutes = Math.min(MOST_MINUTES, Math.max(1, Math.ceil((sessionCloseUs - sessionOpenUs) / MINUTE_US)));
  const seen: Observed = {
    minutes,
    prices: new Float64Array(count * minutes),
    eventsByMinute: new Float64Array(minutes),
    events: new Uint32Array(count),
    quotes: new Uint32Array(count),
    trades: new Uint32Array(count),
    spreadTicks: new Float64Array(count),
    middle: new Float64Array(count),
    quoteSize: new Float64Array(count),
    tradeSize: new Float64Array(count),
    gaps: new Uint32Array(count * GAP_BINS),
    gapSumUs: new Float64Array(count),
    auctions: { openings: 0, closings: 0, openingVolume: 0, closingVolume: 0 },
  };
  const lastUs = new Float64Array(count);
  const cursor = tape.cursor();
  const { tick } = cursor;
  let read = 0;
  while (cursor.next()) {
    const { symbol, eventTimeUs } = tick;
    if (++read % 500_000 === 0) onProgress?.(read);
    const before = lastUs[symbol] as number;
    if (before > 0) {
      const place = symbol * GAP_BINS + binOf(eventTimeUs - before);
      seen.gaps[place] = (seen.gaps[place] as number) + 1;
      seen.gapSumUs[symbol] = (seen.gapSumUs[symbol] as number) + eventTimeUs - before;
    }
    lastUs[symbol] = eventTimeUs;
    seen.events[symbol] = (seen.events[symbol] as number) + 1;
    const minute = Math.floor((eventTimeUs - sessionOpenUs) / MINUTE_US);
    const isInside = minute >= 0 && minute < minutes;
    if (isInside) seen.eventsByMinute[minute] = (seen.eventsByMinute[minute] as number) + 1;
    if (tick.kind === TickKind.QUOTE) {
      const middle = (tick.bid + tick.ask) / 2;
      seen.quotes[symbol] = (seen.quotes[symbol] as number) + 1;
      seen.spreadTicks[symbol] = (seen.spreadTicks[symbol] as number) + tick.ask - tick.bid;
      seen.middle[symbol] = (seen.middle[symbol] as number) + middle;
      seen.quoteSize[symbol] = (seen.quoteSize[symbol] as number) + (tick.bidSize + tick.askSize) / 2;
      if (isInside) seen.prices[symbol * minutes + minute] = middle;
      continue;
    }
    seen.trades[symbol] = (seen.trades[symbol] as number) + 1;
    seen.tradeSize[symbol] = (seen.tradeSize[symbol] as number) + tick.size;
    if (isInside && seen.quotes[symbol] === 0) seen.prices[symbol * minutes + minute] = tick.price;
    if (tick.flags !== 0) countAuction(seen.auctions, tick);
  }
  fillForward(seen.prices, minutes);
  return seen;
}

function countAuction(auctions: Observed['auctions'], { flags, size }: { flags: number; size: number }): void {
  if ((flags & TradeFlag.OPENING_AUCTION) !== 0) {
    auctions.openings++;
    auctions.openingVolume += size;
  }
  if ((flags & TradeFlag.CLOSING_AUCTION) !== 0) {
    auctions.closings++;
    auctions.closingVolume += size;
  }
}

/** A minute without a new price has the one before. */
function fillForward(prices: Float64Array, minutes: number): void {
  for (let at = 1; at < prices.length; at++) {
    if (prices[at] === 0 && at % minutes !== 0) prices[at] = prices[at - 1] as number;
  }
}

function binOf(gapUs: number): number {
  return gapUs < 1 ? 0 : Math.min(GAP_BINS - 1, Math.floor(BINS_AN_OCTAVE * Math.log2(gapUs)));
}

/** Calls `onBin` with each bin of a symbol's gaps that isn't empty: its middle in µs and how many gaps fell into it. */
export function eachGap(seen: Observed, symbol: number, onBin: (gapUs: number, count: number) => void): void {
  for (let bin = 0; bin < GAP_BINS; bin++) {
    const count = seen.gaps[symbol * GAP_BINS + bin] as number;
    if (count > 0) onBin(2 ** ((bin + 0.5) / BINS_AN_OCTAVE), count);
  }
}

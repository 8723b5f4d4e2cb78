import { isPrice } from '../tickers.ts';
import { BarFlag, type BarRefusal, type BarTrade, MINUTE_US, type ProviderBar } from './types.ts';

/** A part of a bar: one trade, one minute, or a provider's bar. Prices in ticks, volume in lots, notional in ticks x lots, times in µs since the epoch. */
export interface Piece {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  notional: number;
  trades: number;
  firstUs: number;
  lastUs: number;
  /** Bits of BarFlag. */
  flags: number;
}

/** A piece to write into. */
export function emptyPiece(): Piece {
  return { open: 0, high: 0, low: 0, close: 0, volume: 0, notional: 0, trades: 0, firstUs: 0, lastUs: 0, flags: 0 };
}

/** Makes `piece` one trade. */
export function setTrade(piece: Piece, { price, size, eventTimeUs }: BarTrade): void {
  piece.open = price;
  piece.high = price;
  piece.low = price;
  piece.close = price;
  piece.volume = size;
  piece.notional = price * size;
  piece.trades = 1;
  piece.firstUs = eventTimeUs;
  piece.lastUs = eventTimeUs;
  piece.flags = 0;
}

/** Makes `piece` a provider's bar. */
export function setBar(piece: Piece, bar: ProviderBar): void {
  piece.open = bar.open;
  piece.high = bar.high;
  piece.low = bar.low;
  piece.close = bar.close;
  piece.volume = bar.volume;
  piece.notional = bar.notional;
  piece.trades = bar.trades;
  piece.firstUs = bar.startUs;
  piece.lastUs = bar.startUs + MINUTE_US - 1;
  piece.flags = BarFlag.PROVIDER;
}

/** Adds a later piece to an earlier one. */
export function append(piece: Piece, later: Piece): void {
  if (later.high > piece.high) piece.high = later.high;
  if (later.low < piece.low) piece.low = later.low;
  piece.close = later.close;
  piece.volume += later.volume;
  piece.notional += later.notional;
  piece.trades += later.trades;
  piece.lastUs = later.lastUs;
  piece.flags |= later.flags;
}

/** Says why a provider's bar can't be used in itself; undefined when it can. */
export function providerFault(bar: ProviderBar, symbols: number): BarRefusal | undefined {
  const { symbol, startUs, open, high, low, close, volume, notional, trades } = bar;
  if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < symbols)) return 'unknown_symbol';
  if (volume === 0) return 'empty_bar';
  const arePrices = isPrice(open) && isPrice(high) && isPrice(low) && isPrice(close);
  const isRange = low <= Math.min(open, close) && high >= Math.max(open, close);
  const areCounts = Number.isSafeInteger(volume) && volume > 0 && Number.isInteger(trades) && trades >= 0;
  // A provider rounds its VWAP: half a tick of room.
  const isWorth = notional >= (low - 0.5) * volume && notional <= (high + 0.5) * volume;
  const isMinute = Number.isSafeInteger(startUs) && startUs >= 0 && startUs % MINUTE_US === 0;
  return arePrices && isRange && areCounts && isWorth && isMinute ? undefined : 'bad_bar';
}

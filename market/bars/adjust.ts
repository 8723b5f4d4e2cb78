import type { BarStore } from '../windows/barStore.ts';
import type { FormingBars } from './forming.ts';
import { emptyPiece } from './piece.ts';

/** What a corporate action makes of past prices and volumes. */
export interface HistoryChange {
  /** New price over old. */
  readonly priceFactor: number;
  /** New volume over old. */
  readonly volumeFactor: number;
}

/**
 * What an action makes of the bars before it. A split leaves their worth as it was. A dividend lowers all prices by the share of
 * the last close that it pays, so that returns stay what a holder earned.
 */
export function historyChange(action: {
  readonly numerator: number;
  readonly denominator: number;
  /** The dividend in ticks for one old share, fractions included. */
  readonly dividend: number;
  /** The last close before the action, in ticks. */
  readonly lastClose: number;
}): HistoryChange {
  const { numerator, denominator, dividend, lastClose } = action;
  const kept = dividend < lastClose ? (lastClose - dividend) / lastClose : 1;
  return { priceFactor: (kept * denominator) / numerator, volumeFactor: numerator / denominator };
}

/** Changes all closed bars of a symbol; prices to the nearest tick but at least one, volumes to the nearest lot. */
export function adjustStore(store: BarStore, symbol: number, { priceFactor, volumeFactor }: HistoryChange): void {
  for (let back = 0; back < (store.length[symbol] as number); back++) {
    const place = store.place(symbol, back);
    for (const column of [store.open, store.high, store.low, store.close]) {
      column[place] = scaledPrice(column[place] as number, priceFactor);
    }
    store.volume[place] = Math.round((store.volume[place] as number) * volumeFactor);
    store.notional[place] = (store.notional[place] as number) * priceFactor * volumeFactor;
  }
}

/** Changes a symbol's open bar likewise. */
export function adjustForming(
  forming: FormingBars,
  symbol: number,
  { priceFactor, volumeFactor }: HistoryChange,
): void {
  if (forming.isEmpty(symbol)) return;
  const piece = emptyPiece();
  forming.read(symbol, piece);
  for (const which of ['open', 'high', 'low', 'close'] as const) piece[which] = scaledPrice(piece[which], priceFactor);
  piece.volume = Math.round(piece.volume * volumeFactor);
  piece.notional = piece.notional * priceFactor * volumeFactor;
  forming.set(symbol, piece);
}

function scaledPrice(price: number, factor: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.round(price * factor)));
}

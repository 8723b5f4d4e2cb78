import type { SessionSpan, TradingCalendar } from '../calendar/types.ts';
import type { BarStore } from '../windows/barStore.ts';
import type { Piece } from './piece.ts';
import { BarFlag, MINUTE_US } from './types.ts';

/** Writes a piece as the whole of the bar at `place`. */
export function writeBar(store: BarStore, place: number, startUs: number, piece: Piece): void {
  store.open[place] = piece.open;
  store.high[place] = piece.high;
  store.low[place] = piece.low;
  store.close[place] = piece.close;
  store.volume[place] = piece.volume;
  store.notional[place] = piece.notional;
  store.trades[place] = piece.trades;
  store.startMinute[place] = startUs / MINUTE_US;
  store.firstOffsetUs[place] = piece.firstUs - startUs;
  store.lastOffsetUs[place] = piece.lastUs - startUs;
  store.flags[place] = piece.flags;
}

/** Adds a piece to the closed bar at `place`, wherever it belongs in time. */
export function mergeBar(store: BarStore, place: number, startUs: number, piece: Piece): void {
  const flags = store.flags[place] as number;
  if ((flags & BarFlag.FILLED) !== 0) {
    writeBar(store, place, startUs, piece);
    store.flags[place] = piece.flags | BarFlag.CORRECTED;
    return;
  }
  if (piece.high > (store.high[place] as number)) store.high[place] = piece.high;
  if (piece.low < (store.low[place] as number)) store.low[place] = piece.low;
  if (piece.firstUs - startUs < (store.firstOffsetUs[place] as number)) {
    store.firstOffsetUs[place] = piece.firstUs - startUs;
    store.open[place] = piece.open;
  }
  if (piece.lastUs - startUs >= (store.lastOffsetUs[place] as number)) {
    store.lastOffsetUs[place] = piece.lastUs - startUs;
    store.close[place] = piece.close;
  }
  store.volume[place] = (store.volume[place] as number) + piece.volume;
  store.notional[place] = (store.notional[place] as number) + piece.notional;
  store.trades[place] = (store.trades[place] as number) + piece.trades;
  store.flags[place] = flags | piece.flags | BarFlag.CORRECTED;
}

/** Sets or clears a bar's AFTER_GAP: it has a bar before it in the window, but not the one that ends where it starts, and both would lie in one regular session. */
export function markGap(store: BarStore, symbol: number, back: number, span: SessionSpan): void {
  const place = store.place(symbol, back);
  const startMinute = store.startMinute[place] as number;
  const isGap =
    span.phase === 'regular' &&
    startMinute * MINUTE_US > span.startUs &&
    back + 1 < (store.length[symbol] as number) &&
    !store.isAt(symbol, back + 1, startMinute - store.minutes);
  const flags = store.flags[place] as number;
  store.flags[place] = isGap ? flags | BarFlag.AFTER_GAP : flags & ~BarFlag.AFTER_GAP;
}

/** Gives the bars without trades that follow the bar at `back` its close; returns how many there are. */
export function refill(store: BarStore, symbol: number, back: number): number {
  const close = store.close[store.place(symbol, back)] as number;
  let at = back - 1;
  for (; at >= 0; at--) {
    const place = store.place(symbol, at);
    if (((store.flags[place] as number) & BarFlag.FILLED) === 0) break;
    store.fill(place, { startMinute: store.startMinute[place] as number, close });
    store.flags[place] = BarFlag.FILLED | BarFlag.CORRECTED;
  }
  return back - 1 - at;
}

/**
 * Makes the bars that are missing from the bar at `back` on until `untilUs`, in all regular sessions between, with its close; returns the place back at which the bar itself stands then.
 */
export function fillAfter(
  store: BarStore,
  calendar: TradingCalendar,
  bar: { readonly symbol: number; readonly back: number; readonly untilUs: number },
): number {
  const { symbol } = bar;
  let { back } = bar;
  const place = store.place(symbol, back);
  const close = store.close[place] as number;
  const { untilUs } = bar;
  let timeUs = (store.startMinute[place] as number) * MINUTE_US;
  while (timeUs < untilUs) {
    const span = calendar.spanAt(timeUs);
    const endUs = Math.min(span.endUs, untilUs);
    if (span.phase === 'regular') {
      for (; timeUs < endUs; timeUs += store.minutes * MINUTE_US) {
        const startMinute = timeUs / MINUTE_US;
        if (store.isAt(symbol, store.backOf(symbol, startMinute), startMinute)) continue;
        store.fill(store.insert(symbol, store.backOf(symbol, startMinute)), { startMinute, close });
        back++;
      }
    }
    timeUs = endUs;
  }
  return back;
}

import { type Tick, TickKind } from '../market/types.ts';
import type { TapeCursor } from './tape/types.ts';

/** Makes a tick of a regular trade; what isn't given is plain. */
export function trade(fields: Partial<Tick> & Pick<Tick, 'eventTimeUs'>): Tick {
  return {
    kind: TickKind.TRADE,
    symbol: 0,
    price: 10_000,
    size: 100,
    bid: 0,
    ask: 0,
    bidSize: 0,
    askSize: 0,
    flags: 0,
    ...fields,
  };
}

/** A cursor over ticks in memory, with one reused tick like a tape's. */
export function memoryCursor(ticks: readonly Tick[]): TapeCursor {
  const tick = trade({ eventTimeUs: 0 });
  let at = 0;
  return {
    tick,
    next: () => {
      const next = ticks[at];
      if (next === undefined) return false;
      Object.assign(tick, next);
      at += 1;
      return true;
    },
    peekTimeUs: () => ticks[at]?.eventTimeUs ?? Number.POSITIVE_INFINITY,
  };
}

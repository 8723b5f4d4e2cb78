import type { PatternBars, PatternEvent } from '../../market/patterns/types.ts';
import { OUTCOME_BARS } from '../../market/patterns/types.ts';

/** Patterns that are kept of each symbol, the newest ones. */
const KEPT = 32;

/** Reads a symbol's closed bars. */
export type BarsOf = (event: PatternEvent) => PatternBars & { readonly length: number };

/** The last patterns of every symbol. */
export class RecentPatterns {
  readonly #events: PatternEvent[][];

  constructor(symbols: number) {
    this.#events = Array.from({ length: symbols }, () => []);
  }

  add(event: PatternEvent): void {
    const events = this.#events[event.symbol];
    events?.push(event);
    if (events !== undefined && events.length > KEPT) events.shift();
  }

  /** The symbol's last patterns, whatever became of them, oldest first. */
  last(symbol: number): readonly PatternEvent[] {
    return this.#events[symbol] ?? [];
  }

  /**
   * The symbol's patterns that may still come true, oldest first: at most {@link OUTCOME_BARS} bars old, and no closed bar since
   * has touched their invalidation price.
   */
  active(symbol: number, barsOf: BarsOf): PatternEvent[] {
    return (this.#events[symbol] ?? []).filter((event) => isActive(event, barsOf(event)));
  }
}

function isActive(event: PatternEvent, bars: PatternBars & { readonly length: number }): boolean {
  const { direction, invalidationPrice = 0, formation } = event;
  for (let back = 0; back < bars.length && bars.startUs(back) > formation.toUs; back++) {
    if (back === OUTCOME_BARS - 1) return false;
    if (direction === 'up' && bars.low(back) <= invalidationPrice) return false;
    if (direction === 'down' && bars.high(back) >= invalidationPrice) return false;
  }
  return true;
}

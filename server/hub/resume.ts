import type { Cursor } from '../../protocol/messages.ts';
import { type EventStream, eventsAfter, type Span } from './stream.ts';

/**
 * How many events a reader lacks of each stream, undefined for one that its cursor doesn't name; undefined in all when it
 * can't have every event of the others, or they are more than `maxEvents`.
 */
export function missedEvents(wish: {
  readonly keys: readonly string[];
  readonly since: Cursor;
  readonly span: (at: number) => Span;
  readonly maxEvents: number;
}): (number | undefined)[] | undefined {
  const { keys, since, span, maxEvents } = wish;
  const missed: (number | undefined)[] = [];
  let total = 0;
  let isRecovered = false;
  for (const [at, key] of keys.entries()) {
    if (!Object.hasOwn(since.seq, key)) {
      missed.push(undefined);
      continue;
    }
    const count = eventsAfter(span(at), since, key);
    if (count === undefined) return undefined;
    isRecovered = true;
    missed.push(count);
    total += count;
  }
  return isRecovered && total <= maxEvents ? missed : undefined;
}

/** What a stream can give of its events up to `head`: later ones are held until the journal has them. */
export function spanUpTo(span: Span, head: number): Span {
  return { epoch: span.epoch, head, oldest: Math.min(span.oldest, head + 1) };
}

/** The last `count` events up to number `head`, oldest first. */
export function lastUpTo<T>(
  events: EventStream<T>,
  { head, count }: { readonly head: number; readonly count: number },
): T[] {
  return events.last(count + events.head - head).slice(0, count);
}

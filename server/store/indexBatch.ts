import type { PositionState } from '../../market/accounts/position.ts';
import type { EventLog } from './eventLog.ts';
import type { AccountCell, OrderCell } from './indexCells.ts';
import type { Market, StoredEvent } from './records.ts';

/** Events of a stream in one cell, at most. */
export const CHUNK_EVENTS = 64;

/** What some records make of the cells: each is written once, as it is after the last of them. */
export class Batch {
  market: Market | undefined = undefined;
  readonly orders = new Map<number, OrderCell>();
  readonly accounts = new Map<string, AccountCell>();
  readonly positions = new Map<string, { readonly name: string; readonly position: PositionState }>();
  /** Accounts whose alerts changed. */
  readonly alerts = new Set<string>();
  readonly events = new Map<string, StoredEvent[]>();

  add(events: readonly StoredEvent[]): void {
    for (const event of events) {
      const stream = this.events.get(event.stream);
      if (stream === undefined) this.events.set(event.stream, [event]);
      else stream.push(event);
    }
  }
}

/** The log in pieces of one cell. */
export function* chunksOf(stream: string, log: EventLog): Iterable<StoredEvent[]> {
  let chunk: StoredEvent[] = [];
  for (const { seq, atUs, bytes, from, to } of log.events()) {
    chunk.push({ stream, seq, atUs, bytes: bytes.subarray(from, to) });
    if (chunk.length < CHUNK_EVENTS) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

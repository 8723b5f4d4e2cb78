import { EventColumns } from './eventColumns.ts';
import type { RawEvent } from './rawEvent.ts';
import { Spill } from './spill.ts';
import { placesInOrder, stableOrder } from './stableOrder.ts';

/** Events that are sorted in memory; more go to disk in runs of so many. 42 MB. */
export const DEFAULT_BUFFER_EVENTS = 1_048_576;

/** Goes through events by time; `columns` and `at` say where the present one is. */
export interface SortedEvents {
  readonly columns: EventColumns;
  readonly at: number;
  readonly next: () => boolean;
}

/** Sorts any number of events by time in bounded memory, stably. */
export class EventSorter {
  readonly #buffer: EventColumns;
  readonly #spillFolder: string;
  #spill: Spill | undefined;
  #isInOrder = true;
  #lastUs = Number.NEGATIVE_INFINITY;
  /** Events that came after a later one. */
  outOfOrder = 0;
  events = 0;

  /**
   * @param options.bufferEvents events held in memory, a multiple of 8
   * @param options.spillFolder where the others go, in a file that needs no removal
   */
  constructor(options: { readonly bufferEvents: number; readonly spillFolder: string }) {
    this.#buffer = new EventColumns(options.bufferEvents);
    this.#spillFolder = options.spillFolder;
  }

  /** Runs on disk so far. */
  get runs(): number {
    return this.#spill?.runs ?? 0;
  }

  /** Takes a copy of an event, with the number of its line. */
  push(event: RawEvent, line: number): void {
    if (this.#buffer.isFull) this.#toDisk();
    if (event.timeUs < this.#lastUs) {
      this.outOfOrder++;
      this.#isInOrder = false;
    }
    this.#lastUs = event.timeUs;
    this.events++;
    this.#buffer.push(event, line);
  }

  /** All events by time; equal times in the order in which they came. */
  sorted(): SortedEvents {
    if (this.#spill === undefined) return new BufferedEvents(this.#buffer, this.#order());
    if (this.#buffer.length > 0) this.#toDisk();
    return this.#spill.merge();
  }

  /** Gives the disk back. */
  close(): void {
    this.#spill?.close();
  }

  #toDisk(): void {
    this.#spill ??= new Spill(this.#spillFolder);
    this.#spill.write(this.#buffer, this.#order());
    this.#buffer.clear();
    this.#isInOrder = true;
  }

  #order(): Uint32Array {
    const { timeUs, length } = this.#buffer;
    return this.#isInOrder ? placesInOrder(length) : stableOrder(timeUs, length);
  }
}

class BufferedEvents implements SortedEvents {
  readonly columns: EventColumns;
  at = 0;
  readonly #order: Uint32Array;
  #next = 0;

  constructor(columns: EventColumns, order: Uint32Array) {
    this.columns = columns;
    this.#order = order;
  }

  next(): boolean {
    if (this.#next >= this.#order.length) return false;
    this.at = this.#order[this.#next++] as number;
    return true;
  }
}

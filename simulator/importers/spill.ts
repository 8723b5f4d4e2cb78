import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EventColumns } from './eventColumns.ts';

/** Events of a block on disk. Small: the merge holds one block of each run. */
const BLOCK_EVENTS = 4_096;

interface Block {
  readonly offset: number;
  readonly events: number;
  readonly hasQuotes: boolean;
}

interface Run {
  readonly blocks: Block[];
  lastUs: number;
}

/** Events on disk in sorted runs. The file is unlinked while it's open, so nothing is left behind, however the process ends. */
export class Spill {
  readonly #file: number;
  readonly #runs: Run[] = [];
  readonly #block = new EventColumns(BLOCK_EVENTS);
  #offset = 0;
  #isOpen = true;

  /** @param folder where the file lies: as large as 29 bytes an event, 41 with quotes */
  constructor(folder: string) {
    const path = join(folder, `.tapedeck-import-${process.pid}-${nextSpill++}.tmp`);
    this.#file = openSync(path, 'wx+');
    rmSync(path);
  }

  get runs(): number {
    return this.#runs.length;
  }

  /** Stores events in the given order, as a run of their own or, when they follow on, at the last one's end. */
  write(columns: EventColumns, order: Uint32Array): void {
    const run = this.#runFrom(columns.timeUs[order[0] as number] as number);
    const block = this.#block;
    for (let done = 0; done < order.length; done++) {
      block.copy(columns, order[done] as number);
      if (block.isFull || done === order.length - 1) this.#flush(run);
    }
    run.lastUs = columns.timeUs[order[order.length - 1] as number] as number;
  }

  /** All runs merged into one by time; equal times in the order in which they were stored. */
  merge(): SpillMerge {
    return new SpillMerge(this.#runs.map((run) => new RunReader(this.#file, run.blocks)));
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }

  #runFrom(firstUs: number): Run {
    const last = this.#runs.at(-1);
    if (last && last.lastUs <= firstUs) return last;
    const run: Run = { blocks: [], lastUs: firstUs };
    this.#runs.push(run);
    return run;
  }

  #flush(run: Run): void {
    const block = this.#block;
    const bytes = block.storedBytes;
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#file, bytes, done, bytes.length - done, this.#offset + done);
    run.blocks.push({ offset: this.#offset, events: block.length, hasQuotes: block.hasQuotes });
    this.#offset += bytes.length;
    block.clear();
  }
}

let nextSpill = 0;

/** Goes through one run, a block at a time. */
class RunReader {
  readonly columns = new EventColumns(BLOCK_EVENTS);
  at = -1;
  timeUs = Number.NEGATIVE_INFINITY;
  readonly #file: number;
  readonly #blocks: readonly Block[];
  #next = 0;

  constructor(file: number, blocks: readonly Block[]) {
    this.#file = file;
    this.#blocks = blocks;
  }

  next(): boolean {
    if (++this.at >= this.columns.length && !this.#load()) return false;
    this.timeUs = this.columns.timeUs[this.at] as number;
    return true;
  }

  #load(): boolean {
    const block = this.#blocks[this.#next++];
    if (block === undefined) return false;
    this.columns.length = block.events;
    this.columns.hasQuotes = block.hasQuotes;
    const bytes = this.columns.storedBytes;
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(this.#file, bytes, done, bytes.length - done, block.offset + done);
      if (read === 0) throw new Error(`the import's temporary file ends ${bytes.length - done} bytes early`);
      done += read;
    }
    this.at = 0;
    return true;
  }
}

/** Goes through several runs at once, by time. */
class SpillMerge {
  columns: EventColumns;
  at = 0;
  /** A binary heap: the run whose event is next lies first. */
  readonly #heap: HeapEntry[] = [];
  #isFirst = true;

  constructor(readers: readonly RunReader[]) {
    for (const [order, reader] of readers.entries()) if (reader.next()) this.#heap.push({ reader, order });
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
    this.columns = this.#heap[0]?.reader.columns ?? new EventColumns(8);
  }

  next(): boolean {
    const heap = this.#heap;
    const top = heap[0];
    if (top === undefined) return false;
    if (this.#isFirst) this.#isFirst = false;
    else if (top.reader.next()) this.#sink(0);
    else this.#dropTop();
    const next = heap[0];
    if (next === undefined) return false;
    this.columns = next.reader.columns;
    this.at = next.reader.at;
    return true;
  }

  #dropTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sink(at: number): void {
    const heap = this.#heap;
    const moved = heap[at];
    if (moved === undefined) return;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(child + 1, child)) child++;
      const smaller = heap[child];
      if (smaller === undefined || !comesBefore(smaller, moved)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = moved;
  }

  #isBefore(a: number, b: number): boolean {
    const { [a]: first, [b]: second } = this.#heap;
    return first !== undefined && second !== undefined && comesBefore(first, second);
  }
}

type HeapEntry = { readonly reader: RunReader; readonly order: number };

function comesBefore(a: HeapEntry, b: HeapEntry): boolean {
  if (a.reader.timeUs !== b.reader.timeUs) return a.reader.timeUs < b.reader.timeUs;
  return a.order < b.order;
}

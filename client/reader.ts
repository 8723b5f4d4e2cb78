import { ReaderBehindError } from './errors.ts';
import { isLossless, keyOf, type ReadableChannel, type StreamEvent } from './events.ts';

/** Takes a stream's events in order. */
export interface Sink {
  readonly push: (event: StreamEvent) => void;
  /** No more comes, because of this. */
  readonly fail: (error: Error) => void;
  /** No more comes, since the client was closed. */
  readonly end: () => void;
}

/** Events read at the reader's own pace; leaving the loop or {@link Reader.close} ends the subscription. */
export interface Reader<E> extends AsyncIterableIterator<E, undefined> {
  readonly close: () => void;
}

/** Events that a reader holds at most, unless it says otherwise. */
export const DEFAULT_BUFFER = 1_024;

interface Cell {
  readonly key: string;
  event: StreamEvent;
}

interface Waiter<E> {
  readonly resolve: (result: IteratorResult<E, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A bounded queue between the socket and a loop. When it is full, channels of class B keep the latest event of each key,
 * which says by `seqFrom` what it stands for; channels of class A drop nothing: the reader fails, after what it holds.
 */
export class QueueReader<E extends StreamEvent> implements Reader<E>, Sink {
  readonly #channel: ReadableChannel;
  readonly #limit: number;
  readonly #accepts: (event: StreamEvent) => event is E;
  readonly #onClose: () => void;
  readonly #lastOfKey = new Map<string, Cell>();
  readonly #waiters: Waiter<E>[] = [];
  #cells: Cell[] = [];
  /** Cells before this one are read already. */
  #head = 0;
  #end: { readonly error: Error | undefined } | undefined = undefined;

  constructor(parts: {
    readonly channel: ReadableChannel;
    readonly limit: number;
    readonly accepts: (event: StreamEvent) => event is E;
    /** Ends the subscription; called once. */
    readonly onClose: () => void;
  }) {
    this.#channel = parts.channel;
    this.#limit = parts.limit;
    this.#accepts = parts.accepts;
    this.#onClose = parts.onClose;
  }

  readonly push = (event: StreamEvent): void => {
    if (this.#end !== undefined || !this.#accepts(event)) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve({ done: false, value: event });
    else if (this.#cells.length - this.#head < this.#limit) this.#add(event);
    else if (isLossless(this.#channel)) this.#overflow(event);
    else this.#conflate(event);
  };

  readonly fail = (error: Error): void => this.#finish(error);

  readonly end = (): void => this.#finish(undefined);

  readonly close = (): void => {
    this.#cells = [];
    this.#head = 0;
    this.#lastOfKey.clear();
    this.#finish(undefined);
  };

  next(): Promise<IteratorResult<E, undefined>> {
    const event = this.#take();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#end === undefined) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    const { error } = this.#end;
    // An iterator throws once and is done after that.
    this.#end = { error: undefined };
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  return(): Promise<IteratorResult<E, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): E | undefined {
    const cell = this.#cells[this.#head];
    if (cell === undefined) return undefined;
    this.#head++;
    // Half of the list is read: moving the rest costs less than one step per event.
    if (this.#head * 2 >= this.#cells.length) {
      this.#cells = this.#cells.slice(this.#head);
      this.#head = 0;
    }
    if (this.#lastOfKey.get(cell.key) === cell) this.#lastOfKey.delete(cell.key);
    return this.#accepts(cell.event) ? cell.event : undefined;
  }

  #add(event: StreamEvent): void {
    const cell = { key: keyOf(event), event };
    this.#cells.push(cell);
    this.#lastOfKey.set(cell.key, cell);
  }

  #conflate(event: StreamEvent): void {
    const cell = this.#lastOfKey.get(keyOf(event));
    if (cell === undefined) this.#add(event);
    else cell.event = conflated(cell.event, event);
  }

  #overflow(event: StreamEvent): void {
    // Ratchets and open bars are told again by what follows; they alone may be left out.
    if (!('seq' in event) || event.seq === undefined) return;
    const text = `the reader of ${this.#channel} is ${this.#limit} events behind; read faster, or open it with a larger "buffer"`;
    this.#finish(new ReaderBehindError(text));
  }

  #finish(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    const [first, ...others] = this.#waiters.splice(0);
    this.#end = { error: first === undefined ? error : undefined };
    if (error === undefined) first?.resolve({ done: true, value: undefined });
    else first?.reject(error);
    for (const waiter of others) waiter.resolve({ done: true, value: undefined });
    this.#onClose();
  }
}

/** One event in place of two of the same key. */
function conflated(old: StreamEvent, latest: StreamEvent): StreamEvent {
  if (latest.type !== 'ticker' && latest.type !== 'trade') return latest;
  // A snapshot stays one: what came before it is gone, which the reader has to see.
  if (old.type === 'snapshot') return { ...old, seq: latest.seq, data: latest.data };
  if (old.type !== latest.type) return latest;
  return { ...latest, seqFrom: old.seqFrom ?? old.seq };
}

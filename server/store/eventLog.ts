const FIRST_BYTES = 1024;

/** An event in its packed form: `bytes` from `from` to `to`. */
export interface LoggedEvent {
  readonly seq: number;
  /** When it reached the engine, µs since the epoch. */
  readonly atUs: number;
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

/** A stream's newest events, packed, one behind the other: a hundred thousand of them cost no objects. */
export class EventLog {
  readonly #limit: number;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #head = 0;
  /** Where each event ends. */
  #ends: number[] = [];
  #times: number[] = [];

  /** Keeps at least the newest `limit` events, and the last one always: it holds the stream's place. */
  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  /** How many are kept. */
  get length(): number {
    return this.#ends.length;
  }

  /** Number of the last event; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** Copies the next event. */
  add(event: { readonly seq: number; readonly atUs: number; readonly bytes: Buffer }): void {
    const { seq, atUs, bytes } = event;
    const from = this.#ends.at(-1) ?? 0;
    const to = from + bytes.length;
    if (to > this.#bytes.length) this.#grow(to);
    bytes.copy(this.#bytes, from);
    this.#head = seq;
    this.#ends.push(to);
    this.#times.push(atUs);
    // In steps, so that a long journal doesn't move the same events for each one.
    if (this.#ends.length >= 2 * this.#limit + 64) this.trim();
  }

  /** Forgets all but the newest events. */
  trim(): void {
    const gone = this.#ends.length - this.#limit;
    if (gone <= 0) return;
    const start = this.#ends[gone - 1] ?? 0;
    this.#bytes.copyWithin(0, start, this.#ends.at(-1));
    this.#ends = this.#ends.slice(gone).map((end) => end - start);
    this.#times = this.#times.slice(gone);
  }

  /** What is kept, oldest first. Valid until the next change. */
  *events(): Iterable<LoggedEvent> {
    let from = 0;
    let seq = this.#head - this.#ends.length;
    for (const [at, to] of this.#ends.entries()) {
      yield { seq: ++seq, atUs: this.#times[at] ?? 0, bytes: this.#bytes, from, to };
      from = to;
    }
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#ends.at(-1) ?? 0);
    this.#bytes = grown;
  }
}

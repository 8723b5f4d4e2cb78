import type { Pace, Pacer } from './pacer.ts';
import type { ReadingKind, Subscriber } from './subscriber.ts';

/** A symbol that one socket reads at most once in an interval. */
export interface PacedSymbol extends Pace {
  /** Number of the last event that it was sent. */
  sent: number;
}

/** What a socket that asked for it gets of the symbols' log at a pace of its own, off the topics. */
export class PacedTickers {
  readonly #pacer: Pacer;
  readonly #sendNew: (reader: PacedReader, sent: number) => number | 'no_room';
  /** By symbol index. */
  readonly #readers: Readonly<Record<ReadingKind, (Set<PacedSymbol> | undefined)[]>> = { ticker: [], trade: [] };

  /**
   * @param parts.sendNew sends the latest state with the numbers after `sent` that it stands for; returns the last
   * number, `sent` itself when there is nothing new
   */
  constructor(parts: {
    readonly pacer: Pacer;
    readonly sendNew: (reader: PacedReader, sent: number) => number | 'no_room';
  }) {
    this.#pacer = parts.pacer;
    this.#sendNew = parts.sendNew;
  }

  /** Tells of a new event of the symbol. */
  offer(symbol: number): void {
    this.#offer(this.#readers.ticker[symbol]);
    this.#offer(this.#readers.trade[symbol]);
  }

  /** Adds a reader that has been sent everything up to `sent`. */
  join(reader: PacedReader, terms: { readonly throttleMs: number; readonly sent: number }): void {
    const { subscriber, kind, symbol } = reader;
    const paced: PacedSymbol = {
      intervalUs: terms.throttleMs * 1000,
      restsUntilUs: 0,
      isEnded: false,
      sent: terms.sent,
      tell: () => {
        const last = this.#sendNew(reader, paced.sent);
        if (last === 'no_room') return true;
        const isNew = last > paced.sent;
        paced.sent = last;
        return isNew;
      },
    };
    const readers = this.#readers[kind][symbol] ?? new Set();
    this.#readers[kind][symbol] = readers.add(paced);
    subscriber.reading[kind].paced.set(symbol, paced);
  }

  /** Takes a reader away; false when it wasn't one. */
  leave({ subscriber, kind, symbol }: PacedReader): boolean {
    const { paced } = subscriber.reading[kind];
    const left = paced.get(symbol);
    if (left === undefined) return false;
    left.isEnded = true;
    paced.delete(symbol);
    const readers = this.#readers[kind][symbol];
    readers?.delete(left);
    if (readers?.size === 0) this.#readers[kind][symbol] = undefined;
    return true;
  }

  #offer(readers: ReadonlySet<PacedSymbol> | undefined): void {
    if (readers === undefined) return;
    for (const paced of readers) this.#pacer.offer(paced);
  }
}

/** Who reads which symbol how. */
export interface PacedReader {
  readonly subscriber: Subscriber;
  readonly kind: ReadingKind;
  readonly symbol: number;
}

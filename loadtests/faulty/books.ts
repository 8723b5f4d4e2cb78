import { type Static, Type } from '@sinclair/typebox';
import { HistogramSchema } from '../../protocol/schemas/summary.ts';
import { Histogram } from '../../reports/histogram.ts';

/** What a front has planted in a run, so that what the instrument finds can be held against it. Shared by its connections. */
export class Books {
  /** When the tape starts, µs since the epoch: what depends on time counts from here. */
  readonly startUs: number;
  /** Connections that were opened so far. */
  connections = 0;
  /** Frames that the run's faults have looked at: one in a thousand is counted over all connections. */
  seen = 0;
  readonly #counts = new Map<string, number>();
  readonly #delays = new Map<string, Histogram>();
  readonly #once = new Set<string>();

  constructor(startUs: number) {
    this.startUs = startUs;
  }

  /** Notes that something was planted. */
  count(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** Notes something that counts once for each `key`. */
  countOnce(kind: string, key: string): void {
    const name = `${kind}:${key}`;
    if (this.#once.has(name)) return;
    this.#once.add(name);
    this.count(kind);
  }

  /** Notes the time that something was held back, or that lay between two of its kind, µs. */
  time(kind: string, us: number): void {
    const known = this.#delays.get(kind) ?? new Histogram();
    known.record(Math.max(0, Math.round(us)));
    this.#delays.set(kind, known);
  }

  /** What was planted, for another process to read. */
  toJSON(): BooksJson {
    return {
      counts: Object.fromEntries(this.#counts),
      times: Object.fromEntries(
        [...this.#delays].map(([kind, histogram]) => {
          const { buckets, ...rest } = histogram.toJSON();
          return [kind, { ...rest, buckets: buckets.map(([value, count]) => [value, count] as [number, number]) }];
        }),
      ),
    };
  }
}

/** {@link Books} as they travel: how often what was planted, and times in µs. */
export const BooksSchema = Type.Object({
  counts: Type.Record(Type.String(), Type.Number()),
  times: Type.Record(Type.String(), HistogramSchema),
});
export type BooksJson = Static<typeof BooksSchema>;

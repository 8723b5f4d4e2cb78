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
  /** By account: messages that were kept from it, by their names. */
  readonly #kept = new Map<string, Map<string, Message>>();

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

  /** Notes that a message was kept from an account. */
  keep(kind: string, account: string, message: Message): void {
    const kept = this.#kept.get(account) ?? new Map<string, Message>();
    this.#kept.set(account, kept);
    if (!kept.has(message.name)) this.count(kind);
    kept.set(message.name, message);
  }

  /** Whether anything was kept from an account that it hasn't got since. */
  hasKept(account: string): boolean {
    return (this.#kept.get(account)?.size ?? 0) > 0;
  }

  /** Takes back what was kept from an earlier connection, if a resume has told it before anybody could miss it. */
  told(kind: string, account: string, { name, connection, atUs }: Message): void {
    const kept = this.#kept.get(account)?.get(name);
    if (kept === undefined || kept.connection >= connection) return;
    this.#kept.get(account)?.delete(name);
    if (atUs - kept.atUs < MISSED_AFTER_US) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) - 1);
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

/** Heartbeats of a second prove a message lost at the third that shows it. */
const MISSED_AFTER_US = 2_500_000;

/** A message, and when it came to be sent on the `connection`-th of all connections. */
interface Message {
  /** `stream seq` */
  readonly name: string;
  readonly connection: number;
  readonly atUs: number;
}

/** {@link Books} as they travel: how often what was planted, and times in µs. */
export const BooksSchema = Type.Object({
  counts: Type.Record(Type.String(), Type.Number()),
  times: Type.Record(Type.String(), HistogramSchema),
});
export type BooksJson = Static<typeof BooksSchema>;

import type { Timers } from '../timers.ts';
import type { FacadeOutput } from './facade.ts';

/** Who reads what is said under topics. */
export interface Reader {
  /** What it is owed in this turn, in the order of saying. */
  readonly pending: string[];
  /** A mark of what is pending: different for different texts, save by chance. */
  pendingMark: number;
  /** Sends what is pending and forgets it. */
  readonly flush: () => void;
}

/**
 * Carries what a façade says to those who read its topics: gathered while the turn of the event loop lasts, then sent in one
 * go for each reader.
 */
export class FanOut implements FacadeOutput {
  readonly #topics = new Map<string, Set<Reader>>();
  readonly #timers: Timers;
  readonly #flushed: () => void;
  #owed: Reader[] = [];
  #said = 0;

  /** @param flushed is called when a turn's frames have been sent */
  constructor(timers: Timers, flushed: () => void = () => undefined) {
    this.#timers = timers;
    this.#flushed = flushed;
  }

  /** Topics that somebody hears. */
  get heard(): number {
    return this.#topics.size;
  }

  readonly wants = (topic: string): boolean => this.#topics.has(topic);

  readonly say = (topic: string, text: string): void => {
    const readers = this.#topics.get(topic);
    if (readers === undefined) return;
    const said = ++this.#said;
    for (const reader of readers) {
      const { pending } = reader;
      if (pending.length === 0) this.#owe(reader);
      pending.push(text);
      reader.pendingMark = (Math.imul(reader.pendingMark, 31) + said) | 0;
    }
  };

  /** Lets a reader hear a topic. */
  join(topic: string, reader: Reader): void {
    const readers = this.#topics.get(topic);
    if (readers === undefined) this.#topics.set(topic, new Set([reader]));
    else readers.add(reader);
  }

  leave(topic: string, reader: Reader): void {
    const readers = this.#topics.get(topic);
    if (readers?.delete(reader) === true && readers.size === 0) this.#topics.delete(topic);
  }

  #owe(reader: Reader): void {
    reader.pendingMark = 0;
    if (this.#owed.length === 0) this.#timers.soon(this.#flush);
    this.#owed.push(reader);
  }

  readonly #flush = (): void => {
    const owed = this.#owed;
    this.#owed = [];
    for (const reader of owed) reader.flush();
    this.#flushed();
  };
}

/** Writes frames of a turn once for all readers who are owed the same texts. */
export class FrameCache {
  readonly #batch: (texts: readonly string[]) => string;
  readonly #kept = new Map<number, { readonly texts: readonly string[]; readonly frame: string }>();

  constructor(batch: (texts: readonly string[]) => string) {
    this.#batch = batch;
  }

  /** The frame of what a reader is owed. */
  frame({ pending, pendingMark }: Pick<Reader, 'pending' | 'pendingMark'>): string {
    // A single text is put into a frame sooner than it is found.
    if (pending.length === 1) return this.#batch(pending);
    const kept = this.#kept.get(pendingMark);
    if (kept !== undefined && isSame(kept.texts, pending)) return kept.frame;
    const frame = this.#batch(pending);
    this.#kept.set(pendingMark, { texts: pending.slice(), frame });
    return frame;
  }

  /** Forgets the turn's frames. */
  clear(): void {
    if (this.#kept.size > 0) this.#kept.clear();
  }
}

/** The texts are the same strings in memory, which the engine sees before it compares letters. */
function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

import type { Channel, ServerFrame } from '../../protocol/messages.ts';
import type { Message } from '../../transport/types.ts';
import type { Voice } from '../dialects/dialect.ts';
import type { Pacer } from './pacer.ts';
import type { PacedValue, Subscriber } from './subscriber.ts';

/** A value of class B without numbers, by channel and key: only the latest counts. */
export interface ValuePlace {
  readonly channel: Channel;
  readonly key: string;
}

/** Who reads which latest values, and how they get them: one text for all, and for a slow reader the latest once it has room. */
export class LatestFeed {
  readonly #softBufferedBytes: number;
  readonly #pacer: Pacer;
  readonly #watch: (place: ValuePlace, isRead: boolean) => void;
  readonly #readers = new Map<Channel, Map<string, Set<Subscriber>>>();

  /** @param parts.watch hears when a value gets its first reader, and when it loses its last */
  constructor(parts: {
    readonly softBufferedBytes: number;
    readonly pacer: Pacer;
    readonly watch: (place: ValuePlace, isRead: boolean) => void;
  }) {
    this.#softBufferedBytes = parts.softBufferedBytes;
    this.#pacer = parts.pacer;
    this.#watch = parts.watch;
  }

  /** Keys of a channel that somebody reads. */
  keys(channel: Channel): Iterable<string> {
    return this.#readers.get(channel)?.keys() ?? [];
  }

  hasReaders({ channel, key }: ValuePlace): boolean {
    return this.#readers.get(channel)?.has(key) ?? false;
  }

  /** Adds a reader, or gives it another pace: every value, or with `throttleMs` at most one in that time. */
  join(subscriber: Subscriber, { channel, key }: ValuePlace, throttleMs = 0): void {
    const keys = this.#readers.get(channel) ?? new Map<string, Set<Subscriber>>();
    this.#readers.set(channel, keys);
    const readers = keys.get(key) ?? new Set();
    keys.set(key, readers);
    if (readers.size === 0) this.#watch({ channel, key }, true);
    readers.add(subscriber);
    const values = subscriber.values.get(channel) ?? new Set();
    subscriber.values.set(channel, values.add(key));
    this.#unpace(subscriber, { channel, key });
    if (throttleMs > 0) this.#pace(subscriber, { channel, key }, throttleMs);
  }

  leave(subscriber: Subscriber, { channel, key }: ValuePlace): void {
    const keys = this.#readers.get(channel);
    const readers = keys?.get(key);
    if (readers?.delete(subscriber) === true && readers.size === 0) {
      keys?.delete(key);
      this.#watch({ channel, key }, false);
    }
    subscriber.waiting.delete(nameOf({ channel, key }));
    this.#unpace(subscriber, { channel, key });
    const values = subscriber.values.get(channel);
    values?.delete(key);
    if (values?.size === 0) subscriber.values.delete(channel);
  }

  /** Forgets a closed socket. */
  remove(subscriber: Subscriber): void {
    for (const [channel, keys] of [...subscriber.values]) {
      for (const key of [...keys]) this.leave(subscriber, { channel, key });
    }
  }

  /** Tells a value to all who read it; `sentTimeUs` is now. */
  tell(place: ValuePlace, frame: ServerFrame, sentTimeUs: number): void {
    const readers = this.#readers.get(place.channel)?.get(place.key);
    if (readers === undefined) return;
    const texts = new Map<Voice, Message | undefined>();
    for (const subscriber of readers) {
      const { voice } = subscriber;
      if (!texts.has(voice)) texts.set(voice, voice.write(frame, sentTimeUs));
      const text = texts.get(voice);
      if (text === undefined) continue;
      const paced = subscriber.pacedValues.get(nameOf(place));
      if (paced !== undefined) {
        paced.untold = text;
        this.#pacer.offer(paced);
      } else if (this.#isBehind(subscriber)) subscriber.waiting.set(nameOf(place), text);
      else subscriber.send(text);
    }
  }

  /** Sends a socket that fell behind the latest of what it missed, once it has room. */
  catchUp(subscriber: Subscriber): void {
    if (subscriber.waiting.size === 0) return;
    if (subscriber.isSlow || subscriber.outlet.bufferedBytes() > this.#softBufferedBytes / 2) return;
    const texts = [...subscriber.waiting.values()];
    subscriber.waiting.clear();
    for (const text of texts) subscriber.send(text);
  }

  #pace(subscriber: Subscriber, place: ValuePlace, throttleMs: number): void {
    const paced: PacedValue = {
      intervalUs: throttleMs * 1000,
      restsUntilUs: 0,
      isEnded: false,
      untold: undefined,
      tell: () => {
        if (paced.untold === undefined) return false;
        if (this.#isBehind(subscriber)) return true;
        subscriber.send(paced.untold);
        paced.untold = undefined;
        return true;
      },
    };
    subscriber.pacedValues.set(nameOf(place), paced);
  }

  #unpace(subscriber: Subscriber, place: ValuePlace): void {
    const paced = subscriber.pacedValues.get(nameOf(place));
    if (paced === undefined) return;
    paced.isEnded = true;
    subscriber.pacedValues.delete(nameOf(place));
  }

  #isBehind(subscriber: Subscriber): boolean {
    return (
      subscriber.isSlow || subscriber.waiting.size > 0 || subscriber.outlet.bufferedBytes() > this.#softBufferedBytes
    );
  }
}

function nameOf({ channel, key }: ValuePlace): string {
  return `${channel}/${key}`;
}

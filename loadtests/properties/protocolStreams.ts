import { CHANNELS, type Channel, LOSSLESS_CHANNELS } from '../../protocol/channels.ts';

/** Whether the channel's events have numbers. */
export function numbered(channel: string): boolean {
  return channel === 'ticker' || channel === 'trade' || LOSSLESS_CHANNELS.some((one) => one === channel);
}

/** One value for each channel and key. */
export class KeyedStreams<T> {
  readonly #all = new Map<string, Map<string, T>>();

  get(channel: string, key: string): T | undefined {
    return this.#all.get(channel)?.get(key);
  }

  set(channel: string, key: string, value: T): void {
    const keys = this.#all.get(channel) ?? new Map<string, T>();
    this.#all.set(channel, keys.set(key, value));
  }

  delete(channel: string, key: string): void {
    this.#all.get(channel)?.delete(key);
  }

  values(): T[] {
    return [...this.#all.values()].flatMap((keys) => [...keys.values()]);
  }

  /** Keys by channel, of channels that have any. */
  byChannel(): Map<Channel, Set<string>> {
    const found = new Map<Channel, Set<string>>();
    for (const channel of CHANNELS) {
      const keys = this.#all.get(channel);
      if (keys !== undefined && keys.size > 0) found.set(channel, new Set(keys.keys()));
    }
    return found;
  }
}

import type { Channel, PresentUser } from '../../protocol/messages.ts';

/** How somebody is there who hasn't said. */
const DEFAULT_STATE = 'online';

/** Who is on which channel: a user is, as long as one of its sockets subscribes to it. */
export class Presence {
  /** Sockets by channel and user. */
  readonly #sockets = new Map<Channel, Map<string, number>>();
  readonly #states = new Map<string, string>();
  readonly #changed = new Set<Channel>();

  /** Takes note of a socket of `user` that came to a channel. */
  join(channel: Channel, user: string): void {
    const users = this.#sockets.get(channel) ?? new Map<string, number>();
    this.#sockets.set(channel, users);
    const count = users.get(user) ?? 0;
    users.set(user, count + 1);
    if (count === 0) this.#changed.add(channel);
  }

  /** Takes note of a socket of `user` that left a channel. With the last socket on any channel the user's state is forgotten. */
  leave(channel: Channel, user: string): void {
    const users = this.#sockets.get(channel);
    const count = users?.get(user) ?? 0;
    if (users === undefined || count === 0) return;
    if (count > 1) {
      users.set(user, count - 1);
      return;
    }
    users.delete(user);
    this.#changed.add(channel);
    if (![...this.#sockets.values()].some((others) => others.has(user))) this.#states.delete(user);
  }

  /** Says how a user is there, on all its channels. */
  set(user: string, state: string): void {
    if (this.#states.get(user) === state) return;
    this.#states.set(user, state);
    for (const [channel, users] of this.#sockets) if (users.has(user)) this.#changed.add(channel);
  }

  /** Who is on a channel, by name. */
  users(channel: Channel): PresentUser[] {
    const users = [...(this.#sockets.get(channel)?.keys() ?? [])].sort();
    return users.map((user) => ({ user, state: this.#states.get(user) ?? DEFAULT_STATE }));
  }

  /** Takes out the channels where something has changed. */
  takeChanged(): Channel[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }
}

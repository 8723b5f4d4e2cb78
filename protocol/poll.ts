import type { Channel } from './channels.ts';
import type { Cursor } from './clientFrames.ts';
import type { ServerFrame } from './messages.ts';

/** `since` of `/api/poll`, as JSON: by channel where the client stands. A key without a number yet has -1. */
export type PollCursors = Readonly<Partial<Record<Channel, Cursor>>>;

/** Answer of `/api/poll`: all that came after the cursors, which `cursor` follows. */
export interface PollAnswer {
  readonly epoch: string;
  /** By channel and key, in order: the events after the number that was given; or a snapshot, and the events after it. */
  readonly channels: Readonly<Partial<Record<Channel, Readonly<Record<string, readonly ServerFrame[]>>>>>;
  readonly cursor: PollCursors;
  /** Whether more waits than one answer holds: ask again at once, from `cursor`. */
  readonly more: boolean;
}

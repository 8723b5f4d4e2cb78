import type { Channel, ErrorFrame, SystemFrame } from '../protocol/messages.ts';

/** What happened beside the streams and is worth a line to the user or in a log. */
export type Notice =
  /** The socket stays down; from now on the streams are polled. */
  | { readonly kind: 'polling'; readonly everyMs: number }
  /** The socket is back and polling has ended. */
  | { readonly kind: 'polling-ended' }
  | { readonly kind: 'poll-failed'; readonly message: string }
  /** Events of a stream after `afterSeq` are gone; its readers were given a snapshot in their place. */
  | { readonly kind: 'gap'; readonly channel: Channel; readonly key: string; readonly afterSeq: number }
  /** A word of the server. */
  | { readonly kind: 'system'; readonly frame: SystemFrame }
  /** An error that answers nothing of the client's, such as a flood's. */
  | { readonly kind: 'error'; readonly frame: ErrorFrame }
  /** The server sent something that isn't as PROTOCOL.md says; it was ignored. */
  | { readonly kind: 'bad-frame'; readonly message: string }
  /** The token could not be renewed. */
  | { readonly kind: 'token-failed'; readonly message: string };

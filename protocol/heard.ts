/** A time, by a stream's own messages, in which a client was subscribed and heard nothing of it, µs since the epoch. */
export interface Silence {
  readonly fromUs: number;
  readonly untilUs: number;
}

/**
 * Which part of a stream a client heard, by the times that its messages state, µs since the epoch: a price told once more
 * to somebody who comes later is the same price.
 */
export interface Heard {
  /** Up to when it is known to have heard all: its last message, or when it could first have expected one. */
  readonly lastDueUs: number;
  /** The longest time without a message while it was subscribed; absent: none above {@link TOLD_SILENCE_US}. */
  readonly silence?: Silence;
  /** What it can be held to have heard in place of others; absent: nothing. */
  readonly proven?: ProvenHearing;
}

/** Messages but those that a subscription began with: these may be the last price, told anew with the time of the day. */
export interface ProvenHearing {
  readonly firstDueUs: number;
  readonly lastDueUs: number;
  /** The longest time between two, whatever the reason; absent: none above {@link TOLD_SILENCE_US}. */
  readonly unheardUs?: number;
}

/** Shorter silences are told of no stream, µs. */
export const TOLD_SILENCE_US = 500_000;

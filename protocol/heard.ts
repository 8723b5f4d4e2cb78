/** A time, by a stream's own messages, in which a client was connected and heard nothing of it, µs since the epoch. */
export interface Silence {
  readonly fromUs: number;
  readonly untilUs: number;
}

/**
 * Which part of a stream a client heard, by the times that its messages state, µs since the epoch: a price told once more
 * to somebody who comes later is the same price.
 */
export interface Heard {
  readonly firstDueUs: number;
  readonly lastDueUs: number;
  /** The longest time without a message, whatever the reason; absent: none above {@link TOLD_SILENCE_US}. */
  readonly unheardUs?: number;
  /** The longest one between two messages of one connection; absent likewise. */
  readonly silence?: Silence;
}

/** Shorter silences are told of no stream, µs. */
export const TOLD_SILENCE_US = 500_000;

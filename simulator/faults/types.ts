import type { Tick } from '../../market/types.ts';
import type { EventTimes } from '../play/types.ts';

/**
 * Faults on what a feed says: put between a player and what comes after it. Seeded: the same scenario and seed give the same
 * fault at the same event.
 */
export interface FeedFaults {
  /** Takes the next event and gives what the feed says instead: nothing, itself, more, or what was held back and is now due. */
  readonly tick: (tick: Tick, times: EventTimes, emit: (tick: Tick, times: EventTimes) => void) => void;
  /**
   * Gives what was held back and is due by now; call it when `nextDueUs` has come and no event of the market is late: while
   * one is, with the µs before that one's due time, so that the order is the same at every pace. After the last event of all
   * call it once with Infinity, unless what is still held back is waited for.
   */
  readonly release: (nowUs: number, emit: (tick: Tick, times: EventTimes) => void) => void;
  /** When the next held back event is due, µs since the epoch; Infinity when none is, and in a replay as fast as possible. */
  readonly nextDueUs: () => number;
  /** Gives what comes up to an instant of the market, whatever the clock says: before it is told that this instant has come. */
  readonly releaseUntil: (eventUs: number, emit: (tick: Tick, times: EventTimes) => void) => void;
  /** When the next held back event comes, µs of event time; Infinity when none is held. */
  readonly nextEventUs: () => number;
  /** Forgets what was held back: the place in the tape has changed to `toEventUs`, µs of event time. */
  readonly moved: (toEventUs: number) => void;
}

/** What a provider's connections suffer at one moment. */
export interface LinkState {
  /** Refuses connections, cuts those that are open, answers HTTP not at all. */
  readonly isDown: boolean;
  /** Sends no data; pings and answers go on. */
  readonly isSilent: boolean;
  /** Sends nothing and reads nothing, and leaves the sockets open: pings and close frames included. */
  readonly isHalfOpen: boolean;
  /** Says of every key that it is wrong. */
  readonly refusesAuth: boolean;
  /** Counts every request as one over the limit: status 429 or the provider's own words. */
  readonly isRateLimited: boolean;
  /** HTTP answers with an HTML page and status 200. */
  readonly hasWrongContentType: boolean;
  /** The share of frames of data, 0 to 1, that arrive without their second half. */
  readonly truncatedShare: number;
  /** The share of frames of data, 0 to 1, that arrive as two frames. */
  readonly splitShare: number;
  /** Added to every delivery, µs. */
  readonly delayUs: number;
}

/** A state in which nothing is wrong. */
export const SOUND_LINK: LinkState = {
  isDown: false,
  isSilent: false,
  isHalfOpen: false,
  refusesAuth: false,
  isRateLimited: false,
  hasWrongContentType: false,
  truncatedShare: 0,
  splitShare: 0,
  delayUs: 0,
};

/** Something that happens to connections at an instant. */
export type LinkEvent =
  /** Cuts this share of the open sockets by a reset, or with a close code. */
  | { readonly kind: 'cut'; readonly share: number; readonly code?: number }
  /** Ends the sockets with the fullest buffers as a provider ends slow readers. */
  | { readonly kind: 'kick_slow' };

/** Faults on the connections to a provider, by the schedule's clock. */
export interface LinkFaults {
  /** The state at a moment, µs since the epoch. One object is given again as long as it holds. */
  readonly at: (nowUs: number) => LinkState;
  /** Draws 0 to 1 from the scenario's seed: for which frame, for which socket. */
  readonly random: () => number;
  /** What happens from `afterUs` (exclusive) up to `nowUs` (inclusive), in order. */
  readonly eventsIn: (afterUs: number, nowUs: number) => readonly LinkEvent[];
  /** When the state changes or something happens next after `nowUs`; Infinity when nothing will. */
  readonly nextChangeUs: (nowUs: number) => number;
}

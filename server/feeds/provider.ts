import type { Phase } from '../../market/calendar/types.ts';
import type { Tick } from '../../market/types.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { ProviderName } from '../../protocol/providers/names.ts';
import type { Logger } from '../logger.ts';
import type { HistorySource } from './history.ts';
import type { SymbolBook } from './symbolBook.ts';

/** Where a feed's waiting comes from: the host's event loop, or a virtual clock in tests. */
export interface FeedTimers {
  /** Calls back once after `delayMs`; returns what calls it off. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
}

/** The event loop's own timers. */
export const hostFeedTimers: FeedTimers = {
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return () => clearTimeout(handle);
  },
};

/** What a feed takes from the host. */
export interface FeedPorts {
  readonly clock: Clock;
  readonly timers: FeedTimers;
  /** Draws from 0 to below 1. */
  readonly random: () => number;
  readonly log: Logger;
}

/** Why a session with a provider is over. */
export const END_REASONS = [
  /** The provider closed the connection, or it broke. */
  'closed',
  /** No connection could be made. */
  'unreachable',
  /** Nothing was live in time. */
  'timed_out',
  /** The provider refuses the key. */
  'auth_refused',
  /** The provider says that too much was asked. */
  'rate_limited',
  /** The account has too many connections. */
  'too_many_connections',
  /** The provider doesn't speak its own protocol. */
  'protocol',
  /** The market is open and no data came. */
  'silent',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** How a session ended. */
export interface SessionEnd {
  readonly reason: EndReason;
  /** One line, without a key. */
  readonly detail: string;
  /** Try again no sooner than this. */
  readonly retryAfterMs?: number;
}

/** Why a frame, or a part of one, was skipped. */
export const BAD_FRAME_REASONS = [
  'not_json',
  'binary',
  'unknown_form',
  'unknown_symbol',
  'bad_price',
  'bad_size',
  'below_lot',
  'crossed_quote',
  'bad_time',
  'clock_ahead',
] as const;
export type BadFrameReason = (typeof BAD_FRAME_REASONS)[number];

/** What a session tells, and where it puts what it reads. After {@link SessionHost.ended}, or {@link Session.stop}, nothing is heard any more. */
export interface SessionHost {
  readonly symbols: SymbolBook;
  readonly ports: FeedPorts;
  /** A time for what comes without one, µs since the epoch: a little behind the market's, never behind the symbol's last; 0 before its first event. */
  readonly eventTimeUs: (symbol: number) => number;
  /** The part of the trading day. */
  readonly phase: () => Phase;
  /** How long the calls of a day have to last, ms. */
  readonly openLeftMs: () => number;
  /** To be filled before each {@link SessionHost.take}; one object for all. */
  readonly tick: Tick;
  /** Takes {@link SessionHost.tick}. `id` is the provider's number of the trade within its symbol; 0 for none. */
  readonly take: (id: number) => void;
  /** A poll has found that the symbol's last price still holds. */
  readonly confirm: (symbol: number) => void;
  /** The last price that anybody gave for the symbol, in ticks; 0 before the first. */
  readonly lastPrice: (symbol: number) => number;
  /** Authenticated and subscribed, or a first answer came. */
  readonly live: () => void;
  /** The first `symbols` of the book are covered, those of a poll each `intervalMs`; `reason` when that is less than was wanted. */
  readonly covers: (cover: {
    readonly symbols: number;
    readonly intervalMs?: number;
    readonly reason?: string;
  }) => void;
  /** The provider's limit, or our own before it, makes us wait so long, ms. */
  readonly waited: (waitMs: number) => void;
  /** Counts what is skipped. */
  readonly bad: (reason: BadFrameReason) => void;
  readonly ended: (end: SessionEnd) => void;
}

/** A connection, or a time of polling. */
export interface Session {
  /** Ends it without a word. */
  readonly stop: () => void;
}

/** What a plan of a provider allows; absent: as much as one likes. */
export interface PlanLimits {
  readonly callsPerMinute?: number;
  readonly callsPerDay?: number;
  readonly symbols?: number;
}

/** How a provider is reached. */
export interface ProviderAccess {
  /** Base address, without a slash at its end. */
  readonly url: string;
  /** undefined for a provider that wants none. */
  readonly key: string | undefined;
  readonly plan: PlanLimits;
  /** How often a polled price should be asked for, and the longest that it may be put off to, ms. */
  readonly pollMs: number;
  readonly maxPollMs: number;
}

/** A provider of market data as the feeds read it. */
export interface Provider {
  readonly name: ProviderName;
  /** A stream says nothing when nothing happens; a poll has an answer each time. */
  readonly kind: 'stream' | 'poll';
  /** How it tells of the minutes before now; absent when it doesn't. */
  readonly history?: HistorySource;
  /** Begins a session. */
  readonly open: (host: SessionHost) => Session;
}

import type { Channel, LosslessChannel } from '../../protocol/messages.ts';
import { type Message, SendResult } from '../../transport/types.ts';
import type { Dialect, Voice } from '../dialects/dialect.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { StreamEntry } from './eventFeed.ts';
import type { PacedSymbol } from './pacedTickers.ts';
import type { Pace } from './pacer.ts';

/** What the hub needs of a socket. */
export interface Outlet {
  readonly isOpen: boolean;
  readonly send: (message: Message) => SendResult;
  readonly bufferedBytes: () => number;
  readonly join: (topic: string) => void;
  readonly leave: (topic: string) => void;
}

/** What a socket gets of the symbols' log. */
export interface Reading {
  /** Indices of the symbols. */
  readonly symbols: Set<number>;
  /** Off the fast path: by symbol the last event that it was sent. */
  readonly behind: Map<number, number>;
  /** Those of `symbols` that it gets at a pace of its own. */
  readonly paced: Map<number, PacedSymbol>;
}

/** A latest value that a socket gets at most once in an interval. */
export interface PacedValue extends Pace {
  /** What wasn't told yet. */
  untold: Message | undefined;
}

/** The two ways to read the symbols' log: each change of state, or trades alone. */
export type ReadingKind = 'ticker' | 'trade';

/** One socket as the hub sees it: what it subscribes to, and whether it keeps up. */
export class Subscriber {
  readonly outlet: Outlet;
  readonly dialect: Dialect;
  readonly voice: Voice;
  /** The symbols that it gets, as whole states and as trades. */
  readonly reading: Readonly<Record<ReadingKind, Reading>> = { ticker: emptyReading(), trade: emptyReading() };
  /** Keys of the class A streams that it gets, and of the latest values. */
  readonly streams = new Map<LosslessChannel, Set<string>>();
  readonly values = new Map<Channel, Set<string>>();
  /** Channels on which it counts as present. */
  readonly channels = new Set<Channel>();
  /** Off the fast path: the latest untold ratchet by order, and the latest untold values by channel and key. */
  readonly ratchets = new Map<string, StreamEntry>();
  readonly waiting = new Map<string, Message>();
  /** Latest values that it gets at a pace of its own, by channel and key. */
  readonly pacedValues = new Map<string, PacedValue>();
  /** Whom it speaks for; '' until that is known. */
  user = '';
  isSlow = false;
  /** Since when its buffer is over the hard limit, µs; 0 when it isn't. */
  overHardSinceUs = 0;
  readonly #metrics: ServerMetrics;
  readonly #mostBufferedBytes: number;
  readonly #closeSlow: () => void;
  /** Whether the last message had to wait for the peer. */
  #isQueued = false;

  /**
   * @param parts.mostBufferedBytes over so much nothing is sent any more: below what the transport takes, which would drop the close frame as well
   * @param parts.closeSlow closes the socket as too slow: called when a message could not be sent, or the loss would be silent
   */
  constructor(parts: {
    readonly outlet: Outlet;
    readonly dialect: Dialect;
    readonly voice: Voice;
    readonly metrics: ServerMetrics;
    readonly mostBufferedBytes: number;
    readonly closeSlow: () => void;
  }) {
    this.outlet = parts.outlet;
    this.dialect = parts.dialect;
    this.voice = parts.voice;
    this.#metrics = parts.metrics;
    this.#mostBufferedBytes = parts.mostBufferedBytes;
    this.#closeSlow = parts.closeSlow;
  }

  /** Sends a message that must arrive; false when it can't, after which the socket is being closed. */
  send(message: Message): boolean {
    if (!this.outlet.isOpen) return false;
    const isFull = this.#isQueued && this.outlet.bufferedBytes() > this.#mostBufferedBytes;
    const result = isFull ? SendResult.DROPPED : this.outlet.send(message);
    this.#isQueued = result === SendResult.QUEUED;
    if (result === SendResult.DROPPED) {
      this.#metrics.dropped++;
      this.#closeSlow();
      return false;
    }
    this.#metrics.framesOut++;
    this.#metrics.bytesOut += message.length;
    return true;
  }

  /** Closes the socket as too slow. */
  close(): void {
    this.#closeSlow();
  }
}

function emptyReading(): Reading {
  return { symbols: new Set(), behind: new Map(), paced: new Map() };
}

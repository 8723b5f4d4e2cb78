import type { OrderFrame } from '../../protocol/messages.ts';
import { SendResult } from '../../transport/types.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { ServerMetrics } from '../metrics.ts';

/** What the hub needs of a socket. */
export interface Outlet {
  readonly isOpen: boolean;
  readonly send: (text: string) => SendResult;
  readonly bufferedBytes: () => number;
  readonly join: (topic: string) => void;
  readonly leave: (topic: string) => void;
}

/** A ratchet as it is told: it has no number. */
export type RatchetFrame = Omit<OrderFrame, 'sentTimeUs' | 'seq'>;

/** One socket as the hub sees it: what it subscribes to, and whether it keeps up. */
export class Subscriber {
  readonly outlet: Outlet;
  readonly dialect: Dialect;
  /** Indices of the symbols whose ticker it gets. */
  readonly tickers = new Set<number>();
  /** Accounts whose orders and whose executions it gets. */
  readonly orders = new Set<string>();
  readonly executions = new Set<string>();
  /** Off the fast path: by symbol the last ticker event that it was sent. */
  readonly behind = new Map<number, number>();
  /** Off the fast path: the latest untold ratchet by order. */
  readonly ratchets = new Map<string, RatchetFrame>();
  isSlow = false;
  /** Since when its buffer is over the hard limit, µs; 0 when it isn't. */
  overHardSinceUs = 0;
  readonly #metrics: ServerMetrics;
  readonly #closeSlow: () => void;

  /** @param parts.closeSlow closes the socket as too slow: called when a text could not be sent, or the loss would be silent */
  constructor(parts: {
    readonly outlet: Outlet;
    readonly dialect: Dialect;
    readonly metrics: ServerMetrics;
    readonly closeSlow: () => void;
  }) {
    this.outlet = parts.outlet;
    this.dialect = parts.dialect;
    this.#metrics = parts.metrics;
    this.#closeSlow = parts.closeSlow;
  }

  /** Sends a text that must arrive; false when it can't, after which the socket is being closed. */
  send(text: string): boolean {
    if (!this.outlet.isOpen) return false;
    if (this.outlet.send(text) === SendResult.DROPPED) {
      this.#metrics.dropped++;
      this.#closeSlow();
      return false;
    }
    this.#metrics.framesOut++;
    this.#metrics.bytesOut += text.length;
    return true;
  }

  /** Closes the socket as too slow. */
  close(): void {
    this.#closeSlow();
  }
}

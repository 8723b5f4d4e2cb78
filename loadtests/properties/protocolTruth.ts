import type { Received } from './protocolLink.ts';

/** Statuses of an order that can still become something. */
const WORKING: ReadonlySet<unknown> = new Set(['PENDING', 'ACCEPTED', 'TRIGGERED', 'PARTIALLY_FILLED']);

/** A ticker event as the feed gave it, prices as numbers. */
export interface LoggedTick {
  readonly kind: 'trade' | 'quote';
  readonly last: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
}

/** A numbered event as it was first seen by anybody. */
interface Seen {
  /** The frame without the time of its write. */
  readonly text: string;
  readonly frame: Received;
}

export interface KnownOrder {
  readonly orderId: unknown;
  readonly status: unknown;
  readonly symbol: unknown;
}

/**
 * What has really happened: the ticks that the feed was given, and of each numbered stream the events as the witness, a
 * reader that is never cut, or whoever was first has seen them. All readers must see the same.
 */
export class Truth {
  epoch = '';
  readonly #ticks = new Map<string, { readonly base: number; readonly log: LoggedTick[] }>();
  readonly #streams = new Map<string, { head: number; readonly events: Map<number, Seen> }>();

  /** Begins a symbol's log with its state after the event `seq`. */
  beginTicks(symbol: string, seq: number, state: Omit<LoggedTick, 'kind'>): void {
    this.#ticks.set(symbol, { base: seq - 1, log: [{ kind: 'quote', ...state }] });
  }

  /** Forgets all ticks: the next numbers aren't known. */
  forgetTicks(): void {
    this.#ticks.clear();
  }

  addTick(symbol: string, tick: Partial<LoggedTick> & Pick<LoggedTick, 'kind'>): void {
    const ticks = this.#ticks.get(symbol);
    if (ticks === undefined) throw new RangeError(`no log of ${symbol}`);
    const before = ticks.log.at(-1);
    ticks.log.push({ last: null, bid: null, ask: null, ...before, ...tick });
  }

  /** Whether the numbers of a symbol's ticks are known. */
  hasTicks(symbol: string): boolean {
    return this.#ticks.has(symbol);
  }

  /** Number of the first tick that is known: no history reaches further back. */
  firstTick(symbol: string): number {
    return (this.#ticks.get(symbol)?.base ?? 0) + 1;
  }

  /** Number of a symbol's last tick. */
  tickHead(symbol: string): number {
    const ticks = this.#ticks.get(symbol);
    return ticks === undefined ? 0 : ticks.base + ticks.log.length;
  }

  tick(symbol: string, seq: number): LoggedTick | undefined {
    const ticks = this.#ticks.get(symbol);
    return ticks?.log[seq - ticks.base - 1];
  }

  /** Number of the first trade after `seq`; undefined when there is none yet. */
  nextTrade(symbol: string, seq: number): number | undefined {
    for (let next = seq + 1; next <= this.tickHead(symbol); next++) {
      if (this.tick(symbol, next)?.kind === 'trade') return next;
    }
    return undefined;
  }

  /** Takes a numbered event that somebody has read; tells when another had read something else under this number. */
  see(stream: string, seq: number, frame: Received): string | undefined {
    const { sentTimeUs: _, ...rest } = frame;
    const text = JSON.stringify(rest);
    const kept = this.#streams.get(stream) ?? { head: 0, events: new Map<number, Seen>() };
    this.#streams.set(stream, kept);
    kept.head = Math.max(kept.head, seq);
    const seen = kept.events.get(seq);
    if (seen === undefined) kept.events.set(seq, { text, frame });
    else if (seen.text !== text) return `${stream} ${seq} was ${seen.text}, now ${text}`;
    return undefined;
  }

  /** Number of the last event of a stream that anybody has read. */
  head(stream: string): number {
    return this.#streams.get(stream)?.head ?? 0;
  }

  event(stream: string, seq: number): Received | undefined {
    return this.#streams.get(stream)?.events.get(seq)?.frame;
  }

  /** The account's orders by name, as they were after the event `seq` of its stream. */
  orders(account: string, seq = this.head(`order/${account}`)): Map<string, KnownOrder> {
    const orders = new Map<string, KnownOrder>();
    for (let at = 1; at <= seq; at++) {
      const data: unknown = this.event(`order/${account}`, at)?.['data'];
      if (typeof data !== 'object' || data === null || !('clientOrderId' in data)) continue;
      const { clientOrderId, orderId, status, symbol } = data as Received;
      orders.set(String(clientOrderId), { orderId, status, symbol });
    }
    return orders;
  }

  /** Names of the account's orders that worked after the event `seq` of its stream, sorted. */
  working(account: string, seq?: number): string[] {
    return [...this.orders(account, seq)]
      .filter(([, { status }]) => WORKING.has(status))
      .map(([name]) => name)
      .sort();
  }

  /** Forgets all numbered events: the server has begun anew. */
  forget(): void {
    this.#streams.clear();
  }
}

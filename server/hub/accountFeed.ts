import type { ExecutionFrame, OrderFrame } from '../../protocol/messages.ts';
import { EventStream, type HistoryLimits } from './stream.ts';
import type { RatchetFrame, Subscriber } from './subscriber.ts';

/** Numbered events as they are kept: complete but for the time of writing. */
export type OrderEntry = Omit<OrderFrame, 'sentTimeUs'> & { readonly seq: number };
export type ExecutionEntry = Omit<ExecutionFrame, 'sentTimeUs'>;
export type AccountEntry = OrderEntry | ExecutionEntry | RatchetFrame;

/** The channels whose streams belong to an account. */
export type AccountChannel = 'order' | 'execution';

interface AccountStreams {
  readonly order: EventStream<OrderEntry>;
  readonly execution: EventStream<ExecutionEntry>;
  readonly readers: { readonly order: Set<Subscriber>; readonly execution: Set<Subscriber> };
}

/** The streams of all accounts, and who reads them. Streams begin with their first event or reader and stay. */
export class AccountFeed {
  readonly #epoch: string;
  readonly #limits: HistoryLimits;
  readonly #accounts = new Map<string, AccountStreams>();

  constructor(epoch: string, limits: HistoryLimits) {
    this.#epoch = epoch;
    this.#limits = limits;
  }

  appendOrder(event: Omit<OrderEntry, 'seq'>, nowUs: number): OrderEntry {
    return this.streams(event.account).order.append((seq) => ({ ...event, seq }), nowUs);
  }

  appendExecution(event: Omit<ExecutionEntry, 'seq'>, nowUs: number): ExecutionEntry {
    return this.streams(event.account).execution.append((seq) => ({ ...event, seq }), nowUs);
  }

  /** The streams of an account. */
  streams(account: string): AccountStreams {
    let streams = this.#accounts.get(account);
    if (streams === undefined) {
      streams = {
        order: new EventStream(this.#epoch, this.#limits),
        execution: new EventStream(this.#epoch, this.#limits),
        readers: { order: new Set(), execution: new Set() },
      };
      this.#accounts.set(account, streams);
    }
    return streams;
  }

  readers(account: string, channel: AccountChannel): ReadonlySet<Subscriber> | undefined {
    return this.#accounts.get(account)?.readers[channel];
  }

  join(subscriber: Subscriber, channel: AccountChannel, account: string): void {
    this.streams(account).readers[channel].add(subscriber);
    accountsOf(subscriber, channel).add(account);
  }

  leave(subscriber: Subscriber, channel: AccountChannel, account: string): void {
    this.#accounts.get(account)?.readers[channel].delete(subscriber);
    accountsOf(subscriber, channel).delete(account);
  }

  /** Forgets a closed socket. */
  remove(subscriber: Subscriber): void {
    for (const account of [...subscriber.orders]) this.leave(subscriber, 'order', account);
    for (const account of [...subscriber.executions]) this.leave(subscriber, 'execution', account);
  }
}

function accountsOf(subscriber: Subscriber, channel: AccountChannel): Set<string> {
  return channel === 'order' ? subscriber.orders : subscriber.executions;
}

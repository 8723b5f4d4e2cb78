import type { Schedule, ViolationLine } from '../../protocol/run.ts';
import type { Scenario } from '../../protocol/schemas/scenario.ts';
import type { Need, TargetId, TargetSet } from '../../protocol/schemas/targets.ts';
import type { LatenessEvidence } from './lateness.ts';
import type { GeneratorData, Windows } from './merge.ts';

/** What the server's own metrics and the kernel say of it, second by second; absent for a server that can't be looked into. */
export interface InsideEvidence {
  readonly process: Windows;
  readonly publish: Windows;
  /** Share of one core. */
  readonly cpu: ReadonlyMap<number, number>;
  readonly rssBytes: ReadonlyMap<number, number>;
  readonly loopDelayUs: ReadonlyMap<number, number>;
  readonly runQueueUs: ReadonlyMap<number, number>;
  /** Time in garbage collection, and the heap in use, of a server that tells them. */
  readonly gcUs?: ReadonlyMap<number, number>;
  readonly heapBytes?: ReadonlyMap<number, number>;
  /** Payload that it sent to its clients, of a server that tells it. */
  readonly bytesOut?: ReadonlyMap<number, number>;
}

/** One order whose outcome differs from the oracle's. */
export interface OrderFault {
  /** As the oracle's court names it: `early`, `late`, `never`, `twice`, `wrong_price`, `never_answered` ... */
  readonly kind: string;
  /** When it was due or noticed, µs since the epoch. */
  readonly atUs: number;
  readonly detail: string;
}

/** What became of the orders, held against the oracle. */
export interface OrderEvidence {
  readonly placed: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly triggersExpected: number;
  readonly triggersSeen: number;
  readonly wrongTick: number;
  readonly faults: readonly OrderFault[];
}

/** What clients read of patterns and bars, held against the oracle. */
export interface MarketEvidence {
  /** Patterns and closed bars that were due to clients, each client's apart, and those of them that came. */
  readonly patternsDue: number;
  readonly patternsSeen: number;
  readonly barsDue: number;
  readonly barsSeen: number;
  readonly faults: readonly ViolationLine[];
}

/** A run that an abort rule ended: the row, and the seconds in a row in which it broke its bound. */
export interface EndedEarly {
  readonly row: TargetId;
  readonly seconds: readonly number[];
}

/** What a server's process held at one moment at which no client was connected and its garbage had just been collected. */
export interface RestReading {
  /** The server's process, counted from 1: each begins a series of its own. */
  readonly server: number;
  /** Hours since that server's first reading. */
  readonly hours: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly handles: number;
  readonly timers: number;
}

/** Everything that a verdict is made from. */
export interface RunEvidence {
  readonly scenario: Scenario;
  readonly targets: TargetSet;
  readonly schedule: Schedule;
  readonly generators: readonly GeneratorData[];
  /** Clients that each generator was told to run. */
  readonly plannedClients: number;
  readonly plannedOrders: number;
  /** Why nothing of what came could be read, a fault of the rules that were given or of the server; absent: it could. */
  readonly unreadable?: string;
  /** What is missing of that which our own generators wrote: nothing can be held against anybody; absent: nothing. */
  readonly damaged?: string;
  readonly inside: InsideEvidence | undefined;
  readonly lateness: LatenessEvidence;
  /** Cuts made, by client. */
  readonly cuts: readonly { readonly client: number; readonly atUs: number }[];
  readonly orders: OrderEvidence;
  readonly market: MarketEvidence;
  /** Last sequence number that each symbol's ticker stream must reach. */
  readonly expectedHeads: ReadonlyMap<string, number>;
  /** Seconds in which nothing was due to probes (without any, to clients); absent: none is known. */
  readonly quiet?: ReadonlySet<number>;
  /** What the target is declared not to have, with the reason. */
  readonly absent: ReadonlyMap<Need, string>;
  /** Absent: the run went to its end, or was ended by its user. */
  readonly endedEarly?: EndedEarly;
  /** Of a soak, as a whole: what the server held each time that nobody was connected. */
  readonly readings?: readonly RestReading[];
  /** The server ended before it was asked to: in words; '' otherwise. */
  readonly serverDied: string;
  /** A generator that died, ran over its budget or never came to its end: in words; '' otherwise. */
  readonly generatorFailed: string;
}

/** Whole seconds since the tape's start. */
export function secondOf(schedule: Schedule, atUs: number): number {
  return Math.floor((atUs - schedule.startUs) / 1e6);
}

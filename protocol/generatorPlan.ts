/** What generators are told: a plan goes in as one JSON file, the same to k6, the swarm and the probe. */
import type { OrderPlaceFrame, OrderPlaceListFrame } from './messages.ts';
import type { GeneratorName, Schedule, SessionChannel, WindowMetric } from './run.ts';
import type { Codec, CustomRules, PlanDialect, Reach } from './serverUnderTest.ts';

/** All that one generator is told of a run. */
export interface GeneratorPlan {
  readonly version: 1;
  readonly generator: GeneratorName;
  readonly dialect: PlanDialect;
  /** Of the dialect `custom`. */
  readonly custom?: CustomRules;
  /** Absent: a server of ours, as `url` says. */
  readonly reach?: Reach;
  /** Of the native stream; absent: JSON. */
  readonly codec?: Codec;
  readonly schedule: Schedule;
  /** Clients stop here: after the last due tick and the grace time. */
  readonly endUs: number;
  /** Longest wait for `welcome` before a connection counts as failed. */
  readonly connectTimeoutMs: number;
  /**
   * Full jitter: the delay before the n-th reconnect is uniform in 0..min(cap, first * 2^n). With `delaysMs` those are the
   * delays, to the letter, and there are no further attempts.
   */
  readonly reconnect: { readonly firstDelayMs: number; readonly capMs: number; readonly delaysMs?: readonly number[] };
  readonly seed: number;
  /** µs that a wall-clock reading (k6) lies ahead of the run's clock, as the gate measured it before the start. */
  readonly wallAheadUs: number;
  readonly clients: readonly ClientPlan[];
  /** The clients' symbols, for a dialect whose streams have no numbers. */
  readonly tape?: readonly TapeSymbol[];
  /** Of probes beside a server that has played parts before; absent: this one is its first. */
  readonly goesOn?: GoesOn;
  /** Violations listed one by one, at most; all are counted. */
  readonly maxListedViolations: number;
  /** Where the server polls its provider; absent: each event of the schedule is due to clients. */
  readonly polled?: PolledFeed;
  /**
   * By what an event is due; absent: `schedule`. With `frame` nobody here knows what the server is fed: an event is due
   * when its frame says (`dueTimeUs`, else `receivedTimeUs`), and the schedule only numbers the seconds; with `nothing` no
   * frame says so either, and none is timed.
   */
  readonly timedBy?: 'schedule' | 'frame' | 'nothing';
  /** Bounds for a k6 that is run by hand, which has no gate to judge it. */
  readonly targets?: readonly PlanTarget[];
}

/** `percentile` of `metric` over the whole run lies below `belowMs`, from `minSamples` samples or more. */
export interface PlanTarget {
  readonly metric: WindowMetric;
  readonly percentile: number;
  readonly belowMs: number;
  readonly minSamples: number;
}

/** A server that polls its provider shows a sample of the tape: its frames are timed from their arrival there, and prices are judged by their age. */
export interface PolledFeed {
  /** How often each symbol is polled, ms. */
  readonly intervalMs: number;
  /** The server's `/api/quotes`. */
  readonly quotesUrl: string;
}

/** Where a server stands that goes on after other parts of its tape. */
export interface GoesOn {
  /** What the schedule's times of events are later by than the tape's, µs. */
  readonly shiftUs: number;
  /** By symbol: its number when the part begins, and what its ticker shows then (last, lastSize, bid, ask, bidSize, askSize; in ticks and lots, -1 where nothing is known). */
  readonly symbols: readonly {
    readonly symbol: string;
    readonly number: number;
    readonly shown: readonly number[];
  }[];
}

/**
 * A symbol's events in the part of the tape that is played, in its order: dialects without sequence numbers are held
 * against it. Lists of one length, an event at each place.
 */
export interface TapeSymbol {
  readonly symbol: string;
  readonly priceDecimals: number;
  /** The market's time, µs since the epoch. */
  readonly timesUs: readonly number[];
  /** Last price after the event, in ticks; 0 before the first trade. */
  readonly prices: readonly number[];
  /** 1 for a trade, 0 for a quote. */
  readonly trades: readonly number[];
}

/** What one client is to do: where it connects and when, what it hears, what it places, how it behaves. */
export interface ClientPlan {
  /** Unique over all generators of a run. */
  readonly client: number;
  readonly url: string;
  readonly token?: string;
  readonly account: string;
  /** For whom the target takes it, as far as its token or its URL tells: clients of one holder share an account. */
  readonly holder?: string;
  /** Keys of the channels that are by symbol. */
  readonly symbols: readonly string[];
  readonly channels: readonly SessionChannel[];
  readonly connectAtUs: number;
  readonly orders: readonly PlannedOrder[];
  /** Where orders are posted, in dialects that place none on the socket. */
  readonly orderUrl?: string;
  /** Absent: steady. */
  readonly behaviour?: ClientBehaviour;
  /** When it closes in order and for good; absent: at the plan's end. */
  readonly leaveAtUs?: number;
}

/** An order, or a list of orders, to place at a set time; the frame is sent as it stands, with an `id`. */
export interface PlannedOrder {
  readonly atUs: number;
  readonly frame: PlacingFrame;
}

/** A frame that places an order, or a list of orders. */
export type PlacingFrame = OrderPlaceFrame | OrderPlaceListFrame;

/** The orders that a frame places, each as if it were placed by itself. */
export function ordersIn(frame: PlacingFrame): readonly OrderPlaceFrame[] {
  if (frame.type === 'order.place') return [frame];
  return frame.orders.map((terms) => ({ type: 'order.place', ...terms }));
}

/** A span of time, µs since the epoch. */
export interface PlannedSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Ways in which a client may be unlike the steady one. */
export const BEHAVIOURS = ['slow', 'flapping', 'churn', 'bursts', 'polling'] as const;
export type BehaviourName = (typeof BEHAVIOURS)[number];

/** How a client behaves, with every time planned: the same plan behaves the same in every generator. */
export type ClientBehaviour =
  /** Stops reading in these spans, so that the server conflates or gives it up with 4008: neither is a fault, and its latencies are its own. */
  | { readonly kind: 'slow'; readonly spans: readonly PlannedSpan[] }
  /** Ends its connection without a close frame at these times, and comes back by the plan's reconnect policy. */
  | { readonly kind: 'flapping'; readonly dropsUs: readonly number[] }
  /** Leaves its `symbols` (tickers alone) at `fromUs`, and is back in them with its cursor at `toUs`. */
  | { readonly kind: 'churn'; readonly leaves: readonly (PlannedSpan & { readonly symbols: readonly string[] })[] }
  /** Its orders come in bursts: only their times tell. */
  | { readonly kind: 'bursts' }
  /** Is without a socket in these spans, and polls instead, every `everyMs`, from where it stands. */
  | {
      readonly kind: 'polling';
      readonly url: string;
      readonly everyMs: number;
      readonly spans: readonly PlannedSpan[];
    };

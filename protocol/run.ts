/**
 * What is recorded of a run: the schedule by which all of it is timed, the channels that clients hear, and the lines of
 * JSON (NDJSON) that generators tell, the same from k6, the swarm and the probe. The gate merges the lines and judges them.
 */
import type { Heard } from './heard.ts';
import type { OrderPlaceFrame } from './messages.ts';

/** When each event of the tape is due: `startUs + (eventTimeUs - fromEventUs) / speed`. The gate sets it, never the server. */
export interface Schedule {
  /** Time (µs since the epoch) at which the tape's `fromEventUs` is due. */
  readonly startUs: number;
  readonly fromEventUs: number;
  readonly toEventUs: number;
  readonly speed: number;
}

/** When an event of the tape is due, µs since the epoch. */
export function dueTimeUs(schedule: Schedule, eventTimeUs: number): number {
  return schedule.startUs + (eventTimeUs - schedule.fromEventUs) / schedule.speed;
}

/** How long a schedule lasts, µs of the run's time. */
export function lengthUs({ fromEventUs, toEventUs, speed }: Schedule): number {
  return (toEventUs - fromEventUs) / speed;
}

/** When the last event of a schedule is due at the latest, µs since the epoch. */
export function endOf(schedule: Schedule): number {
  return schedule.startUs + lengthUs(schedule);
}

/** Channels that a client of the measurement may hear, in the order in which it subscribes to them. */
export const SESSION_CHANNELS = [
  'ticker',
  'order',
  'execution',
  'pattern',
  'bar.1m',
  'position.value',
  'portfolio',
] as const;
export type SessionChannel = (typeof SESSION_CHANNELS)[number];

/** Channels whose events carry a sequence number. */
export const NUMBERED_CHANNELS = [
  'ticker',
  'order',
  'execution',
  'pattern',
  'bar.1m',
] as const satisfies SessionChannel[];

/** Patterns that the oracle beside the gate knows: clients tell those of one-minute bars one by one. */
export const JUDGED_PATTERNS = [
  'bullish_engulfing',
  'bearish_engulfing',
  'three_outside_up',
  'three_outside_down',
] as const;
export type JudgedPattern = (typeof JUDGED_PATTERNS)[number];

export type GeneratorName = 'k6' | 'swarm' | 'probe';

/** A histogram as it travels; the same shape as `HistogramJson` of reports/histogram.ts. */
export interface WireHistogram {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly buckets: readonly (readonly [number, number])[];
}

/** Latency metrics, in µs, kept as one histogram per 1 s window. */
export type WindowMetric =
  /** Opening to `welcome`, by the second in which it was opened. */
  | 'connect'
  /** Due time to the client's read, by the second in which it was due. */
  | 'tick'
  /** The server's own `receivedTimeUs` to the client's read: printed beside `tick` as service time. */
  | 'service'
  /** Crossing tick's due time to the read of `triggered`. */
  | 'trigger'
  /** Due time of a bar's end to the read of a pattern that the bar completed, by the second in which it was due. */
  | 'pattern'
  /**
   * What an interval between two values of an account is off its period, in millionths of the period. One that is too
   * long counts in the second of its end, one that is too short in that of its beginning: there lies the cause.
   */
  | 'cadence'
  /** Computing an account's values, as the server states it. */
  | 'compute'
  /** Placing an order to its first answer, from the *planned* time. */
  | 'ack'
  /** Cut to the first resumed frame. */
  | 'reconnect'
  /** Interval between heartbeats. */
  | 'heartbeat'
  /** Of a price that is shown: since when the tape has another one; 0 while it has that one. */
  | 'freshness'
  /** Planned time of an action (connect, order) to its attempt: the generator's own slip. */
  | 'slip'
  /** Lateness of a 10 ms timer in the generator's event loop. */
  | 'loopDelay';

/** One second of one generator (or of one VU); lines of the same second are merged. */
export interface WindowLine {
  readonly kind: 'window';
  readonly generator: GeneratorName;
  /** Whole seconds since `schedule.startUs`, may be negative before the start. */
  readonly second: number;
  readonly histograms: Readonly<Partial<Record<WindowMetric, WireHistogram>>>;
  readonly received: number;
  readonly sent: number;
  readonly connected: number;
}

export type ViolationKind =
  | 'gap'
  | 'duplicate'
  | 'reorder'
  | 'wrong_content'
  /** Events of the tape that never came, in a dialect that has no way to say that it conflates. */
  | 'unexplained_gap'
  | 'hole_after_resume'
  | 'repeat_after_resume'
  | 'missing_tail'
  /** By the oracle: a pattern or a closed bar that must have come, or one that must not. */
  | 'missing_pattern'
  | 'wrong_pattern'
  | 'missing_bar'
  | 'wrong_bar'
  /** A price that no poll can have confirmed any more, without a word of its age. */
  | 'stale_as_fresh'
  | 'schedule_slip'
  | 'heartbeat_head'
  | 'bad_frame'
  | 'unexpected_error'
  | 'unplanned_close'
  | 'no_welcome'
  | 'no_answer';

/** One broken promise as a client saw it. */
export interface ViolationLine {
  readonly kind: 'violation';
  readonly generator: GeneratorName;
  readonly violation: ViolationKind;
  readonly client: number;
  /** `ticker:AAPL`, `order:acct-3`, or '' where no stream is meant. */
  readonly stream: string;
  readonly expectedSeq: number;
  readonly seq: number;
  /** When the client noticed, µs since the epoch. */
  readonly atUs: number;
  readonly detail: string;
  /** Of what never came, how many messages; absent: one. */
  readonly messages?: number;
}

export type OrderOutcome = 'accepted' | 'rejected' | 'unanswered';

/** What one client saw of one order. Times in µs since the epoch, 0 when it didn't happen. */
export interface OrderLine {
  readonly kind: 'order';
  readonly generator: GeneratorName;
  readonly client: number;
  /** Of a list's order: as if it had been placed by itself. */
  readonly frame: OrderPlaceFrame;
  /** The names of all orders of its list, in the list's order; absent: it was placed by itself. */
  readonly list?: readonly string[];
  readonly plannedUs: number;
  readonly sentUs: number;
  readonly answeredUs: number;
  readonly outcome: OrderOutcome;
  readonly rejectReason: string;
  /** `tickSeq` of the `accepted` (or `rejected`) event; -1 when none came. */
  readonly acceptedTickSeq: number;
  /** Triggers seen, in order: more than one, or on another tick than the oracle's, is a fault. */
  readonly triggers: readonly {
    readonly tickSeq: number;
    readonly eventTimeUs: number;
    readonly readUs: number;
    readonly price: string;
    readonly live: boolean;
  }[];
  readonly fills: readonly {
    readonly tickSeq: number;
    readonly price: string;
    readonly quantity: string;
    readonly readUs: number;
  }[];
  /** When it was canceled, as it was told; absent: it wasn't. */
  readonly canceled?: { readonly tickSeq: number; readonly eventTimeUs: number };
  readonly finalStatus: string;
}

/** A pattern of {@link JUDGED_PATTERNS} that a client read, of one-minute bars. Times in µs since the epoch. */
export interface SeenPattern {
  readonly symbol: string;
  readonly patternType: JudgedPattern;
  /** The market's time at which the bar that completed it ended. */
  readonly barEndUs: number;
  readonly readUs: number;
}

/** A closed one-minute bar as a client read it: prices in the currency, volume in units. */
export interface SeenBar {
  readonly symbol: string;
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly readUs: number;
}

/** What a client read of a channel, in order. */
export interface SeenOf<Item> {
  /** When the channel's first subscription was confirmed, µs since the epoch; -1 when none was. */
  readonly fromUs: number;
  readonly seen: readonly Item[];
}

/** The symbol of a stream of tickers, `ticker:AAPL`. */
export function symbolOfTicker(stream: string): string {
  return stream.replace(/^ticker:/, '');
}

/** How a connection ended, as a user reads it. */
export function closeWords({ code, why }: ClientLine['closes'][number]): string {
  return `closed with ${code}${why === undefined ? '' : ` (${why})`}`;
}

/** The end of one client: what the audit holds against the tape. */
export interface ClientLine {
  readonly kind: 'client';
  readonly generator: GeneratorName;
  readonly client: number;
  readonly connects: number;
  readonly failedConnects: number;
  /** Closes seen, with their time and code (1006 for a reset), and in words what the code doesn't say, where that is known. */
  readonly closes: readonly { readonly atUs: number; readonly code: number; readonly why?: string }[];
  /** First frame after each reconnect that belongs to a resumed stream. */
  readonly resumes: readonly { readonly closedUs: number; readonly resumedUs: number; readonly recovered: boolean }[];
  /** `ticker` streams: sequence at the first subscription, last sequence seen, messages counted (conflated ones by what they cover). */
  readonly streams: readonly {
    readonly stream: string;
    readonly firstSeq: number;
    readonly lastSeq: number;
    readonly events: number;
    readonly conflated: number;
    /** When something of a ticker stream was last read, µs since the epoch; absent: nothing was. */
    readonly lastReadUs?: number;
    /** Of ticker streams that have no numbers, and whose messages state their time; absent of others, and of what was never subscribed. */
    readonly heard?: Heard;
  }[];
  /** This client's tick latencies by second, ascending: who is served worst, and when. */
  readonly tickBySecond: readonly (readonly [number, WireHistogram])[];
  readonly patterns: SeenOf<SeenPattern>;
  readonly bars: SeenOf<SeenBar>;
  readonly operations: number;
  readonly failedOperations: number;
  readonly received: number;
  readonly orderEvents: number;
}

/** Counts of violations by kind, listed or not. */
export interface EndLine {
  readonly kind: 'end';
  readonly generator: GeneratorName;
  readonly violations: Readonly<Partial<Record<ViolationKind, number>>>;
  /** For how many messages those stand, listed or not; a kind that it lacks: one each. */
  readonly violationMessages?: Readonly<Partial<Record<ViolationKind, number>>>;
  /** Largest difference between frames' `dueTimeUs` and the gate's schedule, µs. */
  readonly dueTimeErrorUs: number;
  /** Best-case offset between the server's clock and ours by ping (half the smallest round trip is its error), µs. */
  readonly clockOffsetUs: number;
  readonly clockErrorUs: number;
  /** The most by which a message was read before it was due, or before the time that it states, µs: the clocks differ by that, or more. Absent: 0. */
  readonly earlyUs?: number;
  /** A message that told nothing, where the rules of a custom dialect say what does. Absent: each told something. */
  readonly unread?: string;
  /** p99 of round trips over the loopback before the run, µs: the generator can't measure less. Absent: not taken. */
  readonly floorP99Us?: number;
  /** Whether the system gave it a higher priority; absent: not asked for. */
  readonly hasPriority?: boolean;
  /** How many lines of each kind it ends, so that a file that lost some shows it; absent: nobody counted. */
  readonly lines?: Readonly<Record<CountedKind, number>>;
}

/** The kinds of lines that an end line stands for. */
export type CountedKind = Exclude<GeneratorLine['kind'], 'end'>;

export type GeneratorLine = WindowLine | ViolationLine | OrderLine | ClientLine | EndLine;

import type { TapeSymbol } from '../../protocol/generatorPlan.ts';
import { dueTimeUs, type Schedule } from '../../protocol/run.ts';

/** What was due within this time of a subscription's sending may have come or not: the server took it somewhere in between. */
const SUBSCRIPTION_GRACE_US = 500_000;

/** A symbol's events as all clients of a process share them. */
export class TapeStream {
  readonly symbol: string;
  readonly priceDecimals: number;
  /** The market's times, µs since the epoch, ascending. */
  readonly timesUs: readonly number[];
  /** Last price after each event, in ticks. */
  readonly prices: readonly number[];
  /** How many trades there were up to each event, itself among them: the number under which it is audited. */
  readonly numbers: Uint32Array;
  readonly trades: readonly number[];

  constructor(tape: TapeSymbol) {
    this.symbol = tape.symbol;
    this.priceDecimals = tape.priceDecimals;
    this.timesUs = tape.timesUs;
    this.prices = tape.prices;
    this.trades = tape.trades;
    this.numbers = new Uint32Array(tape.timesUs.length);
    let trades = 0;
    for (let at = 0; at < tape.trades.length; at++) {
      trades += tape.trades[at] as number;
      this.numbers[at] = trades;
    }
  }

  /** Place of the first event at or after a time. */
  firstFrom(timeUs: number): number {
    let low = 0;
    let high = this.timesUs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.timesUs[middle] as number) < timeUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Number that the symbol's ticker would have at a time in whole ms: events up to its end. */
  tickSeqAt(timeMs: number): number {
    return this.firstFrom((timeMs + 1) * 1000);
  }

  /** Trades before a time. */
  tradesBefore(timeUs: number): number {
    const at = this.firstFrom(timeUs);
    return at === 0 ? 0 : (this.numbers[at - 1] as number);
  }
}

/** What a frame is on the tape. `state`: nothing that wasn't known. Otherwise what the tape says instead. */
export type TapeMatchResult = 'event' | 'state' | { readonly wrong: string };

/** An event found on the tape; one object is used again and again. */
export interface TapeEvent {
  /** Number of the trade, counted from 1 in the part played. */
  seq: number;
  eventTimeUs: number;
  /** Number at which the stream stands anew just before this event; -1 when it goes on. */
  baseSeq: number;
}

/**
 * One client's stream of a symbol in a dialect without sequence numbers: finds each frame's event on the tape by the
 * market's time (whole ms) and the price, so that what has no number gets one, and is audited like what has. Events that
 * agree in both stand for one another, in their order.
 */
export class TapeMatch {
  readonly stream: TapeStream;
  readonly #schedule: Schedule;
  readonly #seen: Uint8Array;
  #lastAt = -1;
  #lastNumber = 0;
  /** When the subscription was sent whose first frame hasn't come; -1 when it has. */
  #subscribedUs = -1;

  constructor(stream: TapeStream, schedule: Schedule) {
    this.stream = stream;
    this.#schedule = schedule;
    this.#seen = new Uint8Array(stream.timesUs.length);
  }

  onSubscribed(atUs: number): void {
    this.#subscribedUs = atUs;
  }

  /** Finds a frame's event; `event` is filled when the answer is `event`. */
  find(timeMs: number, price: number, event: TapeEvent): TapeMatchResult {
    const { stream } = this;
    const ticks = Math.round(price * 10 ** stream.priceDecimals);
    const at = this.#placeOf(timeMs, ticks);
    if (at < 0) return this.#notFound(timeMs, price);
    this.#seen[at] = 1;
    const seq = stream.numbers[at] as number;
    const isRepeatedState = this.#subscribedUs >= 0 && seq <= this.#lastNumber;
    event.baseSeq = this.#takeBase(seq);
    // A quote's place is a state's: it stands for the trade before it.
    if (isRepeatedState || (stream.trades[at] === 0 && seq <= this.#lastNumber)) return 'state';
    event.seq = seq;
    event.eventTimeUs = stream.timesUs[at] as number;
    this.#lastAt = Math.max(this.#lastAt, at);
    this.#lastNumber = Math.max(this.#lastNumber, seq);
    return 'event';
  }

  /** Number at which the stream stands when nothing has come since the subscription, by what need not have come; -1 when something has. */
  settled(): number {
    return this.#subscribedUs < 0 ? -1 : Math.max(this.#lastNumber, this.#mayBeMissed());
  }

  /** The first unseen event that fits and lies ahead; else an unseen one behind; else one that was seen. */
  #placeOf(timeMs: number, ticks: number): number {
    const { timesUs, prices, trades } = this.stream;
    let behind = -1;
    let seen = -1;
    let quote = -1;
    for (let at = this.stream.firstFrom(timeMs * 1000); at < timesUs.length; at++) {
      if ((timesUs[at] as number) >= (timeMs + 1) * 1000) break;
      if (prices[at] !== ticks) continue;
      if (trades[at] === 0) quote = at;
      else if (this.#seen[at] !== 0) seen = at;
      else if (at > this.#lastAt) return at;
      else if (behind < 0) behind = at;
    }
    if (behind >= 0) return behind;
    return seen >= 0 ? seen : quote;
  }

  #notFound(timeMs: number, price: number): TapeMatchResult {
    const { timesUs, prices, priceDecimals, trades } = this.stream;
    // The market before the part played is nobody's concern here, but only a state may come from there.
    if ((timeMs + 1) * 1000 <= this.#schedule.fromEventUs && this.#subscribedUs >= 0) return 'state';
    const at = this.stream.firstFrom(timeMs * 1000);
    const isThere = at < timesUs.length && (timesUs[at] as number) < (timeMs + 1) * 1000;
    if (!isThere) return { wrong: `price ${price} at ${timeMs}, the tape has no event then` };
    const must = (prices[at] as number) / 10 ** priceDecimals;
    return { wrong: `price ${price} at ${timeMs}, the tape says ${must}${trades[at] === 0 ? ' since before' : ''}` };
  }

  /** Number from which the stream goes on when `seq` is the first that comes after a subscription. */
  #takeBase(seq: number): number {
    if (this.#subscribedUs < 0) return -1;
    const base = Math.max(this.#lastNumber, Math.min(seq - 1, this.#mayBeMissed()));
    this.#subscribedUs = -1;
    return base;
  }

  /** Trades that were due before the subscription was sent, or so shortly after that it may have been taken later. */
  #mayBeMissed(): number {
    const { startUs, fromEventUs, speed } = this.#schedule;
    const untilUs = this.#subscribedUs + SUBSCRIPTION_GRACE_US;
    if (untilUs <= dueTimeUs(this.#schedule, fromEventUs)) return 0;
    return this.stream.tradesBefore(fromEventUs + (untilUs - startUs) * speed);
  }
}

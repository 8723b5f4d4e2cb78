import type { GeneratorPlan } from '../../../protocol/generatorPlan.ts';
import type { Schedule } from '../../../protocol/run.ts';
import { TapeMatch, type TapeStream } from '../../audit/tapeMatch.ts';
import { newTickerFields, type SessionEvent, type SettledStream } from '../dialect.ts';
import { bad, isNumber, isWhole } from '../fields.ts';

/** A price of a symbol at a time of the market, as a frame has it; `data` is the frame's content as parsed. */
export interface ToldPrice {
  readonly symbol: unknown;
  readonly price: unknown;
  readonly timeMs: unknown;
  readonly data: unknown;
}

/** What reads the tickers of one client. */
export interface TickerReader {
  /** All symbols are subscribed anew, by frames sent at `atUs`. */
  readonly onSubscribed: (atUs: number) => void;
  readonly read: (frame: ToldPrice) => SessionEvent;
  /** See `Dialect.settled`. */
  readonly settled: () => readonly SettledStream[];
}

/** The tape as a dialect's clients need it: by symbol, shared by all clients of a process. */
export interface PlayedTape {
  /** Absent: `schedule`. */
  readonly timedBy?: GeneratorPlan['timedBy'] | undefined;
  readonly schedule: Schedule;
  readonly streams: ReadonlyMap<string, TapeStream>;
}

/** The tickers of one client whose frames have the market's time (ms) and the last price, and no numbers: found on the tape. */
export class TapeTickers implements TickerReader {
  readonly #matches = new Map<string, TapeMatch>();
  readonly #fields = newTickerFields();
  readonly #event = { seq: 0, eventTimeUs: 0, baseSeq: -1 };

  constructor(tape: PlayedTape, symbols: readonly string[]) {
    this.#fields.receivedTimeUs = -1;
    this.#fields.sentTimeUs = -1;
    for (const symbol of symbols) {
      const stream = tape.streams.get(symbol);
      if (stream !== undefined) this.#matches.set(symbol, new TapeMatch(stream, tape.schedule));
    }
  }

  /** All symbols are subscribed anew, by frames sent at `atUs`. */
  onSubscribed(atUs: number): void {
    for (const match of this.#matches.values()) match.onSubscribed(atUs);
  }

  /** Reads a price of a symbol at a time of the market; `data` is the frame's content as parsed. */
  read(frame: ToldPrice): SessionEvent {
    const { symbol, price, timeMs, data } = frame;
    if (typeof symbol !== 'string' || !isNumber(price) || !isWhole(timeMs)) return bad('price without its fields');
    const match = this.#matches.get(symbol);
    if (match === undefined) return bad(`price of ${symbol}, which was not subscribed`);
    const found = match.find(timeMs, price, this.#event);
    if (found === 'state') return { kind: 'state' };
    if (found !== 'event') return { kind: 'wrong', stream: `ticker:${symbol}`, reason: found.wrong };
    const fields = this.#fields;
    fields.symbol = symbol;
    fields.seq = this.#event.seq;
    fields.seqFrom = this.#event.seq;
    fields.eventTimeUs = this.#event.eventTimeUs;
    fields.baseSeq = this.#event.baseSeq;
    return { kind: 'ticker', fields, data };
  }

  /** See `Dialect.settled`. */
  settled(): readonly SettledStream[] {
    const streams: SettledStream[] = [];
    for (const [symbol, match] of this.#matches) {
      const seq = match.settled();
      if (seq >= 0) streams.push({ symbol, seq });
    }
    return streams;
  }
}

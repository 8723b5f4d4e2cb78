import {
  type ClientLine,
  JUDGED_PATTERNS,
  type SeenBar,
  type SeenPattern,
  type SessionChannel,
} from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';
import { Cadence, type ValueChannel } from './cadence.ts';
import type { ClientStreams } from './clientStreams.ts';
import type { BarFields, PatternFields } from './dialect.ts';

/** A pattern read by more than this ahead of its bar's end was told too early; less may be the clocks' error. */
const EARLY_LIMIT_US = 20_000;
const MINUTE_US = 60_000_000;

/** What one client reads of patterns, bars and its account's values: audited, timed, and kept for the oracle. */
export class ClientMarket {
  readonly #account: string;
  readonly #recorder: Recorder;
  readonly #streams: ClientStreams;
  readonly #cadence: Readonly<Record<ValueChannel, Cadence>>;
  readonly #patterns: SeenPattern[] = [];
  readonly #bars: SeenBar[] = [];
  #patternsFromUs = -1;
  #barsFromUs = -1;

  constructor(options: { readonly account: string; readonly recorder: Recorder; readonly streams: ClientStreams }) {
    const { account, recorder, streams } = options;
    this.#account = account;
    this.#recorder = recorder;
    this.#streams = streams;
    this.#cadence = {
      'position.value': new Cadence('position.value', recorder),
      portfolio: new Cadence('portfolio', recorder),
    };
  }

  onSubscribed(channel: SessionChannel, atUs: number): void {
    if (channel === 'pattern' && this.#patternsFromUs < 0) this.#patternsFromUs = atUs;
    if (channel === 'bar.1m' && this.#barsFromUs < 0) this.#barsFromUs = atUs;
    if (channel === 'position.value' || channel === 'portfolio') this.#cadence[channel].onSubscribed(atUs);
  }

  /** A pattern is due when the bar that completes it ends: before that nobody can know it. */
  onPattern(pattern: PatternFields, atUs: number): void {
    const { symbol, seq, patternType, barMinutes, barEndUs, saidDueUs = -1 } = pattern;
    const event = { key: symbol, seq, eventTimeUs: barEndUs, saidDueUs };
    const { isNew, live, dueUs } = this.#streams.onClassA('pattern', event, atUs);
    if (!isNew) return;
    const judged = barMinutes === 1 ? JUDGED_PATTERNS.find((type) => type === patternType) : undefined;
    if (judged !== undefined) this.#patterns.push({ symbol, patternType: judged, barEndUs, readUs: atUs });
    const isEarly = dueUs - atUs > EARLY_LIMIT_US;
    // The close of a session of six and a half hours cuts its last bar of an hour: where it ended, frames don't say.
    if (isEarly && barMinutes === 60) return;
    if (isEarly) {
      const detail = `${patternType} came ${Math.round(dueUs - atUs)} µs before its bar had ended`;
      this.#streams.violation('wrong_pattern', `pattern:${symbol}`, { seq, expectedSeq: seq, atUs, detail });
    }
    if (live) this.#recorder.record('pattern', dueUs, atUs - dueUs);
  }

  onBar(bar: BarFields, atUs: number): void {
    const { seq, saidDueUs = -1, ...seen } = bar;
    const event = { key: bar.symbol, seq, eventTimeUs: bar.startUs + MINUTE_US, saidDueUs };
    if (this.#streams.onClassA('bar.1m', event, atUs).isNew) this.#bars.push({ ...seen, readUs: atUs });
  }

  onValue(
    value: { readonly channel: ValueChannel; readonly account: string; readonly computeUs: number },
    atUs: number,
  ) {
    const { channel, account, computeUs } = value;
    if (account === this.#account) {
      this.#cadence[channel].onValue(atUs, computeUs);
      return;
    }
    const detail = `a value of another account than ${this.#account}`;
    this.#streams.violation('bad_frame', `${channel}:${account}`, { seq: 0, expectedSeq: 0, atUs, detail });
  }

  /** The connection is gone, or the run is over. */
  onEnd(atUs: number): void {
    this.#cadence['position.value'].onEnd(atUs);
    this.#cadence.portfolio.onEnd(atUs);
  }

  lines(): Pick<ClientLine, 'patterns' | 'bars'> {
    return {
      patterns: { fromUs: this.#patternsFromUs, seen: this.#patterns },
      bars: { fromUs: this.#barsFromUs, seen: this.#bars },
    };
  }
}

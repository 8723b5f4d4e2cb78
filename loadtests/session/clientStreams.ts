import {
  type ClientLine,
  NUMBERED_CHANNELS,
  type Schedule,
  SESSION_CHANNELS,
  type SessionChannel,
  type ViolationKind,
} from '../../protocol/run.ts';
import type { Recorder, Violation } from '../audit/recorder.ts';
import { SecondHistograms } from '../audit/secondHistograms.ts';
import { type AuditedEvent, type AuditResult, missingIn, type OpenGap, StreamAudit } from '../audit/streamAudit.ts';
import type { HeartbeatHead, SessionCursor, SettledStream, TickerFields } from './dialect.ts';
import { type DueBy, FrameTimes, type LatestEvent } from './frameTimes.ts';
import { Hearing } from './hearing.ts';

/** A gap that nothing has filled for so long is final. */
const GAP_SETTLE_US = 2_000_000;

/** Channels of which nothing may be lost: by account, and by symbol. */
const BY_ACCOUNT = ['order', 'execution'] as const;
const BY_SYMBOL = ['pattern', 'bar.1m'] as const;
type Lossless = (typeof BY_ACCOUNT)[number] | (typeof BY_SYMBOL)[number];
type Numbered = (typeof NUMBERED_CHANNELS)[number];

interface TickerStream extends LatestEvent {
  readonly audit: StreamAudit;
  /** When it was last taken up again alone, µs; -1 when it never was. */
  sinceUs: number;
  /** When something of it was last read, µs; -1 when nothing was. */
  lastReadUs: number;
  /** Of a stream without numbers whose messages state their time. */
  readonly hearing: Hearing | undefined;
}

/** The streams of one client: each audited, their latencies recorded, where it stands in them kept for the next resume. */
export class ClientStreams {
  readonly #client: number;
  readonly #recorder: Recorder;
  readonly #schedule: Schedule;
  readonly #tickers = new Map<string, TickerStream>();
  readonly #classA: Readonly<Record<Lossless, Map<string, StreamAudit>>> = {
    order: new Map(),
    execution: new Map(),
    pattern: new Map(),
    'bar.1m': new Map(),
  };
  /** When the subscription of each channel was confirmed on this connection; Infinity before. */
  readonly #confirmedUs: Record<SessionChannel, number> = {
    ticker: Infinity,
    order: Infinity,
    execution: Infinity,
    pattern: Infinity,
    'bar.1m': Infinity,
    'position.value': Infinity,
    portfolio: Infinity,
  };
  readonly #tickBySecond: SecondHistograms;
  readonly #isNumbered: boolean;
  readonly #times: FrameTimes;
  readonly #event: { -readonly [Key in keyof AuditedEvent]: AuditedEvent[Key] } = {
    seq: 0,
    seqFrom: 0,
    live: true,
    atUs: 0,
  };
  /** The times of the frame at hand: one object for all, as {@link #event}. */
  readonly #read = { dueUs: 0, atUs: 0 };
  #epoch = '';
  #account = '';
  #epochChanged = false;
  #openGaps = 0;

  constructor(options: {
    readonly client: number;
    readonly symbols: readonly string[];
    readonly channels: readonly SessionChannel[];
    readonly recorder: Recorder;
    /** Whether the server gives the numbers; else they are the tape's. */
    readonly isNumbered: boolean;
    /** Default `schedule`. */
    readonly dueBy?: DueBy;
  }) {
    this.#client = options.client;
    this.#isNumbered = options.isNumbered;
    this.#times = new FrameTimes({
      dueBy: options.dueBy ?? 'schedule',
      recorder: options.recorder,
      onViolation: (violation, detail, { symbol, seq }) => {
        const expectedSeq = this.#tickers.get(symbol)?.audit.expectedSeq ?? -1;
        this.violation(violation, `ticker:${symbol}`, { seq, expectedSeq, atUs: this.#read.atUs, detail });
      },
    });
    this.#recorder = options.recorder;
    this.#schedule = options.recorder.schedule;
    this.#tickBySecond = new SecondHistograms(this.#schedule.startUs);
    const isHeard = !options.isNumbered && options.dueBy === 'frame';
    for (const symbol of options.symbols) {
      if (options.channels.includes('ticker'))
        this.#tickers.set(symbol, {
          audit: new StreamAudit({ lossless: false }),
          lastSeq: -1,
          lastEventTimeUs: 0,
          sinceUs: -1,
          lastReadUs: -1,
          hearing: isHeard ? new Hearing() : undefined,
        });
      for (const channel of BY_SYMBOL) {
        if (options.channels.includes(channel)) this.#classA[channel].set(symbol, new StreamAudit({ lossless: true }));
      }
    }
  }

  /** When the ticker that was taken last was due, µs. */
  get dueUs(): number {
    return this.#read.dueUs;
  }

  /** Where the client stands in a channel, or in some keys of it; undefined when it has heard nothing of it. Ask before {@link onWelcome}. */
  cursor(channel: SessionChannel, keys?: readonly string[]): SessionCursor | undefined {
    if (!this.#isNumbered) return undefined;
    const seq: Record<string, number> = {};
    let known = false;
    for (const [key, audit] of this.#audits(channel)) {
      if (audit.lastSeq < 0 || keys?.includes(key) === false) continue;
      seq[key] = audit.lastSeq;
      known = true;
    }
    return known ? { epoch: this.#epoch, seq } : undefined;
  }

  onWelcome(welcome: { readonly epoch: string; readonly account: string }): void {
    this.#epochChanged = this.#epoch !== '' && this.#epoch !== welcome.epoch;
    this.#epoch = welcome.epoch;
    this.#account = welcome.account;
    for (const channel of BY_ACCOUNT) {
      const audits = this.#classA[channel];
      if (!audits.has(welcome.account)) audits.set(welcome.account, new StreamAudit({ lossless: true }));
    }
  }

  /** Takes the answer to a subscription, of all keys or of these symbols; `resumed` when it carried a cursor. */
  onSubscribed(
    channel: SessionChannel,
    answer: {
      readonly resumed: boolean;
      readonly recovered: boolean;
      readonly atUs: number;
      readonly symbols?: readonly string[];
    },
  ): void {
    const { symbols, atUs } = answer;
    if (this.#confirmedUs[channel] === Infinity) this.#confirmedUs[channel] = atUs;
    else if (channel === 'ticker') this.#takenBack(symbols ?? [], atUs);
    if (channel === 'ticker') this.#heardFrom(symbols, atUs);
    if (!answer.resumed) return;
    for (const [key, audit] of this.#audits(channel)) {
      if (symbols?.includes(key) === false) continue;
      audit.onResumed({ recovered: answer.recovered, epochChanged: this.#epochChanged });
    }
  }

  /** Takes the beginning of what a poll says of a key; `recovered` when it goes on where the client stood. */
  onPolled(channel: Numbered, key: string, recovered: boolean): void {
    this.#audit(channel, key)?.onResumed({ recovered, epochChanged: this.#epochChanged });
  }

  onClosed(atUs: number): void {
    for (const { hearing } of this.#tickers.values()) hearing?.onClosed(atUs);
    for (const channel of SESSION_CHANNELS) this.#confirmedUs[channel] = Infinity;
  }

  #isConfirmed(channel: SessionChannel): boolean {
    return this.#confirmedUs[channel] !== Infinity;
  }

  onSnapshot(
    snapshot: { readonly channel: SessionChannel; readonly key: string; readonly seq: number },
    atUs: number,
  ): void {
    const { channel, key, seq } = snapshot;
    if (!isNumbered(channel)) return;
    const audit = this.#audit(channel, key);
    if (audit === undefined) {
      this.violation('bad_frame', `${channel}:${key}`, {
        seq,
        expectedSeq: -1,
        atUs,
        detail: 'snapshot of a stream that was not subscribed',
      });
      return;
    }
    const expectedSeq = audit.expectedSeq;
    const result = audit.onSnapshot(seq, atUs);
    if (result !== 'ok') this.#report(audit, result, { stream: `${channel}:${key}`, expectedSeq, seq, atUs });
  }

  /** Takes a ticker frame: audits it, and records how late it was when it was due to this client. */
  onTicker(fields: TickerFields, atUs: number): void {
    const stream = this.#tickers.get(fields.symbol);
    if (stream === undefined) {
      const detail = 'ticker of a symbol that was not subscribed';
      this.violation('bad_frame', `ticker:${fields.symbol}`, { seq: fields.seq, expectedSeq: -1, atUs, detail });
      return;
    }
    const dueUs = this.#times.tickerDueUs(fields, atUs);
    this.#read.dueUs = dueUs;
    this.#read.atUs = atUs;
    const timely = this.#times.check(stream, fields, this.#read);
    const { audit } = stream;
    const { seq } = fields;
    if (fields.baseSeq >= 0) this.#rebase(stream, fields.baseSeq, atUs);
    const event = this.#event;
    event.seq = seq;
    event.seqFrom = fields.seqFrom;
    stream.lastReadUs = atUs;
    if (fields.dueTimeUs >= 0) stream.hearing?.onMessage(dueUs, atUs);
    event.live = this.#times.isLive(dueUs, atUs, Math.max(this.#confirmedUs.ticker, stream.sinceUs));
    event.atUs = atUs;
    const expectedSeq = audit.expectedSeq;
    const result = audit.onEvent(event);
    if (result !== 'ok') this.#report(audit, result, { stream: `ticker:${fields.symbol}`, expectedSeq, seq, atUs });
    if (!event.live || !timely || result === 'duplicate' || result === 'repeat_after_resume') return;
    const lateUs = Math.max(0, Math.floor(atUs - dueUs));
    const serviceUs = fields.receivedTimeUs < 0 ? -1 : Math.max(0, Math.floor(atUs - fields.receivedTimeUs));
    // What was due before the run is late in its first second.
    const binUs = Math.max(dueUs, this.#schedule.startUs);
    this.#tickBySecond.record(binUs, lateUs, this.#recorder.recordTick(binUs, lateUs, serviceUs));
  }

  /** Takes a numbered event of class A. `isNew` is false for repeats; `live` tells whether it was due while the client was here. */
  onClassA(
    channel: Lossless,
    event: { readonly key: string; readonly seq: number; readonly eventTimeUs: number; readonly saidDueUs?: number },
    atUs: number,
  ): { readonly isNew: boolean; readonly live: boolean; readonly dueUs: number } {
    const dueUs = this.#times.eventDueUs(event);
    const live = dueUs >= this.#confirmedUs[channel];
    const stream = `${channel}:${event.key}`;
    const audit = this.#audit(channel, event.key);
    if (audit === undefined) {
      this.violation('bad_frame', stream, {
        seq: event.seq,
        expectedSeq: -1,
        atUs,
        detail: `not subscribed; this client's account is ${this.#account}`,
      });
      return { isNew: false, live, dueUs };
    }
    const expectedSeq = audit.expectedSeq;
    const result = audit.onEvent({ seq: event.seq, seqFrom: event.seq, live, atUs });
    if (result !== 'ok') this.#report(audit, result, { stream, expectedSeq, seq: event.seq, atUs });
    return { isNew: result !== 'duplicate' && result !== 'repeat_after_resume', live, dueUs };
  }

  /** Takes the heads of a heartbeat. True when nothing is owed: the client stands at every head. */
  onHeads(heads: readonly HeartbeatHead[], atUs: number): boolean {
    let caughtUp = heads.length > 0;
    for (const { channel, key, seq } of heads) {
      const audit = isNumbered(channel) ? this.#audit(channel, key) : undefined;
      if (audit === undefined) continue;
      if (audit.lastSeq < seq) caughtUp = false;
      if (!this.#isConfirmed(channel) || !audit.onHead(seq, atUs)) continue;
      const detail = `head ${seq} was announced by three heartbeats, nothing came after ${audit.lastSeq}`;
      this.violation('heartbeat_head', `${channel}:${key}`, { seq, expectedSeq: audit.expectedSeq, atUs, detail });
    }
    if (this.#openGaps > 0) this.settleGaps(atUs - GAP_SETTLE_US);
    return caughtUp;
  }

  /** Streams stand at these numbers without having said so: what came before was missed by declaration. */
  onSettled(streams: readonly SettledStream[], atUs: number): void {
    for (const { symbol, seq } of streams) {
      const stream = this.#tickers.get(symbol);
      if (stream === undefined) continue;
      if (stream.audit.lastSeq < 0) stream.audit.onSettled(seq);
      else this.#rebase(stream, seq, atUs);
    }
  }

  /** Reports the gaps noticed at or before `untilUs` that nothing has filled. */
  settleGaps(untilUs: number): void {
    this.#openGaps = 0;
    for (const channel of NUMBERED_CHANNELS) {
      for (const [key, audit] of this.#audits(channel)) {
        if (audit.openGaps === 0) continue;
        for (const gap of audit.takeGaps(untilUs)) this.#reportGap(`${channel}:${key}`, gap);
        this.#openGaps += audit.openGaps;
      }
    }
  }

  /** The streams as the client's end line tells them: tickers, then class A. */
  lines(): ClientLine['streams'] {
    return NUMBERED_CHANNELS.flatMap((channel) =>
      [...this.#audits(channel)].map(([key, { firstSeq, lastSeq, events, conflated }]) => {
        const line = { stream: `${channel}:${key}`, firstSeq, lastSeq, events, conflated };
        return channel === 'ticker' ? { ...line, ...heardOf(this.#tickers.get(key)) } : line;
      }),
    );
  }

  tickBySecond(): ClientLine['tickBySecond'] {
    return this.#tickBySecond.toJSON();
  }

  violation(violation: ViolationKind, stream: string, found: Omit<Violation, 'violation' | 'client' | 'stream'>): void {
    this.#recorder.violation({ violation, client: this.#client, stream, ...found });
  }

  /** Symbols were taken up again while the others went on: what was due to them before is history. */
  #takenBack(symbols: readonly string[], atUs: number): void {
    for (const symbol of symbols) {
      const stream = this.#tickers.get(symbol);
      if (stream !== undefined) stream.sinceUs = atUs;
    }
  }

  #heardFrom(symbols: readonly string[] | undefined, atUs: number): void {
    for (const [symbol, { hearing }] of this.#tickers) {
      if (symbols?.includes(symbol) !== false) hearing?.onSubscribed(atUs);
    }
  }

  #rebase(stream: TickerStream, seq: number, atUs: number): void {
    stream.audit.onResumed({ recovered: false, epochChanged: false });
    stream.audit.onSnapshot(seq, atUs);
  }

  #report(
    audit: StreamAudit,
    result: Exclude<AuditResult, 'ok'>,
    found: { readonly stream: string; readonly expectedSeq: number; readonly seq: number; readonly atUs: number },
  ): void {
    if (result === 'gap' || result === 'hole_after_resume') {
      this.#openGaps += 1;
      const surplus = audit.takeSurplusGap();
      if (surplus !== undefined) this.#reportGap(found.stream, surplus);
      return;
    }
    const { stream, ...rest } = found;
    // Without resume what comes again is no more than that.
    const isDouble = !this.#isNumbered && result === 'repeat_after_resume';
    this.violation(isDouble ? 'duplicate' : result, stream, {
      ...rest,
      detail: `${result.replaceAll('_', ' ')}: ${found.seq} came where ${found.expectedSeq} was next`,
    });
  }

  #reportGap(stream: string, gap: OpenGap): void {
    const missing = missingIn(gap);
    if (gap.kind === 'heartbeat_head') {
      // Its heartbeat has told of the first; it is the same fault.
      this.#recorder.more('heartbeat_head', missing);
      return;
    }
    this.violation(this.#isNumbered ? gap.kind : 'unexplained_gap', stream, {
      expectedSeq: gap.fromSeq,
      seq: gap.nextSeq,
      atUs: gap.atUs,
      detail: `${gap.fromSeq}${missing > 1 ? `..${gap.toSeq}` : ''} never came, ${gap.nextSeq > gap.toSeq ? gap.nextSeq : 'a snapshot'} did`,
      ...(missing > 1 && { messages: missing }),
    });
  }

  #audit(channel: Numbered, key: string): StreamAudit | undefined {
    return channel === 'ticker' ? this.#tickers.get(key)?.audit : this.#classA[channel].get(key);
  }

  *#audits(channel: SessionChannel): Generator<readonly [string, StreamAudit]> {
    if (channel === 'ticker') for (const [symbol, stream] of this.#tickers) yield [symbol, stream.audit];
    else if (isNumbered(channel)) yield* this.#classA[channel];
  }
}

function heardOf(stream: TickerStream | undefined): Pick<ClientLine['streams'][number], 'lastReadUs' | 'heard'> {
  if (stream === undefined) return {};
  const { lastReadUs, hearing } = stream;
  const heard = hearing?.line();
  return { ...(lastReadUs >= 0 && { lastReadUs }), ...(heard !== undefined && { heard }) };
}

function isNumbered(channel: SessionChannel): channel is Numbered {
  return channel !== 'position.value' && channel !== 'portfolio';
}

import type {
  ClientLine,
  CountedKind,
  EndLine,
  GeneratorLine,
  GeneratorName,
  OrderLine,
  Schedule,
  ViolationKind,
  ViolationLine,
  WindowMetric,
  WireHistogram,
} from '../../protocol/run.ts';
import { Histogram } from '../../reports/histogram.ts';
import { DenseHistogram } from './denseHistogram.ts';

/** A broken promise, without what the recorder knows itself. */
export type Violation = Omit<ViolationLine, 'kind' | 'generator'>;

export interface RecorderOptions {
  readonly generator: GeneratorName;
  readonly schedule: Schedule;
  /** Violations told one by one, at most: the first ones. All are counted. */
  readonly maxListedViolations: number;
  /** Takes each line as it is finished. */
  readonly emit: (line: GeneratorLine) => void;
}

interface Window {
  readonly fromUs: number;
  readonly toUs: number;
  readonly histograms: Map<WindowMetric, Histogram>;
  /** Apart from the others: each ticker frame is counted in these two. */
  readonly tick: DenseHistogram;
  readonly service: DenseHistogram;
  received: number;
  sent: number;
}

/**
 * Gathers what the clients of one generator (or of one VU) measure: one histogram per metric and second, violations,
 * clock samples. What comes late to a second that was already told is told in another line of the same second.
 */
export class Recorder {
  readonly options: RecorderOptions;
  readonly #windows = new Map<number, Window>();
  readonly #violations = new Map<ViolationKind, number>();
  /** For how many messages they stand. */
  readonly #messages = new Map<ViolationKind, number>();
  #listed = 0;
  #hasEnded = false;
  readonly #lines: Record<CountedKind, number> = { window: 0, violation: 0, order: 0, client: 0 };
  /** The window of the last frame's read, and of its due time: nearly always the next one's too. */
  #readWindow = NO_WINDOW;
  #dueWindow = NO_WINDOW;
  /** The first second whose count of connections hasn't been told. */
  #nextSecond = Number.NaN;
  #dueTimeErrorUs = 0;
  #earlyUs = 0;
  #unread = '';
  #process: Pick<EndLine, 'floorP99Us' | 'hasPriority'> = {};
  #clockOffsetUs = 0;
  #clockErrorUs = Number.POSITIVE_INFINITY;

  constructor(options: RecorderOptions) {
    this.options = options;
  }

  get schedule(): Schedule {
    return this.options.schedule;
  }

  /** Whole seconds since the schedule's start. */
  secondOf(atUs: number): number {
    return Math.floor((atUs - this.options.schedule.startUs) / 1e6);
  }

  /** Records `valueUs` in the second of `atUs`; ticks have {@link recordTick}. */
  record(metric: Exclude<WindowMetric, 'tick' | 'service'>, atUs: number, valueUs: number): void {
    const { histograms } = this.#windowOf(atUs);
    let histogram = histograms.get(metric);
    if (histogram === undefined) {
      histogram = new Histogram();
      histograms.set(metric, histogram);
    }
    histogram.record(valueUs);
  }

  /**
   * Records how late a ticker frame was read, and its service time, in the second in which it was due. Returns the
   * bucket of the first. `serviceUs` is -1 when it isn't known.
   */
  recordTick(dueUs: number, lateUs: number, serviceUs: number): number {
    if (dueUs >= this.#dueWindow.toUs || dueUs < this.#dueWindow.fromUs) this.#dueWindow = this.#windowOf(dueUs);
    if (serviceUs >= 0) this.#dueWindow.service.record(serviceUs);
    return this.#dueWindow.tick.record(lateUs);
  }

  countReceived(atUs: number): void {
    if (atUs >= this.#readWindow.toUs || atUs < this.#readWindow.fromUs) this.#readWindow = this.#windowOf(atUs);
    this.#readWindow.received += 1;
  }

  countSent(atUs: number): void {
    this.#windowOf(atUs).sent += 1;
  }

  /** Counts a violation, and tells it while fewer than `maxListedViolations` were told. */
  violation(violation: Violation): void {
    const { violation: kind, messages = 1 } = violation;
    this.#violations.set(kind, (this.#violations.get(kind) ?? 0) + 1);
    this.#messages.set(kind, (this.#messages.get(kind) ?? 0) + messages);
    if (this.#listed >= this.options.maxListedViolations) return;
    this.#listed += 1;
    this.#emit({ kind: 'violation', generator: this.options.generator, ...violation });
  }

  /** Counts more messages of a violation that was told. */
  more(kind: ViolationKind, messages: number): void {
    this.#messages.set(kind, (this.#messages.get(kind) ?? 0) + messages);
  }

  /** Keeps the largest difference between a frame's due time and the schedule's, µs. */
  dueTimeError(errorUs: number): void {
    if (errorUs > this.#dueTimeErrorUs) this.#dueTimeErrorUs = errorUs;
  }

  /** Keeps the largest time by which a message was read before it was due, or before the time that it states, µs. */
  early(aheadUs: number): void {
    if (aheadUs > this.#earlyUs) this.#earlyUs = aheadUs;
  }

  /** Keeps a message that told nothing, '' for none. */
  unread(message: string): void {
    if (this.#unread === '') this.#unread = message;
  }

  /** Takes one ping: the server's time lies between sending and receiving, so the shortest round trip tells most. */
  clockSample(sample: { readonly sentUs: number; readonly serverUs: number; readonly receivedUs: number }): void {
    const errorUs = (sample.receivedUs - sample.sentUs) / 2;
    if (errorUs < 0 || errorUs >= this.#clockErrorUs) return;
    this.#clockErrorUs = errorUs;
    this.#clockOffsetUs = sample.serverUs - (sample.sentUs + sample.receivedUs) / 2;
  }

  /** Keeps what is known of the process that measures. */
  process(known: Pick<EndLine, 'floorP99Us' | 'hasPriority'>): void {
    this.#process = known;
  }

  /** Tells the end of a client or of an order. */
  tell(line: Omit<OrderLine, 'generator'> | Omit<ClientLine, 'generator'>): void {
    const { generator } = this.options;
    if (line.kind === 'order') this.#emit({ ...line, generator });
    else this.#emit({ ...line, generator });
  }

  /** Tells every second before that of `nowUs`; each second tells once how many are connected. */
  flush(nowUs: number, connected: number): void {
    this.#flushBefore(this.secondOf(nowUs), connected);
  }

  /** Tells all that is left, and the end. */
  end(nowUs: number, connected: number): void {
    this.#flushBefore(this.secondOf(nowUs) + 1, connected);
    // Ticks may be due in a later second than the clock stands at by its error.
    this.#flushBefore(Number.POSITIVE_INFINITY, 0);
    this.options.emit(this.#endLine());
    this.#hasEnded = true;
  }

  #endLine(): EndLine {
    const several = [...this.#messages].filter(([kind, messages]) => messages !== this.#violations.get(kind));
    return {
      kind: 'end',
      generator: this.options.generator,
      violations: Object.fromEntries(this.#violations),
      ...(several.length > 0 && { violationMessages: Object.fromEntries(several) }),
      dueTimeErrorUs: Math.round(this.#dueTimeErrorUs),
      clockOffsetUs: Math.round(this.#clockOffsetUs),
      clockErrorUs: Number.isFinite(this.#clockErrorUs) ? Math.round(this.#clockErrorUs) : 0,
      ...(this.#earlyUs > 0 && { earlyUs: Math.round(this.#earlyUs) }),
      ...(this.#unread !== '' && { unread: this.#unread }),
      ...this.#process,
      lines: { ...this.#lines },
    };
  }

  #emit(line: Exclude<GeneratorLine, EndLine>): void {
    // The end line has told how many there are: what comes while sockets close is nobody's any more.
    if (this.#hasEnded) return;
    this.#lines[line.kind] += 1;
    this.options.emit(line);
  }

  #flushBefore(second: number, connected: number): void {
    const seconds = [...this.#windows.keys()].filter((at) => at < second).sort((a, b) => a - b);
    if (Number.isNaN(this.#nextSecond)) this.#nextSecond = seconds[0] ?? second;
    for (const at of seconds) if (at < this.#nextSecond) this.#tellWindow(at, 0);
    if (second !== Number.POSITIVE_INFINITY) {
      for (; this.#nextSecond < second; this.#nextSecond++) this.#tellWindow(this.#nextSecond, connected);
    } else {
      for (const at of seconds) if (at >= this.#nextSecond) this.#tellWindow(at, 0);
    }
    this.#readWindow = NO_WINDOW;
    this.#dueWindow = NO_WINDOW;
  }

  #tellWindow(second: number, connected: number): void {
    const window = this.#windows.get(second);
    this.#windows.delete(second);
    const histograms: Partial<Record<WindowMetric, WireHistogram>> = {};
    for (const [metric, histogram] of window?.histograms ?? []) histograms[metric] = histogram.toJSON();
    if (window !== undefined && window.tick.count > 0) {
      histograms.tick = window.tick.toJSON();
      histograms.service = window.service.toJSON();
    }
    this.#emit({
      kind: 'window',
      generator: this.options.generator,
      second,
      histograms,
      received: window?.received ?? 0,
      sent: window?.sent ?? 0,
      connected,
    });
  }

  #windowOf(atUs: number): Window {
    const second = this.secondOf(atUs);
    let window = this.#windows.get(second);
    if (window === undefined) {
      const fromUs = this.options.schedule.startUs + second * 1e6;
      window = newWindow(fromUs, fromUs + 1e6);
      this.#windows.set(second, window);
    }
    return window;
  }
}

function newWindow(fromUs: number, toUs: number): Window {
  return {
    fromUs,
    toUs,
    histograms: new Map(),
    tick: new DenseHistogram(),
    service: new DenseHistogram(),
    received: 0,
    sent: 0,
  };
}

/** No time lies in it. */
const NO_WINDOW: Window = newWindow(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);

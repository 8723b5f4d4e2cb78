import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

/** Granularity of the event-loop monitor. Its samples include this period. */
const RESOLUTION_MS = 10;

/** Per-second maxima of the event loop's delay that are kept. */
const KEPT_SECONDS = 120;

/**
 * Watches this process: event-loop delay and garbage collection. The monitor's own histogram is emptied by one reader
 * alone, the timer in here; everybody else reads kept maxima, so that two scrapers don't spoil each other's numbers.
 */
export class ProcessMonitor {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #maximaUs = new Float64Array(KEPT_SECONDS);
  readonly #timer: NodeJS.Timeout;
  readonly #observer: PerformanceObserver;
  #seconds = 0;
  #totalMaxUs = 0;
  #gcSeconds = 0;
  #gcMajor = 0;
  #gcRuns = 0;

  constructor() {
    this.#delay.enable();
    this.#timer = setInterval(() => this.#closeSecond(), 1_000).unref();
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#onGc(entry.duration, entry);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** The longest delay of the event loop in the last `seconds` (1..120) whole seconds and the one under way, µs. */
  loopDelayMaxUs(seconds: number): number {
    let maxUs = this.#currentUs();
    for (let back = 1; back <= Math.min(seconds, KEPT_SECONDS, this.#seconds); back++) {
      maxUs = Math.max(maxUs, Number(this.#maximaUs[(this.#seconds - back) % KEPT_SECONDS]));
    }
    return maxUs;
  }

  /** The longest delay of the event loop since the start, µs. */
  get loopDelayTotalMaxUs(): number {
    return Math.max(this.#totalMaxUs, this.#currentUs());
  }

  /** Seconds spent in garbage collection. */
  get gcSeconds(): number {
    return this.#gcSeconds;
  }
  get gcRuns(): number {
    return this.#gcRuns;
  }
  /** Mark-sweep collections, the ones that can take long. */
  get gcMajorRuns(): number {
    return this.#gcMajor;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
    this.#observer.disconnect();
  }

  #currentUs(): number {
    // An empty histogram says max 0.
    return Math.max(0, this.#delay.max / 1e3 - RESOLUTION_MS * 1e3);
  }

  #closeSecond(): void {
    const maxUs = this.#currentUs();
    this.#delay.reset();
    this.#maximaUs[this.#seconds % KEPT_SECONDS] = maxUs;
    this.#seconds++;
    this.#totalMaxUs = Math.max(this.#totalMaxUs, maxUs);
  }

  #onGc(durationMs: number, entry: object): void {
    this.#gcRuns++;
    this.#gcSeconds += durationMs / 1e3;
    if (gcKind(entry) === constants.NODE_PERFORMANCE_GC_MAJOR) this.#gcMajor++;
  }
}

/** Node puts the kind into `detail` of a `gc` entry. */
function gcKind(entry: object): unknown {
  const detail = 'detail' in entry ? entry.detail : undefined;
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
}

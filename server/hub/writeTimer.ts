import type { Clock } from '../../protocol/clock.ts';
import type { ServerMetrics } from '../metrics.ts';

const CAPACITY = 1024;

/**
 * Observes how long after its creation an event was written to its last socket. The transport writes published frames
 * when the event loop next looks for input and output, so the end is taken just after that: never too early.
 */
export class WriteTimer {
  readonly #clock: Clock;
  readonly #metrics: ServerMetrics;
  readonly #soon: (callback: () => void) => void;
  readonly #createdUs = new Float64Array(CAPACITY);
  #count = 0;
  #isWaiting = false;

  /** @param parts.soon calls back after the loop's next input and output (`setImmediate`) */
  constructor(parts: {
    readonly clock: Clock;
    readonly metrics: ServerMetrics;
    readonly soon: (callback: () => void) => void;
  }) {
    this.#clock = parts.clock;
    this.#metrics = parts.metrics;
    this.#soon = parts.soon;
  }

  /** Notes an event that was handed to the transport. */
  add(createdUs: number): void {
    if (this.#count === CAPACITY) this.#written();
    this.#createdUs[this.#count++] = createdUs;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#soon(this.#onWritten);
  }

  readonly #onWritten = (): void => {
    this.#isWaiting = false;
    this.#written();
  };

  #written(): void {
    const nowUs = this.#clock.nowUs();
    for (let at = 0; at < this.#count; at++) this.#metrics.observePublishUs(nowUs - (this.#createdUs[at] as number));
    this.#count = 0;
  }
}

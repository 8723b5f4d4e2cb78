/** From this share of its time at work on, the loop is under load; below the other it is at ease. */
const BUSY_SHARE = 0.75;
const EASY_SHARE = 0.5;
/** What a window of 0 widens to, ms. */
const FIRST_STEP_MS = 1;

/**
 * How long frames are gathered before they are written. While the event loop is busy for over three quarters of its time
 * the window doubles with each look, up to its maximum, so that a socket's frames share a system call; below one half it
 * halves, down to what the setting says.
 */
export class FlushWindow {
  readonly #leastMs: number;
  readonly #mostMs: number;
  #ms: number;

  constructor({
    flushWindowMs,
    maxFlushWindowMs,
  }: { readonly flushWindowMs: number; readonly maxFlushWindowMs: number }) {
    this.#leastMs = flushWindowMs;
    this.#mostMs = Math.max(flushWindowMs, maxFlushWindowMs);
    this.#ms = flushWindowMs;
  }

  /** The window as it is now, ms; 0 writes at the end of the loop's turn. */
  get ms(): number {
    return this.#ms;
  }

  /** Takes the share of its time, 0 to 1, that the loop was at work since the last call. */
  adapt(busyShare: number): void {
    if (busyShare > BUSY_SHARE) this.#ms = Math.min(this.#mostMs, Math.max(FIRST_STEP_MS, this.#ms * 2));
    else if (busyShare < EASY_SHARE) this.#ms = Math.max(this.#leastMs, Math.floor(this.#ms / 2));
  }
}

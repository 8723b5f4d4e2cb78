import type { Recorder } from '../audit/recorder.ts';

/** The intervals between the heartbeats of one client's connections. */
export class Heartbeats {
  readonly #recorder: Recorder;
  #intervalUs = 0;
  #lastUs = 0;
  #hasAny = false;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  onWelcome(atUs: number, intervalMs: number): void {
    this.#lastUs = atUs;
    this.#hasAny = false;
    this.#intervalUs = intervalMs * 1000;
  }

  onHeartbeat(atUs: number): void {
    this.#recorder.record('heartbeat', atUs, atUs - this.#lastUs);
    this.#lastUs = atUs;
    this.#hasAny = true;
  }

  /** The connection ends: a heartbeat that is owed for longer than its interval counts with what is known of it. */
  onEnd(atUs: number): void {
    // A connection that lasts no longer than the interval shows at least that it wasn't silent for longer.
    if (this.#hasAny && atUs - this.#lastUs <= this.#intervalUs) return;
    this.#recorder.record('heartbeat', atUs, atUs - this.#lastUs);
  }
}

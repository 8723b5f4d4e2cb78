import type { Recorder } from '../audit/recorder.ts';

/** The intervals between the heartbeats of one client's connections. */
export class Heartbeats {
  readonly #recorder: Recorder;
  #lastUs = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  onWelcome(atUs: number): void {
    this.#lastUs = atUs;
  }

  onHeartbeat(atUs: number): void {
    this.#recorder.record('heartbeat', atUs, atUs - this.#lastUs);
    this.#lastUs = atUs;
  }

  /** The connection ends: it wasn't silent for longer than since its last heartbeat, whatever interval the server told. */
  onEnd(atUs: number): void {
    this.#recorder.record('heartbeat', atUs, atUs - this.#lastUs);
  }
}

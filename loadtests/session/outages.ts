import type { ClientLine } from '../../protocol/run.ts';
import type { Recorder } from '../audit/recorder.ts';

/** An outage that still lasts at the end is recorded with what it lasted so far, from this length on. */
const OPEN_OUTAGE_US = 2_000_000;

/** When one client lost its connection, and when its streams went on. */
export class Outages {
  readonly closes: ClientLine['closes'][number][] = [];
  readonly resumes: { closedUs: number; resumedUs: number; recovered: boolean }[] = [];
  readonly #recorder: Recorder;
  /** When the connection was lost that hasn't been resumed yet; 0 when none. */
  #sinceUs = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** Whether a connection was lost that hasn't been resumed yet. */
  get isOut(): boolean {
    return this.#sinceUs !== 0;
  }

  /** A connection that stood was lost. */
  onLost(atUs: number): void {
    if (this.#sinceUs === 0) this.#sinceUs = atUs;
  }

  /**
   * The first frame of a resumed stream ends an outage; so does a heartbeat that shows that nothing is owed. For `quietUs`
   * the server was back and had nothing to tell.
   */
  onResumed(atUs: number, recovered: boolean, quietUs = 0): void {
    if (this.#sinceUs === 0) return;
    this.#recorder.record('reconnect', this.#sinceUs, atUs - this.#sinceUs - quietUs);
    this.resumes.push({ closedUs: this.#sinceUs, resumedUs: atUs, recovered });
    this.#sinceUs = 0;
  }

  onEnd(atUs: number): void {
    if (this.#sinceUs === 0 || atUs - this.#sinceUs < OPEN_OUTAGE_US) return;
    this.#recorder.record('reconnect', this.#sinceUs, atUs - this.#sinceUs);
  }

  lines(): Pick<ClientLine, 'closes' | 'resumes'> {
    return { closes: this.closes, resumes: this.resumes };
  }
}

import type { ClientLine, OrderLine, ViolationKind } from '../../protocol/run.ts';
import { bucketOf } from '../../reports/histogram.ts';
import { Recorder, type Violation } from './recorder.ts';

/** What a client whose latencies are its own doing tells: all that another one does, but no times. */
export class UntimedRecorder extends Recorder {
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    super(recorder.options);
    this.#recorder = recorder;
  }

  override record(): void {
    // Its time says how it reads, not how it is served.
  }

  override recordTick(_dueUs: number, lateUs: number): number {
    return bucketOf(lateUs);
  }

  override countReceived(atUs: number): void {
    this.#recorder.countReceived(atUs);
  }

  override countSent(atUs: number): void {
    this.#recorder.countSent(atUs);
  }

  override violation(violation: Violation): void {
    this.#recorder.violation(violation);
  }

  override more(kind: ViolationKind, messages: number): void {
    this.#recorder.more(kind, messages);
  }

  override dueTimeError(errorUs: number): void {
    this.#recorder.dueTimeError(errorUs);
  }

  override early(us: number): void {
    this.#recorder.early(us);
  }

  override unread(message: string): void {
    this.#recorder.unread(message);
  }

  override clockSample(): void {
    // A pong waits unread as everything else.
  }

  override tell(line: Omit<OrderLine, 'generator'> | Omit<ClientLine, 'generator'>): void {
    this.#recorder.tell(line.kind === 'client' ? { ...line, tickBySecond: [] } : line);
  }
}

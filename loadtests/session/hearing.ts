import { type Heard, TOLD_SILENCE_US } from '../../protocol/heard.ts';

/** A subscription may take so long until its first message, µs. */
const FIRST_WITHIN_US = 3_000_000;
/** What is read so soon after the subscription, and the first message whenever it comes, may be told to this client alone, µs. */
const OWN_WITHIN_US = 1_000_000;
/** What states a time so far ahead of the one at which it is read says nothing of when it was due, µs. */
const AHEAD_LIMIT_US = 2_000_000;

/** Which part of one stream a client heard, so that clients can be held against each other where no number tells what was sent. */
export class Hearing {
  /** The last message's time, or that from which one was to be expected. */
  #lastUs = -Infinity;
  #silentFromUs = 0;
  #silentUs = 0;
  #isSubscribed = false;
  #subscribedUs = 0;
  /** Whether the next message is the first of its subscription. */
  #isFirst = true;
  #firstProvenUs = Infinity;
  #lastProvenUs = -Infinity;
  #unheardUs = 0;

  /** A subscription stands from here on. */
  onSubscribed(atUs: number): void {
    if (atUs + FIRST_WITHIN_US > this.#lastUs) this.#lastUs = atUs + FIRST_WITHIN_US;
    this.#isSubscribed = true;
    this.#subscribedUs = atUs;
    this.#isFirst = true;
  }

  /** Takes a message by the time that it states. */
  onMessage(dueUs: number, atUs: number): void {
    if (dueUs > atUs + AHEAD_LIMIT_US) return;
    const isOwn = this.#isFirst || atUs < this.#subscribedUs + OWN_WITHIN_US;
    this.#isFirst = false;
    if (!isOwn) this.#prove(dueUs);
    if (dueUs <= this.#lastUs) return;
    this.#endSilence(dueUs);
    this.#lastUs = dueUs;
  }

  /** What is missed from here to the next subscription is missed by nobody's fault. */
  onClosed(atUs: number): void {
    this.#endSilence(atUs);
    this.#isSubscribed = false;
  }

  /** Undefined when it never was subscribed. */
  line(): Heard | undefined {
    if (this.#lastUs === -Infinity) return undefined;
    const silence = { fromUs: this.#silentFromUs, untilUs: this.#silentFromUs + this.#silentUs };
    return {
      lastDueUs: this.#lastUs,
      ...(this.#silentUs > TOLD_SILENCE_US && { silence }),
      ...(this.#lastProvenUs > 0 && {
        proven: {
          firstDueUs: this.#firstProvenUs,
          lastDueUs: this.#lastProvenUs,
          ...(this.#unheardUs > TOLD_SILENCE_US && { unheardUs: this.#unheardUs }),
        },
      }),
    };
  }

  #endSilence(atUs: number): void {
    if (!this.#isSubscribed || atUs - this.#lastUs <= this.#silentUs) return;
    this.#silentUs = atUs - this.#lastUs;
    this.#silentFromUs = this.#lastUs;
  }

  #prove(dueUs: number): void {
    if (dueUs < this.#firstProvenUs) this.#firstProvenUs = dueUs;
    if (dueUs <= this.#lastProvenUs) return;
    const apartUs = dueUs - this.#lastProvenUs;
    if (apartUs > this.#unheardUs && apartUs !== Infinity) this.#unheardUs = apartUs;
    this.#lastProvenUs = dueUs;
  }
}

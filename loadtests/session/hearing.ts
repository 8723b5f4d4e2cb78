import { type Heard, TOLD_SILENCE_US } from '../../protocol/heard.ts';

/** Which part of one stream a client heard, so that clients can be held against each other where no number tells what was sent. */
export class Hearing {
  #firstUs = Infinity;
  #lastUs = -Infinity;
  #unheardUs = 0;
  #silentFromUs = 0;
  #silentUs = 0;
  #isConnected = false;

  /** Takes a message by the time that it states. */
  onMessage(dueUs: number): void {
    if (dueUs < this.#firstUs) this.#firstUs = dueUs;
    if (dueUs <= this.#lastUs) return;
    const apartUs = dueUs - this.#lastUs;
    if (apartUs > this.#unheardUs && apartUs !== Infinity) this.#unheardUs = apartUs;
    if (this.#isConnected && apartUs > this.#silentUs) {
      this.#silentUs = apartUs;
      this.#silentFromUs = this.#lastUs;
    }
    this.#lastUs = dueUs;
    this.#isConnected = true;
  }

  /** What is missed from here to the next message is missed by nobody's fault. */
  onClosed(): void {
    this.#isConnected = false;
  }

  /** Undefined when it heard nothing. */
  line(): Heard | undefined {
    if (this.#firstUs === Infinity) return undefined;
    const silence = { fromUs: this.#silentFromUs, untilUs: this.#silentFromUs + this.#silentUs };
    return {
      firstDueUs: this.#firstUs,
      lastDueUs: this.#lastUs,
      ...(this.#unheardUs > TOLD_SILENCE_US && { unheardUs: this.#unheardUs }),
      ...(this.#silentUs > TOLD_SILENCE_US && { silence }),
    };
  }
}

import type { Timers } from '../timers.ts';

/** Time that clients' messages may take in one turn of the event loop, µs: what the play has due waits no longer for them. */
const TURN_US = 10_000;
/** What one sender may have waiting, letters, and what a message counts beside its own. */
const MAX_WAITING = 4 * 1024 * 1024;
const MESSAGE_COST = 64;

/** Who sends. */
export interface Sender {
  readonly isOpen: boolean;
}

/** A message, and who reads it. */
export interface Letter {
  readonly sender: Sender;
  readonly text: string;
  readonly read: (text: string) => void;
}

export interface InboxOptions {
  readonly nowUs: () => number;
  readonly timers: Timers;
}

/**
 * Reads the messages of all clients in the order of their coming, some ms of each turn of the event loop: a flood of one
 * delays neither the play nor, for long, the others.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #waiting: Letter[] = [];
  /** What waits of each sender. */
  readonly #costs = new Map<Sender, number>();
  #at = 0;
  #leftUs = TURN_US;
  #isTurnOpen = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Takes a message; false when too much of its sender waits already. */
  take(letter: Letter): boolean {
    if (!this.#isTurnOpen) this.#openTurn();
    if (this.#leftUs > 0 && this.#at === this.#waiting.length) {
      this.#read(letter);
      return true;
    }
    const { sender, text } = letter;
    const cost = (this.#costs.get(sender) ?? 0) + costOf(text);
    if (cost > MAX_WAITING) return false;
    this.#costs.set(sender, cost);
    this.#waiting.push(letter);
    return true;
  }

  #openTurn(): void {
    this.#isTurnOpen = true;
    this.#leftUs = TURN_US;
    this.#options.timers.soon(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isTurnOpen = false;
    if (this.#at === this.#waiting.length) return;
    this.#openTurn();
    while (this.#leftUs > 0) {
      const letter = this.#waiting[this.#at];
      if (letter === undefined) break;
      this.#at++;
      const { sender, text } = letter;
      const cost = (this.#costs.get(sender) ?? 0) - costOf(text);
      if (cost > 0) this.#costs.set(sender, cost);
      else this.#costs.delete(sender);
      this.#read(letter);
    }
    this.#waiting.splice(0, this.#at);
    this.#at = 0;
  };

  #read({ sender, text, read }: Letter): void {
    if (!sender.isOpen) return;
    const { nowUs } = this.#options;
    const beganUs = nowUs();
    read(text);
    this.#leftUs -= nowUs() - beganUs;
  }
}

function costOf(text: string): number {
  return text.length + MESSAGE_COST;
}

import type { ClientPorts } from './ports.ts';

/** How often the inbox is worked off while anything waits in it. */
const SLICE_MS = 10;
/** Messages taken from one lane before the next has its turn, and between two looks at the clock. */
const TURN_MESSAGES = 8;
/** A message older than this doubles the work of a slice: one burst is spread out, a lasting load is kept up with. */
const CATCH_UP_US = 1_000_000;
/** A message older than this means that the generator can't keep up with the load. */
const FELL_BEHIND_US = 3_000_000;

/** What one connection has read and its client hasn't looked at. */
export interface Lane {
  /** Puts a message behind those that wait. */
  readonly push: (text: string, atUs: number) => void;
  /** Hands on all that waits, now: what comes next needs its client to be up to date. */
  readonly drain: () => void;
}

export interface InboxOptions {
  readonly ports: Pick<ClientPorts, 'nowUs' | 'after'>;
  /** Share of a core that looking at messages may take. */
  readonly cores: number;
  /** Told once, when a message has waited too long: its age in µs. */
  readonly onFellBehind: (ageUs: number) => void;
}

/**
 * Keeps the messages of a generator's connections between their being read and their being looked at. A message's time
 * was taken when it was read, so the look may wait: in a burst the generator takes no more of the machine than its share,
 * and the server under test has the rest. Messages of one connection stay in order.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #sliceWorkUs: number;
  /** Lanes in which something waits, in the order of their turns. */
  #turns: WaitingLane[] = [];
  #armed = false;
  #fellBehind = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#sliceWorkUs = options.cores * SLICE_MS * 1_000;
  }

  /** Makes a connection's lane; `handle` is given its messages in order. */
  lane(handle: (text: string, atUs: number) => void): Lane {
    const lane = new WaitingLane(handle);
    return {
      push: (text, atUs) => {
        if (lane.push(text, atUs)) this.#turns.push(lane);
        if (!this.#armed) this.#arm();
      },
      drain: () => {
        if (lane.oldestUs === undefined) return;
        while (lane.take(TURN_MESSAGES));
        this.#turns = this.#turns.filter((other) => other !== lane);
      },
    };
  }

  /** Hands on all that waits in any lane. */
  drain(): void {
    this.#checkAge(this.#options.ports.nowUs());
    for (const lane of this.#turns) while (lane.take(TURN_MESSAGES));
    this.#turns = [];
  }

  #arm(): void {
    this.#armed = true;
    this.#options.ports.after(SLICE_MS, () => {
      this.#armed = false;
      this.#work();
      if (this.#turns.length > 0) this.#arm();
    });
  }

  #work(): void {
    const { nowUs } = this.#options.ports;
    const startUs = nowUs();
    const ageUs = this.#checkAge(startUs);
    const endUs = startUs + this.#sliceWorkUs * (ageUs > CATCH_UP_US ? 2 : 1);
    do {
      const lane = this.#turns.shift();
      if (lane === undefined) return;
      if (lane.take(TURN_MESSAGES)) this.#turns.push(lane);
    } while (nowUs() < endUs);
  }

  /** Age of the message whose turn is next, which is one of the oldest: lanes take turns. */
  #checkAge(nowUs: number): number {
    const oldestUs = this.#turns[0]?.oldestUs;
    if (oldestUs === undefined) return 0;
    const ageUs = nowUs - oldestUs;
    if (ageUs > FELL_BEHIND_US && !this.#fellBehind) {
      this.#fellBehind = true;
      this.#options.onFellBehind(ageUs);
    }
    return ageUs;
  }
}

class WaitingLane {
  readonly #handle: (text: string, atUs: number) => void;
  #texts: string[] = [];
  #timesUs: number[] = [];
  #next = 0;

  constructor(handle: (text: string, atUs: number) => void) {
    this.#handle = handle;
  }

  /** Undefined when nothing waits. */
  get oldestUs(): number | undefined {
    return this.#timesUs[this.#next];
  }

  /** True when nothing waited before: the lane has to be given a turn. */
  push(text: string, atUs: number): boolean {
    this.#texts.push(text);
    return this.#timesUs.push(atUs) === 1;
  }

  /** Hands on up to so many messages; false when none is left. */
  take(messages: number): boolean {
    const end = Math.min(this.#next + messages, this.#texts.length);
    while (this.#next < end) {
      const at = this.#next;
      this.#next += 1;
      this.#handle(this.#texts[at] as string, this.#timesUs[at] as number);
    }
    if (this.#next < this.#texts.length) return true;
    this.#texts = [];
    this.#timesUs = [];
    this.#next = 0;
    return false;
  }
}

import { SendResult, type TransportSocket } from '../../transport/types.ts';
import { type LinkState, SOUND_LINK } from '../faults/types.ts';
import type { Timers } from '../timers.ts';

/** What a host has done since it began. */
export interface HostCounts {
  /** Open sockets. */
  connections: number;
  /** Sockets ever opened. */
  opened: number;
  /** Events given to sockets: one for each event and socket. */
  deliveries: number;
  /** Frames of data sent. */
  frames: number;
  /** Events that a fault or a full buffer kept from a socket. */
  dropped: number;
  /** Sockets ended because they read too slowly. */
  kicked: number;
  /** Questions by HTTP. */
  requests: number;
}

/** Counts of a host that has done nothing. */
export function emptyCounts(): HostCounts {
  return { connections: 0, opened: 0, deliveries: 0, frames: 0, dropped: 0, kicked: 0, requests: 0 };
}

/** Where frames go. */
export interface Destination {
  readonly socket: TransportSocket;
  /** Its buffer is full: it reads too slowly. */
  readonly kick: () => void;
}

interface Held {
  readonly dueUs: number;
  readonly to: Destination;
  readonly frames: readonly string[];
}

export interface DeliveryOptions {
  readonly nowUs: () => number;
  readonly timers: Timers;
  readonly counts: HostCounts;
  /** What the connections suffer now. */
  readonly link: () => LinkState;
  /** Draws 0 to 1: which frames a fault hits. */
  readonly random: () => number;
}

/** Brings frames to sockets, with what the link does to them on the way. */
export class Delivery {
  readonly #options: DeliveryOptions;
  /** In order of their coming: a delay that shrinks doesn't let what is later overtake. */
  readonly #held: Held[] = [];
  #callOff: (() => void) | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Brings frames of data; `events` is how many events they tell. */
  data(to: Destination, frames: readonly string[], events: number): void {
    const { counts, link } = this.#options;
    const state = link();
    if (state.isSilent || state.isHalfOpen || !to.socket.isOpen) {
      counts.dropped += events;
      return;
    }
    counts.deliveries += events;
    if (state === SOUND_LINK && this.#held.length === 0) this.#write(to, frames);
    else this.#send(to, this.#damaged(frames, state), state);
    counts.frames += frames.length;
  }

  /** Brings an answer: late like the data, never lost or damaged. */
  answer(to: Destination, text: string): void {
    const state = this.#options.link();
    if (state.isHalfOpen) return;
    this.#send(to, [text], state);
  }

  /** Forgets what is held back. */
  close(): void {
    this.#callOff?.();
    this.#held.length = 0;
  }

  #send(to: Destination, frames: readonly string[], state: LinkState): void {
    if (state.delayUs <= 0 && this.#held.length === 0) {
      this.#write(to, frames);
      return;
    }
    this.#held.push({ dueUs: this.#options.nowUs() + state.delayUs, to, frames });
    this.#wait();
  }

  #wait(): void {
    const [first] = this.#held;
    if (first === undefined || this.#callOff !== undefined) return;
    const waitMs = Math.max(1, Math.ceil((first.dueUs - this.#options.nowUs()) / 1_000));
    this.#callOff = this.#options.timers.after(waitMs, this.#release);
  }

  readonly #release = (): void => {
    this.#callOff = undefined;
    const nowUs = this.#options.nowUs();
    const due = this.#held.findIndex(({ dueUs }) => dueUs > nowUs);
    for (const { to, frames } of this.#held.splice(0, due < 0 ? this.#held.length : due)) this.#write(to, frames);
    this.#wait();
  };

  #damaged(frames: readonly string[], { truncatedShare, splitShare }: LinkState): readonly string[] {
    if (truncatedShare <= 0 && splitShare <= 0) return frames;
    const { random } = this.#options;
    return frames.flatMap((frame) => {
      const middle = frame.length >>> 1;
      if (random() < truncatedShare) return [frame.slice(0, middle)];
      return random() < splitShare ? [frame.slice(0, middle), frame.slice(middle)] : [frame];
    });
  }

  #write(to: Destination, frames: readonly string[]): void {
    const { socket } = to;
    const [first] = frames;
    if (frames.length === 1 && first !== undefined) {
      this.#check(to, socket.send(first));
      return;
    }
    let worst: SendResult = SendResult.SENT;
    socket.cork(() => {
      for (const frame of frames) if (socket.send(frame) === SendResult.DROPPED) worst = SendResult.DROPPED;
    });
    this.#check(to, worst);
  }

  #check(to: Destination, result: SendResult): void {
    if (result === SendResult.DROPPED && to.socket.isOpen) to.kick();
  }
}

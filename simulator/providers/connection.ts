import type { TransportRequest, TransportSocket } from '../../transport/types.ts';
import type { Timers } from '../timers.ts';
import type { Delivery, Destination } from './delivery.ts';
import type { FacadeSocket } from './facade.ts';
import type { FanOut, Reader } from './fanOut.ts';

export interface ConnectionOptions {
  readonly socket: TransportSocket;
  readonly request: TransportRequest;
  readonly query: URLSearchParams;
  readonly timers: Timers;
  readonly fanOut: FanOut;
  readonly delivery: Delivery;
  /** Puts what is pending into frames. */
  readonly frames: (connection: Connection) => readonly string[];
  /** Ends it because it reads too slowly. */
  readonly kick: (connection: Connection) => void;
}

/** One open socket: what it hears, what it is owed, and the timers that end with it. */
export class Connection implements FacadeSocket, Reader, Destination {
  readonly pending: string[] = [];
  pendingMark = 0;
  readonly #options: ConnectionOptions;
  readonly #topics = new Set<string>();
  readonly #timers = new Set<() => void>();
  readonly #onControl: (() => void)[] = [];

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get socket(): TransportSocket {
    return this.#options.socket;
  }
  get path(): string {
    return this.#options.request.path;
  }
  get query(): URLSearchParams {
    return this.#options.query;
  }
  get headers(): Readonly<Record<string, string>> {
    return this.#options.request.headers;
  }
  get remoteAddress(): string {
    return this.#options.request.remoteAddress;
  }

  readonly send = (text: string): void => {
    this.flush();
    this.#options.delivery.answer(this, text);
  };

  readonly subscribe = (topic: string): void => {
    if (!this.socket.isOpen) return;
    this.#topics.add(topic);
    this.#options.fanOut.join(topic, this);
  };

  readonly unsubscribe = (topic: string): void => {
    this.#topics.delete(topic);
    this.#options.fanOut.leave(topic, this);
  };

  readonly isSubscribed = (topic: string): boolean => this.#topics.has(topic);

  readonly topics = (): Iterable<string> => this.#topics;

  readonly end = (code: number, reason: string): void => {
    this.flush();
    this.socket.end(code, reason);
  };

  readonly terminate = (): void => this.socket.terminate();

  readonly ping = (): void => this.socket.ping();

  readonly after = (delayMs: number, callback: () => void): (() => void) => {
    if (!this.socket.isOpen) return () => undefined;
    const callOff = this.#options.timers.after(Math.max(1, Math.ceil(delayMs)), () => {
      this.#timers.delete(callOff);
      callback();
    });
    this.#timers.add(callOff);
    return () => {
      this.#timers.delete(callOff);
      callOff();
    };
  };

  readonly onControl = (callback: () => void): void => {
    this.#onControl.push(callback);
  };

  readonly kick = (): void => this.#options.kick(this);

  readonly flush = (): void => {
    const { pending } = this;
    if (pending.length === 0) return;
    const events = pending.length;
    const frames = this.#options.frames(this);
    pending.length = 0;
    this.#options.delivery.data(this, frames, events);
  };

  /** A ping or a pong of the client has come. */
  heardControl(): void {
    for (const callback of this.#onControl) callback();
  }

  /** Gives back all that it held; the socket has ended. */
  release(): void {
    for (const topic of this.#topics) this.#options.fanOut.leave(topic, this);
    this.#topics.clear();
    for (const callOff of this.#timers) callOff();
    this.#timers.clear();
    this.pending.length = 0;
  }
}

import WebSocket from 'ws';
import { serverFrameFault } from './frameCheck.ts';

/** A frame as it came. */
export type Received = Readonly<Record<string, unknown>>;

interface Waiter {
  readonly matches: (frame: Received) => boolean;
  readonly resolve: (frame: Received) => void;
}

/**
 * A WebSocket client for tests: everything it reads is kept, and can be waited for. A frame that isn't as its
 * schema says ends the test run.
 */
export class StreamClient {
  /** Frames in the order in which they were read. */
  readonly frames: Received[] = [];
  /** Close code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  readonly #path: string;
  #waiters: Waiter[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#path = new URL(socket.url).pathname;
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
    socket.on('message', (data) => this.#onText(String(data)));
    // The close event follows and tells what tests want to know.
    socket.on('error', () => undefined);
  }

  /** Opens a socket. @throws Error with the HTTP status when the upgrade is refused */
  static open(
    url: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly protocols?: readonly string[] } = {},
  ): Promise<StreamClient> {
    const { headers = {}, protocols = [] } = options;
    const socket = new WebSocket(url, [...protocols], { headers });
    const client = new StreamClient(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(client));
      socket.on('error', reject);
    });
  }

  /** The subprotocol that the server chose. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  sendRaw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** Sends a frame and waits for the answer with its `id`. */
  ask(frame: Received & { readonly id: number }): Promise<Received> {
    const answer = this.next((received) => received['id'] === frame.id);
    this.send(frame);
    return answer;
  }

  /** The first frame from now on that matches. */
  next(matches: (frame: Received) => boolean): Promise<Received> {
    return new Promise((resolve) => this.#waiters.push({ matches, resolve }));
  }

  /** The first frame that matches, of those read already or to come. */
  first(matches: (frame: Received) => boolean): Promise<Received> {
    const known = this.frames.find(matches);
    return known === undefined ? this.next(matches) : Promise.resolve(known);
  }

  /** Frames of one type so far. */
  of(type: string): Received[] {
    return this.frames.filter((frame) => frame['type'] === type);
  }

  /** Everything sent so far has been worked by the server when this resolves. */
  async settled(): Promise<void> {
    await this.ask({ type: 'ping', id: 1_000_000 + this.frames.length });
  }

  /** Stops reading from the network. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Cuts the connection without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  #onText(text: string): void {
    const frame: unknown = JSON.parse(text);
    if (typeof frame !== 'object' || frame === null) throw new Error(`not a frame: ${text}`);
    const received: Received = Object.fromEntries(Object.entries(frame));
    const fault = serverFrameFault(this.#path, received);
    // Nobody waits for it: the run fails by it, while the test goes on with the frame as it came.
    if (fault !== undefined) void Promise.reject(new Error(fault));
    this.frames.push(received);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (waiter.matches(received)) waiter.resolve(received);
      else this.#waiters.push(waiter);
    }
  }
}

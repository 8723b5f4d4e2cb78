import type { ClientFrame } from '../../protocol/messages.ts';
import type { ClientPorts, FetchLike, SocketLike } from '../ports.ts';

type Listener = (event: { readonly data: unknown; readonly code: number }) => void;

/** A socket whose other end is the test. */
export class VirtualSocket implements SocketLike {
  binaryType = 'blob';
  readyState = 0;
  readonly url: string;
  /** Frames that the client has sent. */
  readonly sent: ClientFrame[] = [];
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(data: string | Uint8Array): void {
    this.sent.push(JSON.parse(String(data)));
  }

  close(code = 1005): void {
    this.end(code);
  }

  /** The upgrade succeeds. */
  open(): void {
    this.readyState = 1;
    this.#tell('open');
  }

  /** The server sends something. */
  tell(frame: unknown): void {
    this.#tell('message', { data: JSON.stringify(frame) });
  }

  /** The upgrade succeeds and the server welcomes the client. */
  welcome(more: { readonly epoch?: string; readonly heartbeatMs?: number } = {}): void {
    this.open();
    this.tell({ type: 'welcome', account: 'ann', epoch: 'e1', heartbeatMs: 1_000, limits: {}, ...more });
  }

  /** The connection ends. */
  end(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#tell('close', { code });
  }

  /** Frames of one type that the client has sent. */
  of<T extends ClientFrame['type']>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame, { type: T }> => frame.type === type);
  }

  #tell(type: string, event: { readonly data?: unknown; readonly code?: number } = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data: undefined, code: 0, ...event });
  }
}

interface Armed {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A world for a client in which nothing happens by itself: the test moves the clock and is every server. */
export class VirtualWorld {
  /** Sockets in the order of their making. */
  readonly sockets: VirtualSocket[] = [];
  readonly ports: ClientPorts;
  nowMs = 0;
  /** What the random source gives next. */
  random = 0.5;
  /** Answers requests. */
  fetch: FetchLike = () => Promise.reject(new Error('nobody answers'));
  readonly #armed = new Set<Armed>();

  constructor() {
    const { sockets } = this;
    this.ports = {
      WebSocket: class extends VirtualSocket {
        constructor(url: string) {
          super(url);
          sockets.push(this);
        }
      },
      fetch: (url, init) => this.fetch(url, init),
      nowMs: () => this.nowMs,
      random: () => this.random,
      after: (delayMs, callback) => {
        const armed = { atMs: this.nowMs + delayMs, callback };
        this.#armed.add(armed);
        return () => this.#armed.delete(armed);
      },
    };
  }

  /** The newest socket. */
  get socket(): VirtualSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('the client has made no socket yet');
    return socket;
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#armed.size;
  }

  /** Sockets that are neither closed nor closing. */
  get liveSockets(): number {
    return this.sockets.filter((socket) => socket.readyState < 2).length;
  }

  /** Lets everything run that waits for no timer. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  /** Moves the clock, running each timer at its time. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    await this.settle();
    for (;;) {
      const due = [...this.#armed].filter((armed) => armed.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#armed.delete(due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.callback();
      await this.settle();
    }
    this.nowMs = endMs;
  }
}

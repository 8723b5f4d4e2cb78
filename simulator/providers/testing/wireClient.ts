import WebSocket from 'ws';

interface Waiter {
  readonly matches: (text: string) => boolean;
  readonly resolve: (text: string) => void;
  readonly reject: (reason: unknown) => void;
}

/** A plain WebSocket client for tests of façades: keeps every text frame, and lets one wait for one. */
export class WireClient {
  readonly texts: string[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;
  #waiters: Waiter[] = [];
  /** Frames before this one have been given by {@link next}. */
  #at = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        for (const { reject } of this.#waiters) reject(new Error(`closed with ${code} before the frame came`));
        resolve({ code, reason: String(reason) });
      });
    });
    socket.on('message', (data) => this.#onText(String(data)));
    socket.on('error', () => undefined);
  }

  /** Opens a socket. @throws Error with the HTTP status when the upgrade is refused */
  static open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<WireClient> {
    const socket = new WebSocket(url, { headers });
    const client = new WireClient(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(client));
      socket.on('error', reject);
    });
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The next frame not given yet, parsed. */
  async next(): Promise<unknown> {
    const text = this.texts[this.#at] ?? (await this.until(() => this.texts.length > this.#at));
    this.#at++;
    return JSON.parse(text);
  }

  /** The first frame from now on (or the newest) that fits. */
  until(matches: (text: string) => boolean): Promise<string> {
    const newest = this.texts.at(-1);
    if (newest !== undefined && matches(newest)) return Promise.resolve(newest);
    return new Promise((resolve, reject) => this.#waiters.push({ matches, resolve, reject }));
  }

  close(): void {
    this.socket.terminate();
  }

  #onText(text: string): void {
    this.texts.push(text);
    this.#waiters = this.#waiters.filter((waiter) => {
      const fits = waiter.matches(text);
      if (fits) waiter.resolve(text);
      return !fits;
    });
  }
}

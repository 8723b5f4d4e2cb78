import { Packr } from 'msgpackr';
import WebSocket from 'ws';
import { Broken } from './case.ts';
import { type Frame, shown } from './expect.ts';

/** How frames are written. */
export type Codec = 'json' | 'msgpack';

/** How a connection is made. */
export interface Dialing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocols: readonly string[];
  readonly codec: Codec;
  readonly ca?: string | undefined;
  readonly isInsecure: boolean;
  /** Ends the attempt when it comes before the connection is open. */
  readonly signal: AbortSignal;
}

/** An upgrade that the server refused. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;

  constructor(answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly body: string;
  }) {
    super(`HTTP ${answer.status} at the upgrade`);
    this.status = answer.status;
    this.headers = answer.headers;
    this.body = answer.body;
  }
}

/** Where among the frames of a connection to look. */
export interface Where {
  /** Only at what came after this frame; absent: at all since the last answer to a question. */
  readonly behind?: Frame;
}

/** Whether a frame is one that is waited for; `at` is its place among all. */
type Matches = (frame: Frame, at: number) => boolean;

interface Waiter {
  readonly look: () => boolean;
  readonly fail: (error: Error) => void;
}

const packr = new Packr({ useRecords: false });
const EARLIEST_ID = 1;
/** A server that waits less for `auth` is too hasty, whoever is late. */
const LEAST_AUTH_TIMEOUT_MS = 1_000;

/**
 * One WebSocket of a case. Everything read is kept until somebody takes it: what {@link Socket.take} passes over stays for
 * others, since frames of different kinds come in any order. Only the answer to {@link Socket.ask} ends what was before it.
 * Whatever is waited for ends with the case: when its time is over, or the connection is, the wait is told what came instead.
 */
export class Socket {
  /** Frames in the order in which they were read. */
  readonly frames: Frame[] = [];
  readonly #socket: WebSocket;
  readonly #codec: Codec;
  readonly #taken = new Set<Frame>();
  /** Place behind the last answer. */
  #answered = 0;
  #waiters: Waiter[] = [];
  #closeCode: number | undefined = undefined;
  /** What was wrong with the connection itself, for people. */
  #fault = '';
  readonly #openedMs = performance.now();
  #lastedMs = 0;
  #nextId = EARLIEST_ID;

  private constructor(socket: WebSocket, codec: Codec) {
    this.#socket = socket;
    this.#codec = codec;
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('close', (code) => {
      this.#closeCode = code;
      this.#lastedMs = performance.now() - this.#openedMs;
      this.#look();
      for (const waiter of this.#waiters.splice(0)) waiter.fail(new Error(`close ${code}${this.#fault}`));
    });
    // The close event follows, and tells of it.
    socket.on('error', ({ message }) => {
      this.#fault = ` (${message})`;
    });
  }

  /** Opens a connection. @throws UpgradeRefused, the network's own error, or the signal's reason */
  static open(dialing: Dialing): Promise<Socket> {
    const { url, headers, protocols, codec, ca, isInsecure, signal } = dialing;
    if (signal.aborted) return Promise.reject(signal.reason);
    const tls = { ...(ca !== undefined && { ca }), ...(isInsecure && { rejectUnauthorized: false }) };
    const ws = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false, ...tls });
    const socket = new Socket(ws, codec);
    return new Promise((resolve, reject) => {
      const abandon = (): void => {
        reject(signal.reason);
        ws.terminate();
      };
      signal.addEventListener('abort', abandon);
      ws.on('close', () => signal.removeEventListener('abort', abandon));
      ws.on('open', () => {
        signal.removeEventListener('abort', abandon);
        resolve(socket);
      });
      ws.on('error', reject);
      ws.on('unexpected-response', (request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        const answer = (): void => {
          const body = Buffer.concat(chunks).toString('utf8');
          reject(new UpgradeRefused({ status: response.statusCode ?? 0, headers: response.headers, body }));
        };
        response.on('end', answer);
        response.on('error', answer);
        request.on('error', () => undefined);
      });
    });
  }

  /** The subprotocol that the server chose; empty for none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Whether the connection is open. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Whether it was closed with 4408 after so long a time that who opened it was late. */
  get wasLate(): boolean {
    return this.#closeCode === 4408 && this.#lastedMs > LEAST_AUTH_TIMEOUT_MS;
  }

  /** Sends a frame. */
  send(frame: Frame): void {
    this.#socket.send(this.#codec === 'json' ? JSON.stringify(frame) : packr.pack(frame));
  }

  /** Sends bytes or a text as they are. */
  sendRaw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** Sends bytes in a text message, be they text or not. */
  sendText(bytes: Uint8Array): void {
    this.#socket.send(bytes, { binary: false });
  }

  /** Sends a frame with an `id` of its own, and takes the answer that repeats it; frames from before it are of the past. */
  async ask(frame: Frame): Promise<Frame> {
    const id = this.#nextId++;
    this.send({ ...frame, id });
    const isAnswer = (came: Frame, at: number): boolean => {
      if (came['id'] !== id) return false;
      this.#answered = Math.max(this.#answered, at + 1);
      return true;
    };
    return this.take(isAnswer, `an answer to ${shown(frame['type'])} with its id ${id}`);
  }

  /** The earliest frame that matches and that nobody has taken, read or to come. */
  async take(matches: Matches, expected: string, where: Where = {}): Promise<Frame> {
    const [frame] = await this.gather(1, matches, expected, where);
    if (frame === undefined) throw new Error('one frame was asked for, and none came');
    return frame;
  }

  /** The earliest frame of a type that nobody has taken. */
  takeType(type: string, where: Where = {}): Promise<Frame> {
    return this.take((frame) => frame['type'] === type, `a frame of type ${type}`, where);
  }

  /** The first frame of all, taken or not, read or to come, that matches. */
  first(matches: (frame: Frame) => boolean, expected: string): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const frame = this.frames.find(matches);
        if (frame !== undefined) resolve(frame);
        return frame !== undefined;
      };
      this.#wait({ look, fail: (error) => reject(this.#broken(expected, error)) });
    });
  }

  /** So many frames that match and that nobody has taken, the earliest first, of those read and to come. */
  gather(count: number, matches: Matches, expected: string, { behind }: Where = {}): Promise<Frame[]> {
    return new Promise((resolve, reject) => {
      const found: Frame[] = [];
      let at = behind === undefined ? this.#answered : this.frames.lastIndexOf(behind) + 1;
      const look = (): boolean => {
        for (; at < this.frames.length && found.length < count; at++) {
          const frame = this.frames[at];
          if (frame === undefined || this.#taken.has(frame) || !matches(frame, at)) continue;
          this.#taken.add(frame);
          found.push(frame);
        }
        if (found.length === count) resolve(found);
        return found.length === count;
      };
      const told = (): string => (count === 1 ? expected : `${expected} (${found.length} of ${count})`);
      this.#wait({ look, fail: (error) => reject(this.#broken(told(), error)) });
    });
  }

  /** Frames of one type so far. */
  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame['type'] === type);
  }

  /** The code with which the connection ends. */
  closed(expected: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        if (this.#closeCode !== undefined) resolve(this.#closeCode);
        return this.#closeCode !== undefined;
      };
      this.#wait({ look, fail: (error) => reject(this.#broken(expected, error)) });
    });
  }

  /** Reads nothing more, as a client that hangs; what was read before is told. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#socket.resume();
  }

  /** Cuts the connection without a close frame. */
  cut(): void {
    this.#socket.terminate();
  }

  /** Ends every wait with what it waited for, and cuts the connection. */
  end(reason: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.fail(reason);
    this.#socket.terminate();
  }

  #wait(waiter: Waiter): void {
    if (waiter.look()) return;
    if (this.#closeCode === undefined) this.#waiters.push(waiter);
    else waiter.fail(new Error(`close ${this.#closeCode}${this.#fault}`));
  }

  #broken(expected: string, { message }: Error): Broken {
    const last = this.frames.at(-1);
    return new Broken(expected, last === undefined ? message : `${message}; the last frame was ${shown(last)}`);
  }

  #onMessage(data: WebSocket.RawData, isBinary: boolean): void {
    this.frames.push(this.#decoded(data, isBinary));
    this.#look();
  }

  /** What can't be read becomes a frame that no case expects, and that says so. */
  #decoded(data: WebSocket.RawData, isBinary: boolean): Frame {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data));
    if (isBinary !== (this.#codec === 'msgpack')) return { unreadable: isBinary ? 'a binary message' : String(bytes) };
    try {
      const value: unknown = isBinary ? packr.unpack(bytes) : JSON.parse(String(bytes));
      if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value));
      return { unreadable: shown(value) };
    } catch {
      return { unreadable: isBinary ? bytes.toString('hex') : String(bytes) };
    }
  }

  #look(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#waiters.push(...waiters.filter((waiter) => !waiter.look()));
  }
}

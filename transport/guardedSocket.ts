import { type Message, SendResult, type TransportSocket } from './types.ts';

/** What we call of the library's socket. */
export interface RawSocket {
  send(message: Message, isBinary: boolean, compress: boolean): number;
  getBufferedAmount(): number;
  subscribe(topic: string): boolean;
  unsubscribe(topic: string): boolean;
  ping(): number;
  cork(write: () => void): unknown;
  end(code: number, reason: string): void;
  close(): void;
}

/** Guards the library's socket, which throws on any call after its end. */
export class GuardedSocket implements TransportSocket {
  readonly remoteAddress: string;
  readonly #isCompressed: boolean;
  #ws: RawSocket | undefined;

  constructor(remoteAddress: string, isCompressed: boolean) {
    this.remoteAddress = remoteAddress;
    this.#isCompressed = isCompressed;
  }

  get isOpen(): boolean {
    return this.#ws !== undefined;
  }

  attach(ws: RawSocket): void {
    this.#ws = ws;
  }

  detach(): void {
    this.#ws = undefined;
  }

  send(message: Message): SendResult {
    const result = this.#ws?.send(message, typeof message !== 'string', this.#isCompressed);
    if (result === SendResult.SENT) return SendResult.SENT;
    return result === SendResult.QUEUED ? SendResult.QUEUED : SendResult.DROPPED;
  }

  ping(): void {
    this.#ws?.ping();
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  join(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  leave(topic: string): void {
    this.#ws?.unsubscribe(topic);
  }

  cork(write: () => void): void {
    this.#ws?.cork(write);
  }

  end(code: number, reason: string): void {
    this.#ws?.end(code, reason);
  }

  terminate(): void {
    this.#ws?.close();
  }
}

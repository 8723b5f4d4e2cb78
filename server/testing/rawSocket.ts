import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** WebSocket opcodes. */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A connection that writes whatever bytes a test likes, and keeps what it reads. */
export class RawSocket {
  /** Close code of the server's close frame; 1006 without one. */
  readonly closed: Promise<number>;
  /** Head and body of the HTTP answer, as far as read when `upgrade` resolved. */
  head = '';
  readonly #socket: Socket;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    socket.on('error', () => undefined);
    this.closed = once(socket, 'close').then(() => closeCodeIn(this.#received));
  }

  static async connect(port: number): Promise<RawSocket> {
    const socket = connect({ host: '127.0.0.1', port });
    const raw = new RawSocket(socket);
    await once(socket, 'connect');
    return raw;
  }

  /** Connects and asks for an upgrade; resolves with the answer in `head`. */
  static async upgrade(
    port: number,
    options: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<RawSocket> {
    const raw = await RawSocket.connect(port);
    const headers = Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
    const answered = once(raw.#socket, 'data');
    raw.write(
      Buffer.from(
        `GET ${options.path ?? '/v1/stream'} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${headers.join('')}\r\n`,
      ),
    );
    await answered;
    const end = raw.#received.indexOf('\r\n\r\n') + 4;
    raw.head = raw.#received.subarray(0, end).toString('latin1');
    raw.#received = raw.#received.subarray(end);
    return raw;
  }

  /** What has been read since the answer to the upgrade, as text. */
  get text(): string {
    return this.#received.toString('latin1');
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A client's frame, masked by zeros. */
export function frame(
  opcode: number,
  payload: string | Uint8Array,
  options: { readonly isFinal?: boolean; readonly isDeflated?: boolean } = {},
): Buffer {
  const body = Buffer.from(payload);
  const first = opcode | (options.isFinal === false ? 0 : 0x80) | (options.isDeflated === true ? 0x40 : 0);
  const mask = Buffer.alloc(4);
  if (body.length < 126) return Buffer.concat([Buffer.from([first, 0x80 | body.length]), mask, body]);
  const length = Buffer.alloc(body.length < 65_536 ? 2 : 8);
  if (length.length === 2) length.writeUInt16BE(body.length);
  else length.writeBigUInt64BE(BigInt(body.length));
  return Buffer.concat([Buffer.from([first, 0x80 | (length.length === 2 ? 126 : 127)]), length, mask, body]);
}

/** The code in the last frame of what a server sent, if that is a close frame. */
function closeCodeIn(received: Buffer): number {
  let at = 0;
  let code = 1006;
  while (at + 2 <= received.length) {
    const opcode = received.readUInt8(at) & 0x0f;
    const short = received.readUInt8(at + 1) & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + head > received.length) break;
    const length =
      short < 126 ? short : short === 126 ? received.readUInt16BE(at + 2) : Number(received.readBigUInt64BE(at + 2));
    if (opcode === Opcode.CLOSE && length >= 2) code = received.readUInt16BE(at + head);
    at += head + length;
  }
  return code;
}

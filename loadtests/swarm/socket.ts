import { isUtf8 } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Reach } from '../../protocol/serverUnderTest.ts';
import { isBinaryProtocol, MAX_MESSAGE_BYTES, readBinary, toBinary } from '../session/binary.ts';
import { newTickerFields } from '../session/dialect.ts';
import { CLIENT_HEADER } from '../session/link.ts';
import { isNativeProtocol } from '../session/native.ts';
import { ABNORMAL_CLOSE, type Connection, type ConnectRequest, told } from '../session/ports.ts';
import { secureOptions } from '../session/tls.ts';
import { FrameReader } from './frameReader.ts';
import { openStream } from './stream.ts';
import { TickerScanner } from './tickerScanner.ts';

const MAX_HEAD_BYTES = 16 * 1024;
const READ_BUFFER_BYTES = 256 * 1024;
/** Longest wait for the end of the stream after an orderly close, whoever began it. */
const CLOSE_TIMEOUT_MS = 500;
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const Opcode = { TEXT: 1, BINARY: 2, CLOSE: 8, PONG: 10 } as const;

/**
 * Opens connections of the swarm: a WebSocket client over TCP or TLS that shares what sockets can share.
 *
 * @param reach how a server that isn't ours is reached
 */
export function createConnector(nowUs: () => number, reach?: Reach): (request: ConnectRequest) => Connection {
  // One loop reads one socket at a time, and nothing of a read outlives its call: one buffer serves them all.
  const shared: Shared = {
    nowUs,
    buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
    scanner: new TickerScanner(),
    fields: newTickerFields(),
    reach,
    secure: undefined,
  };
  return (request) => new SwarmSocket(request, shared);
}

interface Shared {
  readonly nowUs: () => number;
  readonly buffer: Buffer;
  readonly scanner: TickerScanner;
  readonly fields: ReturnType<typeof newTickerFields>;
  readonly reach: Reach | undefined;
  /** Of TLS, read with the first connection that wants it. */
  secure: ConnectionOptions | undefined;
}

function secureOf(shared: Shared, url: URL): ConnectionOptions {
  shared.secure ??= secureOptions(shared.reach, url.host);
  return shared.secure;
}

class SwarmSocket implements Connection {
  readonly #request: ConnectRequest;
  readonly #isBinary: boolean;
  readonly #isNative: boolean;
  readonly #shared: Shared;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #key = randomBytes(16).toString('base64');
  /** The answer to the upgrade so far; undefined once it was taken. */
  #head: Buffer | undefined = Buffer.alloc(0);
  /** When the bytes at hand were read: one time per read, for every frame in it. */
  #readUs = 0;
  #closeCode = ABNORMAL_CLOSE;
  #closeSent = false;
  /** Why the connection ended, in words. */
  #why = '';

  constructor(request: ConnectRequest, shared: Shared) {
    this.#request = request;
    this.#isBinary = isBinaryProtocol(request.protocol);
    this.#isNative = isNativeProtocol(request.protocol);
    this.#shared = shared;
    this.#reader = new FrameReader(
      {
        onText: (bytes, start, end) => this.#onText(bytes, start, end),
        onBinary: (bytes, start, end) => this.#onBinary(bytes, start, end),
        onPing: (bytes, start, end) => this.#write(Opcode.PONG, bytes.subarray(start, end)),
        onClose: (code, reason) => this.#onCloseFrame(code, reason),
        onBroken: (reason) => this.#break(reason),
      },
      { maxPayloadBytes: MAX_MESSAGE_BYTES },
    );
    const url = new URL(request.url);
    this.#socket = openStream({
      url,
      secure: url.protocol === 'wss:' ? secureOf(shared, url) : undefined,
      toldClient: shared.reach?.isTold === true ? request.headers[CLIENT_HEADER] : undefined,
      buffer: shared.buffer,
      onReady: () => this.#socket.write(this.#upgrade(url)),
      onRead: (buffer, bytes) => {
        this.#readUs = shared.nowUs();
        this.#onRead(buffer, bytes);
      },
    });
    this.#socket.on('error', ({ message }) => {
      if (this.#why === '') this.#why = message; // `close` follows, and tells it.
    });
    this.#socket.once('close', () => request.handlers.onClose(this.#closeCode, shared.nowUs(), told(this.#why)));
  }

  send(text: string): void {
    if (this.#head !== undefined || this.#closeSent) return;
    if (this.#isBinary) this.#write(Opcode.BINARY, toBinary(text));
    else this.#write(Opcode.TEXT, Buffer.from(text));
  }

  close(): void {
    if (this.#head !== undefined) {
      this.abort();
      return;
    }
    this.#sendClose(1000);
  }

  abort(): void {
    this.#reader.end();
    this.#socket.destroy();
  }

  /** Ends what can't be gone on with. */
  #break(why: string): void {
    this.#why = why;
    this.abort();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #upgrade(url: URL): string {
    const { headers } = this.#request;
    const lines = [
      `GET ${url.pathname}${url.search} HTTP/1.1`,
      ...(headers['Host'] === undefined ? [`Host: ${url.host}`] : []),
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${this.#key}`,
      'Sec-WebSocket-Version: 13',
      ...(this.#request.protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${this.#request.protocol}`]),
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  #onRead(buffer: Buffer, bytes: number): void {
    if (this.#head === undefined) this.#reader.push(buffer, 0, bytes);
    else this.#onHead(this.#head, buffer.subarray(0, bytes));
  }

  #onHead(before: Buffer, chunk: Buffer): void {
    const head = Buffer.concat([before, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) {
      this.#head = head;
      if (head.length > MAX_HEAD_BYTES) this.#break(`no end of the upgrade's answer in ${head.length} bytes`);
      return;
    }
    const refusal = refusalOf(head.toString('latin1', 0, end), this.#key);
    if (refusal !== '') {
      this.#break(refusal);
      return;
    }
    this.#head = undefined;
    this.#request.handlers.onOpen(this.#readUs);
    this.#reader.push(head, end + 4, head.length);
  }

  #onBinary(bytes: Buffer, start: number, end: number): void {
    const { fields } = this.#shared;
    if (!this.#isBinary) {
      if (this.#request.hasTextInBinary === true) this.#onMessage(bytes, start, end);
      else this.#break('a binary message where text was agreed on');
      return;
    }
    const read = readBinary(bytes.subarray(start, end), fields);
    if (read === undefined) this.#break('a binary message that is no plain MessagePack');
    else if (read === 'ticker') this.#request.handlers.onTicker(fields, this.#readUs);
    else this.#request.handlers.onMessage(read.text, this.#readUs);
  }

  #onText(bytes: Buffer, start: number, end: number): void {
    if (this.#isBinary) {
      this.#break('a text message where MessagePack was agreed on');
      return;
    }
    const { scanner, fields } = this.#shared;
    // Others may tell what looks like a ticker of ours and means something else.
    if (this.#isNative && scanner.scan(bytes, start, end, fields)) {
      this.#request.handlers.onTicker(fields, this.#readUs);
      return;
    }
    this.#onMessage(bytes, start, end);
  }

  #onMessage(bytes: Buffer, start: number, end: number): void {
    if (isUtf8(bytes.subarray(start, end)))
      this.#request.handlers.onMessage(bytes.toString('utf8', start, end), this.#readUs);
    else this.#break('a text message that is no UTF-8');
  }

  #onCloseFrame(code: number, reason: string): void {
    this.#closeCode = code;
    this.#why = reason;
    this.#sendClose(code === 1005 ? 1000 : code);
    this.#socket.end();
  }

  #sendClose(code: number): void {
    if (this.#closeSent) return;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(Opcode.CLOSE, payload);
    this.#closeSent = true;
    setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS).unref();
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (!this.#socket.destroyed && !this.#closeSent) this.#socket.write(maskedFrame(opcode, payload, randomBytes(4)));
  }
}

/** Why a response's head doesn't take the upgrade that was asked for with `key`; '' when it does. */
export function refusalOf(head: string, key: string): string {
  const [status = '', ...lines] = head.split('\r\n');
  const header = (name: string): string => {
    const line = lines.find((text) => text.toLowerCase().startsWith(`${name}:`)) ?? '';
    return line.slice(name.length + 1).trim();
  };
  if (!/^HTTP\/1\.1 101( |$)/.test(status)) return `the upgrade was answered with ${status}`;
  if (header('upgrade').toLowerCase() !== 'websocket') return 'the upgrade was answered with no Upgrade: websocket';
  if (header('sec-websocket-accept') !== acceptOf(key))
    return 'the upgrade was answered with a wrong Sec-WebSocket-Accept';
  const extensions = header('sec-websocket-extensions');
  return extensions === '' ? '' : `the upgrade was answered with extensions that nobody asked for: ${extensions}`;
}

/** How a server answers to an upgrade's key, by RFC 6455. */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + WEBSOCKET_GUID)
    .digest('base64');
}

/** A final frame from a client: RFC 6455 wants its payload masked. */
export function maskedFrame(opcode: number, payload: Uint8Array, mask: Buffer): Buffer {
  const lengthBytes = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  const start = 6 + lengthBytes;
  const frame = Buffer.allocUnsafe(start + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (lengthBytes === 0 ? payload.length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(payload.length, 2);
  else if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(payload.length), 2);
  mask.copy(frame, start - 4);
  for (let at = 0; at < payload.length; at++) {
    frame[start + at] = (payload[at] as number) ^ (mask[at & 3] as number);
  }
  return frame;
}

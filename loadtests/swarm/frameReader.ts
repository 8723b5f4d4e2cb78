/** What a stream of WebSocket frames tells. Ranges of bytes are valid inside the call alone. */
export interface FrameSink {
  /** A whole text message: UTF-8 in `bytes` from `start` to `end`, not yet checked. */
  readonly onText: (bytes: Buffer, start: number, end: number) => void;
  readonly onBinary: (bytes: Buffer, start: number, end: number) => void;
  readonly onPing: (bytes: Buffer, start: number, end: number) => void;
  /** The server's close frame with its reason, '' for none; 1005 when it carries no code. Nothing is told after it. */
  readonly onClose: (code: number, reason: string) => void;
  /** The server broke RFC 6455, in words. Nothing is told after it. */
  readonly onBroken: (reason: string) => void;
}

const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;
const NO_CODE = 1005;
const MAX_CONTROL_BYTES = 125;
const FIRST_CARRY_BYTES = 512;

/**
 * Reads the frames that a server sends (RFC 6455, unmasked), from chunks cut anywhere. A frame that lies whole in a
 * chunk is told in place; only pieces are copied.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxPayloadBytes: number;
  /** The beginning of a frame whose rest hasn't come. */
  #carry: Buffer = Buffer.alloc(0);
  #carried = 0;
  /** The fragments of a message so far; opcode 0 when there is none. */
  #message: Buffer = Buffer.alloc(0);
  #messageBytes = 0;
  #messageOpcode = 0;
  #over = false;

  constructor(sink: FrameSink, limits: { readonly maxPayloadBytes: number }) {
    this.#sink = sink;
    this.#maxPayloadBytes = limits.maxPayloadBytes;
  }

  /** Reads nothing more: whatever comes, nothing is told after it. */
  end(): void {
    this.#over = true;
  }

  /** Reads the bytes from `start` to `end`. */
  push(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (this.#carried > 0 && at < end && !this.#over) {
      const size = this.#sizeOf(this.#carry, 0, this.#carried);
      if (size < 0) return;
      const taken = Math.min(size - this.#carried, end - at);
      this.#append(bytes, at, at + taken);
      at += taken;
      const known = this.#sizeOf(this.#carry, 0, this.#carried);
      if (known < 0) return;
      if (known > this.#carried) continue;
      this.#carried = 0;
      this.#frame(this.#carry, 0, known);
    }
    while (at < end && !this.#over) {
      const size = this.#sizeOf(bytes, at, end - at);
      if (size < 0) return;
      if (size > end - at) {
        this.#append(bytes, at, end);
        return;
      }
      this.#frame(bytes, at, at + size);
      at += size;
    }
  }

  /** Size of the frame at `at`, header included; of its header so far when that isn't whole; -1 when it breaks the rules. */
  #sizeOf(bytes: Buffer, at: number, available: number): number {
    if (available < 2) return 2;
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    if ((first & 0x70) !== 0) return this.#break('reserved bits are set');
    if ((second & 0x80) !== 0) return this.#break('a server must not mask');
    const length = second & 0x7f;
    if ((first & 0x0f) >= Opcode.CLOSE) {
      if (length > MAX_CONTROL_BYTES) return this.#break('a control frame over 125 bytes');
      if ((first & 0x80) === 0) return this.#break('a control frame in fragments');
    }
    if (length < 126) return 2 + length;
    const headerBytes = length === 126 ? 4 : 10;
    if (available < headerBytes) return headerBytes;
    const payloadBytes =
      length === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
    if (payloadBytes > this.#maxPayloadBytes) return this.#break(`a frame of ${payloadBytes} bytes`);
    return headerBytes + payloadBytes;
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const first = bytes[at] as number;
    const length = (bytes[at + 1] as number) & 0x7f;
    const start = at + (length < 126 ? 2 : length === 126 ? 4 : 10);
    const isLast = (first & 0x80) !== 0;
    switch (first & 0x0f) {
      case Opcode.TEXT:
      case Opcode.BINARY:
        if (this.#messageOpcode !== 0) this.#break('a new message inside another');
        else if (isLast) this.#tell(first & 0x0f, bytes, start, end);
        else {
          this.#messageOpcode = first & 0x0f;
          this.#fragment(bytes, start, end);
        }
        return;
      case Opcode.CONTINUATION:
        if (this.#messageOpcode === 0) this.#break('a continuation of nothing');
        else if (this.#fragment(bytes, start, end) && isLast) {
          const opcode = this.#messageOpcode;
          const messageBytes = this.#messageBytes;
          this.#messageOpcode = 0;
          this.#messageBytes = 0;
          this.#tell(opcode, this.#message, 0, messageBytes);
        }
        return;
      case Opcode.PING:
        this.#sink.onPing(bytes, start, end);
        return;
      case Opcode.PONG:
        return;
      case Opcode.CLOSE:
        this.#over = true;
        if (end - start < 2) this.#sink.onClose(NO_CODE, '');
        else this.#sink.onClose(bytes.readUInt16BE(start), bytes.toString('utf8', start + 2, end));
        return;
      default:
        this.#break(`opcode ${first & 0x0f}`);
    }
  }

  #tell(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === Opcode.TEXT) this.#sink.onText(bytes, start, end);
    else this.#sink.onBinary(bytes, start, end);
  }

  #fragment(bytes: Buffer, start: number, end: number): boolean {
    const total = this.#messageBytes + end - start;
    if (total > this.#maxPayloadBytes) {
      this.#break(`a message of ${total} bytes`);
      return false;
    }
    this.#message = grown(this.#message, this.#messageBytes, total);
    bytes.copy(this.#message, this.#messageBytes, start, end);
    this.#messageBytes = total;
    return true;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    this.#carry = grown(this.#carry, this.#carried, this.#carried + end - start);
    bytes.copy(this.#carry, this.#carried, start, end);
    this.#carried += end - start;
  }

  #break(reason: string): -1 {
    this.#over = true;
    this.#sink.onBroken(reason);
    return -1;
  }
}

/** A buffer that holds `wantedBytes`, with the first `keptBytes` of the old one. */
function grown(buffer: Buffer, keptBytes: number, wantedBytes: number): Buffer {
  if (buffer.length >= wantedBytes) return buffer;
  const bigger = Buffer.allocUnsafeSlow(Math.max(FIRST_CARRY_BYTES, wantedBytes, buffer.length * 2));
  buffer.copy(bigger, 0, 0, keptBytes);
  return bigger;
}
